"""Allocation ratios: one rule, exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.translate.ratio import RatioError, parse_ratio


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("16.0", Fraction(16)),
        ("1", Fraction(1)),
        ("1.5", Fraction(3, 2)),
        ("0.001", Fraction(1, 1000)),
        ("0.9", Fraction(9, 10)),
        ("999.999", Fraction(999_999, 1000)),
        ("004.200", Fraction(21, 5)),
    ],
)
def test_the_fraction_of_the_text(text: str, ratio: Fraction) -> None:
    """Exactly what is written, with no float in between."""
    assert parse_ratio(text) == ratio


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "0.0",
        "000.000",
        "-1",
        "+1",
        "nan",
        "inf",
        "1e9",
        "abc",
        "1.",
        ".5",
        "1.2345",
        "1000",
        "1,5",
        "1 ",
        " 1",
        "1\n",
        "3/2",
        "1_0",
        "\u0663",
    ],
)
def test_refused(text: str) -> None:
    """Anything else, with what is accepted."""
    with pytest.raises(RatioError, match="is not an allocation ratio; accepted: a decimal above 0"):
        parse_ratio(text)


def test_a_long_text_is_cut() -> None:
    """A message shows at most 80 characters of the text."""
    with pytest.raises(RatioError) as caught:
        parse_ratio("1" * 1_000_000)
    assert "1" * 80 not in str(caught.value)


@given(st.integers(1, 999_999))
def test_thousandths(thousandths: int) -> None:
    """Every ratio the admission policy can hold is read as those thousandths."""
    text = f"{thousandths // 1000}.{thousandths % 1000:03}"
    assert parse_ratio(text) == Fraction(thousandths, 1000)
