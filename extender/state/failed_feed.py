"""Failed pods into the retry history and the hosts' failed builds.

They come from a list/watch of ``status.phase=Failed`` alone. A watch that leaves ended pods out
never shows why a pod failed: when a pod stops matching, it delivers the state before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

import msgspec

from extender.model.rejection import Rejection
from extender.state.retry_history import RetryHistory
from extender.translate.failures import rejection
from extender.translate.objects import decode_pod

FAILED_PODS = "status.phase=Failed"
"""The field selector of the list/watch."""

Lock = AbstractContextManager[object]


def _ignore(*_: object) -> None:
    pass


def read_failed(raw: bytes | msgspec.Raw) -> Rejection | None:
    """A Failed pod's rejection, ``None`` where it failed otherwise. Keeps nothing of the JSON.

    Raises:
        TranslateError: the object cannot be read at all.
    """
    return rejection(decode_pod(raw))


class FailedPodSink:
    """Rejections into the history; they stay there until they age out.

    What is deleted, or missing in a new list, is not taken back: StatefulSets and DaemonSets
    delete their Failed pods at once. Nothing counts twice, however often it comes.

    Args:
        history: where they go.
        lock: held around each use of the history.
        now: seconds since the epoch.
        on_rejection: told of each new one, without the lock.
        count: told of each, be it new or too old for the history, and of the time, with the lock.
    """

    def __init__(
        self,
        history: RetryHistory,
        lock: Lock,
        now: Callable[[], float],
        on_rejection: Callable[[Rejection], object],
        count: Callable[[Rejection, float], object] = _ignore,
    ) -> None:
        self._history = history
        self._lock = lock
        self._now = now
        self._on_rejection = on_rejection
        self._count = count

    def listing(self) -> None:
        """A list begins."""

    def replace(self, objects: Sequence[Rejection | None]) -> None:
        """Take in those of a list that are new."""
        self._take(objects)

    def upsert(self, obj: Rejection | None) -> None:
        """Take in a pod's rejection, if it is one and new."""
        self._take((obj,))

    def delete(self, obj: Rejection | None) -> None:
        """A Failed pod is gone; if nobody saw it before, its rejection is news all the same."""
        self._take((obj,))

    def _take(self, objects: Iterable[Rejection | None]) -> None:
        found = [rejection for rejection in objects if rejection is not None]
        if not found:
            return
        now = self._now()
        with self._lock:
            new = [rejection for rejection in found if self._history.rejected(rejection, now)]
            for rejection_ in found:
                self._count(rejection_, now)
        for rejection_ in new:
            self._on_rejection(rejection_)
