"""JsonFilter: hosts that satisfy the query of the request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.filters import json_filter, json_query
from extender.filters.json_filter import MOST_SHOWN, JsonFilter
from extender.filters.json_query import MOST_WORK
from extender.model.host_parts import Unreadable
from extender.model.request_spec import RequestSpec
from tests.builders import flavor, host, instance, reason, reasons, spec, table

UNSATISFIED = "query_not_satisfied"
INVALID = "invalid_query"
UNREADABLE = "invalid_host_annotation"


def asking(*texts: str, **fields: Any) -> RequestSpec:
    """A request with these texts as its query."""
    return RequestSpec(scheduler_hints={"query": texts}, **fields)


def query(*parts: Any) -> RequestSpec:
    """A request with this list as its query."""
    return asking(json.dumps(parts))


def test_no_query() -> None:
    """Every host passes: without hints, with others, with an empty one."""
    hosts = table(host("a"), host("b", unreadable=~Unreadable(0)))
    others = RequestSpec(scheduler_hints={"Query": ("{",), "group": ("web",)})
    for asked in (spec(), others, asking(), asking("")):
        assert reasons(JsonFilter(), hosts, asked) == [None, None]


@pytest.mark.parametrize("text", ["[]", "{}", "0", '""', "null", "false"])
def test_falsy_query(text: str) -> None:
    """It asks for nothing."""
    assert reason(JsonFilter(), host(), asking(text)) is None


def test_hosts_are_judged_apart() -> None:
    """Each host by its own attributes."""
    hosts = table(
        host("a", free_ram_mb=8192, labels={"disktype": "ssd"}),
        host("b", free_ram_mb=4095, labels={"disktype": "ssd"}),
        host("c", free_ram_mb=4096, labels={"disktype": "hdd"}),
        host("d", free_ram_mb=4096, labels={"disktype": "ssd"}),
        host("e", free_ram_mb=8192),
    )
    asked = query("and", [">=", "$free_ram_mb", 4096], ["=", "$labels.disktype", "ssd"])
    judge = JsonFilter()
    assert reasons(judge, hosts, asked) == [None, UNSATISFIED, UNSATISFIED, None, UNSATISFIED]
    view = hosts.take(hosts.rows(["e", "d"]))
    assert reasons(judge, view, asked) == [UNSATISFIED, None]


@pytest.mark.parametrize(
    "texts",
    [
        ("{",),
        ("free_ram_mb >= 4096",),
        ('["foo"]',),
        ('["and", true, ["foo"]]',),
        ('{"and": []}',),
        ("7",),
        (" ",),
        ("[" * 60000,),
        ("\ud800",),
        ("[]", "[]"),
        ('["in", "$host", ["a", "b"]]',),
    ],
)
def test_invalid_everywhere(texts: tuple[str, ...]) -> None:
    """What is no query refuses every host, and nothing raises."""
    judge = JsonFilter()
    assert reasons(judge, table(host("a"), host("b")), asking(*texts)) == [INVALID, INVALID]
    assert judge.take_faults() == []


def test_invalid_on_some_hosts() -> None:
    """Where the host's own value does not suit; the others are judged."""
    hosts = table(
        host("a", reported_stats={"power": 900}),
        host("b", reported_stats={"power": "900"}),
        host("c"),
        host("d", reported_stats={"power": {"w": 900}}),
    )
    judge = JsonFilter()
    assert reasons(judge, hosts, query("<", "$stats.power", 1000)) == [
        None,
        INVALID,
        UNSATISFIED,
        INVALID,
    ]
    assert reasons(judge, hosts, query("not", "$stats.power.w")) == [
        INVALID,
        INVALID,
        UNSATISFIED,
        UNSATISFIED,
    ]
    assert judge.take_faults() == []


@pytest.mark.parametrize(
    ("variable", "bit"),
    [
        ("$cpu_info.vendor", Unreadable.CPU_INFO),
        ("$stats.num_instances", Unreadable.STATS),
        ("$supported_instances", Unreadable.SUPPORTED_INSTANCES),
        ("$metrics", Unreadable.METRICS),
        ("$numa_topology", Unreadable.NUMA),
        ("$pci_stats.pools", Unreadable.PCI),
        ("$trust_lvl", Unreadable.TRUST),
        ("$service.up", Unreadable.SERVICE),
        ("$free_disk_mb", Unreadable.DISK),
        ("$cpu_allocation_ratio", Unreadable.CPU_RATIO),
    ],
)
def test_unreadable(variable: str, bit: Unreadable) -> None:
    """A node that says wrongly what the query reads is refused for that, and no other is."""
    asked = query("or", True, variable)
    others = host("others", unreadable=~Unreadable(0) & ~bit)
    hosts = table(host("a"), host("b", unreadable=bit), others)
    assert reasons(JsonFilter(), hosts, asked) == [None, UNREADABLE, None]


def test_unreadable_annotations_do_not_matter_without_variables() -> None:
    """A query of literals reads nothing; nor does one that cannot be understood."""
    node = host(unreadable=~Unreadable(0))
    assert reason(JsonFilter(), node, query("=", 1, 1)) is None
    assert reason(JsonFilter(), node, query("or", "$missing")) == UNSATISFIED
    assert reason(JsonFilter(), node, asking("{")) == INVALID


def test_understood_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each host."""
    texts = []

    def counting(text: str) -> json_query.Query:
        texts.append(text)
        return json_query.parse(text)

    monkeypatch.setattr(json_filter, "parse", counting)
    reasons(JsonFilter(), table(*(host(f"node-{n}") for n in range(9))), asking('["and"]'))
    assert texts == ['["and"]']


def test_pods_that_come() -> None:
    """It is asked anew for every instance of a request, and sees what the others took."""
    one = host("a", free_ram_mb=1024)
    hosts, asked = table(one), query(">=", "$free_ram_mb", 1024)
    assert reasons(JsonFilter(), hosts, asked) == [None]
    one.consume(flavor(memory_mb=1), instance("uid-1"))
    hosts.usage_changed(one)
    assert reasons(JsonFilter(), hosts, asked) == [UNSATISFIED]
    assert JsonFilter().run_filter_for_index(1)


# -- explaining ----------------------------------------------------------------------------

HINTS = "pod annotation nova-extender.io/scheduler_hints"


def test_explains() -> None:
    """The query, whether it holds, and what its variables are on this host."""
    one = host(free_ram_mb=1024, labels={"disktype": "ssd"})
    asked = query("and", [">=", "$free_ram_mb", 4096], ["=", "$labels.disktype", "$host_ip", "$x"])
    facts = JsonFilter().explain(one, asked)
    assert facts.need == asked.get_scheduler_hint("query")
    assert (facts.have, facts.short_by) == ("not satisfied", None)
    assert [(s.name, s.value, s.where) for s in facts.sources[1:]] == [
        ("$free_ram_mb", "1024", "pods on the node"),
        ("$labels.disktype", "ssd", "metadata.labels"),
        ("$host_ip", "missing", "status.addresses"),
        ("$x", "missing", "no attribute of the host"),
    ]
    assert (facts.sources[0].name, facts.sources[0].where) == ("query", HINTS)


def test_explains_that_it_holds() -> None:
    """Then it says so."""
    assert JsonFilter().explain(host("a"), query("=", "$host", "a")).have == "satisfied"


@pytest.mark.parametrize("asked", [spec(), asking(""), RequestSpec(scheduler_hints={"x": ("y",)})])
def test_explains_that_nothing_was_asked(asked: RequestSpec) -> None:
    """No need, and no query."""
    facts = JsonFilter().explain(host(), asked)
    assert (facts.need, facts.have) == (None, None)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("query", "none", "not asked for")
    ]


def test_explains_what_is_wrong() -> None:
    """With the query, or with what the host has."""
    facts = JsonFilter().explain(host(), asking('["foo", 1]'))
    assert facts.have == '"foo" is no operator'
    facts = JsonFilter().explain(host("a"), query("<", "$host.x", "$host", 1))
    assert facts.have == "str has no entries"
    assert [(s.name, s.value) for s in facts.sources[1:]] == [
        ("$host.x", "str has no entries"),
        ("$host", "a"),
    ]
    facts = JsonFilter().explain(host(), asking("a", "b"))
    assert (facts.need, facts.have) == ("['a', 'b']", "2 queries instead of one")


def test_explanations_are_bounded() -> None:
    """Neither a long query, nor many variables, nor long values are spelt out."""
    one = host(labels={f"l{n}": "x" * 999 for n in range(MOST_WORK)})
    facts = JsonFilter().explain(one, query("or", *(f"$labels.l{n}" for n in range(90))))
    assert len(facts.sources) == 1 + MOST_SHOWN
    assert isinstance(facts.need, str)
    assert all(len(text) <= 200 for text in (facts.need, *(s.value for s in facts.sources)))
    facts = JsonFilter().explain(one, query("or", "$labels." + "y" * 9999))
    assert all(len(source.name) <= 200 for source in facts.sources)
