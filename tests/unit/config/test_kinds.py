"""Kinds of value: whole numbers, numbers, ratios, booleans."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.config.kinds import MOST_WHOLE, Boolean, Kind, Number, Ratio, Whole
from extender.config.values import FloatText, UnacceptableError

NOT_EVEN_NUMBERS = [None, True, False, [], [1], {}, {"a": 1}, "abc", "", " ", "1 ", "\u0661", "1,5"]
NOT_FINITE = [FloatText(".nan"), FloatText(".inf"), FloatText("-.inf"), "nan", "inf", "Infinity"]


def refusal(kind: Kind, value: object) -> str:
    """The message with which the value is refused."""
    with pytest.raises(UnacceptableError) as caught:
        kind.read(value)
    return str(caught.value)


@pytest.mark.parametrize("value", [1, "1", "+1"])
def test_a_whole_number_may_stand_in_quotes(value: object) -> None:
    """Nova's own files are all text."""
    assert Whole().read(value) == 1


@pytest.mark.parametrize(
    "value",
    [
        *NOT_EVEN_NUMBERS,
        *NOT_FINITE,
        FloatText("1.0"),
        FloatText("1e9"),
        "1.5",
        "0x1",
        "010",
        "1_0",
    ],
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    """No truth value, no fraction, no other base."""
    assert refusal(Whole(), value).endswith("is not a whole number")


def test_a_whole_number_keeps_its_limits() -> None:
    """The limits themselves are inside; the message names the one that was passed."""
    kind = Whole(least=1, most=9)
    assert [kind.read(1), kind.read(9)] == [1, 9]
    assert refusal(kind, 0) == "0 is less than 1"
    assert refusal(kind, -1) == "-1 is less than 1"
    assert refusal(kind, "10") == '"10" is more than 9'


@pytest.mark.parametrize("digits", [41, 4300, 100_000])
def test_a_huge_whole_number_is_outside_the_limits(digits: int) -> None:
    """Also beyond the length Python is willing to read."""
    assert f"more than {MOST_WHOLE}" in refusal(Whole(), FloatText("9" * digits))
    assert "less than 0" in refusal(Whole(), FloatText("-" + "9" * digits))


def test_the_reason_of_a_limit_is_told() -> None:
    """In the refusal and in what is accepted."""
    kind = Whole(least=91, unit="seconds", why="the peer waits for 90")
    assert refusal(kind, 90) == "90 is less than 91: the peer waits for 90"
    assert kind.accepted == "a whole number of seconds, 91 or more: the peer waits for 90"
    assert Whole(most=5).accepted == "a whole number, 0 to 5"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1.0),
        ("1", 1.0),
        (FloatText("-0.5"), -0.5),
        ("1e9", 1e9),
        (FloatText(".5"), 0.5),
        (2.5, 2.5),
    ],
)
def test_a_number_is_read(value: object, number: float) -> None:
    """As integer, with a point, with an exponent, in quotes."""
    assert Number().read(value) == number


@pytest.mark.parametrize("value", [*NOT_EVEN_NUMBERS, *NOT_FINITE, "1e999", 10**400, float("nan")])
def test_a_number_must_be_finite(value: object) -> None:
    """Neither nan nor inf under any spelling, nor what overflows into it."""
    assert refusal(Number(), value).endswith("is not a finite number")


def test_a_number_keeps_its_limits() -> None:
    """The limits themselves are inside; the message names the one that was passed, and why."""
    kind = Number(least=0.5, most=2, unit="seconds", why="the peer waits for 2")
    assert [kind.read(FloatText("0.5")), kind.read(2)] == [0.5, 2.0]
    assert refusal(kind, FloatText("0.49")) == "0.49 is less than 0.5: the peer waits for 2"
    assert refusal(kind, "2.01") == '"2.01" is more than 2: the peer waits for 2'
    assert kind.accepted == "a number of seconds, 0.5 to 2: the peer waits for 2"
    assert Number(least=0, most=1).accepted == "a number, 0 to 1"
    assert Number(least=0).accepted == "a number, 0 or more"
    assert Number(least=0).schema()["anyOf"][0] == {"type": "number", "minimum": 0}
    assert refusal(Number(least=0), FloatText("-0.1")) == "-0.1 is less than 0"
    assert Number(least=0).read(FloatText("1e300")) == 1e300
    assert kind.schema()["anyOf"][0] == {"type": "number", "minimum": 0.5, "maximum": 2}


@pytest.mark.parametrize("value", [*NOT_EVEN_NUMBERS, *NOT_FINITE, 10**400])
def test_a_number_within_limits_is_a_number(value: object) -> None:
    """What is none, or not finite, is told as such and not as beyond a limit."""
    assert refusal(Number(least=0, most=1), value).endswith("is not a finite number")


@pytest.mark.parametrize(
    ("value", "ratio"),
    [
        (FloatText("0.1"), Fraction(1, 10)),
        (FloatText("16.0"), Fraction(16)),
        (16, Fraction(16)),
        ("1.5", Fraction(3, 2)),
        (FloatText("999.999"), Fraction(999_999, 1000)),
        (FloatText("0.001"), Fraction(1, 1000)),
        (1.5, Fraction(3, 2)),
        (Fraction(3, 2), Fraction(3, 2)),
    ],
)
def test_a_ratio_is_exact(value: object, ratio: Fraction) -> None:
    """One tenth is one tenth, not the nearest float."""
    assert Ratio().read(value) == ratio
    assert Ratio(may_be_unset=True).read(value) == ratio


@pytest.mark.parametrize(
    "value",
    [
        *(value for value in NOT_EVEN_NUMBERS if value is not None),
        *NOT_FINITE,
        -1,
        FloatText("-1.0"),
        FloatText("+1.0"),
        FloatText("1e9"),
        FloatText("1.0001"),
        FloatText("1."),
        FloatText(".5"),
        1000,
        "16x",
        float("inf"),
        1e-9,
        Fraction(1, 3),
        Fraction(-1),
        Fraction(1000),
    ],
)
def test_what_is_no_ratio_is_refused(value: object) -> None:
    """Three digits before and after the point, nothing else, set or not set."""
    assert refusal(Ratio(), value).endswith("is not a ratio")
    assert refusal(Ratio(may_be_unset=True), value).endswith("is not a ratio")


@pytest.mark.parametrize("zero", [0, "0", FloatText("0.0"), FloatText("0.000"), 0.0])
def test_a_ratio_of_zero_is_not_set(zero: object) -> None:
    """As Nova has it, but only where the option may be unset."""
    assert Ratio(may_be_unset=True).read(zero) is None
    assert refusal(Ratio(), zero).endswith("is not above 0")


def test_a_ratio_without_a_value() -> None:
    """YAML's null means not set as well."""
    assert Ratio(may_be_unset=True).read(None) is None
    assert refusal(Ratio(), None) == "null is not a ratio"


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(1, 999_999))
def test_a_written_ratio_is_read_back(thousandths: int) -> None:
    """The float that is written has no more digits than were read."""
    kind, ratio = Ratio(), Fraction(thousandths, 1000)
    assert kind.read(kind.write(ratio)) == ratio


@pytest.mark.parametrize("value", [True, "true", "True", "YES", "on"])
def test_words_for_true(value: object) -> None:
    """Nova's own words are understood."""
    assert Boolean().read(value) is True


@pytest.mark.parametrize("value", [False, "false", "No", "OFF"])
def test_words_for_false(value: object) -> None:
    """Nova's own words are understood."""
    assert Boolean().read(value) is False


@pytest.mark.parametrize("value", [None, 0, 1, "maybe", "", "tRUE", [], {}])
def test_what_is_no_boolean_is_refused(value: object) -> None:
    """A number is no truth value."""
    assert refusal(Boolean(), value).endswith("is neither true nor false")


@pytest.mark.parametrize("kind", [Whole(), Number(), Ratio(), Boolean()])
def test_patterns_of_the_schema_are_patterns(kind: Kind) -> None:
    """Each kind gives forms of which a validator can make something."""
    for form in kind.schema()["anyOf"]:
        assert "type" in form or "enum" in form
        re.compile(form.get("pattern", ""))
