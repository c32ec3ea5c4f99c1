"""What a benchmark found, as a machine can read it: named figures, beside the machine's facts.

Both benchmarks write this one shape, and ``compare`` reads it: ratios can be compared between
machines and days, milliseconds cannot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from extender.version import __version__

SHAPE = 1

Unit = Literal["ratio", "percent", "ms", "us", "s", "MiB", "pods/s", "count"]

RELATIVE: frozenset[Unit] = frozenset({"ratio", "percent"})
"""Units that say the same on a slower machine."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    Args:
        id: what it is, unique in its document and the same in every run, parts joined by ``/``:
            ``filter/5000/all pass/p50 to echo``.
        value: what was measured.
        unit: of the value.
        better: which way is good.
        target: the limit it shall keep, None where there is none.
    """

    id: str
    value: float
    unit: Unit
    better: Literal["lower", "higher"] = "lower"
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is kept; None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


def document(kind: str, machine: Mapping[str, Any], figures: Iterable[Figure]) -> dict[str, Any]:
    """A run as JSON-ready data.

    Args:
        kind: which benchmark: ``bench`` or ``bench-cluster``.
        machine: what the figures depend on.
        figures: what was found, each id once.

    Raises:
        ValueError: an id stands twice.
    """
    listed = [asdict(figure) | {"met": figure.met} for figure in figures]
    ids = [figure["id"] for figure in listed]
    if len(set(ids)) < len(ids):
        raise ValueError(f"ids that stand twice: {sorted({i for i in ids if ids.count(i) > 1})}")
    return {
        "shape": SHAPE,
        "kind": kind,
        "nova_extender": __version__,
        "machine": dict(machine),
        "figures": listed,
    }


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write a run's document, making its folder where need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n")
