"""Pods into the cluster: one translation for a file and for a live API server.

The sink takes them as list/watch delivers them: the whole set, then one change at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import msgspec

from extender.model.contribution import Contribution
from extender.state.cluster import Cluster
from extender.translate.objects import decode_pod
from extender.translate.pod import contribution

Lock = AbstractContextManager[object]
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class PodRecord:
    """What is kept of a pod: its share of its host, or its JSON while it is pending."""

    uid: str
    namespace: str
    name: str
    entry: Contribution | None
    pending: bytes | None


def read_pod(raw: bytes | msgspec.Raw, tell: Tell) -> PodRecord:
    """A pod from its JSON; amounts that cannot be read count as 0 and are told of.

    Raises:
        TranslateError: the object cannot be read at all.
    """
    pod = decode_pod(raw)
    entry = contribution(pod)
    if entry is not None and entry.problems:
        tell(f"pod {pod.namespace}/{pod.name}: {'; '.join(entry.problems)}; counted as absent")
    waiting = not pod.node_name and not pod.terminal
    uid = pod.uid
    if not uid:
        # Only in files written by hand; the API server gives every pod one.
        uid = f"{pod.namespace}/{pod.name}"
        if entry is not None:
            entry = replace(entry, instance=replace(entry.instance, uuid=uid))
    return PodRecord(uid, pod.namespace, pod.name, entry, bytes(raw) if waiting else None)


class PodSink:
    """Pods into the ledger, and pending ones aside for explanations."""

    def __init__(self, cluster: Cluster, lock: Lock) -> None:
        self._cluster = cluster
        self._lock = lock
        self._waiting: dict[tuple[str, str], str] = {}

    def listing(self) -> None:
        """A list begins."""

    def replace(self, objects: Sequence[PodRecord]) -> None:
        """Make the cluster hold just these pods."""
        with self._lock:
            self._waiting.clear()
            self._cluster.pending.clear()
            self._cluster.ledger.replace(o.entry for o in objects if o.entry is not None)
            for record in objects:
                if record.pending is not None:
                    self._wait(record)

    def upsert(self, obj: PodRecord) -> None:
        """Take in a pod that is new or changed."""
        with self._lock:
            self._forget(obj)
            if obj.entry is not None:
                self._cluster.put_pod(obj.entry)
            else:
                self._cluster.remove_pod(obj.uid)
            if obj.pending is not None:
                self._wait(obj)

    def delete(self, obj: PodRecord) -> None:
        """Forget a pod that is gone."""
        with self._lock:
            self._forget(obj)
            self._cluster.remove_pod(obj.uid)

    def _wait(self, record: PodRecord) -> None:
        key = (record.namespace, record.name)
        if record.pending is not None:
            self._waiting[key] = record.uid
            self._cluster.pending[key] = record.pending

    def _forget(self, record: PodRecord) -> None:
        """No longer pending; a later pod of the same name still is."""
        key = (record.namespace, record.name)
        if self._waiting.get(key) == record.uid:
            del self._waiting[key]
            self._cluster.pending.pop(key, None)
