"""What a HostState is made of."""

from __future__ import annotations

import copy
from dataclasses import replace
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


# -- amplified -----------------------------------------------------------------------------------

WHY = "annotation x is Static"


def test_raw_is_with_the_reserve() -> None:
    """What the node offers by itself; without an allocatable of its own that is what holds."""
    one = Inventory(total=6000, reserved=2000)
    assert (one.raw, one.held) == (8000, 8000)
    assert Inventory(total=6000, reserved=2000, allocatable=32_000).held == 32_000
    assert Inventory(total=6000, allocatable=0).held == 0


def test_requested_is_what_others_count() -> None:
    """Of 9000 used, 4000 are virtual; a pod that counts as less than it requests adds to it."""
    assert Inventory(used=9000, virtual=4000).requested == 5000
    assert Inventory(used=1000, virtual=-2000).requested == 3000
    assert Inventory(used=9000).requested == 9000


def test_amplified_is_of_the_raw_amount() -> None:
    """8000 x 1.5, whatever is reserved of it, and never below the floor."""
    one = Inventory(total=6000, reserved=2000, ratio=Fraction("1.5"), floor=11_999)
    assert (one.limit, one.amplified) == (9000, 12_000)
    assert Inventory(total=8000, ratio=Fraction("1.5"), floor=12_001).amplified == 12_001
    assert Inventory(total=8000, ratio=Fraction("0.5")).amplified == 8000


@pytest.mark.parametrize(
    ("allocatable", "ratio", "void"),
    [
        (None, "1", 0),
        (None, "2", 8000),  # 16000 are promised, 8000 held to
        (16_000, "2", 0),
        (15_999, "2", 1),
        (16_000, "1.5", 0),  # lowered: the kubelet may hold to more
        (None, "0.5", 0),
        (0, "1", 8000),
    ],
)
def test_void(allocatable: int | None, ratio: str, void: int) -> None:
    """What of 8000 x ratio is more than kube-scheduler and the kubelet allow."""
    assert Inventory(total=8000, allocatable=allocatable, ratio=Fraction(ratio)).void == void


def test_void_without_what_is_reserved() -> None:
    """6000 x 1.25 are 7500 of the 8000 that are held to: all of them count."""
    one = Inventory(total=6000, reserved=2000, allocatable=8000, ratio=Fraction("1.25"))
    assert one.void == 0


@pytest.mark.parametrize(
    ("ratio", "shown"), [("1.5", "1.5"), ("16", "16"), ("1.001", "1.001"), ("2.50", "2.5")]
)
def test_held_at_one(ratio: str, shown: str) -> None:
    """The limit is the total, and where the ratio comes from says so, and why."""
    one = Inventory(total=8000, ratio=Fraction(ratio), ratio_from="there", held_at_one=WHY)
    assert one.ratio == 1
    assert (one.limit, one.amplified, one.void) == (8000, 8000, 0)
    assert one.ratio_from == f"there: {shown}, held at 1, for {WHY}"


@pytest.mark.parametrize("ratio", ["1", "0.5", "0", "-1"])
def test_nothing_to_hold_at_one(ratio: str) -> None:
    """A ratio that is not above 1 counts as it is."""
    one = Inventory(total=8000, ratio=Fraction(ratio), ratio_from="there", held_at_one=WHY)
    assert (one.ratio, one.ratio_from) == (Fraction(ratio), "there")


def test_held_at_one_with_another_ratio() -> None:
    """An aggregate's takes the place of the node's, and is held for the same cause."""
    own = Inventory(total=8000, ratio=Fraction(2), ratio_from="node", held_at_one=WHY)
    other = replace(own, ratio=Fraction(4), ratio_from="host aggregates")
    assert other.ratio == 1
    assert other.limit == 8000
    assert other.ratio_from == f"host aggregates: 4, held at 1, for {WHY}"
    assert replace(own, used=5).ratio_from == own.ratio_from


def test_copies_are_independent_and_complete() -> None:
    """As a host's copy makes them."""
    one = Inventory(
        total=8000,
        reserved=1,
        used=2,
        virtual=3,
        allocatable=4,
        floor=5,
        ratio=Fraction(2),
        ratio_from="node",
        held_at_one=WHY,
    )
    twin = copy.copy(one)
    assert twin == one
    twin.virtual += 1
    assert one.virtual == 3


def test_bits_are_distinct() -> None:
    """Each thing that can be unreadable has a bit of its own."""
    bits = [int(bit) for bit in Unreadable]
    assert len(bits) == 14
    assert sum(bits) == 2**14 - 1
