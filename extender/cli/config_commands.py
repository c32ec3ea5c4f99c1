"""The commands ``config check|show|defaults|schema``."""

from __future__ import annotations

import click
import msgspec

from extender.cli.assembly import load_config
from extender.config.describe import defaults_yaml, json_schema, show_yaml

_file = click.argument("path", metavar="[FILE]", required=False)


@click.group()
def config() -> None:
    """Check a configuration, or show what there is to configure."""


@config.command()
@_file
def check(path: str | None) -> None:
    """Say everything that is wrong with a configuration, at once."""
    loaded = load_config(path)
    for text in loaded.notices:
        click.echo(f"notice: {text}", err=True)
    click.echo(f"{path or 'the default configuration'} is valid")


@config.command()
@_file
def show(path: str | None) -> None:
    """Print the configuration in effect: the file's options over the defaults."""
    click.echo(show_yaml(load_config(path).config), nl=False)


@config.command()
def defaults() -> None:
    """Print every option with its default, what it does and what it accepts."""
    click.echo(defaults_yaml(), nl=False)


@config.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    click.echo(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode())
