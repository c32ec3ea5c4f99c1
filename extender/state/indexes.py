"""Ways to find pods of the ledger: by host, name, server group, namespace and owner."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from extender.model.contribution import Contribution

K = TypeVar("K", bound=Hashable)


class Index(Generic[K]):
    """Key → UIDs, in the order in which they came.

    A single UID is kept bare: most names and many owners have just one, and a set for each would
    take more memory than the pods.
    """

    def __init__(self) -> None:
        self._found: dict[K, str | dict[str, None]] = {}

    def of(self, key: K) -> Collection[str]:
        """The UIDs under a key, oldest first; to be read at once, for it may be a live view."""
        found = self._found.get(key)
        if found is None:
            return ()
        return (found,) if isinstance(found, str) else found.keys()

    def add(self, key: K, uid: str) -> None:
        """Put a UID under a key; one that is there keeps its place."""
        found = self._found.setdefault(key, uid)
        if isinstance(found, dict):
            found[uid] = None
        elif found != uid:
            self._found[key] = {found: None, uid: None}

    def discard(self, key: K, uid: str) -> None:
        """Take a UID from a key; no error if it is not there."""
        found = self._found.get(key)
        if isinstance(found, dict):
            found.pop(uid, None)
            if len(found) == 1:
                (self._found[key],) = found
        elif found == uid:
            del self._found[key]


class Tally(Generic[K]):
    """Key → host → how many pods; hosts without any are not named."""

    def __init__(self) -> None:
        self._counts: dict[K, dict[str, int]] = {}

    def of(self, key: K) -> dict[str, int]:
        """The hosts under a key with their numbers: a copy."""
        return dict(self._counts.get(key, ()))

    def count(self, key: K, host: str) -> int:
        """The number of one host."""
        return self._counts.get(key, {}).get(host, 0)

    def add(self, key: K, host: str, number: int) -> None:
        """Add to the number of a host, or take away from it."""
        hosts = self._counts.setdefault(key, {})
        hosts[host] = hosts.get(host, 0) + number
        if not hosts[host]:
            del hosts[host]
            if not hosts:
                del self._counts[key]


class Indexes:
    """All indexes of the ledger; each says the same as a look through all of its entries would."""

    def __init__(self) -> None:
        self.host: Index[str] = Index()
        self.group: Index[tuple[str, str]] = Index()
        self.owner: Index[str] = Index()
        self.unstarted: Index[str] = Index()
        self.group_hosts: Tally[tuple[str, str]] = Tally()
        self.tenant: Tally[str] = Tally()

    def add(self, entry: Contribution) -> None:
        """Enter a pod that was not in them."""
        uid = entry.instance.uuid
        self.host.add(entry.host, uid)
        self.tenant.add(entry.instance.namespace, entry.host, 1)
        if entry.group is not None:
            key = (entry.instance.namespace, entry.group)
            self.group.add(key, uid)
            self.group_hosts.add(key, entry.host, 1)
        if entry.owner:
            self.owner.add(entry.owner, uid)
            if entry.started is None:
                self.unstarted.add(entry.owner, uid)

    def remove(self, entry: Contribution) -> None:
        """Strike a pod out, as it was entered."""
        uid = entry.instance.uuid
        self.host.discard(entry.host, uid)
        self.tenant.add(entry.instance.namespace, entry.host, -1)
        if entry.group is not None:
            key = (entry.instance.namespace, entry.group)
            self.group.discard(key, uid)
            self.group_hosts.add(key, entry.host, -1)
        if entry.owner:
            self.owner.discard(entry.owner, uid)
            self.unstarted.discard(entry.owner, uid)
