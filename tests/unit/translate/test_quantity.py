"""Quantities: exact, in nano units, for any text at once."""

from __future__ import annotations

import time
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.translate import quantity
from extender.translate.quantity import (
    LARGEST,
    QuantityError,
    amount_json,
    milli,
    parse,
    parse_json,
    units,
)

N = 10**9

DECIMAL = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{s: Fraction(10 ** (3 * i)) for i, s in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
}
BINARY = {f"{s}i": Fraction(1024**i) for i, s in enumerate("KMGTPE", 1)}
SUFFIXES = DECIMAL | BINARY


def reference(sign: str, whole: str, fraction: str, factor: Fraction) -> int:
    """The value by plain fractions: times a billion, rounded away from zero, cut at 2^63 - 1."""
    value = Fraction(int(whole + fraction or "0"), 10 ** len(fraction)) * factor * N
    rounded = min(-(-value.numerator // value.denominator), (2**63 - 1) * N)
    return -rounded if sign == "-" else rounded


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("0", 0),
        ("1", N),
        ("100m", N // 10),
        ("2500u", 2_500_000),
        ("7n", 7),
        ("2k", 2000 * N),
        ("3M", 3 * 10**6 * N),
        ("4G", 4 * 10**9 * N),
        ("5T", 5 * 10**12 * N),
        ("6P", 6 * 10**15 * N),
        ("7E", 7 * 10**18 * N),
        ("1Ki", 1024 * N),
        ("2Mi", 2 * 1048576 * N),
        ("3Gi", 3 * 1073741824 * N),
        ("4Ti", 4 * 1099511627776 * N),
        ("5Pi", 5 * 1125899906842624 * N),
        ("6Ei", 6 * 1152921504606846976 * N),
        ("1.5Gi", 1610612736 * N),
        (".5", N // 2),
        ("5.", 5 * N),
        ("1.G", 10**9 * N),
        ("+1", N),
        ("-1", -N),
        ("-0", 0),
        ("007", 7 * N),
        ("1e3", 1000 * N),
        ("1E3", 1000 * N),
        ("1e+3", 1000 * N),
        ("12e-1", 1_200_000_000),
        ("1.25e1", 12_500_000_000),
        ("1E", 10**18 * N),
        ("1e-9", 1),
        ("0e5", 0),
        ("0.1n", 1),
        ("1.1n", 2),
        ("-0.1n", -1),
        ("-1.1n", -2),
        ("0.0000000001", 1),
        ("0.1Ki", 102_400_000_000),
        ("0.0000000000001Ki", 1),
        ("9223372036854775807", LARGEST),
        ("9223372036854775808", LARGEST),
        ("9223372036854775806.999999999", LARGEST - 1),
        ("-9223372036854775808", -LARGEST),
        ("8Ei", LARGEST),
        ("10E", LARGEST),
        ("1e400", LARGEST),
        ("-1e400", -LARGEST),
        ("1e-400", 1),
        ("-1e-400", -1),
    ],
)
def test_parse(text: str, nano: int) -> None:
    """The value in nano units, worked out by hand."""
    assert parse(text) == nano


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " 1",
        "1 ",
        "abc",
        "1x",
        "1K",
        "1ki",
        "1mi",
        "1i",
        "1kk",
        "1e",
        "1e+",
        "1e3m",
        "1Ki3",
        "1.2.3",
        "--1",
        "+-1",
        "1-",
        "0x10",
        "1_000",
        "1,5",
        "inf",
        "nan",
        "NaN",
        "Infinity",
        ".",
        "+",
        "-",
        "k",
        ".Gi",
        "e5",
        "\u0661",
        "\uff11",
        "1\n",
        "1\x00",
    ],
)
def test_parse_refuses(text: str) -> None:
    """What is no quantity is refused with its text and with what is accepted."""
    with pytest.raises(QuantityError, match="is not a quantity; accepted: a decimal number"):
        parse(text)


def test_an_error_shows_forty_characters() -> None:
    """Of a long text only the beginning is shown."""
    with pytest.raises(QuantityError) as caught:
        parse("x" * 10_000)
    assert "x" * 39 + "…" in str(caught.value)
    assert "x" * 40 not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("1e999999999", LARGEST),
        ("-1e999999999", -LARGEST),
        ("1e-999999999", 1),
        ("1e" + "9" * 100_000, LARGEST),
        ("1e-" + "9" * 100_000, 1),
        ("0e" + "9" * 100_000, 0),
        ("1e" + "0" * 100_000 + "1", 10 * N),
        ("9" * 400, LARGEST),
        ("9" * 1_000_000, LARGEST),
        ("0" * 1_000_000 + "3", 3 * N),
        ("0." + "0" * 1_000_000 + "1", 1),
        ("1." + "0" * 1_000_000 + "1", N + 1),
        ("1." + "0" * 1_000_000, N),
        ("0." + "0" * 1_000_000 + "1e1000000", N // 10),
        ("1" + "0" * 1_000_000 + "e-1000000", N),
    ],
    ids=lambda value: str(value)[:20],
)
def test_no_text_is_a_bomb(text: str, nano: int) -> None:
    """Huge exponents and a million digits are answered at once, and exactly."""
    started = time.perf_counter()
    assert parse(text) == nano
    assert time.perf_counter() - started < 10


@given(
    sign=st.sampled_from(["", "+", "-"]),
    whole=st.text("0123456789", max_size=30),
    fraction=st.text("0123456789", max_size=30),
    suffix=st.sampled_from(sorted(SUFFIXES)),
)
def test_agrees_with_fractions(sign: str, whole: str, fraction: str, suffix: str) -> None:
    """Every suffix and any digits give what plain fractions give."""
    if not whole and not fraction:
        whole = "0"
    text = f"{sign}{whole}.{fraction}{suffix}"
    assert parse(text) == reference(sign, whole, fraction, SUFFIXES[suffix])


@given(
    whole=st.text("0123456789", min_size=1, max_size=200),
    fraction=st.text("0123456789", max_size=200),
    exponent=st.integers(-250, 250),
    letter=st.sampled_from("eE"),
)
def test_exponents_agree_with_fractions(
    whole: str, fraction: str, exponent: int, letter: str
) -> None:
    """Exponents likewise, also with more digits than are kept."""
    text = f"{whole}.{fraction}{letter}{exponent}"
    assert parse(text) == reference("", whole, fraction, Fraction(10) ** exponent)


@given(zeros=st.integers(0, 120), digits=st.text("0123456789", min_size=90, max_size=130))
def test_digits_left_out_round_up(zeros: int, digits: str) -> None:
    """Digits that are not kept still round up, with the largest binary suffix too."""
    fraction = "0" * zeros + digits
    assert parse(f"0.{fraction}Ei") == reference("", "", fraction, BINARY["Ei"])


@given(st.text())
def test_any_text_is_a_quantity_or_an_error(text: str) -> None:
    """No other exception than QuantityError, whatever the text."""
    with suppress(QuantityError):
        assert isinstance(parse(text), int)


@given(nano=st.integers(0, LARGEST))
def test_a_nano_amount_reads_back(nano: int) -> None:
    """An amount written in nano units reads as itself."""
    assert parse(f"{nano}n") == nano


@pytest.mark.parametrize(
    ("nano", "rounded"), [(0, 0), (1, 1), (10**6, 1), (10**6 + 1, 2), (-1, 0), (1_500_000, 2)]
)
def test_milli_rounds_up(nano: int, rounded: int) -> None:
    """Milli-cores of a nano amount, rounded up."""
    assert milli(nano) == rounded


@pytest.mark.parametrize(("nano", "rounded"), [(0, 0), (1, 1), (N, 1), (N + 1, 2), (-N - 1, -1)])
def test_units_rounds_up(nano: int, rounded: int) -> None:
    """Whole units of a nano amount, rounded up."""
    assert units(nano) == rounded


@pytest.mark.parametrize(
    ("raw", "nano"),
    [
        (b'"100m"', N // 10),
        (b'" 1 "', N),
        (b"2", 2 * N),
        (b"0.5", N // 2),
        (b"1e3", 1000 * N),
        (b"1e400", LARGEST),
        (b"-3", -3 * N),
        (b"null", 0),
    ],
)
def test_parse_json(raw: bytes, nano: int) -> None:
    """JSON texts and JSON numbers alike; null is 0, as the API server reads it."""
    assert parse_json(raw) == nano


@pytest.mark.parametrize(
    "raw", [b'""', b"true", b"[1]", b"{}", b'"1\\u0047i"', b'"\xff"', b'"', b"9" * 70 + b"x"]
)
def test_parse_json_refuses(raw: bytes) -> None:
    """Other JSON values, and texts that are no quantity."""
    with pytest.raises(QuantityError):
        parse_json(raw)


def test_long_texts_are_not_kept() -> None:
    """Only short texts are remembered, or hostile ones would fill the memory."""
    before = quantity._parse_short.cache_info().currsize
    assert parse("1" + "0" * 200) == LARGEST
    assert quantity._parse_short.cache_info().currsize == before


def test_an_amount_is_not_negative() -> None:
    """What is less than nothing is refused, however little; nothing itself is an amount."""
    assert [amount_json(raw) for raw in (b'"2"', b"0", b'"-0"')] == [2 * N, 0, 0]
    for raw in (b'"-1"', b"-1", b'"-1n"'):
        with pytest.raises(QuantityError, match="is negative; accepted: 0 or more"):
            amount_json(raw)
    with pytest.raises(QuantityError, match="is not a quantity"):
        amount_json(b'"much"')
