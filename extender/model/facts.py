"""The numbers and texts behind a verdict, worked out only when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extender.model.flavor import MIB

_MILLION = 10**6


@dataclass(frozen=True, slots=True)
class Source:
    """One value that went into a verdict, and where it came from."""

    name: str
    value: str
    where: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a filter needed, what the host has, and where each came from.

    ``need`` and ``have`` are in ``unit`` when they are numbers (``have`` may be negative);
    ``short_by`` is what is missing, 0 where nothing is, ``None`` where there is no number.
    """

    need: int | float | str | None = None
    have: int | float | str | None = None
    short_by: int | float | None = None
    unit: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """How an exact amount is shown to people: divided by ``size``, as ``name``."""

    name: str
    size: int

    def show(self, amount: int) -> int | float:
        """The amount in this unit, to a millionth: whole where it is whole, else a float."""
        millionths, rest = divmod(amount * _MILLION, self.size)
        millionths += 2 * rest >= self.size
        return millionths // _MILLION if millionths % _MILLION == 0 else millionths / _MILLION

    def text(self, amount: int) -> str:
        """The amount and the unit as text, never as a power of ten."""
        shown = self.show(amount)
        number = str(shown) if isinstance(shown, int) else f"{shown:.6f}".rstrip("0")
        return f"{number} {self.name}" if self.name else number


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few names, and how many more."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


VCPU = Unit("vCPU", 1000)
MEBIBYTE = Unit("MiB", MIB)
COUNT = Unit("", 1)
