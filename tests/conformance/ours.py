"""The extender's answers to a case, in the form of Nova's (``nova_side.newest``)."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from extender.filters import all_filters
from extender.filters.base import HostFilter
from extender.model.attempt import Fault, WeighPart
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler import filtering
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.loading import available_filters, load_filters, load_weighers
from extender.scheduler.selection import Destinations, NoValidHost, Selection
from extender.weighers.base import HostWeigher
from tests.conformance import ours_build
from tests.conformance.case import Case
from tests.conformance.case import schedule as schedule_of

FILTERS = available_filters(["nova.scheduler.filters.all_filters"])
WEIGHERS = {
    type(made).name(): type(made)
    for made in load_weighers(["nova.scheduler.weights.all_weighers"], SchedulerOptions())
}


def names() -> tuple[list[str], list[str]]:
    """The filters and weighers that ship."""
    return sorted(cls.name() for cls in all_filters()), sorted(WEIGHERS)


def _clock() -> float:
    return 0.0


class _Judge:
    """One case's objects, made once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.options = ours_build.options(case)
        self.spec = ours_build.request_spec(case)
        self.table = HostTable(ours_build.host_states(case))
        self.hosts = self.table.name.tolist()

    def filters(self, wanted: list[str]) -> tuple[HostFilter, ...]:
        return load_filters(FILTERS, [n for n in wanted if n in FILTERS], self.options)

    def weighers(self, wanted: list[str]) -> tuple[HostWeigher, ...]:
        # Loading looks for entry points each time, which takes longer than the whole case.
        return tuple(WEIGHERS[name](self.options) for name in wanted if name in WEIGHERS)

    def scheduler(self) -> FilterScheduler:
        enabled, weighing = self.case.get("filters", []), self.case.get("weighers", [])
        return FilterScheduler(self.filters(enabled), self.weighers(weighing), self.options, _clock)

    def verdicts(self) -> dict[str, Any]:
        wanted = self.case.get("judge", list(FILTERS))
        return {f.name(): self._verdicts_of(f) for f in self.filters(wanted)}

    def _verdicts_of(self, host_filter: HostFilter) -> list[Any]:
        if self.spec.is_rebuild and not host_filter.RUN_ON_REBUILD:
            return [[True, None, {}] for _ in self.hosts]
        faults: list[Fault] = []
        codes = filtering.judge(host_filter, self.table, self.spec, faults)
        if faults:
            return [[f"error: {faults[0].text}", None, {}] for _ in self.hosts]
        listed = [0] * len(self.table) if codes is None else codes.tolist()
        reasons = [None, *(reason.id for reason in host_filter.all_reasons())]
        return [
            [code == 0, reasons[code], dict(host_filter.limits(self._host(row), self.spec))]
            for row, code in enumerate(listed)
        ]

    def _host(self, row: int) -> HostState:
        return self.table.host_state(row)

    def weighed(self) -> dict[str, Any]:
        wanted = self.case.get("weigh", list(WEIGHERS))
        return {weigher.name(): self._weighed_by(weigher) for weigher in self.weighers(wanted)}

    def _weighed_by(self, weigher: HostWeigher) -> Any:
        raw = weigher.weigh_objects(self.table, self.spec)
        found: dict[str, Any] = {"raw": raw.tolist()}
        multiplier = weigher.weight_multiplier(self.table)
        found["multipliers"] = np.broadcast_to(multiplier, raw.shape).tolist()
        part = self._weigh((weigher,))
        if part.faults:
            return f"error: {part.faults[0].text}"
        if part.steps:
            found["normalised"] = part.steps[0].normalised.tolist()
        found["weighed"] = part.weights.tolist()
        return found

    def _weigh(self, weighers: tuple[HostWeigher, ...]) -> WeighPart:
        scheduler = FilterScheduler((), weighers, self.options, _clock)
        rows = np.arange(len(self.table), dtype=np.intp)
        return scheduler.weigh(self.table, self.hosts, rows, self.spec)

    def total(self) -> Any:
        part = self._weigh(self.weighers(self.case.get("weighers", [])))
        if part.faults:
            return f"error: {part.faults[0].text}"
        return {
            "order": [self.hosts[row] for row in part.order.tolist()],
            "weights": dict(zip(self.hosts, part.weights.tolist(), strict=True)),
        }

    def sequence(self) -> Any:
        rows = np.arange(len(self.table), dtype=np.intp)
        part = self.scheduler().filter(self.table, self.hosts, rows, self.spec)
        if part.faults:
            return f"error: {part.faults[0].text}"
        left = [host for host, passed in zip(self.hosts, part.passed, strict=True) if passed]
        steps = [[step.name, step.entering, step.leaving] for step in part.steps[1:]]
        return {"left": left, "steps": steps}

    def schedule(self) -> Any:
        asked = schedule_of(self.case)
        if asked is None:
            return None
        uuids = [f"new-{number}" for number in range(asked["instances"])]
        refused = {(uuids[n], host) for n, host in asked["refuse"] if n < len(uuids)}
        undone: list[str] = []

        def claim(host: HostState, spec: RequestSpec) -> bool:
            return (spec.instance_uuid, host.host) not in refused

        try:
            found: Destinations = self.scheduler().select_destinations(
                self.table.copy(),
                self.spec,
                uuids,
                rng=Random(0),  # noqa: S311 - the same seed as on Nova's side
                alternates=asked["alternates"],
                claim=claim,
                unclaim=undone.append,
            )
        except NoValidHost as error:
            return {"none": str(error), "undone": undone}
        return {"chosen": [[_selection(one) for one in each] for each in found.selections]}


def _selection(selection: Selection) -> list[Any]:
    return [selection.service_host, dict(selection.limits), selection.availability_zone]


def judge(case: Case) -> dict[str, Any]:
    """All answers to one case, or why the extender does not take it."""
    try:
        one = _Judge(case)
    except ours_build.RefusedError as error:
        return {"refused": str(error)}
    return {
        "filters": one.verdicts(),
        "weighers": one.weighed(),
        "total": one.total(),
        "sequence": one.sequence(),
        "schedule": one.schedule(),
    }
