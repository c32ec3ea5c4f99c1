"""Where the extender decides (``placement: decide``): one host is chosen, and claimed for a while.

``filter`` is then Nova's ``select_destinations`` for one instance. A question about nodes that were
sent whole is about no cluster, and pods of a ``schedulingGroup`` are placed together or not at
all: for these nothing is decided, and all that pass are named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from extender.model.attempt import FilterPart, WeighPart
from extender.model.host_table import HostTable
from extender.model.names import HostNames, as_names, at
from extender.model.request_spec import RequestSpec
from extender.translate.objects import Pod
from extender.translate.share import claimed
from extender.verbs.asked import Asked
from extender.verbs.engine import Engine

_STRETCH = 64
"""Names looked at together in the search for alternates."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and how.

    Args:
        filtered: the filters' part.
        weighed: the weighers' part, of those that passed.
        host: the one chosen; ``None`` where none passed.
        alternates: those to try first if nothing comes of it, best first.
    """

    filtered: FilterPart
    weighed: WeighPart
    host: str | None
    alternates: tuple[str, ...]


def choose(engine: Engine, pod: Pod, spec: RequestSpec, hosts: Asked) -> Choice | None:
    """The host for a pod; ``None`` where nothing is decided. The engine's lock is held.

    Alternates of an earlier choice come first, if they still pass; then whatever is best now.
    """
    scheduler = engine.scheduler
    if scheduler.options.placement != "decide":
        return None
    if hosts.nodes is not None or pod.in_scheduling_group:
        return None
    cycle, names = scheduler.ranking(hosts.table, hosts.names, hosts.rows, spec, engine.rng)
    if not len(names):
        return Choice(cycle.filtered, cycle.weighed, None, ())
    earlier = engine.cluster.alternates.of(spec.instance_uuid, scheduler.clock())
    left = [name for name in earlier if name in as_names(names)] if earlier else []
    host: str = left[0] if left else as_names(at(names, slice(1)))[0]
    further = left[1:] or _further(hosts.table, names, host, scheduler.options.max_attempts - 1)
    return Choice(cycle.filtered, cycle.weighed, host, tuple(further))


def settle(engine: Engine, pod: Pod, choice: Choice) -> None:
    """Claim the chosen host until bind does, and keep the alternates. The engine's lock is held.

    To be called when the pod itself counts again.
    """
    cluster, now = engine.cluster, engine.scheduler.clock()
    if choice.host is None:
        cluster.provisional.drop(pod.uid)
        engine.gave_back(pod.uid)
        return
    entry = claimed(pod, choice.host)
    if cluster.provisional.claim(entry, now):
        engine.took(entry)
    cluster.alternates.keep(pod.uid, choice.alternates, now)


def _further(table: HostTable, names: HostNames, host: str, most: int) -> Iterable[str]:
    """The next best hosts of the same cell as the chosen one."""
    cell = table.host_state(table.index[host]).cell_uuid
    found: list[str] = []
    # Nearly always the very next ones.
    for begin in range(0, len(names) if most > 0 else 0, _STRETCH):
        for name in as_names(at(names, slice(begin, begin + _STRETCH))).tolist():
            if name != host and table.host_state(table.index[name]).cell_uuid == cell:
                found.append(name)
                if len(found) == most:
                    return found
    return found
