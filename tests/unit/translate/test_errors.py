"""Hostile text in messages."""

from __future__ import annotations

import pytest

from extender.translate.errors import shown, shown_json


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abc", 3, "'abc'"),
        ("abcd", 3, "'ab…'"),
        ("a\nb\x00", 10, r"'a\nb\x00'"),
        ("\ud800", 10, r"'\ud800'"),
        ("", 10, "''"),
    ],
)
def test_shown(text: str, limit: int, expected: str) -> None:
    """Quoted, cut, and with control characters escaped."""
    assert shown(text, limit) == expected


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (None, 10, "null"),
        ("a\nb", 10, r'"a\nb"'),
        ("☂\ud800", 20, r'"\u2602\ud800"'),
        ({"a": [1.5, True]}, 20, '{"a": [1.5, true]}'),
        ("abcdef", 5, '"abc…'),
    ],
)
def test_shown_json(value: object, limit: int, expected: str) -> None:
    """As JSON has it, in ASCII, cut."""
    assert shown_json(value, limit) == expected
