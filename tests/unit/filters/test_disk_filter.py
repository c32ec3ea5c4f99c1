"""DiskFilter: enough local disk."""

from __future__ import annotations

import pytest

from extender.filters.disk_filter import DiskFilter
from extender.model.host_parts import Unreadable
from tests.builders import BYTE_GB, BYTE_MB, Amount, host, reason, spec, table

EXCEEDS = "request_exceeds_host_disk"
LACKING = "insufficient_disk"


@pytest.mark.parametrize(
    ("root", "ephemeral", "swap", "found"),
    [
        (100, 0, 0, None),
        (60, 40, 0, None),
        (60, 39, 1024, None),
        (60, 39, 1024 + BYTE_MB, EXCEEDS),
        (60, 40, 1, EXCEEDS),
        (100 + BYTE_GB, 0, 0, EXCEEDS),
        (0, 100 + BYTE_GB, 0, EXCEEDS),
        (0, 0, 102400, None),
        (0, 0, 102401, EXCEEDS),
    ],
)
def test_root_ephemeral_and_swap_are_demanded(
    root: Amount, ephemeral: Amount, swap: Amount, found: str | None
) -> None:
    """A host of 100 GiB gives 100 GiB in all: root and ephemeral in GiB, swap in MiB."""
    asked = spec(root_gb=root, ephemeral_gb=ephemeral, swap=swap)
    assert reason(DiskFilter(), host(total_usable_disk_gb=100), asked) == found


@pytest.mark.parametrize(
    ("ratio", "free_gb", "fits"),
    [
        ("1.0", 30, 30),
        ("0.5", 80, 30),  # 50 − 20
        ("0.9", 100, 90),
        ("1.5", -20, 30),  # 150 − 120
        ("16.0", -1499, 1),  # 1600 − 1599
    ],
)
def test_ratios(ratio: str, free_gb: int, fits: int) -> None:
    """Of 100 GiB: what is left after ratio and use fits to the byte."""
    node = host(total_usable_disk_gb=100, free_disk_mb=free_gb * 1024, disk_allocation_ratio=ratio)
    assert reason(DiskFilter(), node, spec(root_gb=fits)) is None
    assert reason(DiskFilter(), node, spec(root_gb=fits + BYTE_GB)) == LACKING
    assert reason(DiskFilter(), node, spec(root_gb=fits, swap=BYTE_MB)) == LACKING


def test_one_instance_may_not_have_more_than_the_host() -> None:
    """Overcommit is for many, not for one."""
    node = host(total_usable_disk_gb=100, disk_allocation_ratio=2)
    assert reason(DiskFilter(), node, spec(root_gb=100)) is None
    assert reason(DiskFilter(), node, spec(root_gb=101)) == EXCEEDS


def test_host_without_disk_refuses() -> None:
    """A host that reports no disk passes only those that ask for none."""
    node = host(total_usable_disk_gb=0)
    assert reason(DiskFilter(), node, spec(swap=BYTE_MB)) == EXCEEDS
    assert reason(DiskFilter(), node, spec(vcpus=1, memory_mb=512)) is None


def test_host_without_disk_and_with_an_unreadable_annotation() -> None:
    """The annotation is the cause, so it is the reason."""
    for bit, found in (
        (Unreadable.DISK, "invalid_host_annotation"),
        (Unreadable.DISK_RATIO, "invalid_allocation_ratio"),
    ):
        node = host(total_usable_disk_gb=0, unreadable=bit)
        assert reason(DiskFilter(), node, spec(root_gb=1)) == found


@pytest.mark.parametrize(
    ("total", "ratio", "limit"), [(100, "1.0", 100), (100, "1.333", 133), (5, "0.5", 2)]
)
def test_limits(total: int, ratio: str, limit: int) -> None:
    """Whole GiB: 5 × 0.5 = 2.5 → 2."""
    node = host(total_usable_disk_gb=total, disk_allocation_ratio=ratio)
    assert dict(DiskFilter().limits(node, spec(root_gb=1))) == {"disk_gb": limit}


def test_explains_in_mebibytes() -> None:
    """30 GiB and 512 MiB of swap asked, 100 − 90 = 10 GiB left."""
    node = host(total_usable_disk_gb=100, free_disk_mb=10 * 1024)
    facts = DiskFilter().explain(node, spec(root_gb=20, ephemeral_gb=10, swap=512))
    assert (facts.need, facts.have, facts.unit) == (31232, 10240, "MiB")
    assert facts.short_by == 20992


def test_numbers_are_exact() -> None:
    """Bytes, of all three parts together."""
    node = host(total_usable_disk_gb=100, free_disk_mb=1024)
    numbers = DiskFilter().numbers(table(node), spec(root_gb=1, ephemeral_gb=1, swap=BYTE_MB))
    assert (numbers.need, numbers.have.tolist()) == (2 * 1024**3 + 1, [1024**3])
