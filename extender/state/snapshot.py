"""What the caching driver judges: the hosts as they were a while ago, and our own claims since.

Source: ``nova.scheduler.caching_scheduler`` (2014.1 to 18): a periodic task replaces all host
states; consumption is applied to them, and capacity freed by deletions shows at the next turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from extender.model.contribution import Contribution
from extender.model.host_table import HostTable
from extender.state.cluster import Cluster
from extender.state.usage import Usage


class Snapshot:
    """A copy of the table, taken anew when it is older than ``interval`` seconds."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._taken: float | None = None
        self._usage = Usage(HostTable())
        self._claims: dict[str, Contribution] = {}
        self.table = HostTable()

    def refresh(self, cluster: Cluster, now: float) -> None:
        """Take it anew if it is due.

        Args:
            cluster: what is known now.
            now: seconds on a clock that only grows.
        """
        if self._taken is not None and now - self._taken < self._interval:
            return
        self._taken = now
        self.table = cluster.table.copy()
        self._usage = Usage(self.table)
        ledger = cluster.ledger
        claimed = (entry for entry in ledger.entries() if ledger.claimed(entry.instance.uuid))
        self._claims = {entry.instance.uuid: entry for entry in claimed}

    def claim(self, entry: Contribution) -> None:
        """Consume what is claimed on its host, in the place of an earlier claim of the pod."""
        self.drop(entry.instance.uuid)
        self._claims[entry.instance.uuid] = entry
        self._usage.add(entry)
        self._usage.refresh()

    def drop(self, uid: str) -> None:
        """The pod's claim came to nothing; no error if there is none."""
        entry = self._claims.pop(uid, None)
        if entry is not None:
            self._usage.subtract(entry)
            self._usage.refresh()

    @contextmanager
    def apart(self, uid: str) -> Iterator[None]:
        """For as long as this lasts, as if the pod were claimed nowhere."""
        entry = self._claims.get(uid)
        if entry is None:
            yield
            return
        self.drop(uid)
        try:
            yield
        finally:
            self.claim(entry)
