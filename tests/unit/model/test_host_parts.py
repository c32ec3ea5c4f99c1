"""What a HostState is made of."""

from __future__ import annotations

from fractions import Fraction

import pytest

from extender.model.host_parts import Inventory, Unreadable


@pytest.mark.parametrize(
    ("total", "ratio", "limit"),
    [
        (8000, "16", 128000),
        (8000, "1.5", 12000),
        (8000, "0.1", 800),
        (3, "1.5", 4),  # 4.5
        (1, "0.999", 0),
        (999, "0.001", 0),  # 0.999
        (1000, "0.001", 1),
        (1000, "999.999", 999999),
        (7, "1.333", 9),  # 9.331
        (0, "16", 0),
        (3, "-0.5", -2),  # -1.5, floored
    ],
)
def test_limit_is_total_times_ratio_floored(total: int, ratio: str, limit: int) -> None:
    """The product is exact, and only then floored."""
    assert Inventory(total=total, ratio=Fraction(ratio)).limit == limit


def test_limit_is_exact_where_floats_are_not() -> None:
    """Ten times 0.1 of a host is the whole host, to the byte, at any size."""
    total = 10 * (2**60 + 1)
    assert Inventory(total=total, ratio=Fraction("0.1")).limit == 2**60 + 1


def test_free_is_without_ratio_and_may_be_negative() -> None:
    """Nova's free amounts know no ratio."""
    assert Inventory(total=100, used=30, ratio=Fraction(16)).free == 70
    assert Inventory(total=100, used=130).free == -30


def test_bits_are_distinct() -> None:
    """Each thing that can be unreadable has a bit of its own."""
    bits = [int(bit) for bit in Unreadable]
    assert len(bits) == 14
    assert sum(bits) == 2**14 - 1
