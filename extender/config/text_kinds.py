"""The kinds of value that are text: names, lists of names, choices, and what plug-ins read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from pydantic.json_schema import JsonSchemaValue

from extender.config.kinds import Boolean, Kind
from extender.config.values import FloatText, UnacceptableError, shown

_LONGEST_TEXT = 255
_DEEPEST_PLUGIN_VALUE = 64
_SWITCH = {True: "on", False: "off"}
_LISTED_WITH_OR = 5
_SUBDOMAIN = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
_QUALIFIED = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"

BEHIND_A_DOMAIN = rf"(?=[^/]{{1,253}}/){_SUBDOMAIN}/{_QUALIFIED}"
"""A name that is Kubernetes' own kind of unique: ``example.com/name``."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, FloatText)


@dataclass(frozen=True)
class Text(Kind):
    """One line of text; surrounding blanks are dropped."""

    name: ClassVar[str] = "text"

    may_be_unset: bool = False

    @property
    def accepted(self) -> str:
        """The form, and how to say that it is not set."""
        form = f"a text of 1 to {_LONGEST_TEXT} printable characters; a number must stand in quotes"
        return f"{form}; null for not set" if self.may_be_unset else form

    def read(self, value: object) -> str | None:
        """The text, or None for one that is not set."""
        if value is None and self.may_be_unset:
            return None
        if not isinstance(value, str) or not _is_text(value):
            raise UnacceptableError(f"{shown(value)} is not a text")
        text = value.strip()
        if not text:
            if self.may_be_unset:
                return None
            raise UnacceptableError(f"{shown(value)} is empty")
        if len(text) > _LONGEST_TEXT:
            raise UnacceptableError(f"{shown(value)} is longer than {_LONGEST_TEXT} characters")
        if not text.isprintable():
            raise UnacceptableError(f"{shown(value)} has characters that do not print")
        return text

    def schema(self) -> JsonSchemaValue:
        """A string, or null where it may stay unset."""
        if self.may_be_unset:
            return {"type": ["string", "null"]}
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True)
class Name(Kind):
    """One name of a Kubernetes object; surrounding blanks are dropped."""

    name: ClassVar[str] = "name"

    OBJECT: ClassVar[str] = rf"(?=.{{1,253}}$){_SUBDOMAIN}"
    """A DNS subdomain, which most kinds of object are named by (RFC 1123)."""
    LABEL: ClassVar[str] = rf"(?:{BEHIND_A_DOMAIN}|{_QUALIFIED})"
    """The key of a label: a name, mostly with a domain before it."""

    one: str
    pattern: str
    empty: str = ""
    """What an empty name means; without it none may be empty."""

    @property
    def accepted(self) -> str:
        """What it names, of which characters, and what an empty one means."""
        form = f"{self.one}: small letters, digits and '-'"
        if self.pattern == self.OBJECT:
            form = f"{self.one}: small letters, digits, '-' and '.'"
        elif self.pattern == self.LABEL:
            form = f"{self.one}, such as example.com/name"
        return f"{form}; empty for {self.empty}" if self.empty else form

    def read(self, value: object) -> str:
        """The name; null is as good as empty."""
        name = value.strip() if isinstance(value, str) and _is_text(value) else value
        if self.empty and name in ("", None):
            return ""
        if not isinstance(name, str) or not _is_text(name) or not re.fullmatch(self.pattern, name):
            raise UnacceptableError(f"{shown(value)} is not {self.one}")
        return name

    def schema(self) -> JsonSchemaValue:
        """A string, and null where it may be empty."""
        form: JsonSchemaValue = {"type": "string", "minLength": 1}
        return {"type": ["string", "null"]} if self.empty else form


@dataclass(frozen=True)
class Names(Kind):
    """An ordered list of names, as a YAML list or as Nova's comma text."""

    name: ClassVar[str] = "list"

    CLASS: ClassVar[str] = r"[^\s,]{1,255}"
    """Any name: whether a filter of that name exists is asked later, with Nova's message."""
    IMAGE: ClassVar[str] = r"[^\s,]{1,512}"
    """An image as pods write it: registry, path, tag and digest are up to the registry."""
    DOTTED: ClassVar[str] = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
    NAMESPACE: ClassVar[str] = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
    CLIENT: ClassVar[str] = r"[^,]{1,255}"
    """A name in a certificate, which may have blanks inside: ``system:kube-scheduler``."""

    one: str
    many: str
    pattern: str

    @property
    def accepted(self) -> str:
        """What the names are, and the two forms of the list."""
        return f"a list of {self.many}, or a text with commas between them"

    def read(self, value: object) -> tuple[str, ...]:
        """The names, in the order given."""
        items: list[object]
        if isinstance(value, list | tuple):
            items = list(value)
        elif isinstance(value, str) and _is_text(value):
            items = [*value.split(",")] if value.strip() else []
        else:
            raise UnacceptableError(f"{shown(value)} is not a list")
        return tuple(self._name(item) for item in items)

    def schema(self) -> JsonSchemaValue:
        """An array of strings, or one string."""
        array = {"type": "array", "items": {"type": "string"}}
        return {"anyOf": [array, {"type": "string"}]}

    def write(self, value: object) -> object:
        """A YAML list."""
        return list(value) if isinstance(value, tuple) else value

    def _name(self, item: object) -> str:
        name = item.strip() if isinstance(item, str) and _is_text(item) else ""
        if not name.isprintable() or not re.fullmatch(self.pattern, name):
            raise UnacceptableError(f"{shown(item)} in the list is not {self.one}")
        return name


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words.

    Attributes:
        words: Those that are accepted, in lower case; ``INFO`` and ``Info`` are read as ``info``.
        aliases: Other spellings, each with the word it stands for.
        switch: Whether ``on`` and ``off`` are among the words: Nova's words for true and false,
            and YAML's own, then stand for them. YAML 1.1, which Helm writes, has no text ``on``.
        may_be_unset: Whether null and an empty text stand for no choice.
    """

    name: ClassVar[str] = "choice"

    words: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...] = ()
    switch: bool = False
    may_be_unset: bool = False

    @property
    def accepted(self) -> str:
        """The words, and how to say that none is set."""
        form = " or ".join(self.words)
        if len(self.words) > _LISTED_WITH_OR:
            form = f"one of {', '.join(self.words)}"
        return f"{form}; null for not set" if self.may_be_unset else form

    def read(self, value: object) -> str | None:
        """The word, in lower case; None for one that is not set."""
        if self.may_be_unset and (value is None or (_is_text(value) and not str(value).strip())):
            return None
        if self.switch and isinstance(value, bool):
            return _SWITCH[value]
        if not isinstance(value, str) or not _is_text(value):
            raise UnacceptableError(f"{shown(value)} is not a text")
        word = self._spellings().get(value, value)
        if word not in self.words:
            raise UnacceptableError(f"{shown(value)} is none of the choices")
        return word

    def schema(self) -> JsonSchemaValue:
        """The words in every spelling that is read."""
        forms: list[JsonSchemaValue] = [{"enum": list(self._spellings())}]
        if self.switch:
            forms.insert(0, {"type": "boolean"})
        if self.may_be_unset:
            forms += [{"type": "null"}, {"type": "string", "pattern": r"^\s*$"}]
        return {"anyOf": forms} if len(forms) > 1 else forms[0]

    def _spellings(self) -> dict[str, str]:
        cases = {form: word for word in self.words for form in (word, word.title(), word.upper())}
        if self.switch:
            cases |= {form: _SWITCH[meaning] for form, meaning in Boolean.WORDS.items()}
        return cases | dict(self.aliases)


@dataclass(frozen=True)
class PluginTree(Kind):
    """Whatever third-party filters and weighers want to read, handed on as it was written."""

    name: ClassVar[str] = "mapping"

    @property
    def accepted(self) -> str:
        """Anything YAML can say, but for numbers that are not finite."""
        return "a mapping of any options; numbers must be finite"

    def read(self, value: object) -> Mapping[str, object]:
        """The mapping, its numbers made floats."""
        if value is None:
            return MappingProxyType({})
        if not isinstance(value, Mapping):
            raise UnacceptableError(f"{shown(value)} is not a mapping")
        return MappingProxyType(
            {str(key): _plugin_value(item, str(key), 1) for key, item in value.items()},
        )

    def schema(self) -> JsonSchemaValue:
        """Any object."""
        return {"type": "object", "additionalProperties": True}

    def write(self, value: object) -> object:
        """A plain mapping."""
        return dict(value) if isinstance(value, Mapping) else value


def _plugin_value(value: object, path: str, depth: int) -> object:
    if depth > _DEEPEST_PLUGIN_VALUE:
        raise UnacceptableError(
            f"{shown(path)} is nested deeper than {_DEEPEST_PLUGIN_VALUE} levels"
        )
    if isinstance(value, Mapping):
        return {
            str(key): _plugin_value(item, f"{path}.{key}", depth + 1) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            _plugin_value(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)
        ]
    if isinstance(value, FloatText | float):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise UnacceptableError(f"{shown(path)}: {shown(value)} is not a finite number")
        return number
    if value is None or isinstance(value, str | bool | int):
        return value
    raise UnacceptableError(f"{shown(path)}: {shown(value)} is not a plain value")
