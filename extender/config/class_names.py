"""Whether the filters and weighers that are switched on exist, and what was meant if not.

The names that exist are handed in: this room does not know the classes.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence

from extender.config.options import Config
from extender.config.problems import Problem
from extender.config.values import cut

ALL_WEIGHERS = "nova.scheduler.weights.all_weighers"
_CUTOFF = 0.6
_LONGEST_COMPARED = 128


def check_names(
    config: Config,
    known_filters: Sequence[str],
    known_weighers: Sequence[str],
) -> list[Problem]:
    """The names of ``enabled_filters`` and ``weight_classes`` that nobody knows.

    Args:
        config: The configuration as it was read.
        known_filters: Names of the filter classes that ``available_filters`` makes available.
        known_weighers: Names of the weigher classes, or their dotted paths.

    Returns:
        At most one problem for each of the two options, with Nova's message.
    """
    group = config.filter_scheduler
    problems = []
    filters = _unknown(group.enabled_filters, frozenset(known_filters))
    if filters:
        names = ", ".join(cut(name) for name in filters)
        problems.append(
            Problem(
                "filter_scheduler.enabled_filters",
                f"Scheduler Host Filter {names} could not be found.",
                _suggestions(filters, known_filters),
            ),
        )
    # Nova names a weigher by the path of its class, of which only the class is the same here.
    known = frozenset((*known_weighers, *map(_last_part, known_weighers)))
    weighers = [
        name
        for name in _unknown(group.weight_classes, known | {ALL_WEIGHERS})
        if _last_part(name) not in known
    ]
    if weighers:
        names = ", ".join(cut(name) for name in weighers)
        problems.append(
            Problem(
                "filter_scheduler.weight_classes",
                f"Class {names} could not be found.",
                _suggestions(weighers, (ALL_WEIGHERS, *known_weighers)),
            ),
        )
    return problems


def nearest(name: str, known: Iterable[str], count: int = 1) -> list[str]:
    """The known names most like this one, the most alike first; case does not matter."""
    if len(name) > _LONGEST_COMPARED:
        return []
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(name.casefold(), folded, n=count, cutoff=_CUTOFF)
    return [folded[match] for match in close]


def _unknown(names: Sequence[str], known: Collection[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in known]


def _last_part(path: str) -> str:
    return path.rpartition(".")[2]


def _suggestions(names: Sequence[str], known: Iterable[str]) -> str:
    """For each name what it may have meant; all known names where one is like none of them."""
    # By the class alone: the packages before it make all paths look alike.
    paths = {_last_part(path): path for path in known}
    close = {name: nearest(_last_part(name), paths, 3) for name in names}
    lines = [
        f"{' or '.join(paths[part] for part in parts)} for {cut(name)}"
        for name, parts in close.items()
        if parts
    ]
    if len(lines) < len(names):
        lines.append(f"one of {', '.join(sorted(paths.values()))}")
    return "; ".join(lines)
