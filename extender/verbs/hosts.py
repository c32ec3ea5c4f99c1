"""The use case ``hosts``: every host as the scheduler sees it, and what all promise together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from extender.model.host_state import HostState
from extender.model.overcommit import Shares, Total
from extender.scheduler import overcommit
from extender.verbs.engine import Engine

T = TypeVar("T")

AT_ONCE = 200
"""Hosts shown before others may have the lock: some milliseconds."""


def each_host(engine: Engine, show: Callable[[HostState, Shares], T]) -> list[T]:
    """What ``show`` makes of each host and of what it promises, by name.

    Calls of kube-scheduler go between: with thousands of hosts each line is of one moment, the
    whole is not.
    """
    with engine.lock:
        names = sorted(engine.cluster.table.index)
    found: list[T] = []
    for start in range(0, len(names), AT_ONCE):
        with engine.lock:
            table = engine.cluster.table
            shares = overcommit.sharing(engine.scheduler.filters, engine.options.overcommit)
            rows = map(table.row, names[start : start + AT_ONCE])
            hosts = [table.host_state(row) for row in rows if row is not None]
            found += [show(host, shares(host)) for host in hosts]
    return found


def overcommit_totals(engine: Engine) -> tuple[Total, ...]:
    """What all hosts promise together, and how much of it is void."""
    with engine.lock:
        table, filters = engine.cluster.table, engine.scheduler.filters
        return overcommit.totals(table, filters, engine.options.overcommit)
