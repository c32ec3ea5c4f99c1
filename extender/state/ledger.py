"""Who takes what off which host: the one book that the table's use follows from.

Every pod in it is either *watched*, which the API server's word put there, or *claimed*: we are
binding it, or have bound it, and the watch has not shown that yet (``extender.state.claims``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager

from extender.model.contribution import Contribution
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.state.claims import Claims
from extender.state.indexes import Index, Indexes
from extender.state.usage import Usage, charge


class Ledger:
    """Pod UID → what the pod takes off its host, with the table's use kept in step.

    A pod of a host that is not known yet is kept, and counts when the host appears. Watched pods
    and claimed ones count alike, everywhere but in ``apart``.
    """

    def __init__(self, table: HostTable) -> None:
        self._usage = Usage(table)
        self._book: dict[str, Contribution] = {}
        self._claims = Claims()
        self._apart: set[str] = set()
        self._along: dict[str, Contribution] = {}
        self.names: Index[tuple[str, str]] = Index()
        self.indexes = Indexes()
        self.claims_expired = 0
        """Claims that lapsed, or that a list struck out, so far."""

    def __len__(self) -> int:
        """The pods in the book, whoever is set apart for the moment."""
        return len(self._book)

    # -- reading ---------------------------------------------------------------------------

    @property
    def claims(self) -> int:
        """The pods that are claimed and not watched yet."""
        return len(self._claims)

    def get(self, uid: str) -> Contribution | None:
        """The entry of a pod."""
        if uid in self._apart:
            return None
        return self._book.get(uid) or self._along.get(uid)

    def claimed(self, uid: str, entry: Contribution | None = None) -> bool:
        """Whether the pod counts by a claim of ours, which the watch has not shown yet.

        With an entry: by the claim of that very one.
        """
        return self._claims.has(uid, entry)

    def find(self, namespace: str, name: str) -> Contribution | None:
        """The entry of a pod by its name; of several the one that came last.

        There are several only where a pod was made anew and the end of the former one is not known.
        """
        found = [self.get(uid) for uid in self.names.of((namespace, name))]
        return next((entry for entry in reversed(found) if entry is not None), None)

    def entries(self) -> Iterator[Contribution]:
        """All entries; the book must not change meanwhile."""
        for uid in (*self._book, *self._along):
            entry = self.get(uid)
            if entry is not None:
                yield entry

    def on(self, host: str) -> list[Contribution]:
        """The entries of a host."""
        return self._entries(self.indexes.host.of(host))

    def group(self, namespace: str, name: str) -> Mapping[str, str]:
        """The members of a server group: UID → host."""
        members = self._entries(self.indexes.group.of((namespace, name)))
        return {entry.instance.uuid: entry.host for entry in members}

    def members(self, namespace: str, name: str) -> frozenset[str]:
        """The UIDs of the members of a server group."""
        return frozenset(self.indexes.group.of((namespace, name)))

    def group_hosts(self, namespace: str, name: str) -> dict[str, int]:
        """The hosts of a server group's members, with how many of them each has: a copy."""
        return self.indexes.group_hosts.of((namespace, name))

    def tenant(self, namespace: str) -> dict[str, int]:
        """The hosts of a namespace's pods, with how many of them each has: a copy."""
        return self.indexes.tenant.of(namespace)

    def owned(self, owner: str) -> frozenset[str]:
        """The UIDs of an owner's pods."""
        return frozenset(self.indexes.owner.of(owner))

    def unstarted(self, owner: str) -> frozenset[str]:
        """Those of them of which no container has started yet."""
        return frozenset(self.indexes.unstarted.of(owner))

    # -- what the watch says ---------------------------------------------------------------

    def put(self, entry: Contribution) -> None:
        """Enter a pod that the watch shows on a host, or change it; its claim is settled."""
        self._put(entry)
        self._usage.refresh()

    def unbound(self, uid: str) -> None:
        """The watch shows the pod pending: it counts nowhere, unless it is claimed.

        What is shown may be older than our Binding, so the claim stays.
        """
        if uid not in self._claims:
            self.remove(uid)

    def remove(self, uid: str) -> Contribution | None:
        """The pod is gone or has ended: strike it out, claim and all; ``None`` if it is unknown."""
        entry = self._strike(uid)
        self._usage.refresh()
        return entry

    def mark(self) -> int:
        """A list is about to be asked for: what ``replace`` is told it began at."""
        return self._claims.mark()

    def replace(
        self,
        entries: Iterable[Contribution],
        since: int = 0,
        pending: Container[str] = (),
        known: Container[str] = (),
    ) -> None:
        """Make the book hold just these watched pods, and the claims that a list cannot end.

        Args:
            entries: all pods that count on a host.
            since: the mark that the list began at; without one it is taken to be older than any
                claim.
            pending: the UIDs of all others that the list has.
            known: the UIDs of those that the watch had shown pending before the list began.
        """
        wanted = {entry.instance.uuid: entry for entry in entries}
        for uid in [uid for uid in self._book if uid not in wanted and uid not in self._claims]:
            self._strike(uid)
        for entry in wanted.values():
            self._put(entry)
        for uid in self._claims.listed(since, pending, known):
            self._expire(uid)
        self._usage.refresh()

    # -- claims ----------------------------------------------------------------------------

    def claim(self, entry: Contribution) -> Contribution | None:
        """Enter a pod that we are about to bind; an earlier claim of it is over.

        Returns:
            The entry of a pod that is bound already, by what the watch shows or by the API server's
            answer to an earlier Binding; it is not claimed.
        """
        uid = entry.instance.uuid
        known = self._book.get(uid)
        if known is not None and (uid not in self._claims or self._claims.confirmed(uid)):
            return known
        self._claims.add(entry)
        self._write(uid, entry)
        self._usage.refresh()
        return None

    def confirm(self, uid: str, entry: Contribution | None = None) -> bool:
        """The API server has bound the pod: the claim stays until the watch knows.

        Args:
            uid: the pod's.
            entry: the one that was claimed; if another has taken its place, that is left alone.

        Returns:
            Whether the pod is still claimed so; the watch may have been faster.
        """
        if not self._claims.has(uid, entry):
            return False
        if self._claims.confirm(uid):
            self._expire(uid)
            self._usage.refresh()
            return False
        return True

    def doubt(self, uid: str, until: float, entry: Contribution | None = None) -> bool:
        """Nobody knows whether the pod was bound: the claim stays until the watch must know.

        Args:
            uid: the pod's.
            until: on the clock of ``lapse``: when the Binding is over and done with, and the watch
                has shown it, if it was carried out.
            entry: as for ``confirm``.

        Returns:
            Whether the pod is still claimed so.
        """
        if not self._claims.has(uid, entry):
            return False
        if self._claims.doubt(uid, until):
            self._expire(uid)
            self._usage.refresh()
            return False
        return True

    def lapse(self, heard: float) -> list[Contribution]:
        """Give up the doubted claims that the watch must have shown by now.

        Args:
            heard: when a watch of pods last said something, be it a bookmark. A list does not
                count: it may have been long on its way.

        Returns:
            What was given up.
        """
        over = [self._expire(uid) for uid in self._claims.lapsed(heard)]
        self._usage.refresh()
        return [entry for entry in over if entry is not None]

    def doubted(self) -> list[Contribution]:
        """The claims of which nobody knows whether the pod was bound."""
        return self._claims.doubted()

    def drop(self, uid: str, entry: Contribution | None = None) -> bool:
        """The pod was not bound: strike its claim out; ``entry`` as for ``confirm``.

        Returns:
            Whether there was one. A watched pod stays.
        """
        if not self._claims.has(uid, entry):
            return False
        self.remove(uid)
        return True

    # -- for one judgement -----------------------------------------------------------------

    @contextmanager
    def apart(self, uids: Iterable[str]) -> Iterator[None]:
        """For as long as this lasts, as if these pods were nowhere, known or not."""
        moved = frozenset(uids) - self._apart
        self._around(moved, lambda: self._apart.update(moved))
        try:
            yield
        finally:
            self._around(moved, lambda: self._apart.difference_update(moved))

    @contextmanager
    def along(self, entries: Iterable[Contribution]) -> Iterator[None]:
        """For as long as this lasts, as if these pods were on their hosts, too.

        A pod that is in the book, or along already, stays as it is.
        """
        held = (self._book, self._along)
        found = {entry.instance.uuid: entry for entry in entries}
        moved = {uid: e for uid, e in found.items() if not any(uid in pods for pods in held)}
        self._around(moved.keys(), lambda: self._along.update(moved))
        try:
            yield
        finally:
            self._around(moved.keys(), lambda: [self._along.pop(uid) for uid in moved])

    # -- the table -------------------------------------------------------------------------

    def charge(self, host: HostState) -> None:
        """Put on a host that has no use noted yet what its pods take."""
        for entry in self.on(host.host):
            charge(host, entry)

    # -- inside ----------------------------------------------------------------------------

    def _entries(self, uids: Iterable[str]) -> list[Contribution]:
        return [entry for uid in uids if (entry := self.get(uid)) is not None]

    def _put(self, entry: Contribution) -> None:
        self._claims.discard(entry.instance.uuid)
        self._write(entry.instance.uuid, entry)

    def _strike(self, uid: str) -> Contribution | None:
        entry = self._book.get(uid)
        self._claims.discard(uid)
        self._write(uid, None)
        return entry

    def _expire(self, uid: str) -> Contribution | None:
        self.claims_expired += 1
        return self._strike(uid)

    def _write(self, uid: str, entry: Contribution | None) -> None:
        """Change the book, and all that follows from it."""
        known, before = self._book.get(uid), self.get(uid)
        if entry is None:
            self._book.pop(uid, None)
        else:
            self._book[uid] = entry
        self._rename(uid, known, entry)
        self._move(before, self.get(uid))

    def _rename(self, uid: str, known: Contribution | None, entry: Contribution | None) -> None:
        was = None if known is None else (known.instance.namespace, known.instance.name)
        now = None if entry is None else (entry.instance.namespace, entry.instance.name)
        if was != now:
            if was is not None:
                self.names.discard(was, uid)
            if now is not None:
                self.names.add(now, uid)

    def _around(self, uids: Collection[str], change: Callable[[], object]) -> None:
        """Change who is apart or along, and all that follows from it."""
        before = [(uid, self.get(uid)) for uid in uids]
        change()
        for uid, was in before:
            self._move(was, self.get(uid))
        self._usage.refresh()

    def _move(self, before: Contribution | None, after: Contribution | None) -> None:
        """Take a pod from its host and its indexes and put it where it is now."""
        if before == after:
            return
        if before is not None:
            self.indexes.remove(before)
            self._usage.subtract(before)
        if after is not None:
            self.indexes.add(after)
            self._usage.add(after)
