"""How often each node's kubelet would not take a pod since a container last started there.

Nova's compute service counts builds that failed, and starts anew after one that did not. Here a
build that failed is a pod that the kubelet rejected for a reason worth trying elsewhere, and one
that did not is the start of a container. That the pod is deleted later takes neither back.

Pure; times are seconds since the epoch as the API tells them. In which order they come to be known
makes no difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MOST_FAILURES = 100
"""Failures kept of one host: enough to tell bad from worse."""

MOST_HOSTS = 20_000
"""Hosts kept that had a failure, those of the latest ones to be known. Hosts that go are forgotten,
so this is for failures on nodes that were never seen."""


@dataclass(slots=True)
class _Host:
    """The failures that count on one host, UID → time, and the latest start there."""

    since: float = -math.inf
    failures: dict[str, float] = field(default_factory=dict)


class FailedBuilds:
    """Host → failures since the latest start. Not safe for threads: whoever shares it locks it.

    Starts have to be told of hosts only that it ``knows``. One that it comes to know by its first
    failure is to be told of the starts before.

    Args:
        most: failures kept of one host, the newest: the count goes no higher.
    """

    def __init__(self, most: int = MOST_FAILURES) -> None:
        self._most = most
        self._hosts: dict[str, _Host] = {}

    def __len__(self) -> int:
        """Failures that are kept: all of them count."""
        return sum(len(found.failures) for found in self._hosts.values())

    def knows(self, host: str) -> bool:
        """Whether there ever was a failure on the host."""
        return host in self._hosts

    def hosts(self) -> list[str]:
        """The hosts it knows."""
        return list(self._hosts)

    def count(self, host: str) -> int:
        """Nova's ``failed_builds`` of a host."""
        found = self._hosts.get(host)
        return 0 if found is None else len(found.failures)

    def failed(self, host: str, uid: str, at: float) -> bool:
        """Take in a pod that the host's kubelet rejected; whether the count changed.

        The API's times have whole seconds: what failed in the second of a start counts.

        Args:
            host: the node.
            uid: the pod's, which counts once however often it comes.
            at: when it was bound there.
        """
        known = self._hosts.pop(host, None) or _Host()
        self._hosts[host] = known
        if len(self._hosts) > MOST_HOSTS:
            del self._hosts[next(iter(self._hosts))]
        if uid in known.failures or not _counts(at, known.since):
            return False
        before = len(known.failures)
        known.failures[uid] = at
        if len(known.failures) > self._most:
            oldest = min(known.failures, key=lambda uid: (known.failures[uid], uid))
            del known.failures[oldest]
        return len(known.failures) != before

    def started(self, host: str, at: float) -> bool:
        """Take in that a container started on the host: a success; whether the count changed."""
        known = self._hosts.get(host)
        if known is None or at <= known.since:
            return False
        known.since = at
        before = len(known.failures)
        known.failures = {u: when for u, when in known.failures.items() if _counts(when, at)}
        return len(known.failures) != before

    def forget(self, host: str) -> None:
        """Forget a node that is gone; one of its name that comes later is another one."""
        self._hosts.pop(host, None)


def _counts(failed: float, started: float) -> bool:
    return failed >= (math.floor(started) if math.isfinite(started) else started)
