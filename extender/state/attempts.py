"""The last attempts, in a ring bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from extender.model.attempt import Attempt, BindPart, WeighPart


class Attempts:
    """What was decided lately, newest last; the oldest go when the ring is full.

    Args:
        limit: bytes, roughly; the newest attempt is kept whatever its size.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._ring: OrderedDict[int, Attempt] = OrderedDict()
        self._newest: dict[str, int] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._ring)

    def __iter__(self) -> Iterator[Attempt]:
        return iter(list(self._ring.values()))

    def add(self, attempt: Attempt) -> None:
        """Put in an attempt; a call of the same cycle joins it by pod UID later."""
        self._ring[self._next] = attempt
        self._newest[attempt.uid] = self._next
        self._next += 1
        self.size += attempt.size
        self._shrink()

    def join(self, uid: str, weighed: WeighPart, chosen: str | None = None) -> Attempt | None:
        """Add the weighers' part to the pod's newest attempt, if that still lacks it.

        ``chosen`` is the host that the extender itself has decided on, where it decides.
        """
        attempt = self.newest(uid)
        if attempt is None or attempt.weighed is not None:
            return None
        attempt.weighed = weighed
        attempt.stages = {}
        attempt.chosen = chosen
        self.size += weighed.size
        self._shrink()
        return attempt

    def bound(self, uid: str, part: BindPart) -> Attempt | None:
        """Add the bind's part to the pod's newest attempt, if that still lacks it."""
        attempt = self.newest(uid)
        if attempt is None or attempt.bound is not None:
            return None
        attempt.bound = part
        attempt.stages = {}
        self.size += part.size
        self._shrink()
        return attempt

    def newest(self, uid: str) -> Attempt | None:
        """The pod's newest attempt, if it is still here."""
        return self._ring.get(self._newest.get(uid, -1))

    def of(self, namespace: str, name: str) -> list[Attempt]:
        """A pod's attempts that are still here, newest first."""
        found = [a for a in self if a.namespace == namespace and a.name == name]
        return found[::-1]

    def _shrink(self) -> None:
        while self.size > self.limit and len(self._ring) > 1:
            key, oldest = self._ring.popitem(last=False)
            self.size -= oldest.size
            if self._newest.get(oldest.uid) == key:
                del self._newest[oldest.uid]
