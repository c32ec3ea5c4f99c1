"""AggregateTypeAffinityFilter: flavors that an aggregate admits."""

from __future__ import annotations

import pytest

from extender.filters.aggregate_type_affinity_filter import AggregateTypeAffinityFilter
from extender.model.host_parts import Unreadable
from tests.builders import aggregate, host, reason, reasons, spec, table

REFUSED = "flavor_not_allowed"


def judged(flavor_name: str, *lists: str) -> str | None:
    """The verdict on a host whose aggregates have these lists under ``instance_type``."""
    aggregates = tuple(aggregate(f"a{n}", instance_type=text) for n, text in enumerate(lists))
    return reason(
        AggregateTypeAffinityFilter(), host(aggregates=aggregates), spec(flavor_name=flavor_name)
    )


@pytest.mark.parametrize("flavor_name", ["m1.small", ""])
def test_host_without_the_key(flavor_name: str) -> None:
    """In no aggregate, or in others only, a host takes every flavor, and none."""
    hosts = table(host("a"), host("b", aggregates=(aggregate("ssd", ssd="true"),)))
    asked = spec(flavor_name=flavor_name)
    assert reasons(AggregateTypeAffinityFilter(), hosts, asked) == [None, None]


@pytest.mark.parametrize(
    ("flavor_name", "found"),
    [
        ("m1.small", None),
        ("m1.large", None),
        ("m1.medium", REFUSED),
        ("M1.small", REFUSED),
        ("m1", REFUSED),
        ("m1.small,m1.large", REFUSED),
    ],
)
def test_one_list(flavor_name: str, found: str | None) -> None:
    """A flavor is one of the list's items, whole, case and all."""
    assert judged(flavor_name, "m1.small,m1.large") == found


@pytest.mark.parametrize("text", [" m1.small", "m1.small , m1.large", "m1.large,\tm1.small "])
def test_blanks_around_items(text: str) -> None:
    """Blanks around an item are no part of the flavor's name."""
    assert judged("m1.small", text) is None


def test_blanks_within_items() -> None:
    """A blank inside an item is: items are divided by commas only."""
    assert judged("m1.small", "m1.small m1.large") == REFUSED


def test_several_aggregates() -> None:
    """Any aggregate that admits the flavor is enough."""
    assert judged("m1.large", "m1.small", "m1.large") is None
    assert judged("m1.tiny", "m1.small", "m1.large") == REFUSED


@pytest.mark.parametrize("text", ["m1.small", "m1.small,", ",", "", " "])
def test_request_without_a_flavor(text: str) -> None:
    """Where flavors are named a pod without one is refused, even by a list with an empty item."""
    assert judged("", text) == REFUSED


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_list_without_items(text: str) -> None:
    """A key with an empty list admits nobody, as in Nova."""
    assert judged("m1.small", text) == REFUSED


def test_hosts_are_judged_apart() -> None:
    """Each host by its own aggregates."""
    small = aggregate("small", instance_type="m1.small")
    large = aggregate("large", instance_type="m1.large")
    hosts = table(
        host("a", aggregates=(small,)),
        host("b", aggregates=(large,)),
        host("c"),
        host("d", aggregates=(large, small)),
    )
    asked = spec(flavor_name="m1.small")
    assert reasons(AggregateTypeAffinityFilter(), hosts, asked) == [None, REFUSED, None, None]


def test_unreadable_annotations_do_not_matter() -> None:
    """It reads aggregates only."""
    node = host(unreadable=~Unreadable(0))
    assert reason(AggregateTypeAffinityFilter(), node, spec(flavor_name="m1.small")) is None


def test_runs_once_per_request() -> None:
    """All instances of a request have one flavor."""
    assert not AggregateTypeAffinityFilter().run_filter_for_index(1)


def test_explains() -> None:
    """The flavor, those admitted, and each aggregate's own list."""
    node = host(
        aggregates=(
            aggregate("one", instance_type="m1.small, m1.large,"),
            aggregate("other", rack="7"),
            aggregate("two", instance_type="m1.huge"),
        )
    )
    asked = spec(flavor_name="m1.tiny", sources={"flavor_name": "annotation of the pod"})
    facts = AggregateTypeAffinityFilter().explain(node, asked)
    assert (facts.need, facts.have) == ("m1.tiny", "m1.huge, m1.large, m1.small")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("flavor", "m1.tiny", "annotation of the pod"),
        ("instance_type", "m1.small, m1.large,", "aggregate one"),
        ("instance_type", "m1.huge", "aggregate two"),
    ]


def test_explains_a_host_that_admits_any() -> None:
    """Without the key any flavor is admitted, and a pod without one says so."""
    facts = AggregateTypeAffinityFilter().explain(host(), spec())
    assert (facts.need, facts.have) == ("no flavor", "any")
    (source,) = facts.sources
    assert source.value == "none"
    assert source.where == "pod has no annotation nova-extender.io/flavor"


def test_explains_a_host_that_admits_none() -> None:
    """An empty list is told from no list."""
    node = host(aggregates=(aggregate("empty", instance_type=""),))
    assert AggregateTypeAffinityFilter().explain(node, spec(flavor_name="m1")).have == "none"
