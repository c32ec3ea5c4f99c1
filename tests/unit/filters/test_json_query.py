"""JsonFilter's query language, with every edge that Nova's has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.filters.json_query import DEEPEST, MOST, MOST_WORK, QueryError, parse, value_of
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from tests.builders import aggregate, host, instance

INVALID = "invalid"

HOST = host(
    "node-a",
    vcpus_total=8,
    vcpus_used=2,
    free_ram_mb=8192,
    free_disk_mb=1024,
    hypervisor_hostname="a.example",
    labels={"disktype": "ssd", "example.com/rack": "7", "empty": ""},
    cpu_info={"vendor": "Intel", "features": ["aes", "mmx"], "nothing": None, "ht": True},
    reported_stats={"raid": "10", "blob": '{"a": 1}'},
    aggregates=(aggregate("fast", ssd="true"),),
    instances={"uid-1": instance("uid-1", "shop", "m1.small")},
)


def answer(query: Any, one: HostState = HOST) -> bool | str:
    """What a query says of the host: whether it holds, or that it cannot be evaluated.

    A text is JSON; anything else is written as JSON first.
    """
    text = query if isinstance(query, str) else json.dumps(query)
    try:
        return parse(text).holds(one)
    except QueryError:
        return INVALID


# -- the query as a whole ------------------------------------------------------------------


@pytest.mark.parametrize("text", ["[]", "{}", "0", "0.0", "-0.0", '""', "null", "false", " [] "])
def test_falsy_as_a_whole(text: str) -> None:
    """It asks for nothing, and holds everywhere."""
    assert answer(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "and",
        "{",
        "[1,]",
        "['and']",
        '["and"',
        '["and"] x',
        "\ufeff[]",
        "\ud800",
        "1" * 5000,
        "[" * 60000,
        '{"a":' * 20000,
    ],
)
def test_no_json(text: str) -> None:
    """It cannot be evaluated, however deep it is nested."""
    assert answer(text) == INVALID


@pytest.mark.parametrize(
    "query",
    [
        1,
        -1,
        2.5,
        True,
        {"and": []},
        {"0": "and"},
        [1],
        [1.0],
        [None],
        [True],
        [""],
        ["foo"],
        ["AND"],
        [" and"],
        ["=="],
        ["!="],
        ["$free_ram_mb"],
        [[]],
        [["and"]],
        [{}],
        [{"and": 1}],
    ],
)
def test_no_query(query: Any) -> None:
    """Neither a number nor an object is one, nor a list that does not begin with an operator."""
    assert answer(query) == INVALID
    if isinstance(query, list):
        # Every argument is evaluated, whatever the others say.
        assert answer(["or", True, query]) == INVALID
        assert answer(["and", False, query]) == INVALID
        assert answer(["not", query]) == INVALID
        assert answer(["=", 1, 1, query]) == INVALID


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<", False),
        ("<a", False),
        ("<ab", True),
        ("<ba", False),
        ("<abc", True),
        ("<acb", True),
        ("<bac", False),
        (">ba", True),
        ("=aa", True),
        ("=aaa", True),
        ("=aab", False),
        ("=", False),
        ("<a$b", True),  # "$" alone is a variable that is missing
        ("=$", False),
        ("in", INVALID),
        ("<=", False),  # "<" of the letter "="
        ("<=a", True),
        ("and", INVALID),
        ("$free_ram_mb", INVALID),
        (" <ab", INVALID),
    ],
)
def test_bare_text(text: str, found: bool | str) -> None:
    """Nova reads it letter by letter: the first is the operator of the others."""
    assert answer(json.dumps(text)) == found


@pytest.mark.parametrize("texts", [(), ("[]", "[]"), ("a", "b", "c")])
def test_several_queries(texts: tuple[str, ...]) -> None:
    """A hint that is a list of texts is no query."""
    with pytest.raises(QueryError, match=f"{len(texts)} queries instead of one"):
        parse(texts)


# -- operators -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "holding", "failing"),
    [
        ("=", [(5, 5), (5, 5, 5)], [(5, 6), (5, 5, 6), (5, 6, 5)]),
        ("<", [(5, 6), (5, 6, 7), (5, 7, 6)], [(5, 5), (6, 5), (5, 6, 5), (5, 4, 6)]),
        (">", [(6, 5), (6, 5, 4)], [(5, 5), (5, 6), (6, 5, 7)]),
        ("<=", [(5, 5), (5, 6), (5, 5, 9)], [(6, 5), (5, 6, 4)]),
        (">=", [(5, 5), (6, 5), (5, 5, 1)], [(5, 6), (5, 4, 6)]),
        ("in", [(5, 5), (5, 4, 5), ("a", "b", "a")], [(5, 4), (5, 4, 6), ("a", "ab")]),
        ("and", [(), (True,), (1, "a"), (True, 5)], [(False,), (True, 0), (0.0,), (True, {})]),
        ("or", [(True,), (False, 1), (0, "a")], [(), (False,), (0, 0.0), ({},)]),
        ("not", [(False,), (0,), (True, False), ({},)], [(True,), (True, 1), ("a",), ()]),
    ],
)
def test_operators(
    operator: str, holding: list[tuple[Any, ...]], failing: list[tuple[Any, ...]]
) -> None:
    """The first argument against all others; any and all; each one turned round."""
    assert [answer([operator, *arguments]) for arguments in holding] == [True] * len(holding)
    assert [answer([operator, *arguments]) for arguments in failing] == [False] * len(failing)


@pytest.mark.parametrize("operator", ["=", "<", ">", "<=", ">=", "in"])
@pytest.mark.parametrize("arguments", [[], [1], [1, None], [1, "", "$missing"], [None, ""]])
def test_fewer_than_two_arguments(operator: str, arguments: list[Any]) -> None:
    """A comparison of less than two arguments that are there fails."""
    assert answer([operator, *arguments]) is False


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (["=", 1, 1.0], True),
        (["=", 1, True], True),
        (["=", 0, False], True),
        (["in", True, 1], True),
        (["=", 1, "1"], False),
        (["=", "a", "A"], False),
        (["<", True, 2], True),
        (["<", "a", "b"], True),
        (["<", "10", "9"], True),
        (["=", {}, {}], True),
        (["=", {"a": 1}, {"a": 1.0}], True),
        (["=", {"a": 1}, {"a": 2}], False),
        (["=", 10**30, 10**30], True),
        ('["=", NaN, NaN]', False),
        ('["<", 5, Infinity]', True),
        ('["=", {"a": 1, "a": 2}, {"a": 2}]', True),
    ],
)
def test_values_compare_as_in_python(query: Any, found: bool) -> None:
    """Numbers by value, texts by character, objects by content."""
    assert answer(query) is found


@pytest.mark.parametrize("operator", ["<", ">", "<=", ">="])
@pytest.mark.parametrize(
    ("first", "second"),
    [(1, "a"), ("a", 1), ({}, {}), ("$free_ram_mb", "8192"), ("$labels", 1), (["not", 1], True)],
)
def test_what_has_no_order(operator: str, first: Any, second: Any) -> None:
    """A number is neither below nor above a text: Nova aborts."""
    assert answer([operator, first, second]) == INVALID
    assert answer(["or", True, [operator, first, second]]) == INVALID


@pytest.mark.parametrize("query", [["<", 5, 3, "a"], ["not", ["<", 5, 3, "a"]], ["<", 3, 5, "a"]])
def test_all_are_compared(query: Any) -> None:
    """A comparison that has failed already still trips over the next argument."""
    assert answer(query) == INVALID


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (["in", 1, [1, 2]], INVALID),
        (["in", "a", ["a", "b"]], INVALID),
        (["in", True, ["and"]], True),  # the inner list is a query, which is true
        (["in", "a", []], False),  # as is the empty one
        (["in", True, []], True),
        (["in", 1, []], True),
    ],
)
def test_a_list_is_always_a_query(query: Any, found: bool | str) -> None:
    """There are no literal lists."""
    assert answer(query) == found


# -- nesting -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (["or", []], True),
        (["or", {}], False),
        (["or", 0], False),
        (["or", False], False),
        (["and", []], True),
        (["and", {}], False),
        (["not", []], False),
        (["not", {}], True),
        (["and", ["or", False, ["=", 1, 1]], [">", 2, 1]], True),
        (["and", ["or", False, ["=", 1, 2]], [">", 2, 1]], False),
        (["=", ["and"], True], True),
        (["=", ["or"], False], True),
        (["<", ["or"], ["and"]], True),
    ],
)
def test_nested(query: Any, found: bool) -> None:
    """A nested list is its result, the empty one true; other falsy arguments are themselves."""
    assert answer(query) is found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (["not", True], False),
        (["not", True, False], True),  # any element
        (["not"], False),
        (["not", "$missing"], False),
        (["and", ["not", True], True], True),
        (["not", ["not", True]], False),
        (["not", ["not", False]], False),
        (["and", ["not", "$missing"], True], False),
        (["or", ["not", True]], True),
        (["or", ["not"]], False),
        (["not", ["not"]], True),
        (["=", ["not", 1], ["not", 2]], True),
        (["=", ["not", 1], False], False),
        (["<", ["not", 1], ["not", 0]], True),  # [False] < [True]
    ],
)
def test_not_gives_a_list(query: Any, found: bool) -> None:
    """At the top it holds if any element is true; within, a list that is not empty is true."""
    assert answer(query) is found


# -- arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, "", "$missing", "$", "$.", "$labels.none", "$host_ip"])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        (lambda x: ["and", x], True),
        (lambda x: ["or", x], False),
        (lambda x: ["not", x], False),
        (lambda x: ["=", x, 1, 1], True),
        (lambda x: ["=", 1, x, 1], True),
        (lambda x: ["=", x, x], False),
        (lambda x: ["in", 1, x], False),
    ],
)
def test_missing_arguments_are_dropped(nothing: Any, query: Any, found: bool) -> None:
    """Null, the empty text, and variables that are missing or null, as if not written."""
    assert answer(query(nothing)) is found


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("$host", "node-a"),
        ("$nodename", "node-a"),
        ("$free_ram_mb", 8192),
        ("$free_disk_mb", 1024),
        ("$total_usable_ram_mb", 16384),
        ("$vcpus_total", 8),
        ("$vcpus_used", 2),
        ("$hypervisor_hostname", "a.example"),
        ("$service.disabled", False),
        ("$service.up", True),
        ("$stats.raid", "10"),
        ("$stats.num_instances", 1),
        ("$stats.num_proj_shop", 1),
        ("$stats.blob", '{"a": 1}'),
        ("$labels.disktype", "ssd"),
        ("$labels", {"disktype": "ssd", "example.com/rack": "7", "empty": ""}),
        ("$cpu_info.vendor", "Intel"),
        ("$cpu_info.ht", 1),
        ("$instances.uid-1.flavor", "m1.small"),
        ("$limits", {}),
        ("$num_instances", 1),
        ("$cpu_allocation_ratio", 1.0),
    ],
)
def test_variables(variable: str, value: Any) -> None:
    """Nova's attributes in Nova's units, and what stands in those that are mappings."""
    assert answer(["=", variable, value]) is True
    assert answer(["=", value, variable, variable]) is True
    assert value_of(HOST, tuple(variable[1:].split("."))) == value


@pytest.mark.parametrize(
    "variable",
    ["$cpu", "$Host", "$host ", "$ host", "$consume", "$__class__", "$unreadable", "$zone_label"],
)
def test_what_is_no_attribute(variable: str) -> None:
    """Neither methods nor what the extender keeps for itself; case and blanks count."""
    assert answer(["or", variable]) is False
    assert answer(["or", f"{variable}.x"]) is False


@pytest.mark.parametrize(
    "variable",
    [
        "$free_ram_mb.x",
        "$aggregates.x",
        "$aggregates.0",
        "$host.x",
        "$labels.disktype.x",
        "$cpu_info.features.0",
        "$stats.blob.a",
        "$stats.raid.",
        "$service.up.real",
        "$labels.empty.x",
    ],
)
def test_variable_that_goes_on_where_nothing_is(variable: str) -> None:
    """What is no mapping has no parts: Nova aborts. A text is not read as JSON here."""
    assert answer(["or", True, variable]) == INVALID


@pytest.mark.parametrize("variable", ["$limits.vcpu", "$labels.x", "$labels.x.y", "$host_ip.x"])
def test_parts_that_are_missing(variable: str) -> None:
    """What is missing is dropped, and so is all that would follow."""
    assert answer(["=", 1, 1, variable]) is True


def test_keys_with_dots_are_out_of_reach() -> None:
    """The dot divides, so a label's domain hides it."""
    assert answer(["or", "$labels.example.com/rack"]) is False


def test_texts_that_only_look_like_variables() -> None:
    """The sign must come first."""
    assert answer(["=", "a$host", "a$host"]) is True
    assert answer(["=", " $host", " $host"]) is True


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (["or", "$labels.empty"], False),  # there, and falsy
        (["=", "", "$labels.empty"], False),  # the literal is dropped, the label is not
        (["=", "$labels.empty", "$labels.empty"], True),
        (["or", "$limits"], False),
        (["or", "$aggregates"], True),
        (["not", "$service.disabled"], True),
        (["in", "$host", "node-b", "node-a"], True),
        (["in", "$host", "node-b"], False),
        (["in", "aes", "$cpu_info.features"], False),  # a list is one argument
        (["=", "$cpu_info.nothing", 1, 1], True),
    ],
)
def test_variables_in_queries(query: Any, found: bool) -> None:
    """A variable is one argument, whatever it holds."""
    assert answer(query) is found


def test_instances_are_good_for_their_truth() -> None:
    """Whether there are any, and what one of them is; all of them are not spelt out."""
    assert answer(["not", "$instances"]) is False
    assert answer(["not", "$instances"], host()) is True
    assert answer(["=", "$instances", {}], host()) is True
    assert answer(["=", "$instances.uid-1.namespace", "shop"]) is True
    assert answer(["or", "$instances.uid-2.namespace"]) is False


def test_the_worked_example() -> None:
    """4 GiB free and a label."""
    query = ["and", [">=", "$free_ram_mb", 4096], ["=", "$labels.disktype", "ssd"]]
    assert answer(query) is True
    assert answer(query, host(free_ram_mb=8192)) is False
    assert answer(query, host(free_ram_mb=4095, labels={"disktype": "ssd"})) is False


# -- what a query reads --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "reads"),
    [
        (["=", 1, 1], Unreadable(0)),
        (["=", "$host", "$labels.x"], Unreadable(0)),
        (["or", "$missing.x"], Unreadable(0)),
        (["or", "$stats.raid", "$cpu_info"], Unreadable.STATS | Unreadable.CPU_INFO),
        (["and", ["or", ["not", "$service.up"]]], Unreadable.SERVICE),
        (["and", "$free_ram_mb", "$vcpus_total"], Unreadable.RAM | Unreadable.CPU),
    ],
)
def test_reads(query: Any, reads: Unreadable) -> None:
    """What of a node it depends on."""
    assert parse(json.dumps(query)).reads == reads


def test_lists_its_variables() -> None:
    """Each once, in the order of their mention, known or not."""
    query = ["and", "$labels.a", ["=", "$host", "x", "$nothing"], "$labels.a", "$labels.b"]
    assert parse(json.dumps(query)).variables == (
        ("labels", "a"),
        ("host",),
        ("nothing",),
        ("labels", "b"),
    )


# -- bounds --------------------------------------------------------------------------------


def nested(depth: int, innermost: Any) -> Any:
    """A query of so many lists within each other."""
    for _ in range(depth):
        innermost = ["and", innermost]
    return innermost


def test_depth() -> None:
    """So deep and no deeper, be it lists or objects."""
    assert answer(nested(DEEPEST, True)) is True
    assert answer(nested(DEEPEST + 1, True)) == INVALID
    assert answer(nested(DEEPEST - 1, {"a": 1})) is True
    assert answer(nested(DEEPEST, {"a": 1})) == INVALID
    assert answer(nested(DEEPEST - 1, [])) is True
    assert answer(nested(DEEPEST, [])) == INVALID
    assert answer(json.dumps(nested(900, True))) == INVALID


def test_size() -> None:
    """So many operators and arguments in all, of which so many take work on each host."""
    assert answer(["in", 1, *range(2, MOST)]) is False
    assert answer(["in", 1, *range(2, MOST + 1)]) == INVALID
    assert answer(["or", {str(n): n for n in range(MOST)}]) == INVALID
    assert answer(json.dumps("<" + "a" * MOST)) == INVALID
    assert answer(["or", *["$host"] * (MOST_WORK - 1)]) is True
    assert answer(["or", *["$host"] * MOST_WORK]) == INVALID
    assert answer(["or", *[["and"]] * (MOST_WORK - 1)]) is True
    assert answer(["or", *[["and"]] * MOST_WORK]) == INVALID


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{", "no JSON"),
        (["foo", 1], '"foo" is no operator'),
        ([["a"]], r'\["a"\] is no operator'),
        (["x" * 99], "is no operator"),
        ({"a": 1}, "dict instead of a list"),
        (7, "int instead of a list"),
        (nested(30, 1), "deeper than 20"),
        (["in", *range(2000)], "more than 1000 parts"),
        (["or", *["$a"] * 200], "more than 100 operators and variables"),
    ],
)
def test_says_what_is_wrong(query: Any, words: str) -> None:
    """In a few words, whatever was written."""
    text = query if isinstance(query, str) else json.dumps(query)
    with pytest.raises(QueryError, match=words) as caught:
        parse(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("query", "words"),
    [(["<", 1, "a"], "not supported between"), (["or", "$host.x"], "str has no entries")],
)
def test_says_what_is_wrong_on_a_host(query: Any, words: str) -> None:
    """The host's value is what does not suit."""
    with pytest.raises(QueryError, match=words):
        parse(json.dumps(query)).holds(HOST)
