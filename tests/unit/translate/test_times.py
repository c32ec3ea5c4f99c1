"""RFC 3339 times."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.translate.times import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        # 30 years with 7 leap days: (30 × 365 + 7) × 86400.
        ("2000-01-01T00:00:00Z", 946684800.0),
        ("2000-01-01T00:00:00.250000Z", 946684800.25),
        ("2000-01-01T00:00:00.5Z", 946684800.5),
        ("2000-01-01T02:00:00+02:00", 946684800.0),
        ("1999-12-31T23:30:00-00:30", 946684800.0),
        # 31 days of January and 28 of February later: + 59 × 86400.
        ("2000-02-29T00:00:00Z", 951782400.0),
    ],
)
def test_times(text: str, expected: float) -> None:
    """Whole seconds as the API server writes them, fractions and offsets as it reads them."""
    assert seconds(text) == expected


def test_nanoseconds() -> None:
    """Nine digits, as a MicroTime or a runtime may have; what is below a microsecond is cut off."""
    assert seconds("1970-01-01T00:00:01.123456789Z") == 1.123456


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "now",
        "2000-01-01",
        "2000-01-01 00:00:00Z",
        "2000-01-01T00:00:00",
        "2000-01-01t00:00:00z",
        "2000-01-01T00:00Z",
        "2000-01-01T24:00:00Z",
        "2000-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z",
        "2000-01-01T00:00:00+24:00",
        "2000-01-01T00:00:00+02",
        "2000-13-01T00:00:00Z",
        "2001-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2000-01-01T00:00:00.Z",
        "2000-01-01T00:00:00.1234567890Z",
        "2000-01-01T00:00:00Z\n",
        "٢٠٠٠-01-01T00:00:00Z",
        "2000-01-01T00:00:00Z" * 10_000,
    ],
)
def test_what_is_no_time(text: str | None) -> None:
    """Anything else is none, and no error."""
    assert seconds(text) is None


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"]
)
def test_never(text: str) -> None:
    """The epoch and Go's zero time are how "never" is written."""
    assert seconds(text) is None


@given(st.text() | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.Z+-]{0,20}\Z"))
def test_any_text(text: str) -> None:
    """A finite time after the epoch, or none."""
    found = seconds(text)
    assert found is None or (math.isfinite(found) and found > 0)
