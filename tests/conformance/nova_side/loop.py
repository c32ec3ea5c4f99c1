"""Nova's own way of using filters and weighers: the handler's sequence, and ``_schedule``."""

from __future__ import annotations

import functools
import importlib.util
import random
from typing import Any

from nova import context, exception  # type: ignore[import-not-found]  # in Nova's own environment
from nova.scheduler import filters as scheduler_filters  # type: ignore[import-not-found]
from nova.scheduler import host_manager, manager
from nova.scheduler import weights as scheduler_weights

from tests.conformance.case import Case
from tests.conformance.case import schedule as schedule_of
from tests.conformance.environment import CACHE
from tests.conformance.nova_side import build
from tests.conformance.nova_side.stand_ins import Placement
from tests.conformance.nova_side.verdict import failure

CHECK_TYPE = "_nova_check_type"
REMOVED = {
    "19.3.2": {"core_filter": "CoreFilter", "ram_filter": "RamFilter", "disk_filter": "DiskFilter"},
    "21.2.4": {"retry_filter": "RetryFilter"},
    "27.5.1": {"availability_zone_filter": "AvailabilityZoneFilter"},
}
"""Filters of older releases that the loop of the newest runs too, loaded as Nova loads plug-ins:
the files are theirs, unchanged. Alone they are judged by the releases they are from."""


@functools.cache
def removed_filters() -> dict[str, Any]:
    """The classes of ``REMOVED``, by name."""
    found = {}
    for release, files in REMOVED.items():
        for file, name in files.items():
            path = CACHE / f"nova-{release}" / "nova" / "scheduler" / "filters" / f"{file}.py"
            spec = importlib.util.spec_from_file_location(f"removed_{file}", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            found[name] = getattr(module, name)
    return found


def _host_manager(newest: Any, case: Case) -> Any:
    """A HostManager with the case's filters and weighers; its constructor would ask a database."""
    made = host_manager.HostManager.__new__(host_manager.HostManager)
    made.filter_handler = scheduler_filters.HostFilterHandler()
    objects = {name: newest.filters[name]() for name in case.get("filters", [])}
    made.enabled_filters = [objects[name] for name in case.get("filters", [])]
    made.weight_handler = scheduler_weights.HostWeightHandler()
    made.weighers = [newest.weighers[name]() for name in case.get("weighers", [])]
    return made


def _offered(states: list[Any], spec: Any) -> list[Any]:
    """The hosts that Nova would come to see, without the services that it asks about them.

    Placement offers no host whose service is disabled, but for a rebuild. Only where hosts are
    forced does that show: else ComputeFilter would refuse them anyway, and it is compared. Where a
    cell is asked for, only that cell's database is asked for hosts.
    """
    forced = (spec.force_hosts or spec.force_nodes) and not spec.scheduler_hints.get(CHECK_TYPE)
    if forced:
        states = [state for state in states if not state.service["disabled"]]
    wanted = spec.requested_destination
    if wanted is None or not wanted.cell or wanted.allow_cross_cell_move:
        return states
    return [state for state in states if state.cell_uuid == wanted.cell.uuid]


def sequence(newest: Any, case: Case, spec: Any, states: list[Any]) -> Any:
    """The hosts left by the pre-stage and the enabled filters, and how many each filter left."""
    handler = _host_manager(newest, case)
    steps: list[list[Any]] = []
    for host_filter in handler.enabled_filters:
        _count(host_filter, steps)
    for state in states:
        state.limits, state.allocation_candidates = {}, build.candidates(state.host)
    try:
        left = handler.get_filtered_hosts(_offered(states, spec), spec)
    except Exception as error:  # noqa: BLE001 - Nova aborts: that is the answer
        return failure(error)
    return {"left": [state.host for state in left or []], "steps": steps}


def _count(host_filter: Any, steps: list[list[Any]]) -> None:
    """Have a filter note how many hosts entered and left."""
    judge = type(host_filter).filter_all

    def noting(states: list[Any], spec: Any) -> Any:
        kept = list(judge(host_filter, states, spec))
        steps.append([type(host_filter).__name__, len(states), len(kept)])
        return kept

    host_filter.filter_all = noting


def schedule(newest: Any, case: Case) -> Any:
    """The choices of ``_schedule`` with Placement's client stubbed, or why there are none."""
    asked = schedule_of(case)
    if asked is None:
        return None
    uuids = [f"new-{number}" for number in range(asked["instances"])]
    placement = Placement(asked["refuse"], uuids)
    scheduler = manager.SchedulerManager.__new__(manager.SchedulerManager)
    scheduler.host_manager = _host_manager(newest, case)
    spec = build.request_spec(case)
    states = _offered(build.host_states(case), spec)
    scheduler._get_all_host_states = lambda *_args: iter(states)
    spec.num_instances = asked["instances"]
    requests = {f"uuid-{state.host}": build.candidates(state.host) for state in states}
    manager.SchedulerManager.placement_client = placement
    random.seed(0)
    try:
        chosen = scheduler._schedule(
            context.get_admin_context(), spec, uuids, requests, {}, None, asked["alternates"]
        )
    except exception.NoValidHost as error:
        return {"none": str(error), "undone": placement.undone}
    except Exception as error:  # noqa: BLE001 - Nova aborts: that is the answer
        return failure(error)
    return {"chosen": [[_selection(one) for one in each] for each in chosen]}


def _selection(selection: Any) -> list[Any]:
    limits = selection.limits.to_dict() if selection.limits is not None else {}
    limits.pop("numa_topology", None)
    return [selection.service_host, limits, selection.availability_zone]
