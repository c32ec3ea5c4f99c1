"""The page of the commands, from their own help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from extender.cli.main import EXIT_BAD_INPUT, EXIT_NO_VALID_HOST, cli
from extender.cli.overcommit import EXIT_NOT_NOW
from extender.server.gunicorn_app import EXIT_ADDRESS, EXIT_CRASH, EXIT_START
from generator.markdown import head, table

_INTRODUCTION = """
What a command prints stands on stdout; notices and errors on stderr. `-o json` is for machines.
"""

_CODES = table(
    ("Exit code", "Meaning"),
    (
        ("0", "Placed; or done, where there is nothing to place. `serve`: ended when told to."),
        (str(EXIT_NOT_NOW), "`overcommit`: running pods depend on it; the text says what to do."),
        (
            str(EXIT_BAD_INPUT),
            "Bad input: what was given, or the cluster, cannot be used; the text says why.",
        ),
        (str(EXIT_NO_VALID_HOST), "`simulate`, `explain`: no valid host."),
    ),
)

_SERVE_CODES = table(
    ("Exit code of `serve`", "Meaning"),
    (
        (str(EXIT_ADDRESS), "Bad input, or the address of the verbs cannot be had."),
        (str(EXIT_START), "The worker could not start: its other addresses cannot be had."),
        (str(EXIT_CRASH), "The worker died as soon as it had started."),
    ),
)


def page() -> str:
    """The page as the commands say it should be."""
    return "\n".join(
        [
            head("Commands", "the help texts in extender/cli/").rstrip("\n"),
            _INTRODUCTION,
            _CODES,
            _SERVE_CODES,
            *(_section(context) for context in _contexts()),
        ]
    )


def _contexts() -> Iterator[click.Context]:
    """Every command in the order of the help, groups before what is in them."""
    root = _context(cli, "nova-extender", None)
    yield root
    yield from _inside(root)


def _inside(context: click.Context) -> Iterator[click.Context]:
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None and not command.hidden:
                child = _context(command, name, context)
                yield child
                yield from _inside(child)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    settings = command.context_settings
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=90,
        help_option_names=settings.get("help_option_names"),
    )


def _section(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"
