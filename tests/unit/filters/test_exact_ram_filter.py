"""ExactRamFilter: just as much memory as is left."""

from __future__ import annotations

import pytest

from extender.filters.exact_ram_filter import ExactRamFilter
from tests.builders import BYTE_MB, Amount, host, reason, spec

OFF = "inexact_ram"


@pytest.mark.parametrize(
    ("asked", "found"),
    [(1024, None), (1024 - BYTE_MB, OFF), (1024 + BYTE_MB, OFF), (512, OFF), (2048, OFF)],
)
def test_to_the_byte(asked: Amount, found: str | None) -> None:
    """Of 2048 MiB with 1024 free a request for 1024 takes all, whatever the ratio."""
    node = host(total_usable_ram_mb=2048, free_ram_mb=1024, ram_allocation_ratio=2)
    assert reason(ExactRamFilter(), node, spec(memory_mb=asked)) == found


def test_host_without_memory() -> None:
    """Nothing is left, which is just what a request for nothing asks."""
    node = host(total_usable_ram_mb=0)
    assert reason(ExactRamFilter(), node, spec()) is None
    assert reason(ExactRamFilter(), node, spec(memory_mb=1)) == OFF


def test_limits() -> None:
    """The whole MiB of the host, without a ratio: 2047 of 2047.5."""
    node = host(total_usable_ram_mb="2047.5", free_ram_mb=3, ram_allocation_ratio=2)
    assert dict(ExactRamFilter().limits(node, spec())) == {"memory_mb": 2047}
