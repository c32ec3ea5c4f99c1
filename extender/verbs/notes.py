"""Writing a failed attempt onto its pod, at the one moment when that disturbs nothing."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from extender.kube.errors import ApiError, KubeError
from extender.verbs.binding import Failed

DELAY = 0.4
"""Seconds after the reply. kube-scheduler has put the pod into its error back-off by then, which
lasts a second at least; a write before that, or later, could wake the pod too soon
(``pkg/scheduler/backend/queue``)."""

_WRITERS = 4
_ROOM = 1000
_GONE = (404, 409, 422)
"""The pod is gone, or was made anew: there is nobody to tell."""


class Notes:
    """Writes what is handed in, ``DELAY`` later, in threads of its own.

    Memory is what counts; the annotation is for people, and for the time after a restart. What
    cannot be written is told of once, and lost with the next restart.

    Args:
        write: puts the annotations on the pod; raises ``KubeError``.
        tell: one line for people.
        delay: see ``DELAY``.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        write: Callable[[Failed], object],
        tell: Callable[[str], object],
        delay: float = DELAY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._tell = tell
        self._delay = delay
        self._clock = clock
        self._queue: queue.Queue[tuple[float, Failed]] = queue.Queue(_ROOM)
        self._stop = threading.Event()
        self._told = ""
        self._threads = [
            threading.Thread(target=self._run, name=f"notes-{n}", daemon=True)
            for n in range(_WRITERS)
        ]

    def start(self) -> None:
        """Start writing."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop; what waits still is not written."""
        self._stop.set()

    def __call__(self, failed: Failed) -> None:
        """Hand in an attempt that failed; never waits."""
        try:
            self._queue.put_nowait((self._clock() + self._delay, failed))
        except queue.Full:
            self._once(f"more than {_ROOM} failed attempts wait to be written onto their pods")

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                due, failed = self._queue.get(timeout=0.5)
            except queue.Empty:
                continue
            if self._stop.wait(max(0.0, due - self._clock())):
                return
            try:
                self._write(failed)
            except KubeError as error:
                if not (isinstance(error, ApiError) and error.status in _GONE):
                    self._once(f"pod {failed.namespace}/{failed.name}: {error}")
            else:
                self._told = ""

    def _once(self, text: str) -> None:
        if not self._told:
            self._told = text
            self._tell(f"the retry history cannot be written onto its pod: {text}")
