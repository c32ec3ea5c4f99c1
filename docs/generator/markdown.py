"""What the pages have in common: the note at the top, tables, docstrings as Markdown."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Sequence

from extender.config.describe import OptionRow
from extender.model.reason import Reason

_SOURCE = re.compile(r"\s*\bSource: .*\Z", re.DOTALL)
_LITERAL = re.compile(r"``([^`]+)``")


def head(title: str, source: str) -> str:
    """The note that a page is written by a program, and its title."""
    return f"<!-- Written by docs/generate.py: change {source} instead. -->\n\n# {title}\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would end a cell is escaped."""
    lines = [_row(columns), "|" + "---|" * len(columns), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def code(text: str) -> str:
    """A text set as code; nothing stays nothing."""
    return f"`{text}`" if text else ""


def bullets(facts: Iterable[tuple[str, str]]) -> str:
    """A list of names and values."""
    return "\n".join(f"* {name}: {value}" for name, value in facts) + "\n"


def yes(given: object) -> str:
    """Yes or no."""
    return "yes" if given else "no"


def described(thing: type, *, summary: bool = False) -> str:
    """A class's own docstring as Markdown, without the sentence that names its source in Nova.

    Args:
        thing: the class.
        summary: only the first paragraph, on one line.

    Raises:
        ValueError: it has none.
    """
    if not thing.__doc__:
        raise ValueError(f"{thing.__name__} has no docstring, and the reference is made of them")
    text = _SOURCE.sub("", inspect.cleandoc(thing.__doc__))
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    if summary:
        return _LITERAL.sub(r"`\1`", paragraphs[0])
    return "\n\n".join(textwrap.fill(_LITERAL.sub(r"`\1`", part), 100) for part in paragraphs)


def releases(since: str, removed: str) -> str:
    """In which releases Nova has something."""
    parts = (f"{since} on" if since else "", f"removed in {removed}" if removed else "")
    return ", ".join(part for part in parts if part)


def option_links(rows: Iterable[OptionRow], *, defaults: bool = False) -> str:
    """Options by name, each a link to where it stands; with their defaults where wanted."""
    return ", ".join(
        f"[`{row.group}.{row.name}`](options.md#{row.group.lower()})"
        + (f" ({row.default})" if defaults else "")
        for row in rows
    )


def reason_cells(reason: Reason) -> tuple[str, str, str, str]:
    """A reason's id, text, category, and whether it is cured."""
    return code(reason.id), reason.text, reason.category.value, yes(reason.cured)
