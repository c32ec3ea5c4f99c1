"""Conditions on the version of a host's hypervisor, as the image property writes them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 255
"""Characters that conditions may have."""

ACCEPTED = "conditions like >=1.7,<3 with < <= == != >= or > before each version"

Order = tuple[int, tuple[int, ...], int]
"""What versions are ordered by: epoch, release, and whether the version comes before the release
itself (-1: a pre-release), is it (0) or comes after it (1)."""

_COMPARE: dict[str, Callable[[Order, Order], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}

_CONDITION = re.compile(r"\s*(<=|>=|<|>|!=|==)\s*(\S+)\s*")

# The version scheme of Python's packages (PEP 440), which Nova reads versions by.
_VERSION = re.compile(
    r"""v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)
    (?P<pre>[-_.]?(?:alpha|beta|preview|pre|rc|a|b|c)[-_.]?[0-9]*)?
    (?P<post>-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?
    (?P<dev>[-_.]?dev[-_.]?[0-9]*)?
    (?P<local>\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class VersionPredicate:
    """Conditions that must all hold: ``>=1.7,<3``.

    Source: ``oslo_utils.versionutils.VersionPredicate``.
    """

    conditions: tuple[tuple[str, Order], ...]

    @classmethod
    def parse(cls, text: str) -> VersionPredicate:
        """Read conditions.

        Raises:
            ValueError: a condition without an operator, or with something that is no version.
        """
        if len(text) > LONGEST:
            raise ValueError(f"more than {LONGEST} characters")
        return cls(tuple(_condition(part) for part in text.split(",")))

    def holds(self, version: int) -> bool:
        """Whether a host's version, packed as Nova packs it, meets every condition."""
        own = (0, _without_zeros(_unpacked(version)), 0)
        return all(_COMPARE[sign](own, other) for sign, other in self.conditions)


def version_text(version: int) -> str:
    """A packed version for people, as Nova unpacks it: 2001004 is 2.1.4, and 5000 is 5.0."""
    return ".".join(str(part) for part in _unpacked(version))


def _unpacked(version: int) -> tuple[int, ...]:
    """Three digits a part. Zeros in front leave no trace in a packed version."""
    parts: list[int] = []
    while version > 0:
        version, part = divmod(version, 1000)
        parts.insert(0, part)
    return tuple(parts)


def _condition(text: str) -> tuple[str, Order]:
    match = _CONDITION.fullmatch(text)
    version = _VERSION.fullmatch(match[2]) if match is not None else None
    if match is None or version is None:
        raise ValueError(f"{text!r} is no condition on a version")
    release = tuple(int(part) for part in version["release"].split("."))
    return match[1], (int(version["epoch"] or 0), _without_zeros(release), _side(version))


def _side(version: re.Match[str]) -> int:
    if version["pre"]:
        return -1
    if version["post"]:
        return 1
    if version["dev"]:
        return -1
    return 1 if version["local"] else 0


def _without_zeros(release: tuple[int, ...]) -> tuple[int, ...]:
    """1.7.0 is the same version as 1.7."""
    while release and release[-1] == 0:
        release = release[:-1]
    return release
