"""What is wrong with a configuration: all of it at once, each with its place and its cure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_LISTED = 100
"""So many problems are written out; a file with more is better read than its errors are."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        path: Where, as ``filter_scheduler.host_subset_size``; empty for the file as a whole.
        message: What is wrong, with the value as it was given.
        accepted: What would be accepted instead, or what to do.
    """

    path: str
    message: str
    accepted: str = ""

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        return f"{text}\n    accepted: {self.accepted}" if self.accepted else text


class ConfigError(Exception):
    """The configuration cannot be used; ``problems`` says everything that is wrong with it.

    Attributes:
        problems: At least one.
        source: The name of the file; empty for a text or for the defaults.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.source = source
        super().__init__(self.problems, source)

    def __str__(self) -> str:
        count = len(self.problems)
        name = self.source or "the configuration"
        lines = [f"{name} is not valid: {count} problem{'' if count == 1 else 's'}"]
        lines += [f"  {problem}" for problem in self.problems[:_LISTED]]
        if count > _LISTED:
            lines.append(f"  … and {count - _LISTED} more")
        return "\n".join(lines)
