"""The hosts that were second best for a pod: tried first when it comes again.

Source: Nova's alternates, ``nova.scheduler.filter_scheduler`` and
``nova.conductor.manager.ComputeTaskManager.build_instances``, 17.0.0 on.
"""

from __future__ import annotations

from collections.abc import Iterable

MOST = 10_000
"""Pods whose alternates are kept; the oldest go first."""

PATIENCE = 60.0
"""Seconds for which they are good: a reschedule follows at once, and later a fresh choice is
better."""


class Alternates:
    """Pod UID → hosts, best first."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, uid: str, now: float) -> tuple[str, ...]:
        """The pod's alternates, none if there are none any more."""
        until, hosts = self._kept.get(uid, (now, ()))
        return hosts if until > now else ()

    def keep(self, uid: str, hosts: Iterable[str], now: float) -> None:
        """Keep these for the pod, in the place of any others."""
        self.forget(uid)
        kept = tuple(hosts)
        if kept:
            self._kept[uid] = (now + PATIENCE, kept)
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def forget(self, uid: str) -> None:
        """The pod is bound or gone."""
        self._kept.pop(uid, None)
