"""Filters, weighers and a clock that do just what a test says, and note what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import ClassVar

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.model.attempt import FilterPart, WeighPart
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.weighers.base import Float64, HostWeigher

REFUSED = Reason("refused", "refused by the test", Category.POLICY)


def ticking() -> Callable[[], float]:
    """A clock that is one second further each time it is read."""
    seconds = iter(range(1_000_000))
    return lambda: float(next(seconds))


class ByColumn(HostFilter):
    """Refuse the hosts named; judges all at once, as built-in filters do."""

    reasons: ClassVar[tuple[Reason, ...]] = (REFUSED,)

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = refused
        self.asked: list[list[str]] = []

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts | None:
        """Refuse the hosts named."""
        del spec
        self.asked.append(hosts.name.tolist())
        mask = hosts.encoded("host").isin(self.refused)
        return np.where(mask, np.uint8(self.code(REFUSED)), np.uint8(0))


class FilterA(ByColumn):
    """The first of several."""


class FilterB(ByColumn):
    """The second of several."""


class FilterC(ByColumn):
    """The third of several."""


class Once(ByColumn):
    """Run for the first instance of a request only."""

    run_filter_once_per_request = True


class ByHost(HostFilter):
    """Refuse the hosts named; judges one host at a time, as plug-ins do."""

    reasons: ClassVar[tuple[Reason, ...]] = (REFUSED,)

    def __init__(self, *refused: str, raising: Sequence[str] = ()) -> None:
        super().__init__()
        self.refused = refused
        self.raising = raising
        self.asked: list[str] = []

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Refuse the hosts named, and raise for some."""
        del spec
        self.asked.append(host.host)
        if host.host in self.raising:
            raise KeyError(host.host)
        return REFUSED if host.host in self.refused else None


class Stopping(ByColumn):
    """Answer ``None``: stop filtering."""

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts | None:
        """Stop."""
        del hosts, spec
        return None


class Weighing(HostWeigher):
    """Weigh the hosts as the test says; others weigh 0."""

    def __init__(self, weights: dict[str, float], multiplier: float | Float64 = 1.0) -> None:
        super().__init__()
        self.weights = weights
        self.multiplier = multiplier
        self.asked: list[list[str]] = []

    def weight_multiplier(self, hosts: HostTable) -> float | Float64:
        """What the test says."""
        del hosts
        return self.multiplier

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """What the test says."""
        del spec
        names = hosts.name.tolist()
        self.asked.append(names)
        return np.array([self.weights.get(name, 0.0) for name in names], dtype=np.float64)


class OtherWeighing(Weighing):
    """A second one, under its own name."""


def dice(seed: int) -> Random:
    """The same throws for the same seed."""
    return Random(seed)  # noqa: S311 - a choice among hosts is no secret


def scheduler(
    *plugins: HostFilter | HostWeigher, options: SchedulerOptions | None = None
) -> FilterScheduler:
    """A scheduler of these filters and weighers, in this order."""
    return FilterScheduler(
        filters=tuple(p for p in plugins if isinstance(p, HostFilter)),
        weighers=tuple(p for p in plugins if isinstance(p, HostWeigher)),
        options=options or SchedulerOptions(),
        clock=ticking(),
    )


def verdicts(part: FilterPart) -> dict[str, str | None]:
    """The id of the reason each host was refused with, ``None`` where it passed."""
    return {
        name: part.reason(code).id if code else None
        for name, code in zip(part.hosts, part.codes.tolist(), strict=True)
    }


def steps(part: FilterPart) -> list[tuple[str, int, int]]:
    """Nova's part results: what ran, how many hosts entered and left."""
    return [(step.name, step.entering, step.leaving) for step in part.steps]


def ranking(part: WeighPart) -> list[str]:
    """The hosts, best first."""
    return [part.hosts[i] for i in part.order.tolist()]
