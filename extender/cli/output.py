"""What commands share: which live cluster they ask, and how they print what they found."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec
from rich.console import Console

PIPE_WIDTH = 160

kubeconfig_option = click.option(
    "--kubeconfig",
    metavar="FILE",
    envvar="KUBECONFIG",
    show_envvar=True,
    help="A live cluster, by its kubeconfig.",
)
output_option = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A table for people, or JSON for machines.",
)


def print_data(data: Any, output: str, table: Callable[[Any, Console], None]) -> None:
    """Print JSON, or a table: in colour to a terminal, wide and plain to a pipe."""
    if output == "table" and sys.stdout.isatty():
        table(data, Console())
        return
    if output == "json":
        text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"
    else:
        # A pipe has no width; rich would take 80 columns and fold long names.
        console = Console(file=io.StringIO(), width=PIPE_WIDTH)
        with console.capture() as capture:
            table(data, console)
        text = capture.get()
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # A reader such as head has seen enough; nor must Python try to say more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
