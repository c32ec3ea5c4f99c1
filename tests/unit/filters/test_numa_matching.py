"""Hall's theorem on tables, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from extender.filters.numa_matching import Words, coverable, packed, placeable


def rows(*texts: str) -> Words:
    """A host for each text: which cells fit, ``1`` or ``0``."""
    return packed(np.array([[mark == "1" for mark in text] for text in texts], dtype=np.bool_))


def test_one_kind() -> None:
    """As many cells as are asked for."""
    fits = rows("0000", "0100", "0101", "1111")
    assert placeable([fits], [1]).tolist() == [False, True, True, True]
    assert placeable([fits], [2]).tolist() == [False, False, True, True]
    assert placeable([fits], [4]).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("first", "second", "wanted", "found"),
    [
        ("10", "10", [1, 1], False),  # both in the same cell only
        ("10", "01", [1, 1], True),
        ("10", "11", [1, 1], True),
        ("00", "11", [1, 1], False),
        ("110", "110", [1, 1], True),
        ("110", "110", [2, 1], False),  # three in two cells
        ("110", "011", [2, 1], True),
        ("110", "011", [1, 2], True),
        ("111", "010", [2, 1], True),
        ("111", "010", [3, 1], False),
    ],
)
def test_two_kinds(first: str, second: str, wanted: list[int], found: bool) -> None:
    """Each kind has enough cells, and both together."""
    assert placeable([rows(first), rows(second)], wanted).tolist() == [found]


def test_three_kinds() -> None:
    """Every pair can be placed, and yet all three cannot."""
    kinds = [rows("1100", "1100"), rows("1100", "0110"), rows("1100", "0011")]
    assert placeable(kinds[:2], [1, 1]).tolist() == [True, True]
    assert placeable(kinds, [1, 1, 1]).tolist() == [False, True]


def test_cells_that_must_be_taken() -> None:
    """By a kind that fits, each by one of its own."""
    kinds = [rows("110", "110", "110", "111"), rows("011", "011", "011", "000")]
    needed = rows("101", "110", "111", "111")
    assert coverable(kinds, [1, 1], needed).tolist() == [True, True, False, False]
    assert coverable(kinds, [2, 1], needed).tolist() == [True, True, True, False]
    assert coverable(kinds, [3, 1], needed).tolist() == [True, True, True, True]
    assert coverable(kinds, [1, 1], rows("000", "000", "000", "000")).all()


def test_cells_that_nobody_can_take() -> None:
    """A needed cell that fits no kind is not to be had."""
    assert coverable([rows("10")], [1], rows("01")).tolist() == [False]
    assert coverable([rows("10")], [1], rows("10")).tolist() == [True]


@pytest.mark.parametrize("width", [1, 2, 4, 8, 9, 16, 24, 64])
def test_packed(width: int) -> None:
    """The first cell is the lowest bit, whatever the width."""
    marks = np.zeros((4, width), dtype=np.bool_)
    marks[1, 0] = marks[2, width - 1] = True
    marks[3] = True
    assert packed(marks).tolist() == [0, 1, 1 << (width - 1), (1 << width) - 1]
    assert packed(marks[:, ::-1]).tolist() == [0, 1 << (width - 1), 1, (1 << width) - 1]


def test_no_hosts() -> None:
    """Nobody is asked about."""
    none = packed(np.zeros((0, 2), dtype=np.bool_))
    assert placeable([none, none], [1, 1]).tolist() == []
    assert coverable([none, none], [1, 1], none).tolist() == []
