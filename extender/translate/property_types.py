"""How the values of image properties are read: one reader a type.

Values come as JSON has them. Nova has them as texts, which are therefore read for every type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from extender.model import version_predicate
from extender.model.guests import GuestNames
from extender.model.version_predicate import VersionPredicate

Reader = Callable[[Any], object]
"""From a JSON value to the property's; raises ``WrongValueError``."""

_LARGEST = 2**63 - 1
_MOST_CPUS = 8192
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,19}\s*")
_CPUS = re.compile(r"\s*(\^?)\s*([0-9]{1,4})(?:\s*-\s*([0-9]{1,4}))?\s*")
_TRUE = ("1", "on", "t", "true", "y", "yes")
_FALSE = ("0", "f", "false", "n", "no", "off")
_NO_OTHERS: Mapping[str, str] = MappingProxyType({})


class WrongValueError(ValueError):
    """A value that the property cannot have; the text says what would be right."""


def text(value: Any) -> str:
    """A text; numbers and booleans become Python's text of them, as in Nova."""
    if isinstance(value, str | int | float):
        return str(value)
    raise WrongValueError("a text")


def whole(value: Any) -> int:
    """A whole number of 64 bits, or the text of one."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise WrongValueError("a whole number")
    return value


def boolean(value: Any) -> bool:
    """True or false in Nova's words; any other word is refused (Nova takes it for false)."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word not in _TRUE and word not in _FALSE:
        raise WrongValueError("true or false, yes or no, on or off, 1 or 0")
    return word in _TRUE


def one_of(*words: str, others: Mapping[str, str] = _NO_OTHERS, capitals: bool = False) -> Reader:
    """A reader of one of some words.

    Args:
        words: those that are accepted.
        others: other spellings, with the word that each stands for.
        capitals: whether a word may be written in capitals.
    """

    def read(value: Any) -> str:
        word = value.lower() if capitals and isinstance(value, str) else value
        if isinstance(word, str) and (found := others.get(word, word)) in words:
            return found
        raise WrongValueError(" or ".join(words))

    return read


def named(names: GuestNames) -> Reader:
    """A reader of architectures, hypervisor types or VM modes: the canonical name."""

    def read(value: Any) -> str:
        found = names.canonical(value) if isinstance(value, str) else None
        if found is None:
            raise WrongValueError(f"one of {', '.join(names.names)}")
        return found

    return read


def predicate(value: Any) -> str:
    """Conditions on a version, as written."""
    try:
        VersionPredicate.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise WrongValueError(version_predicate.ACCEPTED) from None
    return str(value)


def mappings(value: Any) -> list[dict[str, str | None]]:
    """A list of objects, text to text or null."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise WrongValueError("a list of objects text to text")
    return [{k: None if v is None else text(v) for k, v in item.items()} for item in value]


def cpus(value: Any) -> set[int]:
    """A set of CPUs: ``0-3,^2,8`` is 0, 1, 3 and 8.

    Source: ``nova.virt.hardware.parse_cpu_spec``.
    """
    found: set[int] = set()
    excluded: set[int] = set()
    for part in text(value).split(","):
        if not part.strip():
            continue
        match = _CPUS.fullmatch(part)
        first, last = (int(match[2]), int(match[3] or match[2])) if match else (1, 0)
        if match is None or first > last or last >= _MOST_CPUS:
            raise WrongValueError(f"CPUs below {_MOST_CPUS} such as 0-3,^2,8")
        (excluded if match[1] else found).update(range(first, last + 1))
    # In order, so that equal sets have the same text.
    return {*sorted(found - excluded)}
