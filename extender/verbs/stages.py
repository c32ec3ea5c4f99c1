"""Where the time of a call goes."""

from __future__ import annotations

from collections.abc import Callable


class Stages:
    """A stopwatch for one call: its stages one after the other.

    Args:
        clock: seconds that only grow.
    """

    __slots__ = ("_clock", "_last", "seconds")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self.seconds: dict[str, float] = {}

    def end(self, stage: str) -> None:
        """The stage ends here; the next one begins."""
        now = self._clock()
        self.seconds[stage] = now - self._last
        self._last = now
