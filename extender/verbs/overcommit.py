"""The leader's part of overcommit: the floors of nodes, and nudges where a ratio has changed.

Nodes are amplified as their status is written, by the chart's admission policy or the webhook. A
kubelet may not write a status for minutes, so after a change of a node's annotations the leader
writes one that changes nothing. And it keeps the floors of ``extender.state.floors``.

Only one process may do it at a time; whoever calls sees to that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from http import HTTPStatus
from typing import NamedTuple

from extender.kube.errors import ApiError, TransportError
from extender.model.host_state import HostState
from extender.state.floors import (
    Change,
    Urgency,
    beyond,
    changes,
    inventories,
    overcommitted,
    stale,
)
from extender.verbs.engine import Engine

NATIVE = "native"
"""The mode in which nodes are amplified at all."""

MOST_WRITES = 50
"""In one round: the API server has others to serve, and each write wakes all who watch nodes."""

FLOOR_INTERVAL = 5.0
"""Seconds between two writes of a node's floors."""

TIDY_INTERVAL = 60.0
"""Seconds after which a floor that holds nothing is put right."""

ADMISSION = 5.0
"""Seconds in which a kubelet has refused what it refuses of the pods bound to it."""

NUDGE_INTERVAL = 5.0
LONGEST_NUDGE_INTERVAL = 300.0
"""Seconds between two nudges of a node that change nothing: twice as many each time, for it may be
that nobody amplifies it."""

RETRY_INTERVAL = 30.0
"""Seconds before what was refused is tried again."""

LOT = 50
"""Hosts looked at in one go, for which the verbs wait: a millisecond, where all have ratios."""

Numbers = tuple[tuple[int, Fraction, int, int], ...]
"""Raw, ratio, floor and allocatable of each resource: what a nudge may change, or is about."""


Annotate = Callable[[str, Mapping[str, str | None]], object]


@dataclass(frozen=True, slots=True)
class _Past:
    """What was last done about a node.

    Args:
        floors_at: when its floors were written, or meant to be.
        nudged_at: when it was nudged.
        nudges: how many times without effect.
        numbers: what it was nudged about.
        failed_at: when the last write failed; ``None`` if it did not.
        beyond_since: since when its pods are beyond what is allocatable.
    """

    floors_at: float = float("-inf")
    nudged_at: float = float("-inf")
    nudges: int = 0
    numbers: Numbers = ()
    failed_at: float | None = None
    beyond_since: float | None = None


_NOTHING = _Past()


class _Task(NamedTuple):
    """One write: floors where there are changes, else a nudge."""

    node: str
    rank: float
    changes: tuple[Change, ...]
    numbers: Numbers
    last: float


class OvercommitWriter:
    """Brings floors and allocatable of overcommitted nodes into step with what is known here.

    What comes back through the watch ends a write's cause. A pod that is bound between a look and
    the write makes the next round write again.

    Args:
        engine: whose hosts these are.
        annotate: merges annotations into a node, ``None`` removing one; raises if it cannot.
        nudge: writes a node's status without a change; raises if it cannot.
        tell: told of what cannot be written, once until nothing fails any more.
        ready: whether all nodes and pods are known; until then nothing is written.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        engine: Engine,
        annotate: Annotate,
        nudge: Callable[[str], object],
        tell: Callable[[str], object],
        *,
        ready: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._annotate = annotate
        self._nudge = nudge
        self._tell = tell
        self._ready = ready
        self._clock = clock
        self._past: dict[str, _Past] = {}
        self._told: set[str] = set()

    def run_once(self) -> int:
        """One round; returns how many writes were done, at most `MOST_WRITES`.

        What failed the last time comes last, so that it takes nobody's place. An API server that
        does not answer ends the round.
        """
        if self._engine.options.overcommit != NATIVE or not self._ready():
            return 0
        done = 0
        for task in sorted(self._due(), key=_order)[:MOST_WRITES]:
            try:
                self._write(task)
            except TransportError as error:
                self._failed(task, error)
                break
            except Exception as error:  # noqa: BLE001 - one node must not be in the way of others
                self._failed(task, error)
            else:
                done += 1
        if all(past.failed_at is None for past in self._past.values()):
            self._told.clear()
        return done

    def waiting(self, name: str) -> bool:
        """Whether a node's first nudge for its present numbers has not been tried yet."""
        row = self._engine.cluster.table.row(name)
        if row is None or self._engine.options.overcommit != NATIVE:
            return False
        host = self._engine.cluster.table.host_state(row)
        return stale(host) and self._of(name).numbers != _numbers(host)

    def _due(self) -> list[_Task]:
        """What may be written now. Each lot of hosts holds up the verbs, but not all together."""
        engine, now = self._engine, self._clock()
        with engine.lock:
            hosts = list(engine.cluster.table.hosts)
        tasks: list[_Task] = []
        seen: dict[str, _Past] = {}
        for first in range(0, len(hosts), LOT):
            with engine.lock:
                for host in _concerned(hosts[first : first + LOT]):
                    past = self._noted(host, now)
                    if past is not _NOTHING:
                        seen[host.host] = past
                    task = _task(host, past, now)
                    if task is not None:
                        tasks.append(task)
        self._past = seen
        return tasks

    def _noted(self, host: HostState, now: float) -> _Past:
        past = self._of(host.host)
        since = past.beyond_since
        if beyond(host):
            return past if since is not None else replace(past, beyond_since=now)
        return past if since is None else replace(past, beyond_since=None)

    def _write(self, task: _Task) -> None:
        """Write, having noted it first: what becomes of a write that fails is not known."""
        past, now = self._of(task.node), self._clock()
        if task.changes:
            self._past[task.node] = replace(past, floors_at=now, failed_at=None)
            floors = {
                change.resource.floor.key: str(change.floor) if change.floor else None
                for change in task.changes
            }
            self._annotate(task.node, floors)
            return
        nudges = past.nudges + 1 if past.numbers == task.numbers else 1
        self._past[task.node] = replace(
            past, nudged_at=now, nudges=nudges, numbers=task.numbers, failed_at=None
        )
        self._nudge(task.node)

    def _failed(self, task: _Task, error: Exception) -> None:
        """Tell of it, if it is the first of its kind and the node has not just gone."""
        if isinstance(error, ApiError) and error.status == HTTPStatus.CONFLICT:
            return  # somebody else wrote at the same time; the next round sees what is left to do
        self._past[task.node] = replace(self._of(task.node), failed_at=self._clock())
        if isinstance(error, ApiError) and error.status == HTTPStatus.NOT_FOUND:
            return
        what, resource = (
            ("the floors of its pods cannot be written", "nodes")
            if task.changes
            else ("its status cannot be nudged, so that its ratios take effect", "nodes/status")
        )
        cure = ""
        if isinstance(error, ApiError) and error.status == HTTPStatus.FORBIDDEN:
            cure = f"; the extender's service account needs the verb patch on {resource}"
        kind = f"{what}: {_kind(error)}"
        if kind not in self._told:
            self._told.add(kind)
            self._tell(f"node {task.node}: {what}: {str(error) or type(error).__name__}{cure}")

    def _of(self, name: str) -> _Past:
        return self._past.get(name, _NOTHING)


def _concerned(hosts: Iterable[HostState]) -> Iterator[HostState]:
    """Those that are overcommitted, or could be."""
    for host in hosts:
        if any(overcommitted(one) for _, one in inventories(host)):
            yield host


def _task(host: HostState, past: _Past, now: float) -> _Task | None:
    """What is to be written of a host, if its time has come.

    A node whose floor is outgrown is not nudged: admission would go by the floor that it has.
    """
    if past.failed_at is not None and now - past.failed_at < RETRY_INTERVAL:
        return None
    since = past.beyond_since
    found = changes(host, admitted=since is not None and now - since >= ADMISSION)
    urgency = min((change.urgency for change in found), default=None)
    if urgency is not None:
        wait = TIDY_INTERVAL if urgency is Urgency.TIDY else FLOOR_INTERVAL
        if now - past.floors_at >= wait:
            return _ranked(host, past, urgency, found, now)
        if urgency is Urgency.RAISE:
            return None
    if not stale(host):
        return None
    numbers, wait = _numbers(host), NUDGE_INTERVAL
    if past.numbers == numbers:
        # The exponent is cut for the sake of floats; the pause is at its longest long before.
        pause = NUDGE_INTERVAL * 2.0 ** min(past.nudges - 1, 16)
        wait = min(pause, LONGEST_NUDGE_INTERVAL)
    if now - past.nudged_at < wait:
        return None
    return _ranked(host, past, _NUDGE, (), now)


_NUDGE = 0.5
"""Between the floors that pods depend on and those that are in the way."""

_AGAIN = 10.0
"""Added to the rank of what failed the last time."""


def _ranked(
    host: HostState, past: _Past, rank: float, found: Iterable[Change], now: float
) -> _Task:
    last = max(past.floors_at, past.nudged_at)
    again = 0.0 if past.failed_at is None else _AGAIN
    return _Task(host.host, rank + again, tuple(found), _numbers(host), min(last, now))


def _order(task: _Task) -> tuple[float, float]:
    """The most urgent first, and of those the one that has waited longest."""
    return task.rank, task.last


def _numbers(host: HostState) -> Numbers:
    return tuple(
        (one.raw, one.ratio, one.floor, one.held) for one in (host.cpu, host.ram, host.disk)
    )


def _kind(error: Exception) -> str:
    """What failures have in common that need to be told once."""
    if isinstance(error, ApiError):
        return str(error.status)
    return error.kind if isinstance(error, TransportError) else type(error).__name__
