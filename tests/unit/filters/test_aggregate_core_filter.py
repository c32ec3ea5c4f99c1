"""AggregateCoreFilter: enough virtual CPUs, by the aggregates' ratio."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.aggregate_core_filter import AggregateCoreFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from tests.builders import MILLI, aggregate, host, instance, reason, spec

EXCEEDS = "request_exceeds_host_vcpus"
LACKING = "insufficient_vcpus"


def node(*ratios: str, **fields: Any) -> HostState:
    """A host of 8 vCPUs in an aggregate for each of these ratios."""
    aggregates = tuple(
        aggregate(f"a{n}", cpu_allocation_ratio=text) for n, text in enumerate(ratios)
    )
    return host(aggregates=aggregates, **{"vcpus_total": 8, **fields})


def test_eight_cores_at_ratio_sixteen_take_128_vcpus() -> None:
    """The aggregate's 16 counts, not the host's own 1: 128 instances of one vCPU fit, no more."""
    one = node("16.0", cpu_allocation_ratio=1)
    for n in range(128):
        assert reason(AggregateCoreFilter(), one, spec(vcpus=1)) is None
        one.consume(spec(vcpus=1).flavor, instance(f"uid-{n}"))
    assert reason(AggregateCoreFilter(), one, spec(vcpus=MILLI)) == LACKING


def test_boundary_of_use() -> None:
    """8 × 1.5 = 12: four more vCPUs fit beside eight, to the milli-core."""
    one = node("1.5", "16", vcpus_used=8, cpu_allocation_ratio=16)
    assert reason(AggregateCoreFilter(), one, spec(vcpus=4)) is None
    assert reason(AggregateCoreFilter(), one, spec(vcpus=4 + MILLI)) == LACKING
    assert reason(AggregateCoreFilter(), one, spec(vcpus=8 + MILLI)) == EXCEEDS


@pytest.mark.parametrize("ratio", ["0", "-1", "0.001", "16", "x"])
def test_host_without_vcpus_passes(ratio: str) -> None:
    """Nova's fail-safe comes before any ratio, one that cannot be read included."""
    for unreadable in (Unreadable(0), Unreadable.CPU_RATIO):
        one = host(vcpus_total=0, unreadable=unreadable, aggregates=node(ratio).aggregates)
        assert reason(AggregateCoreFilter(), one, spec(vcpus=1)) is None
        assert AggregateCoreFilter().explain(one, spec(vcpus=1)).short_by == 0
        assert dict(AggregateCoreFilter().limits(one, spec(vcpus=1))) == {}


@pytest.mark.parametrize(
    ("ratios", "limit"),
    [
        ((), {"vcpu": 16}),  # by the host's own ratio of 2
        (("16",), {"vcpu": 128}),
        (("16", "1.3"), {"vcpu": 10}),  # 10.4
        (("0.1",), {"vcpu": 0}),  # 0.8, which Nova writes and then cuts
        (("0",), {}),
        (("-1",), {}),
        (("x",), {"vcpu": 16}),
    ],
)
def test_limits(ratios: tuple[str, ...], limit: dict[str, int]) -> None:
    """Whole vCPUs by the ratio that counts; none where the limit is not above 0, as in Nova."""
    one = node(*ratios, cpu_allocation_ratio=2)
    assert dict(AggregateCoreFilter().limits(one, spec(vcpus=1))) == limit
