"""RamFilter: enough memory."""

from __future__ import annotations

from fractions import Fraction

import pytest

from extender.filters.ram_filter import RamFilter
from extender.model.host_parts import Unreadable
from tests.builders import BYTE_MB, Amount, host, reason, spec, table

EXCEEDS = "request_exceeds_host_ram"
LACKING = "insufficient_ram"
MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("asked", "found"), [(1024, None), (1024 + BYTE_MB, LACKING), (1024 - BYTE_MB, None)]
)
def test_novas_own_example_of_negative_free(asked: Amount, found: str | None) -> None:
    """Total 2048, free −1024, ratio 2: 4096 − (2048 + 1024) leaves 1024 MiB, to the byte."""
    node = host(total_usable_ram_mb=2048, free_ram_mb=-1024, ram_allocation_ratio=2)
    assert reason(RamFilter(), node, spec(memory_mb=asked)) == found


@pytest.mark.parametrize(
    ("ratio", "free", "fits"),
    [
        ("1.0", 1000, 1000),
        ("1.5", -4096, 4096),  # 24576 − 20480
        ("1.5", 0, 8192),  # 24576 − 16384
        ("0.1", 16384, Fraction(16384, 10)),  # not a whole number of bytes
        ("0.001", 16384, Fraction(16384, 1000)),
        ("16.0", -245760 + 1, 1),  # 262144 − 262143
        ("999.999", -16367599, Fraction("0.616")),  # 16383983.616 − 16383983
    ],
)
def test_ratios(ratio: str, free: int, fits: Fraction) -> None:
    """Of 16384 MiB: what is left after ratio and use fits to the byte."""
    node = host(total_usable_ram_mb=16384, free_ram_mb=free, ram_allocation_ratio=ratio)
    last = Fraction(int(fits * MIB), MIB)
    assert reason(RamFilter(), node, spec(memory_mb=last)) is None
    assert reason(RamFilter(), node, spec(memory_mb=last + BYTE_MB)) == LACKING


@pytest.mark.parametrize(
    ("asked", "found"), [(2048, None), (2048 + BYTE_MB, EXCEEDS), (4096, EXCEEDS)]
)
def test_one_instance_may_not_have_more_than_the_host(asked: Amount, found: str | None) -> None:
    """With a ratio of 16 there are 32 GiB for all, and 2 GiB for one."""
    node = host(total_usable_ram_mb=2048, ram_allocation_ratio=16)
    assert reason(RamFilter(), node, spec(memory_mb=asked)) == found


def test_host_without_memory_refuses() -> None:
    """There is no fail-safe: a host that reports nothing takes nothing but requests of nothing."""
    node = host(total_usable_ram_mb=0, ram_allocation_ratio=16)
    assert reason(RamFilter(), node, spec(memory_mb=BYTE_MB)) == EXCEEDS
    assert reason(RamFilter(), node, spec(memory_mb=0)) is None


def test_host_without_memory_and_with_an_unreadable_annotation() -> None:
    """The annotation is the cause, so it is the reason."""
    for bit, found in (
        (Unreadable.RAM, "invalid_host_annotation"),
        (Unreadable.RAM_RATIO, "invalid_allocation_ratio"),
    ):
        node = host(total_usable_ram_mb=0, unreadable=bit)
        assert reason(RamFilter(), node, spec(memory_mb=1)) == found


@pytest.mark.parametrize(
    ("total", "ratio", "limit"),
    [(16384, "1.5", 24576), (2048, "1.0", 2048), (1000, "1.333", 1333), (1001, "0.5", 500)],
)
def test_limits(total: int, ratio: str, limit: int) -> None:
    """Whole MiB: 1001 × 0.5 = 500.5 → 500."""
    node = host(total_usable_ram_mb=total, ram_allocation_ratio=ratio)
    assert dict(RamFilter().limits(node, spec(memory_mb=1))) == {"memory_mb": limit}


def test_limit_of_a_host_without_memory() -> None:
    """A limit of nothing is written, as the filter has no fail-safe."""
    node = host(total_usable_ram_mb=0)
    assert dict(RamFilter().limits(node, spec())) == {"memory_mb": 0}


def test_explains() -> None:
    """2048 asked of 2048 × 1.5 − 1536 = 1536."""
    node = host(total_usable_ram_mb=2048, free_ram_mb=512, ram_allocation_ratio="1.5")
    facts = RamFilter().explain(node, spec(memory_mb=2048))
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (2048, 1536, 512, "MiB")


def test_explains_large_amounts_in_full() -> None:
    """4 TiB are 4194304 MiB, digit by digit."""
    node = host(total_usable_ram_mb=4 * 1024 * 1024)
    facts = RamFilter().explain(node, spec(memory_mb=1))
    assert {s.name: s.value for s in facts.sources}["total"] == "4194304 MiB"


def test_numbers_are_exact() -> None:
    """Bytes, with a unit to show them in."""
    node = host(total_usable_ram_mb=2048, free_ram_mb=512 - BYTE_MB)
    numbers = RamFilter().numbers(table(node), spec(memory_mb=1024))
    assert (numbers.need, numbers.have.tolist()) == (1024 * MIB, [512 * MIB - 1])
    assert numbers.unit.text(512 * MIB) == "512 MiB"
