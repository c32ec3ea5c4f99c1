"""How values are shown in messages."""

from __future__ import annotations

import pytest

from extender.config.values import SHOWN_LENGTH, FloatText, cut, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", '"abc"'),
        (FloatText("1.50"), "1.50"),
        (None, "null"),
        (True, "true"),
        (-1, "-1"),
        ([], "[]"),
        ([1, "a", {"b": None}], '[1, "a", {b: null}]'),
        ({"a": {"b": {"c": {"d": 1}}}}, "{a: {b: {c: {…}}}}"),
        ([[[[1]]]], "[[[[…]]]]"),
        ([[[[]]]], "[[[[]]]]"),
        (object, "<class 'object'>"),
    ],
)
def test_a_value_is_shown_as_yaml_would_write_it(value: object, text: str) -> None:
    """Text stands in quotes, numbers as they were written, deep values are left out."""
    assert shown(value) == text


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, list(range(10**5)), {f"k{i}": i for i in range(10**5)}, {"k" * 10**6: 1}],
    ids=["text", "list", "mapping", "key"],
)
def test_a_long_value_is_cut_to_eighty_characters(value: object) -> None:
    """However large it is, at most 80 characters of it are shown, and that it is cut is seen."""
    assert len(shown(value)) <= SHOWN_LENGTH
    assert "…" in shown(value)


def test_a_huge_integer_is_only_called_so() -> None:
    """Python refuses to write out more than 4,300 digits."""
    assert shown(10**5000) == "a huge number"
    assert shown([2**320]) == "[a huge number]"


def test_a_list_says_that_more_follows() -> None:
    """Beyond a dozen items the rest is a sign, even where all would fit."""
    assert shown([1] * 12).count("1") == 12
    assert "…" not in shown([1] * 12)
    assert shown([1] * 13).endswith("1, …]")


@pytest.mark.parametrize("char", ["\x1b", "\n", "\u202e", "\ud800", "\x85"])
def test_what_does_not_print_is_escaped(char: str) -> None:
    """A value cannot colour, turn round or break the operator's terminal."""
    assert shown(f"a{char}b").isprintable()
    assert cut(f"a{char}b").isprintable()


def test_a_short_text_is_left_alone() -> None:
    """Exactly 80 characters are not cut, 81 are."""
    assert cut("x" * 80) == "x" * 80
    assert cut("x" * 81) == "x" * 79 + "…"
