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
from extender.state.pending import PendingPod
from extender.translate.objects import decode_pod
from extender.translate.owners import owner_key
from extender.translate.share import claimed, contribution

Lock = AbstractContextManager[object]
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class PodRecord:
    """What is kept of a pod: its share of its host, or its JSON while it is pending.

    Args:
        uid: its UID.
        namespace: its namespace.
        name: its name.
        entry: its share, while it counts on a host.
        pending: its JSON, while it waits for one.
        nominated: while it waits, its share of the node that is being made free for it.
        owner: what its retry history is kept under.
    """

    uid: str
    namespace: str
    name: str
    entry: Contribution | None
    pending: bytes | None
    nominated: Contribution | None = None
    owner: str = ""


def read_pod(raw: bytes | msgspec.Raw, tell: Tell) -> PodRecord:
    """A pod from its JSON; amounts that cannot be read count as 0 and are told of.

    Raises:
        TranslateError: the object cannot be read at all.
    """
    pod = decode_pod(raw)
    waiting = not pod.node_name and not pod.terminal
    entry, nominated = contribution(pod), None
    if waiting and pod.nominated_node_name:
        nominated = claimed(pod, pod.nominated_node_name)
    counting = entry or nominated
    if counting is not None and counting.problems:
        problems = "; ".join(counting.problems)
        tell(f"pod {pod.namespace}/{pod.name}: {problems}; counted as absent")
    uid = pod.uid
    if not uid:
        # Only in files written by hand; the API server gives every pod one.
        uid = f"{pod.namespace}/{pod.name}"
        entry, nominated = _named(entry, uid), _named(nominated, uid)
    return PodRecord(
        uid=uid,
        namespace=pod.namespace,
        name=pod.name,
        entry=entry,
        pending=bytes(raw) if waiting else None,
        nominated=nominated,
        owner=owner_key(pod),
    )


def _named(entry: Contribution | None, uid: str) -> Contribution | None:
    """The same with this UID."""
    return entry and replace(entry, instance=replace(entry.instance, uuid=uid))


class PodSink:
    """Pods into the ledger, pending ones aside for explanations, and starts into the history."""

    def __init__(self, cluster: Cluster, lock: Lock) -> None:
        self._cluster = cluster
        self._lock = lock
        self._mark = 0

    def listing(self) -> None:
        """A list begins: claims that are older than it may end with it."""
        with self._lock:
            self._mark = self._cluster.ledger.mark()

    def replace(self, objects: Sequence[PodRecord]) -> None:
        """Make the cluster hold just these pods, and the claims that the list says nothing of."""
        cluster, ledger = self._cluster, self._cluster.ledger
        with self._lock:
            known = cluster.pending.uids()
            gone = known.union(entry.instance.uuid for entry in ledger.entries())
            cluster.pending.clear()
            pending = set()
            for record in objects:
                if record.pending is not None:
                    self._wait(record, record.pending)
                    pending.add(record.uid)
                elif record.entry is None:
                    ledger.remove(record.uid)
            entries = (record.entry for record in objects if record.entry is not None)
            ledger.replace(entries, self._mark, pending, known)
            for record in objects:
                self._note(record)
                gone.discard(record.uid)
            for uid in gone:
                if ledger.get(uid) is None:
                    cluster.retries.forget(uid)

    def upsert(self, obj: PodRecord) -> None:
        """Take in a pod that is new or changed."""
        cluster = self._cluster
        with self._lock:
            if obj.pending is not None:
                self._wait(obj, obj.pending)
                cluster.ledger.unbound(obj.uid)
                return
            cluster.pending.remove(obj.namespace, obj.name, obj.uid)
            if obj.entry is not None:
                cluster.put_pod(obj.entry)
                self._note(obj)
            else:
                cluster.remove_pod(obj.uid)

    def delete(self, obj: PodRecord) -> None:
        """Forget a pod that is gone."""
        cluster = self._cluster
        with self._lock:
            cluster.pending.remove(obj.namespace, obj.name, obj.uid)
            cluster.remove_pod(obj.uid)
            cluster.retries.forget(obj.uid)

    def _wait(self, record: PodRecord, raw: bytes) -> None:
        pod = PendingPod(record.uid, raw, record.owner, record.nominated)
        self._cluster.pending.put(record.namespace, record.name, pod)

    def _note(self, record: PodRecord) -> None:
        """A start is a success of the pod's whole line, and of its host."""
        entry = record.entry
        if entry is None or entry.started is None:
            return
        self._cluster.build_started(entry.host, entry.started)
        if entry.owner:
            self._cluster.retries.note_start(entry.owner, entry.started)
