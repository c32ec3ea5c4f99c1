"""Writes Grafana's dashboards into the chart.

``python deploy/monitoring/generate.py`` writes them; with ``--check`` it writes nothing and ends
with status 1, naming every file that is not what the code says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from deploy.monitoring.boards import BOARDS

FOLDER = Path(__file__).parents[2] / "charts" / "nova-extender" / "files" / "dashboards"
COMMAND = "make docs"


def files() -> dict[str, str]:
    """What each file holds, by its name."""
    return {
        f"{board.name}.json": json.dumps(board.json(), indent=2, ensure_ascii=False) + "\n"
        for board in BOARDS
    }


def stale(folder: Path) -> list[str]:
    """The files of a folder that are not what the code says, and those that nobody writes."""
    written = files()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in {*written, *there} if written.get(name) != there.get(name))


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Write the files, or with ``--check`` only say which are stale."""
    if arguments not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    if not arguments:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files().items():
            (folder / name).write_text(content, encoding="utf-8")
        return 0
    found = stale(folder)
    for name in found:
        print(f"{folder.name}/{name} is stale: run {COMMAND}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
