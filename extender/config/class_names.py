"""Whether the filters that are switched on exist, and what was meant if not.

The names that exist are handed in: this room does not know the classes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from extender.config.options import Config
from extender.config.problems import Problem
from extender.config.values import cut

_CUTOFF = 0.6
_LONGEST_COMPARED = 128


def check_filters(config: Config, known: Sequence[str]) -> list[Problem]:
    """The names of ``enabled_filters`` that nobody knows: at most one problem, as Nova words it.

    Args:
        config: The configuration as it was read.
        known: Names of the filter classes that ``available_filters`` makes available.
    """
    unknown = [
        name
        for name in dict.fromkeys(config.filter_scheduler.enabled_filters)
        if name not in set(known)
    ]
    if not unknown:
        return []
    return [
        Problem(
            "filter_scheduler.enabled_filters",
            f"Scheduler Host Filter {', '.join(map(cut, unknown))} could not be found.",
            _suggestions(unknown, known),
        )
    ]


def nearest(name: str, known: Iterable[str], count: int = 1) -> list[str]:
    """The known names most like this one, the most alike first; case does not matter."""
    if len(name) > _LONGEST_COMPARED:
        return []
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(name.casefold(), folded, n=count, cutoff=_CUTOFF)
    return [folded[match] for match in close]


def _suggestions(names: Sequence[str], known: Iterable[str]) -> str:
    """For each name what it may have meant; all known names where one is like none of them."""
    names_known = sorted(known)
    # By the class alone: of a path only its last part is a name here.
    close = {name: nearest(name.rpartition(".")[2], names_known, 3) for name in names}
    lines = [f"{' or '.join(near)} for {cut(name)}" for name, near in close.items() if near]
    if len(lines) < len(names):
        lines.append(f"one of {', '.join(names_known)}")
    return "; ".join(lines)
