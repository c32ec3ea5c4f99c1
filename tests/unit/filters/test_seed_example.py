"""The seed's own examples: 8 cores that are 128, and what it says of TypeFilter."""

from __future__ import annotations

import random

import pytest

from extender.filters.aggregate_core_filter import AggregateCoreFilter
from extender.filters.aggregate_type_affinity_filter import AggregateTypeAffinityFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.ram_filter import RamFilter
from extender.filters.retry_filter import RetryFilter
from extender.filters.type_affinity_filter import TypeAffinityFilter
from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.selection import NoValidHost
from tests.builders import Amount, aggregate, host, instance, reason, spec, table

LACKING = "insufficient_vcpus"


def eight_cores() -> HostState:
    """The seed's compute node: 8 cores, cpu_allocation_ratio 16."""
    return host(vcpus_total=8, cpu_allocation_ratio="16.0", total_usable_ram_mb=1024**2)


def fill(node: HostState, each: Amount) -> int:
    """How many instances of so many vCPUs the node takes before CoreFilter refuses one."""
    asked = spec(vcpus=each)
    taken = 0
    while reason(CoreFilter(), node, asked) is None:
        node.consume(asked.flavor, instance(f"uid-{taken}"))
        taken += 1
    return taken


@pytest.mark.parametrize(
    ("each", "instances"), [(1, 128), (2, 64), (4, 32), (8, 16), ("0.5", 256), (3, 42), (5, 25)]
)
def test_eight_cores_take_128_vcpus(each: Amount, instances: int) -> None:
    """One by one or in lots: as many instances as go into 128."""
    node = eight_cores()
    assert fill(node, each) == instances
    assert 128 - float(each) < node.vcpus_used <= 128


@pytest.mark.parametrize("lots", [(8, 1), (7, 3, 1), (5, 2, 1), (8, 6, 1)])
def test_lots_of_several_sizes(lots: tuple[int, ...]) -> None:
    """Large instances first, then what still goes in: the last fills it to 128, not to 129."""
    node = eight_cores()
    for each in lots:
        fill(node, each)
    assert node.vcpus_used == 128
    assert reason(CoreFilter(), node, spec(vcpus=1)) == LACKING


def test_not_129_in_one_request() -> None:
    """The whole scheduler places 128 instances of one vCPU, and of 129 none at all."""
    filters = (RetryFilter(), AggregateTypeAffinityFilter(), CoreFilter(), RamFilter())
    scheduler = FilterScheduler(filters, (), SchedulerOptions(), clock=lambda: 0.0)
    rng = random.Random(1)  # noqa: S311 - nothing is left to chance here
    for instances in (128, 129):
        asked = spec(vcpus=1, memory_mb=64)
        uuids = [f"uid-{n}" for n in range(instances)]
        if instances > 128:
            with pytest.raises(NoValidHost):
                scheduler.select_destinations(table(eight_cores()), asked, uuids, rng=rng)
        else:
            found = scheduler.select_destinations(table(eight_cores()), asked, uuids, rng=rng)
            assert len(found.selections) == 128


def test_not_more_than_the_real_cores_at_once() -> None:
    """As the seed says: one instance may not have more than the node has before the ratio."""
    assert reason(CoreFilter(), eight_cores(), spec(vcpus=8)) is None
    assert reason(CoreFilter(), eight_cores(), spec(vcpus=9)) == "request_exceeds_host_vcpus"


def test_the_ratio_of_an_aggregate_does_the_same() -> None:
    """A node without a ratio of its own, in an aggregate that has one."""
    node = host(vcpus_total=8, aggregates=(aggregate(cpu_allocation_ratio="16.0"),))
    asked = spec(vcpus=8)
    for n in range(16):
        assert reason(AggregateCoreFilter(), node, asked) is None
        node.consume(asked.flavor, instance(f"uid-{n}"))
    assert reason(AggregateCoreFilter(), node, spec(vcpus=1)) == LACKING


def running(flavor: str, *aggregated: str) -> HostState:
    """A node with one pod of a flavor, in aggregates that list flavors."""
    aggregates = tuple(aggregate(f"a{n}", instance_type=text) for n, text in enumerate(aggregated))
    pod = instance("uid-1", flavor=flavor)
    return host(instances={pod.uuid: pod}, aggregates=aggregates)


def test_what_the_seed_says_of_typefilter() -> None:
    """Its words want a node to run one flavor only: TypeAffinityFilter does, the other does not.

    By the letter they would keep the first instance of a flavor off an empty node too; no filter
    of Nova's does that.
    """
    small = spec(flavor_name="m1.small")
    for judge, refused in (
        (TypeAffinityFilter(), "other_flavor_on_host"),
        (AggregateTypeAffinityFilter(), None),
    ):
        assert reason(judge, running("m1.small"), small) is None
        assert reason(judge, running("m1.large"), small) == refused
        assert reason(judge, host(), small) is None


def test_what_the_seed_shows_of_typefilter() -> None:
    """Its code asks what aggregates list: AggregateTypeAffinityFilter does, the other does not."""
    small = spec(flavor_name="m1.small")
    for judge, refused in (
        (AggregateTypeAffinityFilter(), "flavor_not_allowed"),
        (TypeAffinityFilter(), None),
    ):
        assert reason(judge, running("m1.small", "m1.large"), small) == refused
        assert reason(judge, running("m1.small", "m1.large , m1.small"), small) is None
        assert reason(judge, running("m1.small"), small) is None
