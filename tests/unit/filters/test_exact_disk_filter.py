"""ExactDiskFilter: just as much local disk as is left."""

from __future__ import annotations

import pytest

from extender.filters.exact_disk_filter import ExactDiskFilter
from tests.builders import BYTE_GB, Amount, host, reason, spec

OFF = "inexact_disk"


@pytest.mark.parametrize(
    ("root", "ephemeral", "swap", "found"),
    [
        (50, 20, 10240, None),  # 50 + 20 + 10 GiB
        (80, 0, 0, None),
        (0, 0, 81920, None),
        (50, 20, 0, OFF),  # swap counts
        (50, 20, 10241, OFF),
        (80 + BYTE_GB, 0, 0, OFF),
        (80 - BYTE_GB, 0, 0, OFF),
    ],
)
def test_root_ephemeral_and_swap(
    root: Amount, ephemeral: Amount, swap: Amount, found: str | None
) -> None:
    """Together they take just the 80 GiB that are free, to the byte."""
    node = host(total_usable_disk_gb=100, free_disk_mb=80 * 1024, disk_allocation_ratio=2)
    asked = spec(root_gb=root, ephemeral_gb=ephemeral, swap=swap)
    assert reason(ExactDiskFilter(), node, asked) == found


def test_pod_that_asks_for_no_disk() -> None:
    """It fits only where none is left."""
    assert reason(ExactDiskFilter(), host(), spec()) == OFF
    assert reason(ExactDiskFilter(), host(free_disk_mb=0), spec()) is None


def test_limits() -> None:
    """The whole GiB of the host, without a ratio: 99 of 99.5."""
    node = host(total_usable_disk_gb="99.5", disk_allocation_ratio=2)
    assert dict(ExactDiskFilter().limits(node, spec())) == {"disk_gb": 99}
