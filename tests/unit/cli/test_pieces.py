"""Tests of extender.cli.pieces."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from extender.cli import pieces


def screen(width: int = 20) -> tuple[Console, io.StringIO]:
    """A screen, and what is printed on it."""
    stream = io.StringIO()
    return Console(file=stream, width=width), stream


def test_a_table() -> None:
    """Texts to the left, numbers to the right; what does not fit is folded, never cut."""
    console, out = screen(width=14)
    made = pieces.table("NAME")
    pieces.number_column(made, "NUMBER")
    made.add_row("node-a", "8")
    made.add_row("node-abcdef", "128")
    pieces.show(console, made)
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert lines == [["NAME", "NUMBER"], ["node-a", "8"], ["node-a", "128"], ["bcdef"]]


def test_lists_are_indented_where_they_are_wrapped() -> None:
    """Under a title, after an empty line."""
    console, out = screen()
    pieces.bullets(console, "Notes", ["one two three four five", "six"])
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert lines == ["", "Notes", "- one two three four", "  five", "- six"]


def test_a_list_of_nothing() -> None:
    """Has no title either."""
    console, out = screen()
    pieces.bullets(console, "Notes", [])
    assert out.getvalue() == ""


@pytest.mark.parametrize(("good", "colour"), [(True, "32"), (False, "31")])
def test_headlines(good: bool, colour: str) -> None:
    """Green for good news, red for bad."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard")
    pieces.headline(console, "so it is", good=good)
    assert stream.getvalue() == f"\x1b[1;{colour}mso it is\x1b[0m\n"


@pytest.mark.parametrize("said", ["[red]x[/red]", ":skull:", "größer – 大"])
def test_texts_are_shown_as_they_are(said: str) -> None:
    """Neither markup nor emoji."""
    console, out = screen()
    pieces.line(console, said)
    assert out.getvalue() == f"{said}\n"


def test_control_characters_are_escaped() -> None:
    """Nothing steers the terminal."""
    assert pieces.text("a\x1b[2J\nb").plain == "a\\x1b[2J\\nb"
