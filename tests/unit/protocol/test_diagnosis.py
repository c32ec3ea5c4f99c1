"""extender.protocol.diagnosis."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from extender.protocol import diagnosis
from extender.protocol.diagnosis import first_bad_utf8, kind_of, path_of, place_of

if TYPE_CHECKING:
    from extender.protocol.diagnosis import JsonKind


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b"", "$"),
        (b"{", "$"),
        (b'{"Pod', "$"),
        (b'{"Pod"', "$.Pod"),
        (b'{"Pod": {"a": 1, "b": [1, {"c": "x', "$.Pod.b[1].c"),
        (b'{"a": 1, ', "$"),
        (b"[[1, 2], [3, ", "$[1][1]"),
        (b'{"app.kubernetes.io/name": ', '$["app.kubernetes.io/name"]'),
        (b'{"a\\"b": "c\\\\", "d": tr', "$.d"),
        (b'{"\\ud800": 1', '$["\\ud800"]'),
        (b'{"a": "}]\\"{[,", "b": ', "$.b"),
        (b"}], {", "$"),
    ],
)
def test_path_of_the_end(text: bytes, path: str) -> None:
    """The member in which a text ends is found."""
    assert place_of(text, len(text)) == (path, len(text))


def test_stops_in_the_middle() -> None:
    """Only the text before the byte is looked at."""
    assert place_of(b'{"a": [1, x], "b": 2}', 10) == ("$.a[1]", 10)


def test_stops_at_a_depth() -> None:
    """The first place that is nested deeper than asked for is found."""
    assert place_of(b'{"a": {"b": {"c": 1}}}', 22, depth=2) == ("$.a.b", 12)


def test_long_paths_and_keys_are_cut() -> None:
    """Hostile keys and depths do not make a hostile message."""
    text = b'{"' + b"k" * 1000 + b'": ' + b"[" * 50
    place = place_of(text, len(text))
    assert place.path == "$" + f'["{"k" * 60}\\u2026"]' + "[0]" * 7 + "…"


def test_long_texts_are_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a size only the byte is told, unless what is looked for comes before it."""
    monkeypatch.setattr(diagnosis, "LARGEST_TEXT", 10)
    assert place_of(b'{"a": [1, 2, ', 13) == ("$", 13)
    assert place_of(b'{"a": [[[[ ', 11, depth=1) == ("$.a[0]", 6)
    assert place_of(b'{"a": 111111, [[[ ', 18, depth=1) == ("$", 18)


def test_utf8_is_checked_by_pieces() -> None:
    """Characters across the border of two pieces are no error, broken ones are found exactly."""
    border = 1024 * 1024
    for before in range(border - 5, border + 2):
        sound = b"a" * before + "😀é".encode() + b"b" * 10
        assert first_bad_utf8(sound) is None
        assert first_bad_utf8(sound + b"\xff") == len(sound)
        broken = b"a" * before + b"\xf0\x9f\x98" + b"b" * 10
        assert first_bad_utf8(broken) == before
        assert first_bad_utf8(b"a" * before + b"\xf0\x9f") == before


def test_utf8_agrees_with_python() -> None:
    """Random bytes are judged as bytes.decode judges them."""
    rng = random.Random(7)  # noqa: S311 - a repeatable test
    for _ in range(2000):
        text = bytes(rng.choices(b"a\xc3\xa9\xed\xa0\x80\xf0\x9f\x98", k=rng.randrange(8)))
        try:
            text.decode()
            expected = None
        except UnicodeDecodeError as error:
            expected = error.start
        assert first_bad_utf8(text) == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"{}", "an object"),
        (b"[]", "an array"),
        (b'""', "a string"),
        (b"-1", "a number"),
        (b"0", "a number"),
        (b"true", "true or false"),
        (b"false", "true or false"),
        (b"null", "null"),
        (b"", "nothing"),
    ],
)
def test_kind_of(value: bytes, kind: JsonKind) -> None:
    """A value's kind is known by its first byte."""
    assert kind_of(value) == kind


def test_path_of_steps() -> None:
    """Keys that are plain names after a dot, others quoted, indexes in brackets, at most eight."""
    assert path_of([]) == "$"
    assert (
        path_of(["NodeNameToVictims", "node-a", "Pods", 3]) == "$.NodeNameToVictims.node-a.Pods[3]"
    )
    assert path_of(["x.y", None, 0]) == '$["x.y"][0]'
    assert path_of([1] * 9) == "$" + "[1]" * 8 + "…"
