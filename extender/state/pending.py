"""Pods that are not bound yet: their JSON, where they are nominated to, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from extender.model.contribution import Contribution

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PendingPod:
    """One of them.

    Args:
        uid: its UID.
        raw: the JSON it came in.
        owner: as in ``Contribution``.
        nominated: what it takes off the node that is being made free for it, as if it were there.
    """

    uid: str
    raw: bytes
    owner: str = ""
    nominated: Contribution | None = None


class PendingPods(Mapping[Key, bytes]):
    """Namespace and name → JSON. Of several pods of one name the latest counts."""

    def __init__(self) -> None:
        self._pods: dict[Key, PendingPod] = {}
        self.nominated: dict[str, dict[str, Contribution]] = {}
        """Host → UID → what the pod would take there."""
        self.waiting: dict[str, set[str]] = {}
        """Owner → UIDs."""

    def __getitem__(self, key: Key) -> bytes:
        return self._pods[key].raw

    def __iter__(self) -> Iterator[Key]:
        return iter(self._pods)

    def __len__(self) -> int:
        return len(self._pods)

    def uid(self, namespace: str, name: str) -> str | None:
        """The UID of the pod of that name, ``None`` if none is pending."""
        found = self._pods.get((namespace, name))
        return None if found is None else found.uid

    def uids(self) -> set[str]:
        """The UIDs of all."""
        return {pod.uid for pod in self._pods.values()}

    def put(self, namespace: str, name: str, pod: PendingPod) -> None:
        """Take in a pod that is new or changed."""
        self._remove((namespace, name))
        self._pods[namespace, name] = pod
        if pod.owner:
            self.waiting.setdefault(pod.owner, set()).add(pod.uid)
        if pod.nominated is not None:
            self.nominated.setdefault(pod.nominated.host, {})[pod.uid] = pod.nominated

    def remove(self, namespace: str, name: str, uid: str) -> None:
        """The pod waits no longer; a later one of its name still does."""
        if self.uid(namespace, name) == uid:
            self._remove((namespace, name))

    def clear(self) -> None:
        """Forget all."""
        for held in (self._pods, self.nominated, self.waiting):
            held.clear()

    def _remove(self, key: Key) -> None:
        pod = self._pods.pop(key, None)
        if pod is None:
            return
        if pod.owner:
            uids = self.waiting[pod.owner]
            uids.discard(pod.uid)
            if not uids:
                del self.waiting[pod.owner]
        if pod.nominated is not None:
            found = self.nominated[pod.nominated.host]
            found.pop(pod.uid, None)
            if not found:
                del self.nominated[pod.nominated.host]
