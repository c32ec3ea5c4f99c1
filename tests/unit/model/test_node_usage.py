"""What is used of a node, as shares of its capacity."""

from __future__ import annotations

import pytest

from extender.model.metrics import Capacity, HostMetric, NodeUsage

GIB = 2**30
EIGHT = Capacity(milli_vcpus=8000, memory=16 * GIB)


@pytest.mark.parametrize(
    ("nano_cpus", "percent"),
    [
        (0, 0.0),
        (79_999_999, 0.0),
        (80_000_000, 1.0),
        (2_000_000_000, 25.0),
        (7_999_999_999, 99.0),
        (8_000_000_000, 100.0),
        (8_080_000_000, 101.0),
    ],
)
def test_cpu_percent(nano_cpus: int, percent: float) -> None:
    """Whole percents of the cores, floored: 0.08 of 8 cores is one."""
    usage = NodeUsage("n", 5.0, nano_cpus=nano_cpus)
    assert usage.metrics(EIGHT) == (HostMetric("cpu.percent", percent, 5.0, "metrics.k8s.io"),)


def test_memory_percent() -> None:
    """4 GiB of 16 are 25, a byte less is 24."""
    usage = NodeUsage("n", None, nano_bytes=4 * GIB * 10**9)
    assert usage.metrics(EIGHT) == (HostMetric("memory.percent", 25.0, None, "metrics.k8s.io"),)
    less = NodeUsage("n", None, nano_bytes=(4 * GIB - 1) * 10**9)
    assert less.metrics(EIGHT)[0].value == 24.0


def test_both() -> None:
    """Each has its own name."""
    found = NodeUsage("n", 5.0, 10**9, GIB * 10**9).metrics(EIGHT)
    assert [(m.name, m.value) for m in found] == [("cpu.percent", 12.0), ("memory.percent", 6.0)]


@pytest.mark.parametrize("capacity", [Capacity(), Capacity(milli_vcpus=0, memory=-1)])
def test_without_capacity(capacity: Capacity) -> None:
    """There is nothing to be a share of."""
    assert NodeUsage("n", 5.0, 10**9, 10**9).metrics(capacity) == ()


def test_without_usage() -> None:
    """What is not told is no metric."""
    assert NodeUsage("n").metrics(EIGHT) == ()
