"""What a node's allocatable becomes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.amplified import MOST, amplify


@pytest.mark.parametrize(
    ("raw", "ratio", "amplified"),
    [
        (7910, "16", 126_560),
        (32_000, "1.05", 33_600),
        (3, "1.5", 4),  # 4.5
        (1, "1.999", 1),
        (999, "1.001", 999),  # 999.999
        (1000, "1.001", 1001),
        (1001, "1.999", 2000),  # 2000.999
        (1, "999.999", 999),
        (0, "16", 0),
        (7910, "1", 7910),
        (7910, "0.999", 7910),
        (7910, "0.001", 7910),
        (9007199254740993, "1.001", 9016206453995733),  # ….993, where floats give …34
    ],
)
def test_raw_times_ratio_floored(raw: int, ratio: str, amplified: int) -> None:
    """Exactly; a ratio that is not above 1 changes nothing."""
    assert amplify(raw, Fraction(ratio), 0) == amplified


@pytest.mark.parametrize(
    ("floor", "amplified"),
    [(0, 16_000), (15_999, 16_000), (16_000, 16_000), (16_001, 16_001), (MOST, MOST)],
)
def test_never_below_the_floor(floor: int, amplified: int) -> None:
    """Of 8000 times 2."""
    assert amplify(8000, Fraction(2), floor) == amplified


@pytest.mark.parametrize("ratio", ["0.5", "1"])
def test_a_floor_holds_without_a_ratio(ratio: str) -> None:
    """The ratio may have been lowered since the pods came."""
    assert amplify(8000, Fraction(ratio), 8001) == 8001
    assert amplify(8000, Fraction(ratio), 7999) == 8000


@pytest.mark.parametrize("raw", [2**62, 2**63 - 1])
def test_what_is_beyond_64_bits(raw: int) -> None:
    """Is cut, for what is saved must be read again."""
    assert amplify(raw, Fraction(4), 0) == MOST == 9_223_372_036_854_775_807
    assert amplify(raw, Fraction(1), 0) == raw


@given(raw=st.integers(0, MOST), thousandths=st.integers(1001, 999_999), floor=st.integers(0, MOST))
def test_in_two_parts(raw: int, thousandths: int, floor: int) -> None:
    """As the admission policy works it out, which cannot hold the whole product."""
    parts = raw // 1000 * thousandths + raw % 1000 * thousandths // 1000
    assert amplify(raw, Fraction(thousandths, 1000), floor) == max(min(parts, MOST), floor)
