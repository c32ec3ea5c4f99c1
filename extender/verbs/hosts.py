"""The use case ``hosts``: every host as the scheduler sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from extender.model.host_state import HostState
from extender.verbs.engine import Engine

T = TypeVar("T")

AT_ONCE = 200
"""Hosts shown before others may have the lock: some milliseconds."""


def each_host(engine: Engine, show: Callable[[HostState], T]) -> list[T]:
    """What ``show`` makes of each host, by name.

    Calls of kube-scheduler go between: with thousands of hosts each line is of one moment, the
    whole is not.
    """
    with engine.lock:
        names = sorted(engine.cluster.table.index)
    found: list[T] = []
    for start in range(0, len(names), AT_ONCE):
        with engine.lock:
            table = engine.cluster.table
            rows = map(table.row, names[start : start + AT_ONCE])
            found += [show(table.host_state(row)) for row in rows if row is not None]
    return found
