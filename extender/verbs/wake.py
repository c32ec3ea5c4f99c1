"""The use case ``wake``: pods that were refused are tried again after a change of ours.

kube-scheduler tries a refused pod again when a pod, a node or a volume changes. It does not know of
what else our verdicts depend on (aggregates, flavors, server groups, the configuration, the age of
a retry entry): after such a change pods would lie for 5 minutes
(``--pod-max-in-unschedulable-pods-duration``). The update of any bound pod wakes all that we
refused, so the leader changes an annotation of the extender's own pod.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from extender.kube.times import micro_time

ANNOTATION = "nova-extender.io/wake"
"""On the extender's own pod: when pods were last woken, and why."""

INTERVAL = 10.0
"""Seconds between two touches, at least: each one makes kube-scheduler try all that wait."""

SETTLE = 1.0
"""Seconds after the first ask. Changes come in bursts (thirty flavors applied at once), and the
touch must not overtake the watch of a replica that is asked in our place."""

_SHOWN = 3
_MAX_CAUSE = 256


class Waker:
    """Collects what asks for waking, and wakes with one write.

    An ask that finds no pod waiting is kept until one is. A pod refused after the change does not
    need it, but which pod was refused when cannot be known here: kube-scheduler asks about a pod
    before our watch has shown it, and the answer of the old state may still be on its way. An ask
    dropped wrongly costs such a pod 5 minutes, an ask kept needlessly one write. For the same
    reason those who do not lead collect too: if the leader dies between the change and the touch,
    the next one makes up for it.

    Args:
        touch: writes `ANNOTATION`, with this value, to the extender's own pod, which must be bound;
            raises if it cannot. None if the extender is no pod, or may not know which.
        waiting: how many pods wait for a node.
        on_problem: one line for people; must not raise.
        clock: seconds that only grow.
        now: seconds since the epoch.
        interval: see `INTERVAL`; also between a touch that failed and the next.
        settle: see `SETTLE`.
    """

    def __init__(
        self,
        touch: Callable[[str], object] | None,
        waiting: Callable[[], int],
        on_problem: Callable[[str], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        interval: float = INTERVAL,
        settle: float = SETTLE,
    ) -> None:
        self._touch = touch
        self._waiting = waiting
        self._on_problem = on_problem
        self._clock = clock
        self._now = now
        self._interval = interval
        self._settle = settle
        self._lock = threading.Lock()
        self._causes: dict[str, None] = {}  # in the order they came
        self._more = 0
        self._since: float | None = None  # of the first ask; None: nobody has asked
        self._touched: float | None = None
        self._told = False

    def ask(self, cause: str) -> None:
        """Something has changed for pods that wait. Any thread may call; nothing is waited for.

        To be called once the change is in effect: a pod woken before would be judged as before.

        Args:
            cause: a few words, such as ``Flavor m1.small changed``.
        """
        with self._lock:
            if self._since is None:
                self._since = self._clock()
            if cause in self._causes:
                return
            if len(self._causes) < _SHOWN:
                self._causes[cause] = None
            else:
                self._more += 1

    def run(self) -> None:
        """Wakes if somebody asked, somebody waits and it is time. For the leader, every second."""
        at = self._clock()
        if self._since is None or at < self._since + self._settle:
            return
        if self._touched is not None and at < self._touched + self._interval:
            return
        if self._waiting() <= 0:
            return
        # What is asked from here on came too late to be certain of this touch.
        causes, more, since = self._take()
        if self._touch is None:
            self._tell(
                "the extender does not know its own pod: changes it cannot show kube-scheduler "
                "will wake waiting pods only after kube-scheduler's 5 minutes"
            )
            return
        self._touched = at
        text = ", ".join(causes) + (f" and {more} more" if more else "")
        try:
            self._touch(f"{micro_time(self._now())} {text}"[:_MAX_CAUSE])
        except Exception as error:  # noqa: BLE001 - whatever it is, pods are to be woken yet
            self._put_back(causes, more, since)
            self._tell(
                f"waiting pods cannot be woken ({text}): {error}; tried again in "
                f"{self._interval:g} s, and kube-scheduler itself tries after 5 minutes"
            )
        else:
            self._told = False

    def _take(self) -> tuple[dict[str, None], int, float | None]:
        with self._lock:
            taken = self._causes, self._more, self._since
            self._causes, self._more, self._since = {}, 0, None
            return taken

    def _put_back(self, causes: dict[str, None], more: int, since: float | None) -> None:
        with self._lock:
            later = [cause for cause in self._causes if cause not in causes]
            kept = later[: _SHOWN - len(causes)]
            self._causes = causes | dict.fromkeys(kept)
            self._more += more + len(later) - len(kept)
            self._since = since

    def _tell(self, text: str) -> None:
        if not self._told:
            self._told = True
            self._on_problem(text)
