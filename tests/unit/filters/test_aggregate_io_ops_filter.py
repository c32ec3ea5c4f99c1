"""AggregateIoOpsFilter: not more operations than the host's aggregates say it can bear."""

from __future__ import annotations

import pytest

from extender.filters.aggregate_io_ops_filter import AggregateIoOpsFilter
from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from tests.builders import aggregate, host, instance, reason, reasons, spec, table

BUSY = "too_many_io_ops"
KEY = "max_io_ops_per_host"


def node(name: str, operations: int, *maxima: str) -> HostState:
    """A host with so many operations, in an aggregate for each of these maxima."""
    aggregates = tuple(
        aggregate(f"a{n}", max_io_ops_per_host=text) for n, text in enumerate(maxima)
    )
    return host(name, num_io_ops=operations, num_instances=30, aggregates=aggregates)


def made(maximum: int = 5) -> AggregateIoOpsFilter:
    """The filter with this option."""
    return AggregateIoOpsFilter(SchedulerOptions(max_io_ops_per_host=maximum))


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
    assert reasons(made(), hosts, spec()) == [None] * places + [BUSY] * 2


def test_instances_have_another_key() -> None:
    """A maximum of instances is no maximum of operations."""
    few = aggregate(max_instances_per_host="1")
    assert reason(made(), host(num_io_ops=4, aggregates=(few,)), spec()) is None


def test_consuming_adds_an_operation() -> None:
    """Two instances may start one after the other."""
    one = node("a", 0, "2")
    for n in range(2):
        assert reason(made(), one, spec()) is None
        one.consume(spec().flavor, instance(f"uid-{n}"))
    assert reason(made(), one, spec()) == BUSY


def test_numbers_and_explanation() -> None:
    """One place needed, and the places left by the host's own maximum: 3 − 4."""
    numbers = made().numbers(table(node("a", 4, "3")), spec())
    assert (numbers.need, numbers.have.tolist()) == (1, [-1])
    facts = made().explain(node("a", 4, "9", "3"), spec())
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (1, -1, 2, "places")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("num_io_ops", "4", "pods on the node"),
        (KEY, "9", "aggregate a0"),
        (KEY, "3", "aggregate a1"),
    ]
