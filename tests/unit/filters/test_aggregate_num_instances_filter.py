"""AggregateNumInstancesFilter: not more instances than the host's aggregates say."""

from __future__ import annotations

import pytest

from extender.filters.aggregate_num_instances_filter import AggregateNumInstancesFilter
from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from tests.builders import aggregate, host, instance, reason, reasons, spec, table

FULL = "too_many_instances"
KEY = "max_instances_per_host"


def node(name: str, instances: int, *maxima: str) -> HostState:
    """A host with so many instances, in an aggregate for each of these maxima."""
    aggregates = tuple(
        aggregate(f"a{n}", max_instances_per_host=text) for n, text in enumerate(maxima)
    )
    return host(name, num_instances=instances, aggregates=aggregates)


def made(maximum: int = 5) -> AggregateNumInstancesFilter:
    """The filter with this option."""
    return AggregateNumInstancesFilter(SchedulerOptions(max_instances_per_host=maximum))


@pytest.mark.parametrize(
    ("maxima", "places"),
    [
        ((), 5),
        (("3",), 3),
        (("7",), 7),
        (("7", "3", "12"), 3),
        ((" 3 ", "7"), 3),
        (("0",), 0),
        (("-2",), 0),
        (("3", "x"), 5),
        (("3.0",), 5),
        (("2,9",), 5),
        (("",), 5),
    ],
)
def test_both_sides_of_the_maximum(maxima: tuple[str, ...], places: int) -> None:
    """The least whole number of the aggregates counts, else the option, here 5."""
    hosts = table(*(node(f"n{n}", n, *maxima) for n in range(places + 2)))
    assert reasons(made(), hosts, spec()) == [None] * places + [FULL] * 2


def test_each_host_by_its_own_aggregates() -> None:
    """Three instances are too many only where the aggregates say so."""
    hosts = table(node("a", 3, "3"), node("b", 3, "4"), node("c", 3), node("d", 3, "4", "2"))
    assert reasons(made(), hosts, spec()) == [FULL, None, None, FULL]


def test_consuming_fills_the_host() -> None:
    """Two instances fit one after the other."""
    one = node("a", 0, "2")
    for n in range(2):
        assert reason(made(), one, spec()) is None
        one.consume(spec().flavor, instance(f"uid-{n}"))
    assert reason(made(), one, spec()) == FULL


def test_numbers() -> None:
    """One place needed, and the places left by each host's own maximum: 3 − 4, 5 − 4, 9 − 4."""
    hosts = table(node("a", 4, "3"), node("b", 4), node("c", 4, "9"))
    numbers = made().numbers(hosts, spec())
    assert (numbers.need, numbers.have.tolist()) == (1, [-1, 1, 5])


def test_explains() -> None:
    """The places left of the least maximum, and each aggregate's."""
    facts = made().explain(node("a", 4, "9", "3"), spec())
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (1, -1, 2, "places")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("num_instances", "4", "pods on the node"),
        (KEY, "9", "aggregate a0"),
        (KEY, "3", "aggregate a1"),
    ]


def test_explains_a_bad_number() -> None:
    """What is no number is told of, and that the option counts."""
    facts = made().explain(node("a", 4, "3", "few"), spec())
    assert (facts.have, facts.short_by) == (1, 0)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("num_instances", "4", "pods on the node"),
        (KEY, "3", "aggregate a0"),
        (KEY, "few", f"aggregate a1, ignored with all aggregates' {KEY}: it is not a whole number"),
        (KEY, "5", f"option filter_scheduler.{KEY}"),
    ]
