"""The table of departures on ``docs/conformance.md``, written from ``departures.TABLE``.

``python -m tests.conformance.page`` writes it; a unit test holds that the page is fresh.
"""

from __future__ import annotations

import json
import sys

from tests.conformance import departures
from tests.conformance.environment import ROOT

PAGE = ROOT / "docs" / "conformance.md"
START = "<!-- departures: made by python -m tests.conformance.page -->\n"
END = "<!-- end of departures -->\n"


def rendered() -> str:
    """The table, and the cases that show its rows."""
    lines = ["| | Nova | Here | Why |", "|---|---|---|---|"]
    for row in departures.TABLE:
        lines.append(f"| **{row.id}** | {_cell(row.nova)} | {_cell(row.ours)} | {_cell(row.why)} |")
    lines += ["", "Each row's own case:", ""]
    for row in departures.TABLE:
        lines.append(f"* {row.id}: `{json.dumps(row.example, ensure_ascii=False)}`")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def fresh(page: str) -> str:
    """The page with the table as it is now.

    Raises:
        ValueError: the page lacks the marks.
    """
    before, mark, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{PAGE} lacks {START!r} or {END!r}")
    return f"{before}{START}\n{rendered()}\n{END}{after}"


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(fresh(PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
