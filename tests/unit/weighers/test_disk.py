"""DiskWeigher: free disk."""

from __future__ import annotations

from extender.model.host_parts import Unreadable
from extender.weighers.disk import DiskWeigher
from tests.builders import BYTE_MB, host, spec, table


def test_free_disk_mb() -> None:
    """The raw weight is free MiB: 100 GiB are 102400."""
    hosts = table(host("a", free_disk_mb=2048), host("b", total_usable_disk_gb=100))
    assert DiskWeigher().weigh_objects(hosts, spec()).tolist() == [2048.0, 102400.0]


def test_ratio_does_not_count() -> None:
    """What is physically left counts, below 0 too."""
    hosts = table(
        host("a", free_disk_mb=-512, disk_allocation_ratio=2),
        host("b", free_disk_mb=512, disk_allocation_ratio="0.1"),
        host("c", free_disk_mb=512, unreadable=Unreadable.DISK_RATIO),
    )
    assert DiskWeigher().weigh_objects(hosts, spec()).tolist() == [-512.0, 512.0, 512.0]


def test_not_floored() -> None:
    """A byte makes a difference."""
    hosts = table(host("a", free_disk_mb=1), host("b", free_disk_mb=1 + BYTE_MB))
    first, second = DiskWeigher().weigh_objects(hosts, spec()).tolist()
    assert first == 1.0
    assert second == 1.0 + 2.0**-20
