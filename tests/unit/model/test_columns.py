"""The building stones of HostTable."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.columns import LARGEST, Column, Encoded, Vocabulary, clamp
from extender.model.host_table import HostTable
from tests.builders import host, table

INT64_MAX = 2**63 - 1


@pytest.mark.parametrize(
    ("amount", "cut"),
    [
        (0, 0),
        (-5, -5),
        (2**62 - 1, 2**62 - 1),
        (2**62, 2**62 - 1),
        (10**40, 2**62 - 1),
        (-(2**62), -(2**62 - 1)),
        (-(10**40), -(2**62 - 1)),
    ],
)
def test_clamp(amount: int, cut: int) -> None:
    """Amounts stay as they are up to the largest one, either side of 0."""
    assert clamp(amount) == cut


def test_no_sum_or_difference_of_two_overflows() -> None:
    """Twice the largest amount still fits a column, and so does its opposite."""
    assert 2 * LARGEST <= INT64_MAX
    column = np.array([LARGEST], dtype=np.int64)
    assert (column + column).tolist() == [2 * LARGEST]
    assert (-column - column).tolist() == [-2 * LARGEST]


def test_column_knows_its_name_and_reads_off_the_table() -> None:
    """Off the class it is the column, off a table the values in the table's order."""
    assert isinstance(HostTable.cpu_total, Column)
    assert HostTable.cpu_total.name == "cpu_total"
    hosts = table(host("a", vcpus_total=2), host("b", vcpus_total="0.5"))
    assert hosts.cpu_total.tolist() == [2000, 500]
    assert hosts.cpu_total.dtype == np.int64
    assert hosts.ready.dtype == np.bool_


def test_vocabulary_gives_out_codes_at_first_sight() -> None:
    """Codes count up from 0, equal values share one, and unknown ones have -1."""
    words = Vocabulary()
    assert [words.encode(word) for word in ("x", "y", "x", None)] == [0, 1, 0, 2]
    assert words.values == ["x", "y", None]
    assert words.code("y") == 1
    assert words.code(None) == 2
    assert words.code("z") == -1


def test_memo_runs_once_for_a_value_and_a_key() -> None:
    """New values are worked out when they are first asked about, old ones never again."""
    words = Vocabulary()
    seen: list[str] = []

    def upper(word: str) -> str:
        seen.append(word)
        return word.upper()

    words.encode("x")
    assert words.memo("upper", upper) == ["X"]
    words.encode("y")
    assert words.memo("upper", upper) == ["X", "Y"]
    assert seen == ["x", "y"]
    assert words.memo("length", len) == [1, 1]


def test_memo_survives_a_function_that_raises() -> None:
    """What was worked out before stays in its place, and the rest is tried again."""
    words = Vocabulary()
    for word in ("1", "two", "3"):
        words.encode(word)
    with pytest.raises(ValueError, match="two"):
        words.memo("int", int)
    assert words.memo("int", len) == [1, 3, 1]


def test_spread_runs_once_for_each_distinct_value() -> None:
    """Results are worked out by value and handed to every host of that value."""
    words = Vocabulary()
    codes = np.array([words.encode(w) for w in ("a", "bb", "a", "a")], dtype=np.int32)
    seen: list[str] = []

    def length(word: str) -> int:
        seen.append(word)
        return len(word)

    spread = Encoded(codes, words).spread(length, np.uint8)
    assert spread.tolist() == [1, 2, 1, 1]
    assert spread.dtype == np.uint8
    assert seen == ["a", "bb"]


def test_spread_by_memo() -> None:
    """With a key the function is not run a second time."""
    words = Vocabulary()
    codes = np.array([words.encode(w) for w in ("a", "bb")], dtype=np.int32)
    column = Encoded(codes, words)
    assert column.spread(len, np.int64, memo="length").tolist() == [1, 2]
    assert column.spread(lambda _: 9, np.int64, memo="length").tolist() == [1, 2]
    assert column.spread(lambda _: 9, np.int64).tolist() == [9, 9]


def test_spread_over_nothing() -> None:
    """No hosts, no results."""
    nobody = Encoded(np.zeros(0, dtype=np.int32), Vocabulary())
    assert nobody.spread(len, np.bool_).shape == (0,)


def test_isin() -> None:
    """Hosts with one of the values; unknown values and none at all match nobody."""
    words = Vocabulary()
    codes = np.array([words.encode(w) for w in ("a", "b", "c", "a")], dtype=np.int32)
    column = Encoded(codes, words)
    assert column.isin({"a", "c"}).tolist() == [True, False, True, True]
    assert column.isin(["unknown"]).tolist() == [False] * 4
    assert column.isin(()).tolist() == [False] * 4
    assert column.isin(["a"]).dtype == np.bool_
