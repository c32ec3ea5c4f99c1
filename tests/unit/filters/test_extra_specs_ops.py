"""The language of extra specs, with every edge that Nova's has."""

from __future__ import annotations

import time
from enum import Enum

import numpy as np
import pytest

from extender.filters.extra_specs_ops import Outcome, parse
from extender.model.columns import Vocabulary

HOLDS, FAILS, INVALID = Outcome.HOLDS, Outcome.FAILS, Outcome.INVALID
OPERATORS = ["=", "==", "!=", ">=", "<=", "s==", "s!=", "s<", "s<=", "s>", "s>=", "<in>"]
NUMERIC = ["=", "==", "!=", ">=", "<="]


class Marker(Enum):
    """A value of a vocabulary that is no text."""

    NOTHING = 1


def match(value: str | None, requirement: str) -> Outcome:
    """One value on its own, and once more as one of a vocabulary, which must say the same."""
    alone = parse(requirement).match(value)
    vocabulary = Vocabulary()
    for entry in ("before", value, "", "7", Marker.NOTHING, None):
        vocabulary.encode(entry)
    outcomes = parse(requirement).match_all(vocabulary)
    assert outcomes.dtype == np.uint8
    assert outcomes.shape == (len(vocabulary.values),)
    assert outcomes[vocabulary.code(value)] == alone
    assert outcomes[vocabulary.code(Marker.NOTHING)] == FAILS
    assert outcomes[vocabulary.code(None)] == FAILS
    return alone


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("11", "= 10", HOLDS),
        ("10", "= 10", HOLDS),
        ("9", "= 10", FAILS),
        ("11", ">= 10", HOLDS),
        ("10", ">= 10", HOLDS),
        ("9", ">= 10", FAILS),
        ("9", "<= 10", HOLDS),
        ("10", "<= 10", HOLDS),
        ("11", "<= 10", FAILS),
        ("10", "== 10", HOLDS),
        ("11", "== 10", FAILS),
        ("11", "!= 10", HOLDS),
        ("10", "!= 10", FAILS),
        ("-3", "<= -2.5", HOLDS),
    ],
)
def test_numeric_operators(value: str, requirement: str, outcome: Outcome) -> None:
    """Floats are compared; ``=`` means at least."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("5.0", "== 5", HOLDS),
        ("1_0", "== 10", HOLDS),
        (" 5 ", "== 5", HOLDS),
        ("1e1", "== 10", HOLDS),
        ("+10", "== 10", HOLDS),
        ("٣", "== 3", HOLDS),  # an Arabic three
        ("inf", ">= 1e300", HOLDS),
        ("1e999", "== inf", HOLDS),
        ("-inf", "<= -1e300", HOLDS),
        ("nan", "== nan", FAILS),
        ("nan", "!= nan", HOLDS),
        ("nan", ">= 0", FAILS),
        ("nan", "<= 0", FAILS),
        ("5", ">= nan", FAILS),
        ("9" * 400, ">= 1e308", HOLDS),
        ("0.1", "== 0.10000000000000000001", HOLDS),  # one float
    ],
)
def test_numbers_are_pythons_floats(value: str, requirement: str, outcome: Outcome) -> None:
    """Whatever Python takes for a float is a number, and compares as one."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize("operator", NUMERIC)
@pytest.mark.parametrize(
    ("value", "operand"),
    [
        ("many", "10"),
        ("", "10"),
        ("5,0", "10"),
        ("['5']", "10"),
        ("5 5", "10"),
        ("0x10", "10"),
        ("\ud800", "10"),
        ("10", "many"),
        ("many", "many"),
        ("10", "<or>"),
        ("10", "5GiB"),
    ],
)
def test_what_is_no_number_cannot_be_evaluated(operator: str, value: str, operand: str) -> None:
    """Where Nova's ValueError aborts the request: on either side of a numeric operator."""
    assert match(value, f"{operator} {operand}") is INVALID


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("3", "> 2", FAILS),
        ("> 2", "> 2", HOLDS),
        ("1", "< 2", FAILS),
        ("< 2", "< 2", HOLDS),
        ("many", "> 2", FAILS),
        ("2", "=> 2", FAILS),
        ("2", "<> 3", FAILS),
        ("2", "S== 2", FAILS),
        ("2", "<IN> 2", FAILS),
    ],
)
def test_what_is_no_operator_is_literal(value: str, requirement: str, outcome: Outcome) -> None:
    """There is no numeric less or greater: such a text is one to be equal to, as a whole."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("ssd", "ssd", HOLDS),
        ("ssd", "hdd", FAILS),
        ("SSD", "ssd", FAILS),
        ("5.0", "5", FAILS),
        ("a b", "a b", HOLDS),
        ("a b", "a  b", FAILS),
        ("a", "a b", FAILS),
        ("", "", HOLDS),
        ("a", "", FAILS),
        ("", " ", FAILS),
        (" ", " ", HOLDS),
        ("a", " a", FAILS),
        (" a", " a", HOLDS),
        ("a", "a ", FAILS),
        ("True", "True", HOLDS),
        ("True", "true", FAILS),
        ("ä", "ä", HOLDS),
    ],
)
def test_without_an_operator(value: str, requirement: str, outcome: Outcome) -> None:
    """The whole text must be equal, case, blanks and all."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize("requirement", ["=5", ">=5", "==5", "<=5", "s==5", "<in>5", "<or>5"])
def test_no_blank_between_operator_and_operand(requirement: str) -> None:
    """Then it is no operator, and the text is literal."""
    assert match("5", requirement) is FAILS
    assert match(requirement, requirement) is HOLDS


@pytest.mark.parametrize("requirement", [" >= 5", "\t>=\n5 ", ">=   5"])
def test_blanks_around_operator_and_operand(requirement: str) -> None:
    """Blanks only divide words, where the first of these is an operator."""
    assert match("6", requirement) is HOLDS
    assert match("4", requirement) is FAILS


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("abc", "s== abc", HOLDS),
        ("abc", "s== abcd", FAILS),
        ("a b", "s== a b", FAILS),  # the first word is what counts
        ("a", "s== a b", HOLDS),
        ("5.0", "s== 5", FAILS),
        ("abc", "s!= abd", HOLDS),
        ("abc", "s!= abc", FAILS),
        ("", "s!= x", HOLDS),
        ("123", "s< 2", HOLDS),  # lexicographic: 1 before 2
        ("2", "s< 2", FAILS),
        ("3", "s< 2", FAILS),
        ("2", "s<= 2", HOLDS),
        ("21", "s<= 2", FAILS),
        ("21", "s> 2", HOLDS),
        ("2", "s> 2", FAILS),
        ("2", "s>= 2", HOLDS),
        ("123", "s>= 2", FAILS),
        ("Z", "s< a", HOLDS),
        ("ä", "s> z", HOLDS),
        ("", "s< a", HOLDS),
    ],
)
def test_textual_operators(value: str, requirement: str, outcome: Outcome) -> None:
    """Texts compare character by character."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("12311321", "<in> 11", HOLDS),
        ("12311321", "<in> 12311321", HOLDS),
        ("12310321", "<in> 11", FAILS),
        ("12310321", "<in> 11 <in>", FAILS),
        ("12311321", "<in> 11 <in>", HOLDS),
        ("12311321", "<in> 11 <in> 99", HOLDS),  # words too many are ignored
        ("['aes', 'mmx']", "<in> aes", HOLDS),
        ("['aesni']", "<in> aes", HOLDS),
        ("", "<in> a", FAILS),
    ],
)
def test_in(value: str, requirement: str, outcome: Outcome) -> None:
    """The first word is a part of the value."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("['aes', 'mmx', 'aux']", "<all-in> aes mmx", HOLDS),
        ("['aes', 'mmx', 'aux']", "<all-in> aes mmx txt", FAILS),
        ("['aes', 'mmx', 'aux']", "<all-in> txt aes", FAILS),
        ("['aesni']", "<all-in> aes ni", HOLDS),  # parts of words match
        ("['aes', 'mmx']", "<all-in> aes aes", HOLDS),
        ("['aes']", "<all-in> aes <all-in>", FAILS),
        ("", "<all-in> a", FAILS),
    ],
)
def test_all_in(value: str, requirement: str, outcome: Outcome) -> None:
    """Every word is a part of the value."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [
        ("12", "<or> 11 <or> 12", HOLDS),
        ("11", "<or> 11 <or> 12", HOLDS),
        ("13", "<or> 11 <or> 12", FAILS),
        ("12", "<or> 11 <or> 12 <or>", HOLDS),
        ("13", "<or> 11 <or> 12 <or>", FAILS),
        ("12", "<or> 11 foo 12", HOLDS),  # every other word is skipped unchecked
        ("foo", "<or> 11 foo 12", FAILS),
        ("12", "<or> 11 12", FAILS),
        ("112", "<or> 11 <or> 12", FAILS),  # equal, not a part
        ("12.0", "<or> 12", FAILS),
        ("<or>", "<or> <or>", HOLDS),
    ],
)
def test_or(value: str, requirement: str, outcome: Outcome) -> None:
    """The value equals one of the words at every other place."""
    assert match(value, requirement) is outcome


@pytest.mark.parametrize("operator", [*OPERATORS, "<all-in>"])
@pytest.mark.parametrize("blanks", ["", " "])
def test_operator_without_an_operand(operator: str, blanks: str) -> None:
    """It fails for any value, the operator's own text and what is no number among them."""
    for value in ("5", "many", "", operator, operator + blanks):
        assert match(value, operator + blanks) is FAILS


@pytest.mark.parametrize("requirement", ["<or>", " <or> "])
def test_or_alone_cannot_be_evaluated(requirement: str) -> None:
    """Where Nova's IndexError aborts the request."""
    assert match("5", requirement) is INVALID
    assert match("<or>", requirement) is INVALID


@pytest.mark.parametrize(
    "requirement",
    ["", "5", "None", "<or>", "<or> 5", "== many", "s!= x", *(f"{op} 5" for op in OPERATORS)],
)
def test_no_value(requirement: str) -> None:
    """It answers no requirement, and is asked before operands are looked at."""
    assert match(None, requirement) is FAILS


@pytest.mark.parametrize(
    ("value", "requirement", "outcome"),
    [("5", "== 5 6", HOLDS), ("6", "== 5 6", FAILS), ("5", ">= 5 many", HOLDS)],
)
def test_words_too_many(value: str, requirement: str, outcome: Outcome) -> None:
    """They are ignored, not even looked at."""
    assert match(value, requirement) is outcome


def test_vocabulary_that_grows() -> None:
    """Values that come later are judged like those that were there, by every kind of test."""
    vocabulary = Vocabulary()
    requirements = ["== 7", "!= 7", "7", "s!= 7", "s> 5", "<all-in> 7", "<or> 7 <or> 8", "<or>"]
    for value in ("7", "x", None, "8", "", Marker.NOTHING, "70", "nan", "5"):
        vocabulary.encode(value)
        for requirement in requirements:
            wanted = parse(requirement)
            expected = [
                wanted.match(known if isinstance(known, str) else None)
                for known in vocabulary.values
            ]
            assert wanted.match_all(vocabulary).tolist() == expected


@pytest.mark.parametrize("requirement", ["5", ">= 5", "s!= 5", "s< 5", "<all-in> 5", "<or>", "="])
def test_empty_vocabulary(requirement: str) -> None:
    """No values, no outcomes."""
    assert parse(requirement).match_all(Vocabulary()).shape == (0,)


def test_long_texts() -> None:
    """As much as an annotation can hold is understood, and costs no more than reading it."""
    words = " ".join(f"<or> {number}" for number in range(9000))
    assert match("8999", words) is HOLDS
    assert match("9000", words) is FAILS
    assert match("ab", "<all-in> " + "a b " * 16000) is HOLDS
    assert match("5", ">= " + "9" * 60000) is FAILS  # infinity


@pytest.mark.parametrize("requirement", [">= 2500", "== 7", "17", "s!= 17", "<or> 1 <or> 2"])
def test_many_values(requirement: str) -> None:
    """5,000 distinct values: once they are known a test takes far less than 2 ms."""
    vocabulary = Vocabulary()
    for number in range(5000):
        vocabulary.encode(str(number))
    parse(requirement).match_all(vocabulary)
    took = []
    for _ in range(20):
        start = time.perf_counter()
        parse(requirement).match_all(vocabulary)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.002
