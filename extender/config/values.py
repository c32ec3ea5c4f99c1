"""What a value looks like as the file holds it, how it is shown, and how it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sized
from itertools import islice

SHOWN_LENGTH = 80
_SHOWN_ITEMS = 12
_SHOWN_DEPTH = 3


class FloatText(str):
    """A number with a point or an exponent, as it was written.

    ``0.1`` must become exactly 1/10, which a float can no longer tell. The class sets a plain
    number apart from a text in quotes, for which the same characters could stand.
    """

    __slots__ = ()


class UnacceptableError(ValueError):
    """A value is none that its option accepts; the message shows it and says why."""


def shown(value: object) -> str:
    """The value as a message shows it: one line, printable, and at most 80 characters."""
    return cut(_text(value, _SHOWN_DEPTH))


def cut(text: str) -> str:
    """The text on one printable line, its end replaced by ``…`` where it is too long."""
    # Cut first: escaping a megabyte in order to show eighty characters would be a waste.
    head = text[: SHOWN_LENGTH + 1]
    escaped = "".join(char if char.isprintable() else _escaped(char) for char in head)
    return escaped if len(escaped) <= SHOWN_LENGTH else escaped[: SHOWN_LENGTH - 1] + "…"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def _text(value: object, depth: int) -> str:
    if isinstance(value, str):
        quoted = not isinstance(value, FloatText)
        head = value[: SHOWN_LENGTH + 1]
        return json.dumps(head, ensure_ascii=False) if quoted else head
    if isinstance(value, Mapping):
        pairs = [
            f"{_key(key)}: {_text(value[key], depth - 1)}" for key in _first(value) if depth > 0
        ]
        return "{" + ", ".join([*pairs, *_rest(value, depth)]) + "}"
    if isinstance(value, list | tuple):
        items = [_text(item, depth - 1) for item in _first(value) if depth > 0]
        return "[" + ", ".join([*items, *_rest(value, depth)]) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > 4 * SHOWN_LENGTH:
        # Python refuses to write out an integer of thousands of digits.
        return "a huge number"
    return str(value)


def _key(key: object) -> str:
    return str(key)[: SHOWN_LENGTH + 1]


def _first(collection: Iterable[object]) -> Iterable[object]:
    return islice(collection, _SHOWN_ITEMS)


def _rest(collection: Sized, depth: int) -> list[str]:
    """The mark of what is left out, if anything is."""
    return ["…"] if len(collection) > (_SHOWN_ITEMS if depth > 0 else 0) else []
