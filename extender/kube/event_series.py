"""Which Events are the same, and what is still to be written of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from extender.kube.bucket import TokenBucket
from extender.kube.event_object import Event

SERIES_LASTS = 360.0
"""Seconds without the same Event after which it is a new one, as in client-go's
``tools/events/event_broadcaster.go``."""

PATCH_INTERVAL = 10.0
"""Seconds between two writes about the same."""

REMEMBERED = 4096
"""Series, and objects, that are remembered; as many as client-go's caches have."""

SPAM_BURST = 25
SPAM_RATE = 1 / 300
"""Writes about one object: 25 at once, and one more every 5 minutes
(``EventSourceObjectSpamFilter`` in client-go's ``tools/record/events_cache.go``)."""

SPAM_RESERVE = 10
"""Writes that repetitions leave for what is new: a pod that is refused for hours must not use up
what it takes to tell why it starts at last."""


@dataclass(slots=True)
class Sighting:
    """A series of the same Event.

    Args:
        event: as seen last.
        seen: when that was, on the clock.
        last: likewise, in seconds since the epoch.
        first_unsent: the first that is not written yet, in seconds since the epoch.
        unsent: how many are not written yet.
        name: of the Event at the server; empty before it is there.
        note: what it says there, which cannot be changed.
        count: how many it stands for.
        sent: when it was written last, on the clock.
    """

    event: Event
    seen: float
    last: float
    first_unsent: float
    unsent: int = 1
    name: str = ""
    note: str = ""
    count: int = 0
    sent: float = 0.0


class SeriesBook:
    """All series that are remembered; not for several threads."""

    def __init__(self) -> None:
        self._series: OrderedDict[tuple[str, ...], Sighting] = OrderedDict()
        self._waiting: OrderedDict[tuple[str, ...], Sighting] = OrderedDict()
        self._spam: OrderedDict[tuple[str, ...], TokenBucket] = OrderedDict()

    @property
    def unsent(self) -> int:
        """How many Events are not written yet."""
        return sum(series.unsent for series in self._waiting.values())

    def see(self, event: Event, last: float, at: float) -> tuple[Sighting | None, int]:
        """Takes in an Event.

        Args:
            event: what happened.
            last: when, in seconds since the epoch.
            at: when, on the clock.

        Returns:
            The series if it is new and to be written now; and how many earlier Events can no
            longer be written, because they are too many to be remembered.
        """
        series = self._series.get(event.key)
        if series is not None and at - series.seen < SERIES_LASTS:
            if not series.unsent:
                series.first_unsent = last
            series.event, series.seen, series.last = event, at, last
            series.unsent += 1
            self._series.move_to_end(event.key)
            self._waiting.setdefault(event.key, series)
            return None, 0
        lost = self.forget(event)
        series = self._series[event.key] = Sighting(event, at, last, last)
        if len(self._series) > REMEMBERED:
            lost += self.forget(next(iter(self._series.values())).event)
        return series, lost

    def forget(self, event: Event) -> int:
        """Drops the series of this Event; returns how many of it were not written."""
        series = self._series.pop(event.key, None)
        self._waiting.pop(event.key, None)
        return series.unsent if series is not None else 0

    def wrote(self, series: Sighting, name: str, count: int, at: float) -> None:
        """All of this series is at the server now, in the Event of this name, with this count."""
        series.name, series.note = name, series.event.note
        series.count, series.unsent, series.sent = count, 0, at
        self._waiting.pop(series.event.key, None)

    def due(self, at: float, *, all_of_them: bool = False) -> Iterator[Sighting]:
        """The series with something to write whose time has come, or any if `all_of_them`."""
        for series in tuple(self._waiting.values()):
            if all_of_them or self._ready(series, at) <= 0:
                yield series

    def next_due(self, at: float) -> float | None:
        """Seconds until there is something to write; None if nothing is waiting."""
        return min((self._ready(series, at) for series in self._waiting.values()), default=None)

    def may_write(self, series: Sighting, at: float) -> bool:
        """Takes one of the writes that the object is allowed; whether there was one.

        A series that is at the server already leaves some for what is new.
        """
        leave = SPAM_RESERVE if series.name else 0
        return self._bucket(series.event, at).take(at, leave=leave)

    def _ready(self, series: Sighting, at: float) -> float:
        spam = self._bucket(series.event, at).wait(at, leave=SPAM_RESERVE)
        return max(spam, series.sent + PATCH_INTERVAL - at, 0.0)

    def _bucket(self, event: Event, at: float) -> TokenBucket:
        bucket = self._spam.setdefault(event.regarding, TokenBucket(SPAM_BURST, SPAM_RATE, at))
        self._spam.move_to_end(event.regarding)
        if len(self._spam) > REMEMBERED:
            self._spam.popitem(last=False)
        return bucket
