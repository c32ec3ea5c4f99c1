"""What metrics.k8s.io tells of the nodes, into the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from extender.model.metrics import HostMetric, NodeUsage
from extender.state.cluster import Cluster

Lock = AbstractContextManager[object]

AT_ONCE = 100
"""Hosts written while the lock is held: some milliseconds."""


def _go_on() -> None:
    pass


class ObservedMetricsSink:
    """Takes what was observed of all nodes at a time.

    A node that comes or changes in between gets its metrics from the cluster, which keeps what was
    observed last, also of nodes that it does not know.

    Args:
        cluster: whose hosts are written.
        lock: held for so many hosts at a time.
        pause: called in between, without the lock, to let others have it.
    """

    def __init__(self, cluster: Cluster, lock: Lock, pause: Callable[[], object] = _go_on) -> None:
        self._cluster = cluster
        self._lock = lock
        self._pause = pause

    def replace(self, usages: Sequence[NodeUsage]) -> bool:
        """Make the hosts have just these metrics.

        Returns:
            Whether a host has one of a name that it had none of before.
        """
        cluster = self._cluster
        with self._lock:
            names = dict.fromkeys(cluster.usages)
            cluster.usages = {usage.host: usage for usage in usages}
            names.update(dict.fromkeys(cluster.usages))
        ordered, gained = list(names), False
        for start in range(0, len(ordered), AT_ONCE):
            with self._lock:
                for name in ordered[start : start + AT_ONCE]:
                    gained = self._write(name) or gained
            self._pause()
        return gained

    def _write(self, name: str) -> bool:
        table = self._cluster.table
        row = table.row(name)
        if row is None:
            return False
        host = table.host_state(row)
        before, found = host.observed_metrics, self._cluster.observed_metrics(host)
        if found == before:
            return False
        host.observed_metrics = found
        table.put(host)
        return bool(_names(found) - _names(before))


def _names(metrics: Iterable[HostMetric]) -> set[str]:
    return {metric.name for metric in metrics}
