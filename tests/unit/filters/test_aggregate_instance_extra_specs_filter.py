"""AggregateInstanceExtraSpecsFilter: aggregates that have what extra specs demand."""

from __future__ import annotations

import pytest

from extender.filters.aggregate_instance_extra_specs_filter import (
    AggregateInstanceExtraSpecsFilter,
)
from extender.model.groups import HostAggregate
from extender.model.host_parts import Unreadable
from extender.model.request_spec import RequestSpec
from tests.builders import aggregate, flavor, host, reason, reasons, spec, table

MISSING = "aggregate_key_missing"
MISMATCH = "aggregate_value_mismatch"
INVALID = "invalid_extra_spec"
SCOPE = "aggregate_instance_extra_specs"


def demanding(extra_specs: dict[str, str]) -> RequestSpec:
    """A request with these extra specs."""
    return RequestSpec(flavor=flavor(extra_specs=extra_specs))


def judged(extra_specs: dict[str, str], *metadata: dict[str, str]) -> str | None:
    """The verdict on a host in aggregates with this metadata."""
    aggregates = tuple(aggregate(f"a{n}", **texts) for n, texts in enumerate(metadata))
    return reason(
        AggregateInstanceExtraSpecsFilter(), host(aggregates=aggregates), demanding(extra_specs)
    )


def test_no_extra_specs() -> None:
    """Every host passes, in an aggregate or in none."""
    hosts = table(host("a"), host("b", aggregates=(aggregate(ssd="true"),)))
    assert reasons(AggregateInstanceExtraSpecsFilter(), hosts, spec()) == [None, None]


@pytest.mark.parametrize(
    "key",
    [
        "capabilities:ssd",
        "hw:cpu_policy",
        ":ssd",
        "Aggregate_instance_extra_specs:ssd",
        f" {SCOPE}:ssd",
        "x:" + SCOPE,
    ],
)
def test_other_scopes(key: str) -> None:
    """What has another scope is not this filter's business, on any host."""
    assert judged({key: "true"}) is None
    assert judged({key: "true"}, {"ssd": "false"}) is None


@pytest.mark.parametrize(
    ("key", "metadata"),
    [
        (f"{SCOPE}:ssd", {"ssd": "true"}),
        ("ssd", {"ssd": "true"}),
        (f"{SCOPE}:a:b", {"a:b": "true"}),
        (f"{SCOPE}::", {":": "true"}),
        (f"{SCOPE}:", {"": "true"}),
        (SCOPE, {SCOPE: "true"}),
        ("", {"": "true"}),
        (f"{SCOPE}:{SCOPE}:ssd", {f"{SCOPE}:ssd": "true"}),
    ],
)
def test_keys(key: str, metadata: dict[str, str]) -> None:
    """With the scope all after the first colon is the key; without a colon all of it is."""
    assert judged({key: "true"}, metadata) is None
    assert judged({key: "false"}, metadata) == MISMATCH
    assert judged({key: "true"}, {"other": "true"}) == MISSING
    assert judged({key: "true"}) == MISSING


def test_key_of_another_case() -> None:
    """Keys and values are compared case and all."""
    assert judged({"ssd": "true"}, {"SSD": "true"}) == MISSING
    assert judged({"ssd": "true"}, {"ssd": "True"}) == MISMATCH


@pytest.mark.parametrize("key", ["free_ram_mb", "host", "capabilities"])
def test_unscoped_capabilities_are_demanded_here_too(key: str) -> None:
    """As in Nova: a key without a scope must satisfy both filters."""
    assert judged({key: ">= 1"}) == MISSING


@pytest.mark.parametrize(
    ("requirement", "text", "found"),
    [
        ("true", "true", None),
        ("true", "true,false", None),
        ("true", "false , true ", None),
        ("false", "false , true ", None),
        ("true,false", "true,false", MISMATCH),
        (" true", "true", MISMATCH),
        ("", "", None),
        ("", "a,", None),
        ("", "a", MISMATCH),
        ("a", "", MISMATCH),
        (">= 5", "4,6", None),
        (">= 5", "4,3", MISMATCH),
        ("<= 5", "4,6", None),
        ("== 5", "5.0", None),
        ("s== 5", "5.0", MISMATCH),
        ("<in> ab", "cabd", None),
        ("<in> ab", "a,b", MISMATCH),
        ("<all-in> a b", "xa,b", MISMATCH),  # in one value
        ("<all-in> a b", "a b", None),
        ("<or> 1 <or> 2", "2,3", None),
        ("<or> 1 <or> 2", "3", MISMATCH),
        ("> 5", "6", MISMATCH),
        ("=", "6", MISMATCH),
        (">= 5", "many", INVALID),
        (">= 5", "", INVALID),
        (">= many", "5", INVALID),
        ("<or>", "5", INVALID),
    ],
)
def test_values(requirement: str, text: str, found: str | None) -> None:
    """Of the items of a comma list, blanks stripped, one must match by the operator."""
    assert judged({"key": requirement}, {"key": text}) == found


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("6", "many"), None),
        (("many", "6"), None),
        (("many,6",), None),
        (("4", "many"), INVALID),
        (("many", "4"), INVALID),
        (("4", "3"), MISMATCH),
    ],
)
def test_one_value_that_matches_is_enough(texts: tuple[str, ...], found: str | None) -> None:
    """Beside one that cannot be evaluated too: Nova's answer depends on the order of a set."""
    assert judged({"n": ">= 5"}, *({"n": text} for text in texts)) == found


def test_several_aggregates() -> None:
    """Their metadata is united: one has this key, another that, and both may have a third."""
    metadata = ({"ssd": "true", "gen": "1"}, {"gpu": "a100", "gen": "2"})
    assert judged({"ssd": "true", "gpu": "a100", "gen": "2"}, *metadata) is None
    assert judged({"gen": "<or> 3"}, *metadata) == MISMATCH
    assert judged({"ssd": "true", "net": "x"}, *metadata) == MISSING


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (["good", "mismatch", "missing"], MISMATCH),
        (["missing", "invalid", "mismatch"], MISSING),
        (["other", "invalid", "mismatch"], INVALID),
        (["good", "other"], None),
    ],
)
def test_all_must_hold(order: list[str], found: str | None) -> None:
    """The first that does not, in the order of the extra specs, gives the reason."""
    extra_specs = {
        "good": ("ssd", "true"),
        "other": ("hw:x", "y"),
        "mismatch": (f"{SCOPE}:ssd", "false"),
        "missing": ("none", "x"),
        "invalid": ("gen", ">= 1"),
    }
    asked = dict(extra_specs[name] for name in order)
    assert judged(asked, {"ssd": "true", "gen": "one"}) == found


def test_hosts_are_judged_apart() -> None:
    """Each host by its own aggregates; a host in none fails."""
    fast, slow = aggregate("fast", ssd="true"), aggregate("slow", ssd="false")
    hosts = table(
        host("a", aggregates=(fast,)),
        host("b", aggregates=(slow,)),
        host("c"),
        host("d", aggregates=(fast, slow)),
        host("e", aggregates=(aggregate("other", rack="1"),)),
    )
    judge, asked = AggregateInstanceExtraSpecsFilter(), demanding({"ssd": "true"})
    assert reasons(judge, hosts, asked) == [None, MISMATCH, MISSING, None, MISSING]
    view = hosts.take(hosts.rows(["e", "a"]))
    assert reasons(judge, view, asked) == [MISSING, None]


def test_each_set_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts of the same aggregates share it, and requests do."""
    seen: list[frozenset[str]] = []

    def split(values: frozenset[str]) -> frozenset[str]:
        seen.append(values)
        return values

    module = "extender.filters.aggregate_instance_extra_specs_filter"
    monkeypatch.setattr(f"{module}.split_values", split)
    fast = aggregate("fast", ssd="true")
    hosts = table(*(host(f"node-{n}", aggregates=(fast,)) for n in range(9)))
    for text in ("true", "false"):
        reasons(AggregateInstanceExtraSpecsFilter(), hosts, demanding({"ssd": text}))
    assert seen == [frozenset({"true"})]


def test_changed_aggregates() -> None:
    """A changed aggregate is another one, and judged anew."""
    hosts, judge = table(host("a")), AggregateInstanceExtraSpecsFilter()
    asked = demanding({"ssd": "true"})
    found = []
    changes: list[tuple[HostAggregate, ...]] = [
        (aggregate("x", ssd="false"),),
        (aggregate("x", ssd="true"),),
        (),
    ]
    for aggregates in changes:
        hosts.put(host("a", aggregates=aggregates))
        found += reasons(judge, hosts, asked)
    assert found == [MISMATCH, None, MISSING]


def test_unreadable_annotations_do_not_matter() -> None:
    """It reads aggregates only."""
    node = host(unreadable=~Unreadable(0), aggregates=(aggregate(ssd="true"),))
    assert reason(AggregateInstanceExtraSpecsFilter(), node, demanding({"ssd": "true"})) is None


def test_absurd_requests() -> None:
    """Thousands of keys, and texts that nobody wrote by hand, are judged like others."""
    many = {f"key{n}": "x" for n in range(5000)}
    assert judged(many, {"key0": "x"}) == MISSING
    assert judged({"\ud800": "\udfff"}, {"\ud800": "\udfff"}) is None
    assert judged({"key": "<or> " + "x " * 20000}, {"key": "x"}) is None


def test_explains() -> None:
    """What was demanded and is not there, and each aggregate's own text."""
    node = host(
        aggregates=(
            aggregate("one", ssd="true, false", gen="2"),
            aggregate("two", ssd="maybe", rack="7"),
        )
    )
    asked = demanding({"ssd": "yes", f"{SCOPE}:gen": ">= 2", "gpu": "a100", "hw:x": "y"})
    facts = AggregateInstanceExtraSpecsFilter().explain(node, asked)
    assert facts.need == "ssd: yes; gpu: a100"
    assert facts.have == "false, maybe, true; nothing"
    where = "Flavor, or pod annotation nova-extender.io/extra_specs"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("extra spec ssd", "yes", where),
        ("metadata ssd", "true, false", "aggregate one"),
        ("metadata ssd", "maybe", "aggregate two"),
        (f"extra spec {SCOPE}:gen", ">= 2", where),
        ("metadata gen", "2", "aggregate one"),
        ("extra spec gpu", "a100", where),
    ]


def test_explains_that_nothing_is_demanded() -> None:
    """There is nothing to say."""
    facts = AggregateInstanceExtraSpecsFilter().explain(host(), demanding({"hw:x": "y"}))
    assert (facts.need, facts.have, facts.sources) == (None, None, ())


def test_explanations_are_bounded() -> None:
    """A list of thousands of values is not spelt out."""
    node = host(aggregates=(aggregate("one", ids=",".join(map(str, range(2000)))),))
    facts = AggregateInstanceExtraSpecsFilter().explain(node, demanding({"ids": "x" * 9999}))
    assert isinstance(facts.need, str)
    assert isinstance(facts.have, str)
    assert len(facts.need) < 300
    assert len(facts.have) <= 200
    assert all(len(source.value) <= 200 for source in facts.sources)
