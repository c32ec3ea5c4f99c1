"""The values of a Helm chart, each with its default and what the files say about it.

What a value means is the comment above it in ``values.yaml``, else what the schema describes it as.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

Schema = Mapping[str, Any]


class UndescribedError(ValueError):
    """Values of which nothing says what they mean."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value, or a group of values.

    Args:
        name: its path, with dots.
        default: as JSON; empty for a group, whose values have their own.
        meaning: for people.
    """

    name: str
    default: str
    meaning: str


def values(text: str, schema: Schema) -> list[Value]:
    """The values in the order of the file, a group before what is in it.

    A mapping is a group where the schema names what can be in it; else it is one value.

    Args:
        text: of ``values.yaml``.
        schema: of ``values.schema.json``.

    Raises:
        UndescribedError: not all are described.
    """
    reader = _Reader(text.splitlines(), schema)
    found = list(reader.values(yaml.compose(text, yaml.SafeLoader), schema, ()))
    if undescribed := [one.name for one in found if one.default and not one.meaning]:
        raise UndescribedError(
            f"values.yaml has no comment above {', '.join(undescribed)}, and values.schema.json no"
            " description"
        )
    return [one for one in found if one.default or one.meaning]


@dataclass(frozen=True, slots=True)
class _Reader:
    lines: Sequence[str]
    schema: Schema

    def values(
        self, mapping: yaml.Node | None, schema: Schema, path: tuple[str, ...]
    ) -> Iterator[Value]:
        """What is in a mapping, and in the groups in it."""
        if not isinstance(mapping, yaml.MappingNode):
            return
        for key, value in mapping.value:
            name = (*path, key.value)
            its = self._resolved(schema.get("properties", {}).get(key.value, {}))
            meaning = self._comment(key.start_mark) or its.get("description", "")
            if isinstance(value, yaml.MappingNode) and value.value and "properties" in its:
                yield Value(".".join(name), "", meaning)
                yield from self.values(value, its, name)
            else:
                yield Value(".".join(name), _json(value), meaning)

    def _resolved(self, schema: Schema) -> Schema:
        """The schema, with that of the definition it refers to; its own description counts."""
        if "$ref" not in schema:
            return schema
        found: Any = self.schema
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return {**self._resolved(found), **schema}

    def _comment(self, key: yaml.Mark) -> str:
        """The lines of comment right above a key, as far in as it is."""
        start = key.line
        indented = " " * key.column + "#"
        while start and self.lines[start - 1].startswith(indented):
            start -= 1
        return _joined(self.lines[start : key.line])


def _joined(comment: Iterable[str]) -> str:
    return " ".join(line.strip().removeprefix("#").strip() for line in comment)


def _json(value: yaml.Node) -> str:
    """A default as somebody would write it in YAML too."""
    loader = yaml.SafeLoader("")
    return json.dumps(loader.construct_document(value), ensure_ascii=False)
