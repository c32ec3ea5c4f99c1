"""What a run has seen so far: cases, hosts, verdicts, differences; and whether that was enough."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.case import Case
from tests.conformance.compare import CONSEQUENCE, REQUEST, SCHEDULE, SEQUENCE, TOTAL, Outcome
from tests.conformance.generate.cases import FILTERS, LOOP, PRE_STAGE, WEIGHERS

WANTED, OF = 300, 20_000
"""Each filter and weigher in so many cases of so many; scaled to the cases of a run."""

ONE_SIDED = frozenset({"AllHostsFilter"})
"""Filters that refuse nobody."""


@dataclass(slots=True)
class Tally:
    """Counts that can be added up over processes."""

    cases: int = 0
    unmade: int = 0
    judgements: int = 0
    about: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)
    departed: Counter[str] = field(default_factory=Counter)
    departures: Counter[str] = field(default_factory=Counter)
    missing: set[str] = field(default_factory=set)
    failures: list[tuple[Case, Any]] = field(default_factory=list)

    def note(self, case: Case, outcome: Outcome) -> None:
        """Count one case."""
        self.cases += 1
        self.about.update(case.get("focus", ()))
        self.missing |= outcome.missing
        for name, (hosts, refused, passed) in outcome.judged.items():
            self.hosts[name] += hosts
            self.refused[name] += refused
            self.passed[name] += passed
            self.judgements += hosts
        for found in outcome.differences:
            self.differences[found.name] += 1
            self.failures.append((case, found))
        for row, found in outcome.departures:
            self.departed[found.name] += 1
            self.departures[row] += 1

    def add(self, other: Tally) -> None:
        """Add another one's counts."""
        self.cases += other.cases
        self.unmade += other.unmade
        self.judgements += other.judgements
        for name in (
            "about",
            "hosts",
            "refused",
            "passed",
            "differences",
            "departed",
            "departures",
        ):
            getattr(self, name).update(getattr(other, name))
        self.missing |= other.missing
        self.failures += other.failures

    def shortcomings(self) -> list[str]:
        """Why this run shows less than it should: classes that are missing, or seen too seldom."""
        least = WANTED * self.cases // OF
        found = [f"{name}: the extender has no such class" for name in sorted(self.missing)]
        for name in (*FILTERS, *WEIGHERS, PRE_STAGE, LOOP):
            if name in self.missing:
                continue
            if self.about[name] < least:
                found.append(f"{name}: only {self.about[name]} cases, {least} wanted")
        for name in FILTERS:
            if name in self.missing or name in ONE_SIDED or least == 0:
                continue
            if not self.refused[name] or not self.passed[name]:
                found.append(f"{name}: not seen both to pass and to refuse")
        return found


def table(tally: Tally) -> list[str]:
    """The summary: a line for each filter and weigher, and one for what they make together."""
    width = max(len(name) for name in (*FILTERS, *WEIGHERS))
    columns = f"{'cases':>6} {'hosts':>7} {'refused':>8} {'departures':>10} {'differences':>11}"
    lines = [f"{'':{width}}  {columns}"]
    for name in (*FILTERS, *WEIGHERS):
        if name in tally.missing:
            lines.append(f"{name:{width}}  missing")
            continue
        refused = str(tally.refused[name]) if name in FILTERS else "-"
        lines.append(
            f"{name:{width}}  {tally.about[name]:>6} {tally.hosts[name]:>7} {refused:>8} "
            f"{tally.departed[name]:>10} {tally.differences[name]:>11}"
        )
    for name, label in (
        (SEQUENCE, "sequence, pre-stage"),
        (TOTAL, "total and order"),
        (SCHEDULE, "scheduling loop"),
        (REQUEST, "taken at all"),
    ):
        about = {SEQUENCE: tally.about[PRE_STAGE], SCHEDULE: tally.about[LOOP]}
        cases = about.get(name, tally.cases)
        lines.append(
            f"{label:{width}}  {cases:>6} {'-':>7} {'-':>8} "
            f"{tally.departed[name]:>10} {tally.differences[name]:>11}"
        )
    known = ", ".join(
        f"{row} {count}" for row, count in tally.departures.most_common() if row != CONSEQUENCE
    )
    lines.append(
        f"departures met: {known or 'none'}; what follows from them: "
        f"{tally.departures[CONSEQUENCE]}"
    )
    return lines
