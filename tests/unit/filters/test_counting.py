"""What NumInstancesFilter, IoOpsFilter and their Aggregate forms share."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.aggregate_io_ops_filter import AggregateIoOpsFilter
from extender.filters.aggregate_num_instances_filter import AggregateNumInstancesFilter
from extender.filters.counting import CountFilter
from extender.filters.io_ops_filter import IoOpsFilter
from extender.filters.num_instances_filter import NumInstancesFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from tests.builders import host, reason, reasons, spec, table

CASES: list[tuple[type[CountFilter], str]] = [
    (NumInstancesFilter, "num_instances"),
    (IoOpsFilter, "num_io_ops"),
    # without aggregates the same
    (AggregateNumInstancesFilter, "num_instances"),
    (AggregateIoOpsFilter, "num_io_ops"),
]
EACH = pytest.mark.parametrize(
    ("cls", "count"), CASES, ids=["instances", "io_ops", "aggregate_instances", "aggregate_io_ops"]
)


def node(count: str, number: int, name: str = "node-1", **fields: Any) -> HostState:
    """A host with this number of instances or of operations."""
    fields[count] = number
    return host(name, **fields)


def made(cls: type[CountFilter], maximum: int) -> CountFilter:
    """The filter with its option set."""
    options: dict[str, Any] = {cls.option: maximum}
    return cls(SchedulerOptions(**options))


@EACH
@pytest.mark.parametrize("maximum", [1, 2, 8, 50])
def test_one_below_the_maximum_passes(cls: type[CountFilter], count: str, maximum: int) -> None:
    """At max − 1 there is a last place, at max there is none, nor above."""
    judge = made(cls, maximum)
    hosts = table(*(node(count, n, f"n{n}") for n in range(maximum + 2)))
    full = cls.too_many.id
    assert reasons(judge, hosts, spec()) == [None] * maximum + [full] * 2


@EACH
def test_maximum_of_nothing(cls: type[CountFilter], count: str) -> None:
    """With a maximum of 0 even an empty host is full."""
    assert reason(made(cls, 0), node(count, 0), spec()) == cls.too_many.id


@EACH
def test_the_request_does_not_matter(cls: type[CountFilter], count: str) -> None:
    """A pod takes one place, whatever it asks for, and even if it asks for nothing."""
    judge = made(cls, 3)
    for asked in (spec(), spec(vcpus=100, memory_mb=10**6)):
        assert reason(judge, node(count, 2), asked) is None
        assert reason(judge, node(count, 3), asked) == cls.too_many.id


@EACH
def test_unreadable_annotations_do_not_matter(cls: type[CountFilter], count: str) -> None:
    """It counts pods and reads no annotation."""
    unread = node(count, 0, unreadable=~Unreadable(0))
    assert reason(made(cls, 1), unread, spec()) is None


@EACH
def test_each_counts_its_own(cls: type[CountFilter], count: str) -> None:
    """The other filter's count is no concern."""
    other = {"num_instances": "num_io_ops", "num_io_ops": "num_instances"}[count]
    assert reason(made(cls, 1), node(other, 5), spec()) is None


@EACH
def test_numbers(cls: type[CountFilter], count: str) -> None:
    """One place needed, and the places left: 4 − 1, 4 − 4, 4 − 6."""
    hosts = table(*(node(count, n, f"n{n}") for n in (1, 4, 6)))
    numbers = made(cls, 4).numbers(hosts, spec())
    assert numbers.need == 1
    assert numbers.have.tolist() == [3, 0, -2]
    assert numbers.unit.text(numbers.need) == "1"


@EACH
@pytest.mark.parametrize(("on_host", "have", "short_by"), [(7, 1, 0), (8, 0, 1), (10, -2, 3)])
def test_explains(
    cls: type[CountFilter], count: str, on_host: int, have: int, short_by: int
) -> None:
    """Of 8 places: those left, those missing, the count and the option."""
    facts = made(cls, 8).explain(node(count, on_host), spec())
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (1, have, short_by, "places")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        (count, str(on_host), "pods on the node"),
        (cls.option, "8", f"option filter_scheduler.{cls.option}"),
    ]


@EACH
def test_runs_for_every_instance(cls: type[CountFilter], count: str) -> None:
    """Each instance placed fills the host a little more, and writes no limit."""
    assert cls().run_filter_for_index(1)
    assert dict(cls().limits(node(count, 1), spec())) == {}
