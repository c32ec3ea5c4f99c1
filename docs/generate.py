"""Writes the pages of docs/reference/ from the code they describe.

``python docs/generate.py`` (``make docs``) writes them; with ``--check`` it writes nothing and ends
with status 1, naming every page that is not what the code says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from generator import annotations, commands, filters, metrics, options, reasons, weighers

REFERENCE = Path(__file__).parent / "reference"
COMMAND = "make docs"

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "annotations.md": annotations.page,
        "commands.md": commands.page,
        "filters.md": filters.page,
        "metrics.md": metrics.page,
        "options.md": options.page,
        "reasons.md": reasons.page,
        "weighers.md": weighers.page,
    }
)
"""Each page of the reference, and what writes it."""


def stale(folder: Path) -> list[str]:
    """The pages in a folder that are not what the code says, those that are missing included."""
    return [
        name
        for name, page in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != page()
    ]


def write(folder: Path) -> None:
    """Write every page."""
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


def main(arguments: list[str], folder: Path = REFERENCE) -> int:
    """Write the pages, or with ``--check`` only say which are stale."""
    if arguments not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    if not arguments:
        write(folder)
        return 0
    found = stale(folder)
    for name in found:
        print(f"docs/reference/{name} is stale: run {COMMAND}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
