"""``make bench-compare OLD=… NEW=…``: two runs side by side.

Ratios are judged: one that got worse by more than the tolerance ends this with 1. Milliseconds are
shown and not judged, for they say as much of the machine as of the program.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figures import RELATIVE, SHAPE
from tests.bench.report import aligned

TOLERANCE = 20.0


class DocumentError(Exception):
    """A file is no run's document; the text says what is wrong with which."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in both runs; ``worse`` is by what part of the old it got worse."""

    id: str
    unit: str
    old: float
    new: float
    worse: float
    judged: bool


def main(argv: list[str] | None = None) -> int:
    """Compare, print, and judge."""
    parser = argparse.ArgumentParser(prog="make bench-compare", description=__doc__)
    parser.add_argument("old", type=Path, help="the JSON of the earlier run")
    parser.add_argument("new", type=Path, help="the JSON of the later one")
    parser.add_argument(
        "--tolerance", type=float, default=TOLERANCE, help=f"percent ({TOLERANCE:g})"
    )
    args = parser.parse_args(argv)
    try:
        old, new = read(args.old), read(args.new)
    except DocumentError as error:
        print(f"bench-compare: {error}", file=sys.stderr)
        return 2
    if old["kind"] != new["kind"]:
        kinds = f"{args.old} is a run of {old['kind']}, {args.new} one of {new['kind']}"
        print(f"bench-compare: {kinds}", file=sys.stderr)
        return 2
    found = list(changes(old, new))
    limit = args.tolerance / 100
    print("\n".join(aligned(_rows(found, limit))))
    ids = [{figure["id"] for figure in each["figures"]} for each in (old, new)]
    for label, only in (("gone", ids[0] - ids[1]), ("new", ids[1] - ids[0])):
        for name in sorted(only):
            print(f"{label}: {name}")
    return int(any(one.judged and one.worse > limit for one in found))


def read(path: Path) -> dict[str, Any]:
    """A run's document.

    Raises:
        DocumentError: it cannot be read, or is none.
    """
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path} cannot be read: {error}") from error
    shape = found.get("shape") if isinstance(found, dict) else None
    if shape != SHAPE:
        raise DocumentError(
            f"{path} is not what make bench writes: its shape is {shape!r}, expected {SHAPE}"
        )
    return dict(found)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """The figures that both runs have, in the order of the later."""
    before = {figure["id"]: figure for figure in old["figures"]}
    for figure in new["figures"]:
        earlier = before.get(figure["id"])
        if earlier is None or not earlier["value"]:
            continue
        part = figure["value"] / earlier["value"] - 1
        yield Change(
            figure["id"],
            figure["unit"],
            earlier["value"],
            figure["value"],
            part if figure["better"] == "lower" else -part,
            figure["unit"] in RELATIVE,
        )


def _rows(found: list[Change], limit: float) -> Iterator[tuple[str, ...]]:
    yield ("what", "old", "new", "unit", "worse by", "")
    for one in found:
        verdict = "" if not one.judged else "WORSE" if one.worse > limit else "ok"
        yield (
            one.id,
            *(f"{value:.3g}" for value in (one.old, one.new)),
            one.unit,
            f"{one.worse:+.0%}",
            verdict,
        )


if __name__ == "__main__":
    sys.exit(main())
