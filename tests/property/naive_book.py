"""The rules of claims once more, without any index: everything is looked for anew each time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from extender.model.contribution import Contribution
from extender.state.pod_feed import PodRecord


@dataclass
class NaiveClaim:
    """A claim, and at which step the pod was known to exist."""

    entry: Contribution
    step: int
    outcome: str = "none yet"
    until: float = 0.0
    confirmed: int = 0
    shown_gone: bool = False


@dataclass
class NaiveBook:
    """What must count where, after the events so far.

    ``watched`` and ``claimed`` never hold the same pod. ``order`` is in which order the pods that
    are in either came in.
    """

    watched: dict[str, Contribution] = field(default_factory=dict)
    claimed: dict[str, NaiveClaim] = field(default_factory=dict)
    pending: dict[tuple[str, str], PodRecord] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    step: int = 0
    list_began: int = -1
    expired: int = 0
    apart: list[list[str]] = field(default_factory=list)
    along: list[dict[str, Contribution]] = field(default_factory=list)

    # -- events ----------------------------------------------------------------------------

    def upsert(self, pod: PodRecord) -> None:
        """The watch shows a pod: counting, pending, or ended."""
        key = (pod.namespace, pod.name)
        if pod.pending is not None:
            self.pending[key] = pod
            self.watched.pop(pod.uid, None)
            return
        self._waits_no_longer(pod)
        if pod.entry is None:
            self._gone(pod.uid)
        else:
            self.claimed.pop(pod.uid, None)
            self.watched[pod.uid] = pod.entry

    def delete(self, pod: PodRecord) -> None:
        """The watch says that a pod is gone."""
        self._waits_no_longer(pod)
        self._gone(pod.uid)

    def replace(self, pods: list[PodRecord]) -> None:
        """A list that began at ``list_began``."""
        waited = {pod.uid for pod in self.pending.values()}
        self.pending = {}
        self.watched = {}
        for pod in pods:
            self.upsert(pod)
        there = {pod.uid for pod in pods}
        for uid, claim in list(self.claimed.items()):
            existed = claim.step < self.list_began or uid in waited
            if uid in there:
                if claim.outcome == "bound" and claim.confirmed < self.list_began:
                    self._expire(uid)
            elif existed:
                claim.shown_gone = True
                self._end_if_settled_and_gone(uid)

    def claim(self, entry: Contribution) -> Contribution | None:
        """We are about to bind a pod."""
        uid = entry.instance.uuid
        if uid in self.watched:
            return self.watched[uid]
        if uid in self.claimed and self.claimed[uid].outcome == "bound":
            return self.claimed[uid].entry
        existed = self.claimed[uid].step if uid in self.claimed else self.step
        self.claimed[uid] = NaiveClaim(entry, existed)
        return None

    def confirm(self, uid: str, entry: Contribution | None) -> bool:
        """The Binding was carried out."""
        return self._settle(uid, entry, "bound")

    def doubt(self, uid: str, until: float, entry: Contribution | None) -> bool:
        """Nobody knows."""
        if self._is(uid, entry) and self.claimed[uid].outcome != "bound":
            self.claimed[uid].until = until
        return self._settle(uid, entry, "unknown")

    def drop(self, uid: str, entry: Contribution | None) -> bool:
        """The Binding was refused."""
        return self._is(uid, entry) and self.claimed.pop(uid) is not None

    def lapse(self, heard: float) -> list[Contribution]:
        """The watch has said something at that time."""
        over = []
        for uid, claim in list(self.claimed.items()):
            if claim.outcome == "unknown" and heard > claim.until:
                over.append(claim.entry)
                self._expire(uid)
        return over

    def note_order(self) -> None:
        """After an event: who came last."""
        book = self.book()
        self.order = [uid for uid in self.order if uid in book]
        self.order += [uid for uid in book if uid not in self.order]

    # -- what follows ----------------------------------------------------------------------

    def book(self) -> dict[str, Contribution]:
        """All pods that are watched or claimed."""
        return self.watched | {uid: claim.entry for uid, claim in self.claimed.items()}

    def entries(self) -> dict[str, Contribution]:
        """All that count at this moment, whoever is set apart or along."""
        counting = self.book()
        for more in self.along:  # who is there already stays
            counting = more | counting
        hidden = {uid for uids in self.apart for uid in uids}
        return {uid: entry for uid, entry in counting.items() if uid not in hidden}

    def find(self, namespace: str, name: str) -> Contribution | None:
        """The pod of that name; of several the one that came last."""
        entries, book = self.entries(), self.book()
        for uid in reversed(self.order):
            instance = book[uid].instance
            if (instance.namespace, instance.name) == (namespace, name) and uid in entries:
                return entries[uid]
        return None

    def tenant(self, namespace: str) -> dict[str, int]:
        """Host → pods of a namespace."""
        on = (e.host for e in self.entries().values() if e.instance.namespace == namespace)
        return dict(Counter(on))

    def group(self, namespace: str, name: str) -> dict[str, str]:
        """UID → host of a group's members."""
        return {
            uid: entry.host
            for uid, entry in self.entries().items()
            if (entry.instance.namespace, entry.group) == (namespace, name)
        }

    def owned(self, owner: str) -> set[str]:
        """An owner's pods that count."""
        return {uid for uid, entry in self.entries().items() if entry.owner == owner}

    def unstarted(self, owner: str) -> int:
        """An owner's pods without a start, each once."""
        waiting = {pod.uid for pod in self.pending.values() if pod.owner == owner}
        entries = self.entries()
        return len(waiting | {uid for uid in self.owned(owner) if entries[uid].started is None})

    # -- inside ----------------------------------------------------------------------------

    def _waits_no_longer(self, pod: PodRecord) -> None:
        key = (pod.namespace, pod.name)
        if key in self.pending and self.pending[key].uid == pod.uid:
            del self.pending[key]

    def _gone(self, uid: str) -> None:
        self.watched.pop(uid, None)
        self.claimed.pop(uid, None)

    def _is(self, uid: str, entry: Contribution | None) -> bool:
        return uid in self.claimed and (entry is None or self.claimed[uid].entry is entry)

    def _settle(self, uid: str, entry: Contribution | None, outcome: str) -> bool:
        if not self._is(uid, entry):
            return False
        claim = self.claimed[uid]
        if claim.outcome != "bound":
            claim.outcome = outcome
            claim.confirmed = self.step
        self._end_if_settled_and_gone(uid)
        return uid in self.claimed

    def _end_if_settled_and_gone(self, uid: str) -> None:
        claim = self.claimed[uid]
        if claim.shown_gone and claim.outcome != "none yet":
            self._expire(uid)

    def _expire(self, uid: str) -> None:
        del self.claimed[uid]
        self.expired += 1
