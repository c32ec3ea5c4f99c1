"""Both answers to a case side by side: what differs, and which departure it is, if any."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.case import Case

FILTER, WEIGHER, TOTAL, SEQUENCE, SCHEDULE = "filter", "weigher", "total", "sequence", "schedule"
REQUEST = "request"
CONSEQUENCE = "follows from another"

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that is not Nova's.

    Args:
        kind: what was compared: a filter's verdict or limits, a weigher's numbers, and so on.
        name: the filter's or weigher's, else the kind's.
        host: the host's position in the case, -1 where it concerns all.
        nova, ours: the answers.
    """

    kind: str
    name: str
    host: int
    nova: Any
    ours: Any

    @property
    def shape(self) -> tuple[Any, ...]:
        """What a smaller case must show to show the same: not merely any difference."""
        answers = (self.nova, self.ours)
        if self.kind == FILTER:
            answers = (self.nova[0], (self.ours[0], self.ours[1]))
        return (self.kind, self.name, *(_coarse(answer) for answer in answers))


def _coarse(answer: Any) -> Any:
    """An exception by its type; of what is large only that it is there."""
    if isinstance(answer, str):
        return ":".join(answer.split(":")[:2])
    return tuple(answer) if isinstance(answer, dict) else answer if _small(answer) else None


def _small(answer: Any) -> bool:
    return isinstance(answer, (bool, tuple))


Departure = Callable[[Case, Difference], str | None]
"""The id of the departure that a difference is, or ``None``."""


@dataclass(slots=True)
class Outcome:
    """What comparing one case gave."""

    differences: list[Difference] = field(default_factory=list)
    departures: list[tuple[str, Difference]] = field(default_factory=list)
    judged: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """By filter: hosts judged, refused by both, passed by both. By weigher: weighed, 0, 0."""
    missing: set[str] = field(default_factory=set)


def compare(case: Case, nova: Answer, ours: Answer, departure: Departure) -> Outcome:
    """Compare everything; what follows from a departure that is already known is one with it."""
    outcome = Outcome()
    if "refused" in nova or "refused" in ours:
        if not ("refused" in nova and "refused" in ours):
            answers = nova.get("refused", "taken"), ours.get("refused", "taken")
            _sort(case, Difference(REQUEST, REQUEST, -1, *answers), departure, outcome)
        return outcome
    _judged(nova, ours, outcome)
    for found in (*_filters(nova, ours), *_weighers(nova, ours)):
        _sort(case, found, departure, outcome)
    departing = {difference.name for _, difference in outcome.departures}
    enabled = {*case.get("filters", []), *case.get("weighers", [])}
    for found in _combined(nova, ours):
        known = departure(case, found)
        if known is None and departing & enabled:
            known = CONSEQUENCE
        if known is None:
            outcome.differences.append(found)
        else:
            outcome.departures.append((known, found))
    return outcome


def _sort(case: Case, found: Difference, departure: Departure, outcome: Outcome) -> None:
    known = departure(case, found)
    if known is None:
        outcome.differences.append(found)
    else:
        outcome.departures.append((known, found))


def _judged(nova: Answer, ours: Answer, outcome: Outcome) -> None:
    for name, theirs in nova["filters"].items():
        own = ours["filters"].get(name)
        if own is None:
            outcome.missing.add(name)
            continue
        pairs = [(n[0], o[0]) for n, o in zip(theirs, own, strict=True)]
        refused = sum(n is not True and o is False for n, o in pairs)
        passed = sum(n is True and o is True for n, o in pairs)
        outcome.judged[name] = (len(pairs), refused, passed)
    for name in nova["weighers"]:
        if name not in ours["weighers"]:
            outcome.missing.add(name)
            continue
        outcome.judged[name] = (len(ours["total"].get("order", ())), 0, 0)


def _filters(nova: Answer, ours: Answer) -> Iterator[Difference]:
    for name, theirs in nova["filters"].items():
        own = ours["filters"].get(name)
        if own is None:
            continue
        for host, (n, o) in enumerate(zip(theirs, own, strict=True)):
            if n[0] != o[0] or (n[0] is True and not _same_limits(n[1], o[2])):
                yield Difference(FILTER, name, host, n, o)


def _same_limits(nova: Answer, ours: Answer) -> bool:
    """Nova's limits become whole numbers when they are handed on; its NUMA limits are not."""
    numbers = {key: value for key, value in nova.items() if key != "numa_topology"}
    own = {key: value for key, value in ours.items() if key != "numa_topology"}
    return numbers.keys() == own.keys() and all(
        math.isfinite(value) and int(value) == own[key] for key, value in numbers.items()
    )


def _weighers(nova: Answer, ours: Answer) -> Iterator[Difference]:
    for name, theirs in nova["weighers"].items():
        own = ours["weighers"].get(name)
        if own is not None and not _same_weights(theirs, own):
            yield Difference(WEIGHER, name, -1, theirs, own)


def _same_weights(nova: Any, ours: Any) -> bool:
    if isinstance(nova, str) or isinstance(ours, str):
        return False
    # Where there is nothing to compare, Nova weighs nothing, and nor do we.
    parts = ("raw", "normalised", "multipliers", "weighed")
    few = len(nova["raw"]) <= 1
    return all(
        _same_numbers(nova[part], ours[part])
        for part in parts
        if not (few and part == "normalised")
    )


def _same_numbers(nova: list[float], ours: list[float]) -> bool:
    return len(nova) == len(ours) and all(
        n == o or math.isclose(n, o, rel_tol=1e-12) for n, o in zip(nova, ours, strict=True)
    )


def _combined(nova: Answer, ours: Answer) -> Iterator[Difference]:
    if not _same_total(nova["total"], ours["total"]):
        yield Difference(TOTAL, TOTAL, -1, nova["total"], ours["total"])
    if nova["sequence"] != ours["sequence"]:
        yield Difference(SEQUENCE, SEQUENCE, -1, nova["sequence"], ours["sequence"])
    if nova["schedule"] != ours["schedule"]:
        yield Difference(SCHEDULE, SCHEDULE, -1, nova["schedule"], ours["schedule"])


def _same_total(nova: Any, ours: Any) -> bool:
    if isinstance(nova, str) or isinstance(ours, str):
        return False
    hosts = nova["weights"].keys()
    return (
        nova["order"] == ours["order"]
        and hosts == ours["weights"].keys()
        and _same_numbers(
            [nova["weights"][host] for host in hosts], [ours["weights"][host] for host in hosts]
        )
    )
