"""Where a broken JSON text broke.

The decoder says at which byte it gave up, never in which member. This module walks the sound part
of the text once more, slowly and without recursion, and only when a request is refused anyway.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

LARGEST_TEXT: Final = 4 * 1024 * 1024
"""Longer texts are not walked: at some 3 million tokens a second it would take seconds."""

_SHOWN_STEPS: Final = 8
_SHOWN_KEY: Final = 60
_TOKEN: Final = re.compile(
    rb"""
      (?P<string> "[^"\\]*+(?:\\.[^"\\]*+)*+" )
    | (?P<cut>    "[^"\\]*+(?:\\.[^"\\]*+)*+\\?+ )   # a string that the text ends within
    | (?P<open>   [{\[] )
    | (?P<close>  [}\]] )
    | (?P<comma>  , )
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Place(NamedTuple):
    """A place in a JSON text: the member's path and the byte."""

    path: str
    offset: int


def place_of(text: bytes, stop: int, *, depth: int | None = None) -> Place:
    """Find the member that byte ``stop`` belongs to; everything before it must be sound JSON.

    Args:
        text: the whole body.
        stop: the byte at which the decoder gave up, ``len(text)`` for a text that ends too soon.
        depth: stop earlier, where the text is first nested deeper than this.

    Returns:
        The place, its path ``$`` where the text is too long to look.
    """
    if stop > LARGEST_TEXT and depth is None:
        return Place("$", stop)
    # One entry an open container: the index reached in an array, the key reached in an object,
    # None in an object whose next key has not been read yet.
    steps: list[int | str | None] = []
    is_array: list[bool] = []
    for token in _TOKEN.finditer(text, 0, min(stop, LARGEST_TEXT)):
        kind = token.lastgroup
        if kind == "open":
            array = token[0] == b"["
            steps.append(0 if array else None)
            is_array.append(array)
            if depth is not None and len(steps) > depth:
                return Place(path_of(steps), token.start())
        elif kind == "close":
            if steps:
                steps.pop()
                is_array.pop()
        elif not steps:
            continue
        elif kind == "comma":
            last = steps[-1]
            steps[-1] = last + 1 if isinstance(last, int) and is_array[-1] else None
        elif kind == "string" and steps[-1] is None:
            steps[-1] = _key(token[0])
    return Place("$" if stop > LARGEST_TEXT else path_of(steps), stop)


def first_bad_utf8(text: bytes) -> int | None:
    """Say at which byte ``text`` stops being UTF-8, or ``None`` if all of it is.

    Goes by pieces: decoding a body of 100 MB whole would build a string of up to 400 MB.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    piece = 1024 * 1024
    for begin in range(0, len(text), piece):
        carried = len(decoder.getstate()[0])
        end = begin + piece
        try:
            decoder.decode(text[begin:end], final=end >= len(text))
        except UnicodeDecodeError as error:
            return begin - carried + error.start
    return None


JsonKind = Literal[
    "an object", "an array", "a string", "a number", "true or false", "null", "nothing"
]
_KINDS: Final[dict[int, JsonKind]] = {
    ord("{"): "an object",
    ord("["): "an array",
    ord('"'): "a string",
    ord("t"): "true or false",
    ord("f"): "true or false",
    ord("n"): "null",
}


def kind_of(value: bytes) -> JsonKind:
    """Name the kind of a JSON value that begins with its first byte, no white space before it."""
    return _KINDS.get(memoryview(value)[0], "a number") if len(value) else "nothing"


def path_of(steps: Sequence[int | str | None]) -> str:
    """Write a member's path: keys and indexes as JSON path does, long ones cut short."""
    shown = steps[:_SHOWN_STEPS]
    parts = ["$"]
    for step in shown:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step is not None:
            key = step if len(step) <= _SHOWN_KEY else step[:_SHOWN_KEY] + "…"
            parts.append(f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]")
    if len(steps) > len(shown):
        parts.append("…")
    return "".join(parts)


def _key(quoted: bytes) -> str:
    try:
        key = json.loads(quoted)
    except ValueError:  # an escape or a byte that is wrong in itself
        key = quoted[1:-1].decode(errors="backslashreplace")
    return str(key)
