"""Hostile text in messages."""

from __future__ import annotations

import pytest

from extender.translate.errors import shown


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
