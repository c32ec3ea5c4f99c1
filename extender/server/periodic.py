"""Work that is done again and again in the background."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

_STOP_TIMEOUT = 2.0


class Periodic:
    """Runs an action every so many seconds in a thread of its own, never two at a time.

    The beat is even: an action's own time does not delay the next one. Beats that pass while the
    action runs are left out. The first is one period after the start.

    Args:
        name: of the thread, and of the work for people.
        seconds: the period.
        action: what is to be done.
        on_error: given what the action raised, in the same thread; must not raise. The action is
            run again at the next beat.
        clock: seconds that only grow.
        pause: waits for the event or for the seconds, whichever comes first.

    Raises:
        ValueError: the period is not above 0.
    """

    def __init__(
        self,
        name: str,
        seconds: float,
        action: Callable[[], object],
        on_error: Callable[[Exception], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        if not 0 < seconds < math.inf:
            raise ValueError(f"{name}: the period must be above 0 s, not {seconds:g} s")
        self.name = name
        self._seconds = seconds
        self._action = action
        self._on_error = on_error
        self._clock = clock
        self._pause = pause
        self._control = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def nudge(self) -> None:
        """Makes the action run now, or once more after it ends if it runs; the beat starts anew.

        Any thread may call. Before `start` it makes the first run come at once.
        """
        self._wake.set()

    def start(self) -> None:
        """Begins, in a daemon thread.

        Raises:
            RuntimeError: it runs already, or has not ended yet.
        """
        with self._control:
            if self._thread is not None and self._thread.is_alive():
                raise RuntimeError(f"{self.name} runs already")
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
            self._thread.start()

    def stop(self) -> bool:
        """Ends it, within 2 s; returns whether the thread is gone.

        It is not only if the action takes longer, or calls this itself; no further run follows.
        """
        with self._control:
            thread = self._thread
            if thread is None:
                return True
            self._stop.set()
            self._wake.set()
        if thread is threading.current_thread():
            return False
        thread.join(_STOP_TIMEOUT)
        if thread.is_alive():
            return False
        self._wake.clear()
        return True

    def _run(self) -> None:
        due = self._clock() + self._seconds
        while True:
            left = due - self._clock()
            if left > 0:
                self._pause(self._wake, left)
            nudged = self._wake.is_set()
            self._wake.clear()
            if self._stop.is_set():  # asked only now: `stop` sets it before the other
                return
            at = self._clock()
            if nudged:
                due = at
            elif at < due:
                continue
            try:
                self._action()
            except Exception as error:  # noqa: BLE001 - one failure must not end the work for good
                self._on_error(error)
            missed = math.floor((self._clock() - due) / self._seconds)
            due += self._seconds * (1 + max(0, missed))
