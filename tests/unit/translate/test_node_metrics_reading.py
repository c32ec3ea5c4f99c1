"""What was measured on nodes: the annotation, and the answer of metrics.k8s.io."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.metrics import HostMetric, NodeUsage
from extender.translate.errors import TranslateError
from extender.translate.metrics import read_metrics, read_usage
from extender.translate.readers import AnnotationError

KEY = "nova-extender.io/metrics"
SECOND = 946684801.0
STAMP = "2000-01-01T00:00:01Z"


def read(value: object) -> tuple[HostMetric, ...]:
    """What the annotation says, given as JSON or as text."""
    return read_metrics({KEY: value if isinstance(value, str) else json.dumps(value)})


# -- the annotation ------------------------------------------------------------------------------


def test_metrics() -> None:
    """All of an entry, and the least of one; in the order written, a name twice as well."""
    found = read(
        [
            {"name": "cpu.percent", "value": 37, "timestamp": STAMP, "source": "node-agent"},
            {"name": "temperature", "value": -3.5},
            {"name": "cpu.percent", "value": 0, "timestamp": None, "source": None},
        ]
    )
    assert found == (
        HostMetric("cpu.percent", 37.0, SECOND, "node-agent"),
        HostMetric("temperature", -3.5),
        HostMetric("cpu.percent", 0.0),
    )


@pytest.mark.parametrize("value", ["", " ", "[]"])
def test_no_metrics(value: str) -> None:
    """An empty annotation is as good as none."""
    assert read(value) == read_metrics({}) == ()


@pytest.mark.parametrize("name", [" x ", "x\n"])
def test_blanks_around_a_name(name: str) -> None:
    """They are dropped."""
    assert read([{"name": name, "value": 1}]) == (HostMetric("x", 1.0),)


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63) + 1, 1e18, -0.0, 5e-324])
def test_values_of_any_size(value: float) -> None:
    """Whole or not, large or small, as long as it is a number of 64 bits."""
    (metric,) = read([{"name": "x", "value": value}])
    assert metric.value == float(value)
    assert isinstance(metric.value, float)


def test_unknown_names_are_skipped() -> None:
    """What a newer agent adds does no harm."""
    assert read([{"name": "x", "value": 1, "unit": "W"}]) == (HostMetric("x", 1.0),)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("37", "'37' is not a list"),
        ('{"name": "x", "value": 1}', "is not a list"),
        ("cpu.percent=37", "is not valid JSON"),
        ('[{"name": "x", "value": NaN}]', "NaN is not a number"),
        ('[{"name": "x", "value": 1e999}]', "out of range"),
        ('[{"name": "x", "value": 9223372036854775808}]', "out of range"),
        ('[{"name": "x", "value": 1, "value": 2}]', "'value' stands twice"),
        ("[" * 1000, "nested deeper than 20"),
        ([37], "37 is not a metric"),
        ([None], "null is not a metric"),
        ([{"value": 1}], "name is null"),
        ([{"name": "", "value": 1}], 'name is ""'),
        ([{"name": " ", "value": 1}], 'name is " "'),
        ([{"name": 5, "value": 1}], "name is 5"),
        ([{"name": "x"}], 'value of "x" is null'),
        ([{"name": "x", "value": "37"}], 'value of "x" is "37"'),
        ([{"name": "x", "value": True}], 'value of "x" is true'),
        ([{"name": "x", "value": [1]}], 'value of "x" is [1]'),
        ([{"name": "x", "value": 1e19}], 'value of "x" is 1e+19'),
        ([{"name": "x", "value": -1e308}], 'value of "x" is -1e+308'),
        ([{"name": "☂", "value": None}], 'value of "\\u2602" is null'),
        ([{"name": "x", "value": 1, "timestamp": "now"}], 'timestamp of "x" is "now"'),
        ([{"name": "x", "value": 1, "timestamp": 946684801}], 'timestamp of "x" is 946684801'),
        ([{"name": "x", "value": 1, "timestamp": ""}], 'timestamp of "x" is ""'),
        (
            [{"name": "x", "value": 1, "timestamp": "0001-01-01T00:00:00Z"}],
            'timestamp of "x" is "0001-01-01T00:00:00Z"',
        ),
        ([{"name": "x", "value": 1, "source": 5}], 'source of "x" is 5'),
        ([{"name": "ok", "value": 1}, {"name": "x"}], 'value of "x" is null'),
        ([{"name": "x" * 70_000, "value": 1}], "the value has"),
        ([{"name": "x" * 60_000, "value": None}], "x…"),
    ],
)
def test_bad_annotation(value: object, wrong: str) -> None:
    """One bad entry spoils the whole; it is named, and the message stays short."""
    with pytest.raises(AnnotationError) as caught:
        read(value)
    assert caught.value.key == KEY
    assert wrong in caught.value.wrong
    assert len(str(caught.value)) < 400


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_anything_is_read_or_refused(value: object) -> None:
    """Nothing but an AnnotationError ever comes of it."""
    try:
        found = read(value)
    except AnnotationError:
        return
    assert all(isinstance(metric, HostMetric) for metric in found)


# -- metrics.k8s.io ------------------------------------------------------------------------------


def item(name: str = "node-a", timestamp: object = STAMP, **usage: Any) -> dict[str, Any]:
    """NodeMetrics as the API server prints it."""
    return {
        "metadata": {"name": name, "creationTimestamp": STAMP, "labels": {"a": "b"}},
        "timestamp": timestamp,
        "window": "20.1s",
        "usage": usage,
    }


def told(*items: object) -> list[NodeUsage]:
    """What is read of a list of these."""
    body = {
        "kind": "NodeMetricsList",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {},
        "items": list(items),
    }
    return read_usage(json.dumps(body).encode())


def test_usage() -> None:
    """Quantities of any suffix, exactly: nano cores, and bytes in nano units."""
    found = told(item("a", cpu="123456789n", memory="1Ki"), item("b", cpu="2", memory="1500m"))
    assert found == [
        NodeUsage("a", SECOND, 123_456_789, 1024 * 10**9),
        NodeUsage("b", SECOND, 2 * 10**9, 1_500_000_000),
    ]


@pytest.mark.parametrize("amount", ["lots", "", "-1", [], {"a": 1}, True])
def test_amount_that_cannot_be_read(amount: object) -> None:
    """It is not told; the other one is."""
    assert told(item("a", cpu=amount, memory="1")) == [NodeUsage("a", SECOND, None, 10**9)]


@pytest.mark.parametrize("timestamp", [None, "yesterday", "0001-01-01T00:00:00Z"])
def test_time_that_cannot_be_read(timestamp: object) -> None:
    """It is not told."""
    assert told(item("a", timestamp, cpu="1")) == [NodeUsage("a", None, 10**9, None)]


@pytest.mark.parametrize(
    "bad",
    [None, 5, [], {}, {"metadata": {"name": ""}}, {"metadata": 5}, item("", cpu="1"), item("a", 5)],
)
def test_an_entry_that_cannot_be_read_hides_no_other(bad: object) -> None:
    """It is left out."""
    assert told(bad, item("b", cpu="1"), bad) == [NodeUsage("b", SECOND, 10**9)]


@pytest.mark.parametrize("usage", [None, {}])
def test_no_usage(usage: object) -> None:
    """A node of which nothing is told."""
    assert told({**item("a"), "usage": usage}) == [NodeUsage("a", SECOND)]


@pytest.mark.parametrize("body", [b'{"items": []}', b'{"items": null}'])
def test_no_nodes(body: bytes) -> None:
    """metrics-server has just started."""
    assert read_usage(body) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"<html>",
        b'{"items": 5}',
        b'{"kind": "Status"}',
        b"[" * 100_000,
        b'{"items": [' + b"[" * 100_000,
    ],
)
def test_no_list(body: bytes) -> None:
    """Said in one line."""
    with pytest.raises(TranslateError, match=r"^not a NodeMetricsList: .*$"):
        read_usage(body)


def test_an_entry_that_is_no_text_of_utf_8() -> None:
    """It is left out as well."""
    good = json.dumps(item("b", cpu="1")).encode()
    bad = b'{"metadata": {"name": "\xff"}}'
    assert read_usage(b'{"items": [' + bad + b", " + good + b"]}") == [
        NodeUsage("b", SECOND, 10**9)
    ]


def test_keeps_nothing_of_the_answer() -> None:
    """An answer has megabytes, what is made of it a few numbers."""

    class Body(bytearray):
        """Bytes that can be watched."""

    body = Body(json.dumps({"items": [item("a", cpu="1")]}).encode())
    watched = weakref.ref(body)
    found = read_usage(body)  # type: ignore[arg-type]  # as good as bytes
    del body
    gc.collect()
    assert watched() is None
    assert found == [NodeUsage("a", SECOND, 10**9)]
