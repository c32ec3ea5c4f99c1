"""The kind of value that gives names their weights: ``name=number``, as Nova writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from pydantic.json_schema import JsonSchemaValue

from extender.config.kinds import Kind, Number
from extender.config.values import FloatText, UnacceptableError, shown

_NAME = r"[^\s,=]{1,255}"


@dataclass(frozen=True)
class Weights(Kind):
    """An ordered list of names with a number each, as a YAML list or as Nova's comma text.

    A name that is given twice stays twice, for it counts twice. Where Nova drops an entry that it
    cannot read, with a warning, the whole is refused: a weight that was meant would be missing.
    """

    name: ClassVar[str] = "list"

    many: str
    example: str

    @property
    def accepted(self) -> str:
        """What the names are, and the two forms of the list."""
        return (
            f"a list of {self.many} with their weights, such as [{self.example}],"
            " or a text with commas between them"
        )

    def read(self, value: object) -> tuple[tuple[str, float], ...]:
        """Names and numbers, in the order given."""
        items: list[object]
        if isinstance(value, list | tuple):
            items = list(value)
        elif isinstance(value, str) and not isinstance(value, FloatText):
            items = [*value.split(",")] if value.strip() else []
        else:
            raise UnacceptableError(f"{shown(value)} is not a list")
        return tuple(_pair(item) for item in items)

    def schema(self) -> JsonSchemaValue:
        """An array of strings, or one string."""
        item: JsonSchemaValue = {"type": "string", "pattern": "="}
        return {"anyOf": [{"type": "array", "items": item}, {"type": "string"}]}

    def write(self, value: object) -> object:
        """A YAML list of texts."""
        pairs = value if isinstance(value, tuple) else ()
        return [f"{name}={number!r}" for name, number in pairs]


def _pair(item: object) -> tuple[str, float]:
    text = item if isinstance(item, str) and not isinstance(item, FloatText) else ""
    name, equals, number = (part.strip() for part in text.partition("="))
    if not equals or not name.isprintable() or not re.fullmatch(_NAME, name):
        raise UnacceptableError(f"{shown(item)} in the list is not of the form name=number")
    try:
        return name, Number().read(number)
    except UnacceptableError as error:
        raise UnacceptableError(f"{shown(item)} in the list: {error}") from None
