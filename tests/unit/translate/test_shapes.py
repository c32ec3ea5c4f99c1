"""The objects that pod annotations hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.request_spec import Destination, SchedulerRetries
from extender.translate import annotations as table
from extender.translate.annotations import Annotation
from extender.translate.readers import AnnotationError
from extender.translate.shapes import (
    read_destination,
    read_extra_specs,
    read_hints,
    read_retry,
    written,
)

READERS: list[tuple[Callable[[dict[str, str]], Any], Annotation]] = [
    (read_extra_specs, table.EXTRA_SPECS),
    (read_destination, table.REQUESTED_DESTINATION),
    (read_retry, table.RETRY),
    (read_hints, table.SCHEDULER_HINTS),
]


def read(reader: Callable[[dict[str, str]], Any], value: object) -> Any:
    """The value, written as JSON, read by the reader under its own key."""
    row = dict(READERS)[reader]
    return reader({row.key: value if isinstance(value, str) else json.dumps(value)})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"host": "node-a"}, Destination(host="node-a")),
        ({"host": "h", "node": " node-a "}, Destination(host="h", node="node-a")),
        ({"cell": "cell1"}, Destination(cell="cell1")),
        ({"aggregates": ["a,b", " c ", ""]}, Destination(aggregates=("a,b", "c"))),
        ({"forbidden_aggregates": ["d"]}, Destination(forbidden_aggregates=frozenset({"d"}))),
        (
            {"host": "h", "allow_cross_cell_move": True},
            Destination(host="h", allow_cross_cell_move=True),
        ),
        ({"host": "h", "allow_cross_cell_move": False, "cell": None}, Destination(host="h")),
        ({}, None),
        ({"host": "", "aggregates": [], "cell": None}, None),
    ],
)
def test_destination(value: object, expected: Destination | None) -> None:
    """Any of Nova's fields; what asks for nothing is none."""
    assert read(read_destination, value) == expected


@pytest.mark.parametrize(
    ("value", "wrong", "accepted"),
    [
        ({"hots": "a"}, "'hots' is not a name it knows", "host, node, cell, aggregates, forb"),
        ({"host": 1}, "host is 1", "a text"),
        ({"host": ["a"]}, 'host is ["a"]', "a text"),
        ({"node": "a"}, "a node is named without its host", "host, or host and node"),
        ({"cell": True}, "cell is true", "a text"),
        ({"aggregates": "a,b"}, 'aggregates is "a,b"', "a list of texts"),
        ({"aggregates": [1]}, "aggregates is [1]", "a list of texts"),
        ({"forbidden_aggregates": {}}, "forbidden_aggregates is {}", "a list of texts"),
        ({"allow_cross_cell_move": 1}, "allow_cross_cell_move is 1", "true or false"),
        ({"allow_cross_cell_move": 0}, "allow_cross_cell_move is 0", "true or false"),
        ({"allow_cross_cell_move": "true"}, 'allow_cross_cell_move is "true"', "true or false"),
        ({"allow_cross_cell_move": []}, "allow_cross_cell_move is []", "true or false"),
    ],
)
def test_bad_destination(value: object, wrong: str, accepted: str) -> None:
    """A slip of the pen is refused, or it would widen the request without a word."""
    with pytest.raises(AnnotationError) as caught:
        read(read_destination, value)
    assert caught.value.key == "nova-extender.io/requested_destination"
    assert caught.value.wrong == wrong
    assert caught.value.accepted.startswith(accepted)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"num_attempts": 2, "hosts": [["a", "a"], ["b", "n"]], "exc_reason": "OutOfcpu"},
            SchedulerRetries(2, (("a", "a"), ("b", "n")), "OutOfcpu"),
        ),
        ({"num_attempts": 1}, SchedulerRetries(1)),
        ({"hosts": [["a", "a"]]}, SchedulerRetries(0, (("a", "a"),))),
        ({"num_attempts": None, "hosts": None, "exc_reason": None}, SchedulerRetries()),
        ({"num_attempts": 1, "exc": ["Traceback"], "newer": 1}, SchedulerRetries(1)),
        ({}, None),
    ],
)
def test_retry(value: object, expected: SchedulerRetries | None) -> None:
    """Nova's own JSON; what a newer extender adds is skipped."""
    assert read(read_retry, value) == expected


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"num_attempts": -1}, "num_attempts is -1"),
        ({"num_attempts": 1.5}, "num_attempts is 1.5"),
        ({"num_attempts": True}, "num_attempts is true"),
        ({"num_attempts": "2"}, 'num_attempts is "2"'),
        ({"hosts": ["a"]}, 'hosts is ["a"]'),
        ({"hosts": [["a"]]}, 'hosts is [["a"]]'),
        ({"hosts": [["a", "b", "c"]]}, 'hosts is [["a", "b", "c"]]'),
        ({"hosts": [["a", 1]]}, 'hosts is [["a", 1]]'),
        ({"hosts": "ab"}, 'hosts is "ab"'),
        ({"hosts": {"a": "b"}}, 'hosts is {"a": "b"}'),
        ({"exc_reason": 1}, "exc_reason is 1"),
    ],
)
def test_bad_retry(value: object, wrong: str) -> None:
    """Values of the wrong type are refused."""
    with pytest.raises(AnnotationError) as caught:
        read(read_retry, value)
    assert (caught.value.key, caught.value.wrong) == ("nova-extender.io/retry", wrong)


def test_where_a_retry_is_known_from() -> None:
    """For people's explanations."""
    assert read(read_retry, {"num_attempts": 1}).origins == (
        "pod annotation nova-extender.io/retry",
    )


# -- writing the history -------------------------------------------------------------------


def pairs(*names: str) -> tuple[tuple[str, str], ...]:
    """Hosts that bear their node's name."""
    return tuple((name, name) for name in names)


@pytest.mark.parametrize(
    ("retries", "host", "expected"),
    [
        (SchedulerRetries(), None, '{"num_attempts": 0, "hosts": []}'),
        (SchedulerRetries(1), "a", '{"num_attempts": 1, "hosts": [["a", "a"]]}'),
        (
            SchedulerRetries(2, pairs("a"), "OutOfcpu"),
            "b",
            '{"num_attempts": 2, "hosts": [["a", "a"], ["b", "b"]], "exc_reason": "OutOfcpu"}',
        ),
        (
            SchedulerRetries(2, pairs("a", "b"), "409: conflict"),
            None,
            '{"num_attempts": 2, "hosts": [["a", "a"], ["b", "b"]], "exc_reason": "409: conflict"}',
        ),
        (
            SchedulerRetries(3, pairs("a", "b")),
            "a",
            '{"num_attempts": 3, "hosts": [["b", "b"], ["a", "a"]]}',
        ),
        (
            SchedulerRetries(1, exc_reason="ä\nü"),
            None,
            '{"num_attempts": 1, "hosts": [], "exc_reason": "ä\\nü"}',
        ),
    ],
)
def test_written(retries: SchedulerRetries, host: str | None, expected: str) -> None:
    """Nova's own JSON; the host chosen comes last, each host stands once."""
    assert written(retries, host) == expected


def test_written_is_bounded() -> None:
    """The newest 100 hosts with the one chosen among them; what is written can be read again."""
    names = ["n" + str(i).rjust(3, "0") + "x" * 249 for i in range(200)]
    value = written(SchedulerRetries(200, pairs(*names), "\x00" * 9999), "chosen")
    found = read(read_retry, value)
    assert found == SchedulerRetries(200, pairs(*names[101:], "chosen"), "\x00" * 512)
    assert len(value.encode()) < 64 * 1024


def test_written_leaves_out_what_is_no_node() -> None:
    """A user's annotation cannot make us write a value that is too large to be read."""
    retries = SchedulerRetries(1, pairs("a", "\x00" * 60_000, "b"))
    assert read(read_retry, written(retries, "c")).hosts == pairs("a", "b", "c")


NODES = st.from_regex(r"\A[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\Z")
RETRIES = st.builds(
    SchedulerRetries,
    st.integers(0, 2**63),
    st.lists(st.tuples(NODES, NODES), max_size=120).map(tuple),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=600),
)


@given(RETRIES, st.none() | NODES)
def test_what_is_written_can_be_read(retries: SchedulerRetries, host: str | None) -> None:
    """Reading gives back what was written, but for what is beyond the bounds."""
    given_hosts = [*retries.hosts, *([] if host is None else [(host, host)])]
    newest = [pair for i, pair in enumerate(given_hosts) if pair not in given_hosts[i + 1 :]]
    found = read(read_retry, written(retries, host))
    assert found.num_attempts == min(retries.num_attempts, 2**31 - 1)
    assert list(found.hosts) == newest[-100:]
    assert retries.exc_reason.strip().startswith(found.exc_reason)
    assert len(found.exc_reason) <= 512
    assert written(found, None) == written(retries, host)


@given(
    st.builds(
        SchedulerRetries,
        st.integers(0),
        st.lists(st.tuples(st.text(), st.text())).map(tuple),
        st.text(st.characters()),
    ),
    st.none() | st.text(),
)
def test_anything_written_can_be_read(retries: SchedulerRetries, host: str | None) -> None:
    """Whatever texts the history holds, halves of surrogate pairs among them."""
    value = written(retries, host)
    assert len(value.encode()) < 64 * 1024
    assert read(read_retry, value) is not None


# -- hints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"group": "web"}, {"group": ("web",)}),
        ({"different_host": ["web-0", "web-1"]}, {"different_host": ("web-0", "web-1")}),
        ({"_nova_check_type": ["rebuild"]}, {"_nova_check_type": ("rebuild",)}),
        ({"query": '["=","$host","a"]'}, {"query": ('["=","$host","a"]',)}),
        ({"query": ['["=","$host","a"]']}, {"query": ('["=","$host","a"]',)}),
        ({"query": [" [1"]}, {"query": (" [1",)}),
        ({"query": ["and"]}, {"query": ('["and"]',)}),
        ({"query": [""]}, {"query": ("",)}),
        ({"query": ["=", "$host", "ä"]}, {"query": ('["=", "$host", "ä"]',)}),
        (
            {"query": ["and", [">=", "$free_ram_mb", 4096]]},
            {"query": ('["and", [">=", "$free_ram_mb", 4096]]',)},
        ),
        ({"a": None, "b": "", "c": [], "query": []}, {}),
        ({}, {}),
    ],
)
def test_hints(value: object, expected: dict[str, tuple[str, ...]]) -> None:
    """A text or a list of texts; a query in lists becomes one text."""
    assert read(read_hints, value) == expected


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"cidr": 24}, "'cidr' is 24"),
        ({"cidr": True}, "'cidr' is true"),
        ({"a": ["b", 1]}, "'a' is [\"b\", 1]"),
        ({"a": [["b"]]}, "'a' is [[\"b\"]]"),
        ({"a": {"b": "c"}}, '\'a\' is {"b": "c"}'),
        ({"query": {"b": 1}}, "'query' is {\"b\": 1}"),
        ({"query": 1}, "'query' is 1"),
    ],
)
def test_bad_hints(value: object, wrong: str) -> None:
    """Anything else is refused by the hint's name."""
    with pytest.raises(AnnotationError) as caught:
        read(read_hints, value)
    assert caught.value.key == "nova-extender.io/scheduler_hints"
    assert caught.value.wrong == wrong
    assert caught.value.accepted == "a text or a list of texts"


def test_extra_specs() -> None:
    """Text to text, word for word."""
    value = {"hw:numa_nodes": "2", "a": ""}
    assert read(read_extra_specs, value) == value


@pytest.mark.parametrize("value", [{"a": 1}, {"a": True}, {"a": None}, {"a": ["b"]}])
def test_bad_extra_specs(value: dict[str, object]) -> None:
    """Nova's extra specs are texts, and a number or true might mean several of them."""
    with pytest.raises(AnnotationError) as caught:
        read(read_extra_specs, value)
    assert caught.value.wrong == f"'a' is {json.dumps(value['a'])}"
    assert caught.value.accepted == "an object text to text"


@pytest.mark.parametrize(("reader", "row"), READERS, ids=lambda value: getattr(value, "key", ""))
def test_messages_cut_values(reader: Callable[[dict[str, str]], Any], row: Annotation) -> None:
    """A message shows at most 80 characters of a value, and of a name."""
    for name in ("x" * 1000, "hosts", "host", "cidr"):
        with pytest.raises(AnnotationError) as caught:
            reader({row.key: json.dumps({name: [1] * 1000, "num_attempts": "y" * 1000})})
        assert len(caught.value.wrong) < 200


@pytest.mark.parametrize("reader", [reader for reader, _ in READERS])
def test_absent(reader: Callable[[dict[str, str]], Any]) -> None:
    """Without the annotation there is nothing."""
    assert not reader({})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
NAMES = st.sampled_from(
    ["host", "node", "cell", "aggregates", "num_attempts", "hosts", "exc_reason", "query", "group"]
)


@given(
    value=JSON | st.dictionaries(NAMES | st.text(), JSON),
    reader=st.sampled_from([reader for reader, _ in READERS]),
)
def test_any_json_reads_or_is_an_error(
    value: object, reader: Callable[[dict[str, str]], Any]
) -> None:
    """No other exception than AnnotationError, whatever the JSON."""
    with suppress(AnnotationError):
        read(reader, json.dumps(value))
