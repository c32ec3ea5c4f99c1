"""Taking away from a case whatever is not needed to show a difference."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.conformance.case import Case
from tests.conformance.compare import FILTER, WEIGHER, Difference

Path = tuple[str | int, ...]

NAMES = ("id", "focus", "judge", "weigh")
"""Keys that say what the case is, and are not part of it."""


def focused(case: Case, difference: Difference) -> Case:
    """The case with only what the difference is about asked for."""
    small = copy.deepcopy(case)
    small["judge"] = [difference.name] if difference.kind == FILTER else []
    small["weigh"] = [difference.name] if difference.kind == WEIGHER else []
    if difference.kind in (FILTER, WEIGHER):
        for key in ("filters", "weighers", "schedule"):
            small.pop(key, None)
    return small


def reduce(case: Case, still: Callable[[Case], bool]) -> Case:
    """The smallest case found that still shows what ``still`` tests: nothing more can be taken.

    Each key and each entry is taken away in turn, larger parts first, then texts and numbers are
    made plainer; again and again until nothing helps.
    """
    small, helped = copy.deepcopy(case), True
    while helped:
        helped = False
        for candidate in _smaller(small):
            if still(candidate):
                small, helped = candidate, True
                break
    return small


def _smaller(case: Case) -> Iterator[Case]:
    paths = [path for path in _paths(case, ()) if path[0] not in NAMES and path[-1] != "id"]
    paths.sort(key=lambda path: (len(path), -len(json.dumps(_at(case, path)))))
    for path in paths:
        if path != ("hosts",) and not (path == ("hosts", 0) and len(case["hosts"]) == 1):
            yield _without(case, path)
    for path in paths:
        yield from _plainer(case, path)


def _paths(value: Any, path: Path) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _paths(item, (*path, number))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _without(case: Case, path: Path) -> Case:
    smaller = copy.deepcopy(case)
    del _at(smaller, path[:-1])[path[-1]]
    return smaller


def _plainer(case: Case, path: Path) -> Iterator[Case]:
    value = _at(case, path)
    choices: list[Any]
    if isinstance(value, str):
        choices = [*_shorter(value)]
    elif isinstance(value, int) and not isinstance(value, bool) and value not in (0, 1):
        choices = [0, 1, value // 2]
    else:
        return
    for choice in choices:
        smaller = copy.deepcopy(case)
        _at(smaller, path[:-1])[path[-1]] = choice
        yield smaller


def _shorter(text: str) -> list[str]:
    half = len(text) // 2
    found = [text[:half], text[half:]] if half else []
    found += [text[:n] + text[n + 1 :] for n in range(len(text))] if len(text) < 40 else []
    return [one for one in dict.fromkeys(found) if one != text]
