"""Events of nodes whose allocation ratio has no effect, or is no ratio.

Only one process may tell of them; whoever calls sees to that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from extender.kube.event_object import Event
from extender.model.host_state import HostState
from extender.model.overcommit import UNITS, Share, Shares
from extender.scheduler import overcommit
from extender.translate.allocatable import RESOURCES
from extender.verbs.engine import Engine
from extender.verbs.overcommit import LOT

VOID_AFTER = 10.0
"""Seconds for which a ratio must have been void: a nudge and its way back take less."""

MOST_EVENTS = 20
"""In one round, which comes every 2 s: the recorder sends 10 a second, those of pods included."""

VOID = "AllocationRatioVoid"
INVALID = "InvalidAllocationRatio"

_RATIO_KEYS = tuple(resource.ratio.key for resource in RESOURCES)
_KINDS = {resource.inventory: resource for resource in RESOURCES}

_MEND_IT = "It counts as 1.0 until it is mended"
_LOWER_IT = (
    "Make it at most 1.0; or, where containers that run out of memory may be killed, set"
    " kubernetes.allow_memory_overcommit and the chart's overcommit.allowMemoryOvercommit, and use"
    " no Static memory manager"
)

Cure = Callable[[str, str, str], str]


class _Wrong(NamedTuple):
    """Something to tell of a host: what it is about, which does not change while it lasts."""

    host: str
    about: str
    event: Event
    patience: float


class RatioEvents:
    """Tells of each such ratio once, until it is cured and comes back.

    Args:
        engine: whose hosts these are.
        emit: takes an Event.
        cure: what to do about a void ratio: of its resource (HostState's name), where it comes
            from, and the mode.
        ready: whether all nodes are known.
        waiting: whether a node's ratios may still take effect by a nudge that is not tried yet.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        engine: Engine,
        emit: Callable[[Event], object],
        cure: Cure,
        *,
        ready: Callable[[], bool] = lambda: True,
        waiting: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._emit = emit
        self._cure = cure
        self._ready = ready
        self._waiting = waiting
        self._clock = clock
        self._since: dict[tuple[str, str], float] = {}
        self._told: set[tuple[str, str]] = set()

    def run_once(self) -> int:
        """One round; returns how many Events were given out, at most `MOST_EVENTS`."""
        if not self._ready():
            return 0
        now, told = self._clock(), 0
        seen: dict[tuple[str, str], float] = {}
        for wrong in self._look():
            key = (wrong.host, wrong.about)
            seen[key] = since = self._since.get(key, now)
            if key in self._told or told == MOST_EVENTS or now - since < wrong.patience:
                continue
            self._emit(wrong.event)
            self._told.add(key)
            told += 1
        self._since = seen
        self._told &= seen.keys()
        return told

    def _look(self) -> Iterator[_Wrong]:
        """All that is wrong now. Each lot of hosts holds up the verbs, but not all together."""
        engine = self._engine
        with engine.lock:
            hosts = list(engine.cluster.table.hosts)
            totals = overcommit.totals(
                engine.cluster.table, engine.scheduler.filters, engine.options.overcommit
            )
            share = overcommit.sharing(engine.scheduler.filters, engine.options.overcommit)
        void = any(total.void_hosts for total in totals)
        for first in range(0, len(hosts), LOT):
            found: list[_Wrong] = []
            with engine.lock:
                for host in hosts[first : first + LOT]:
                    if host.problems:
                        found += _invalid(host)
                    if void:
                        found += self._void(host, share(host))
            yield from found

    def _void(self, host: HostState, shares: Shares) -> Iterator[_Wrong]:
        """Its void ratios; a patience without end while a nudge may yet make them true."""
        for name in UNITS:
            share: Share = getattr(shares, name)
            if not share.void:
                continue
            patience = float("inf") if self._waiting(host.host) else VOID_AFTER
            resource = _KINDS[name].name
            note = f"{_promise(name, share)}: {self._cure(name, share.origin, shares.mode)}"
            yield _Wrong(host.host, f"void {name}", _event(host, VOID, resource, note), patience)


def _promise(name: str, share: Share) -> str:
    """How much is promised, by what, and how much of it is void."""
    counts, unit = share.inventory, UNITS[name]
    ratio = f"{float(counts.ratio):.15g}"
    return (
        f"The {name} ratio {ratio}, from {share.ratio_from}, allows requests of"
        f" {unit.text(counts.limit)}, but kube-scheduler and the kubelet hold them to"
        f" status.allocatable, {unit.text(counts.held)}"
    )


def _invalid(host: HostState) -> Iterator[_Wrong]:
    """Ratios that cannot be read, or count as 1 for safety."""
    for problem in host.problems:
        resource = next((each for each in RESOURCES if each.ratio.key in problem), None)
        if resource is not None:
            held = getattr(host, resource.inventory).held_at_one
            note = f"{problem[0].upper()}{problem[1:]}. {_LOWER_IT if held else _MEND_IT}"
            event = _event(host, INVALID, resource.name, note)
            yield _Wrong(host.host, problem, event, 0.0)


def _event(host: HostState, reason: str, resource: str, note: str) -> Event:
    """One of the resource's own: Events of the same reason and action are counted as one."""
    return Event(
        namespace="",
        name=host.host,
        uid=host.uuid,
        kind="Node",
        reason=reason,
        action="Overcommit" + "".join(word.capitalize() for word in resource.split("-")),
        note=note,
    )
