"""Every filter on every host: what a rejection stops short of asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from extender.filters.base import HostFilter
from extender.filters.capacity import CapacityFilter
from extender.model.attempt import PRE_STAGE, Fault, WeighPart
from extender.model.columns import clamp
from extender.model.explanation import Blocker, Explanation, HostVerdict, Total
from extender.model.facts import Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Reason
from extender.model.request_spec import RequestSpec
from extender.scheduler import filtering, overcommit, pre_stage
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.pre_stage import PreStage
from extender.scheduler.pre_stage_facts import pre_stage_facts

BLIND_SPOT = (
    "kube-scheduler asks the extender last: nodes that its own plugins refuse never reach it, and "
    "when they refuse all it is not asked at all. This page judges every known node by the "
    "extender's filters alone; 'kubectl describe pod' shows kube-scheduler's own reasons."
)


def explain(
    scheduler: FilterScheduler,
    table: HostTable,
    spec: RequestSpec,
    at: float,
    mode: str = "native",
) -> Explanation:
    """Judge a pod by every filter on every known host, whoever refused it first.

    Args:
        scheduler: the enabled filters and weighers.
        table: the hosts.
        spec: the request.
        at: seconds since the epoch.
        mode: option ``kubernetes.overcommit``.
    """
    names: list[str] = table.name.tolist()
    rows = np.arange(len(table), dtype=np.intp)
    pipeline = scheduler.filter(table, names, rows, spec)
    before = pre_stage.run(table, spec, scheduler.options)
    blockers = _pre_stage(table, spec, before)
    faults: list[Fault] = []
    for host_filter in dict.fromkeys(scheduler.filters):
        _blockers_of(host_filter, table, spec, mode, blockers, faults)
    hosts = [_verdict(table.host_state(row), tuple(found)) for row, found in enumerate(blockers)]
    passed = np.flatnonzero(pipeline.passed)
    weighed: WeighPart = scheduler.weigh(table, [names[i] for i in passed], passed, spec)
    return Explanation(
        spec=spec,
        at=at,
        hosts=tuple(sorted(hosts, key=lambda verdict: verdict.nearness)),
        totals=_totals(hosts),
        pipeline=pipeline,
        weighed=weighed,
        notes=(
            BLIND_SPOT,
            *before.asked.notes,
            *(f"{f.plugin} failed on {f.host or 'all hosts'}: {f.text}" for f in faults),
        ),
        overcommit=mode,
        void=overcommit.void_ratios(table, scheduler.filters, mode, spec),
    )


def _verdict(host: HostState, blockers: tuple[Blocker, ...]) -> HostVerdict:
    return HostVerdict(host.host, blockers, host.problems, host.ram.held_at_one)


def _pre_stage(table: HostTable, spec: RequestSpec, before: PreStage) -> list[list[Blocker]]:
    """What blocks each host before the filters."""
    found: list[list[Blocker]] = [[] for _ in range(len(table))]
    for reason, refused in before.tests:
        for row in np.flatnonzero(refused).tolist():
            facts = pre_stage_facts(before, reason, table.host_state(row), spec)
            found[row].append(Blocker(PRE_STAGE, reason, facts))
    return found


def _blockers_of(
    host_filter: HostFilter,
    table: HostTable,
    spec: RequestSpec,
    mode: str,
    blockers: list[list[Blocker]],
    faults: list[Fault],
) -> None:
    verdicts = filtering.judge(host_filter, table, spec, faults)
    if verdicts is None:
        return
    reasons = host_filter.all_reasons()
    for row in np.flatnonzero(verdicts).tolist():
        try:
            host = table.host_state(row)
            facts = host_filter.explain(host, spec)
            if isinstance(host_filter, CapacityFilter):
                facts = _with_void(facts, host_filter, host, spec, mode)
        except Exception as error:  # noqa: BLE001 - the verdict stands without its facts
            facts = Facts(sources=(Source("explanation", repr(error), host_filter.name()),))
        blockers[row].append(Blocker(host_filter.name(), reasons[verdicts[row] - 1], facts))


def _with_void(
    facts: Facts, judge: CapacityFilter, host: HostState, spec: RequestSpec, mode: str
) -> Facts:
    """The facts, and how much of the limit has no effect on the pod, where any has none."""
    inventory = judge.inventory(host)
    if not inventory.void or not overcommit.asked(spec, mode)[judge.resource]:
        return facts
    held = judge.unit.text(inventory.held)
    where = f"kube-scheduler and the kubelet hold requests to {held}, status.allocatable"
    void = Source("void", judge.unit.text(clamp(inventory.void)), where)
    return replace(facts, sources=(*facts.sources, void))


def _totals(hosts: Sequence[HostVerdict]) -> tuple[Total, ...]:
    first: dict[tuple[str, Reason], int] = {}
    any_: dict[tuple[str, Reason], int] = {}
    for verdict in hosts:
        for position, blocker in enumerate(verdict.blockers):
            key = (blocker.filter, blocker.reason)
            any_[key] = any_.get(key, 0) + 1
            first[key] = first.get(key, 0) + (position == 0)
    totals = [Total(*key, first[key], count) for key, count in any_.items()]
    return tuple(sorted(totals, key=lambda t: (-t.any, -t.first, t.filter, t.reason.id)))
