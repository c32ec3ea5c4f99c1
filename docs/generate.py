"""Writes the pages of docs/reference/, and the chart's, from what they describe.

``python docs/generate.py`` (``make docs``) writes them; with ``--check`` it writes nothing and ends
with status 1, naming every page that is not what the code says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from generator import annotations, chart, commands, filters, metrics, options, reasons, weighers

REPOSITORY = Path(__file__).parents[1]
COMMAND = "make docs"

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "docs/reference/annotations.md": annotations.page,
        "docs/reference/commands.md": commands.page,
        "docs/reference/filters.md": filters.page,
        "docs/reference/metrics.md": metrics.page,
        "docs/reference/options.md": options.page,
        "docs/reference/reasons.md": reasons.page,
        "docs/reference/weighers.md": weighers.page,
        "charts/nova-extender/README.md": chart.page,
    }
)
"""Each page by its path in the repository, and what writes it."""


def stale(root: Path) -> list[str]:
    """The pages below a folder that are not what the code says, those that are missing included."""
    return [
        name
        for name, page in PAGES.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != page()
    ]


def write(root: Path) -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(page(), encoding="utf-8")


def main(arguments: list[str], root: Path = REPOSITORY) -> int:
    """Write the pages, or with ``--check`` only say which are stale."""
    if arguments not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    if not arguments:
        write(root)
        return 0
    found = stale(root)
    for name in found:
        print(f"{name} is stale: run {COMMAND}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
