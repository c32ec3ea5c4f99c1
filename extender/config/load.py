"""Reads a configuration file: everything that is wrong with it at once, or a typed model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from extender.config.document import MAX_BYTES, read_document, too_large
from extender.config.effects import conflicts, notices
from extender.config.options import PLUGINS, Config, options
from extender.config.problems import ConfigError, Problem
from extender.config.sieve import Sieved, sieve
from extender.config.text_kinds import PluginTree


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used.

    Attributes:
        config: The options.
        notices: What an operator should know although it is no error: older names, options that
            do nothing, or nothing beside the others.
    """

    config: Config
    notices: tuple[str, ...]


Check = Callable[[Config], Iterable[Problem]]


def load(path: str | None, text: str | None = None, check: Check = lambda _: ()) -> Loaded:
    """Read a configuration.

    Args:
        path: The file; None for Nova's and our own defaults.
        text: What the file holds, where it was read already: ``path`` then only names it.
        check: Finds what else is wrong. It is asked also where options are unusable, which it then
            sees at their defaults, so that everything wrong is said at once.

    Raises:
        ConfigError: It cannot be read or used, with every problem found.
    """
    source = path or ""
    if text is None:
        text = "" if path is None else read_file(path)
    tree, problems = read_document(text, source)
    sieved = sieve(tree)
    problems += sieved.problems
    try:
        config = Config.model_validate(sieved.values)
    except ValidationError as error:
        problems += [_problem(details, sieved) for details in error.errors()]
        config = _usable(sieved.values, error)
    else:
        # Not beside a default that stands in for what could not be read.
        problems += conflicts(config)
    problems += check(config)
    if problems:
        raise ConfigError(problems, source)
    return Loaded(config, (*sieved.notices, *notices(config, sieved.written)))


def read_file(path: str) -> str:
    """The text of a file, no more of it than is bound to be read.

    Raises:
        ConfigError: It cannot be read, is too large, or is not UTF-8.
    """
    try:
        with Path(path).open("rb") as file:
            # A bound on what is read, not on what the file says of itself: it may be a device.
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        problem = Problem("", f"cannot be read: {reason}", "a file that can be read")
        raise ConfigError([problem], path) from error
    if len(content) > MAX_BYTES:
        raise ConfigError([too_large()], path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        why = f"not UTF-8 at line {line}, byte {column}"
        raise ConfigError([Problem("", why, "YAML in UTF-8")], path) from error


def _usable(values: dict[str, object], error: ValidationError) -> Config:
    """The options that can be used; those that cannot stand at their defaults."""
    bad = {tuple(str(part) for part in details["loc"][:2]) for details in error.errors()}
    kept = {
        group: {name: value for name, value in found.items() if (group, name) not in bad}
        for group, found in values.items()
        if isinstance(found, dict) and (group,) not in bad
    }
    return Config.model_validate(kept)


def _problem(details: ErrorDetails, sieved: Sieved) -> Problem:
    """Pydantic's account of an option as ours: our words, and the path that was written."""
    path = ".".join(str(part) for part in details["loc"])
    error = details.get("ctx", {}).get("error")
    message = str(error) if isinstance(error, ValueError) else details["msg"]
    accepted = {option.path: option.kind.accepted for option in options()}
    accepted[PLUGINS] = PluginTree().accepted
    return Problem(sieved.written.get(path, path), message, accepted.get(path, ""))
