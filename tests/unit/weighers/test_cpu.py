"""CPUWeigher: free vCPUs, overcommit included."""

from __future__ import annotations

from extender.model.host_parts import Unreadable
from extender.weighers.cpu import CPUWeigher
from tests.builders import host, spec, table


def test_total_times_ratio_less_used() -> None:
    """8 × 16 − 3, 4 × 1.5 − 0.5, 8 × 1 − 10."""
    hosts = table(
        host("a", vcpus_total=8, cpu_allocation_ratio=16, vcpus_used=3),
        host("b", vcpus_total=4, cpu_allocation_ratio="1.5", vcpus_used="0.5"),
        host("c", vcpus_total=8, vcpus_used=10),
        host("d", vcpus_total=0),
    )
    assert CPUWeigher().weigh_objects(hosts, spec()).tolist() == [125.0, 5.5, -2.0, 0.0]


def test_parts_of_a_vcpu_count() -> None:
    """3.92 − 1.25 is not floored."""
    hosts = table(host("a", vcpus_total="3.92", vcpus_used="1.25"))
    assert CPUWeigher().weigh_objects(hosts, spec()).tolist() == [2.67]


def test_unreadable_ratio_weighs_nothing() -> None:
    """Without a ratio there is no telling, so 0; what else is unreadable does not matter."""
    hosts = table(
        host("a", vcpus_used=2, unreadable=Unreadable.CPU_RATIO),
        host("b", vcpus_used=2, unreadable=Unreadable.CPU_RATIO | Unreadable.RAM),
        host("c", vcpus_used=2, unreadable=Unreadable.RAM_RATIO | Unreadable.SERVICE),
        host("d", vcpus_used=12, unreadable=Unreadable.CPU_RATIO),
    )
    assert CPUWeigher().weigh_objects(hosts, spec()).tolist() == [0.0, 0.0, 6.0, 0.0]


def test_columns_stay_as_they_are() -> None:
    """Weighing twice gives the same weights."""
    hosts = table(host("a", unreadable=Unreadable.CPU_RATIO), host("b", vcpus_used=1))
    for _ in range(2):
        assert CPUWeigher().weigh_objects(hosts, spec()).tolist() == [0.0, 7.0]
