"""The pieces that tables for people are made of.

Names and texts come from a cluster, so they are never read as markup, and what cannot be printed
is escaped. Nothing is cut off: names are folded.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from extender.observe import text as words

WIDE = 120
"""Columns of a terminal from which tables show more than they must."""


def table(*columns: str) -> Table:
    """An empty table of texts."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


def number_column(of: Table, name: str) -> None:
    """Add a column of numbers to a table."""
    of.add_column(name, justify="right", overflow="fold")


def show(console: Console, what: RenderableType) -> None:
    """Print something as it is."""
    console.print(what, highlight=False, markup=False, emoji=False)


def line(console: Console, said: str, style: str = "") -> None:
    """Print a line, wrapped where it is longer."""
    show(console, text(said, style))


def headline(console: Console, said: str, *, good: bool) -> None:
    """Print what it all comes to, good news or bad."""
    line(console, said, "bold green" if good else "bold red")


def title(console: Console, said: str) -> None:
    """Print the title of a part."""
    line(console, "")
    line(console, said, "bold cyan")


def bullets(console: Console, heading: str, lines: Sequence[str]) -> None:
    """Lines under a title, each indented where it is wrapped; nothing where there are none."""
    if not lines:
        return
    title(console, heading)
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column()
    grid.add_column(overflow="fold")
    for each in lines:
        grid.add_row("-", text(each))
    show(console, grid)


def text(said: str, style: str = "") -> Text:
    """A text that cannot steer the terminal."""
    return Text(words.printable(said), style)
