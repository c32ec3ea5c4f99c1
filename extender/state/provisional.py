"""Hosts that were chosen for pods whose bind has not come yet: claims that end by time.

Where the extender decides (``placement: decide``), ``filter`` chooses the host, and what it chose
for one pod must count when the next is judged. Whether kube-scheduler goes on to bind there is
up to its other plugins, so such a claim is given up after a while; bind makes one of its own.
"""

from __future__ import annotations

from extender.model.contribution import Contribution
from extender.state.ledger import Ledger

PATIENCE = 30.0
"""Seconds until a choice that nobody binds is given up."""


class Provisional:
    """The provisional claims in a ledger: one a pod at most, the newest.

    A claim of bind takes the place of a provisional one, as does what the watch shows; what is
    noted here then ends without a trace.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._until: dict[str, tuple[float, Contribution]] = {}

    def __len__(self) -> int:
        return sum(map(self._chosen, self._until))

    def claim(self, entry: Contribution, now: float) -> bool:
        """Claim a host for a pod, in the place of an earlier choice.

        Args:
            entry: what the pod will take, and where.
            now: seconds on a clock that only grows.

        Returns:
            Whether it is claimed. A pod that is bound, or may be by a bind under way or without an
            answer, is not: it counts already.
        """
        uid = entry.instance.uuid
        if self._ledger.claimed(uid) and not self._chosen(uid):
            return False
        if self._ledger.claim(entry) is not None:
            return False
        # Anew, so that the oldest stays first.
        self._until.pop(uid, None)
        self._until[uid] = (now + PATIENCE, entry)
        return True

    def drop(self, uid: str) -> bool:
        """Give up what was chosen for a pod; returns whether there was anything."""
        noted = self._until.pop(uid, None)
        return noted is not None and self._ledger.drop(uid, noted[1])

    def expire(self, now: float) -> list[str]:
        """Give up what nobody has bound in time; returns the pods' UIDs."""
        over = []
        for uid, (until, _) in self._until.items():
            if until > now:
                break
            over.append(uid)
        return [uid for uid in over if self.drop(uid)]

    def _chosen(self, uid: str) -> bool:
        noted = self._until.get(uid)
        return noted is not None and self._ledger.claimed(uid, noted[1])
