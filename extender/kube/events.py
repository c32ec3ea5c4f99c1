"""Writes Events (events.k8s.io/v1) without ever holding up whoever has something to tell.

Manners and numbers are those of client-go's ``tools/events`` and ``tools/record``, departures said
where they are made. One comes from the API: the note of an Event cannot be changed (kube-apiserver
1.37.1 answers 422, "field is immutable"). So a series whose note has changed goes on as a new
Event that says the last note, and counts what was not told yet.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

from extender.kube.bucket import TokenBucket
from extender.kube.calls import Sends
from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.event_object import Event, Series, collection, creation, new_name, repetition
from extender.kube.event_series import SeriesBook, Sighting

__all__ = ["Event", "EventRecorder"]

QUEUE = 1000
"""Events that may wait to be sent (``maxQueuedEvents`` of client-go)."""

BURST = 100
RATE = 10.0
"""Writes at once, and a second."""

TRIES = 4
"""Of one write, where the server may yet take it."""

_TIMEOUT = 10.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_FLUSH = 1.0
_LONGEST_SLEEP = 3600.0
_BATCH = 100
_MERGE = "application/merge-patch+json"
_TERMINATING = "is being terminated"
"""Part of the message of a 403 where the namespace is on its way out; its cause,
``NamespaceTerminating``, stands in a part of the Status that is not kept."""

_Outcome = Literal["done", "gone", "lost"]
"""Of a write: it stands at the server; what it was about is not there; it was given up."""


class EventRecorder:
    """Sends Events in the background.

    The same (object, reason, action, type, node) seen again within 6 minutes counts up the series
    of the Event that is there, with a write every 10 s at most. Each object is allowed 25 writes
    and one more every 5 minutes; new Events beyond that are dropped, repetitions are counted and
    told when there is room. All objects together are allowed 100 writes and 10 more a second.

    Needs create and patch on ``events`` of ``events.k8s.io``.

    Args:
        transport: the way to the API server.
        instance: which of the extender's processes this is; cut at 128 bytes.
        on_problem: one line for people; each kind of failure once, until a write succeeds. Called
            in the recorder's thread; must not raise.
        clock: seconds that only grow.
        now: seconds since the epoch.
        pause: waits for the event or for the seconds, whichever comes first.
        size: Events that may wait to be sent.

    Raises:
        ValueError: no instance: the API server would refuse every Event.
    """

    def __init__(
        self,
        transport: Sends,
        instance: str,
        on_problem: Callable[[str], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
        size: int = QUEUE,
    ) -> None:
        if not instance:
            raise ValueError("Events need a reportingInstance, such as the name of the own pod")
        self._transport = transport
        self._instance = instance
        self._on_problem = on_problem
        self._clock = clock
        self._now = now
        self._pause = pause
        self._size = size

        self._lock = threading.Lock()
        self._queue: deque[tuple[Event, float]] = deque()
        self._closed = False
        self._dropped = 0
        self._wake = threading.Event()
        self._halt = threading.Event()
        self._interrupt = Interrupt()
        self._thread: threading.Thread | None = None

        self._book = SeriesBook()
        self._all = TokenBucket(BURST, RATE, clock())
        self._told: set[str] = set()

    @property
    def dropped(self) -> int:
        """Events that nobody will read: no room, too many about one object, refused, or late."""
        return self._dropped

    def emit(self, event: Event) -> None:
        """Tells of something. Any thread may call; waits for nothing and raises nothing."""
        with self._lock:
            if self._closed or len(self._queue) >= self._size:
                self._dropped += 1
                return
            self._queue.append((event, self._now()))
        self._wake.set()

    def start(self) -> None:
        """Sends in a daemon thread until `stop`; what was emitted before is sent, too.

        Raises:
            RuntimeError: it was started before; a recorder lives only once.
        """
        with self._lock:
            if self._thread is not None or self._closed:
                raise RuntimeError("the recorder of Events was started before")
            self._thread = threading.Thread(target=self._run, name="events", daemon=True)
            self._thread.start()

    def stop(self) -> bool:
        """Takes no more, sends for at most 1 s what is waiting; says if the thread is gone."""
        with self._lock:
            self._closed = True
            thread = self._thread
        self._wake.set()
        if thread is None:
            self._give_up()
            return True
        thread.join(_FLUSH)
        self._halt.set()
        self._interrupt.trigger()
        thread.join(_FLUSH / 2)
        return not thread.is_alive()

    def work(self, *, final: bool = False) -> float | None:
        """Sends what is there to be sent, in this thread; `start`'s does it again and again.

        Args:
            final: whether repetitions are told now, although their time has not come.

        Returns:
            Seconds until there will be more by itself; None if there will not.
        """
        while not self._halt.is_set():
            batch = self._taken()
            for event, last in batch:
                self._see(event, last)
            for series in self._book.due(self._clock(), all_of_them=final and not batch):
                self._see_again(series)
            if not batch:
                break
        return self._book.next_due(self._clock())

    def _run(self) -> None:
        while True:
            self._wake.clear()
            if self._closed:  # asked only now: `stop` sets it before it wakes
                break
            wait = self.work()
            self._pause(self._wake, _LONGEST_SLEEP if wait is None else wait)
        self.work(final=True)
        self._give_up()
        self._drop(self._book.unsent)

    def _give_up(self) -> None:
        with self._lock:
            self._dropped += len(self._queue)
            self._queue.clear()

    def _taken(self) -> list[tuple[Event, float]]:
        with self._lock:
            return [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]

    def _see(self, event: Event, last: float) -> None:
        try:
            series, lost = self._book.see(event, last, self._clock())
            self._drop(lost)
            if series is None:
                return
            if self._book.may_write(series, self._clock()):
                self._create(series)
            else:
                self._drop(self._book.forget(event))
        except Exception as error:  # noqa: BLE001 - one Event must not silence all others
            self._drop(1)
            self._tell("internal", f"internal error: {type(error).__name__}: {error}")

    def _see_again(self, series: Sighting) -> None:
        try:
            if not self._book.may_write(series, self._clock()):
                return
            if series.note != series.event.note:
                self._create(series)
                return
            count = series.count + series.unsent
            path = f"{collection(series.event)}/{series.name}"
            body = repetition(Series(count, series.last))
            outcome = self._send("PATCH", path, body, _MERGE)
            if outcome == "gone":  # Events are deleted after an hour (``--event-ttl``)
                self._create(series)
            elif outcome == "done":
                self._book.wrote(series, series.name, count, self._clock())
            else:
                self._drop(self._book.forget(series.event))
        except Exception as error:  # noqa: BLE001 - as above
            self._drop(self._book.forget(series.event))
            self._tell("internal", f"internal error: {type(error).__name__}: {error}")

    def _create(self, series: Sighting) -> None:
        """Makes a new Event of what is not told yet."""
        event, count = series.event, series.unsent
        name = new_name(event)
        repeated = Series(count, series.last) if count > 1 else None
        body = creation(event, name, self._instance, series.first_unsent, repeated)
        if self._send("POST", collection(event), body, "application/json") == "done":
            self._book.wrote(series, name, count, self._clock())
        else:
            self._drop(self._book.forget(event))

    def _send(self, method: str, path: str, body: bytes, content_type: str) -> _Outcome:
        backoff = _FIRST_PAUSE
        last: ApiError | TransportError
        for tries_left in reversed(range(TRIES)):
            while (wait := self._all.wait(self._clock())) > 0 and not self._halt.is_set():
                self._pause(self._halt, wait)
            if self._halt.is_set():
                return "lost"
            self._all.take(self._clock())
            try:
                self._transport.send(
                    method,
                    path,
                    body,
                    _TIMEOUT,
                    content_type=content_type,
                    interrupt=self._interrupt,
                )
            except ApiError as error:
                outcome = self._judged(error, method)
                if outcome != "later":
                    return outcome
                last, kind, asked = error, str(error.status), error.retry_after or 0.0
            except TransportError as error:
                last, kind, asked = error, error.kind, 0.0
            else:
                self._told.clear()
                return "done"
            if tries_left:
                self._pause(self._halt, max(backoff, min(asked, _LONGEST_PAUSE)))
                backoff *= 2
        if not self._halt.is_set():
            self._tell(kind, f"given up after {TRIES} tries: {last}")
        return "lost"

    def _judged(self, error: ApiError, method: str) -> _Outcome | Literal["later"]:
        """What a refusal means; tells of it where it is somebody's business."""
        match error.status:
            case HTTPStatus.CONFLICT if method == "POST" and error.reason == "AlreadyExists":
                return "done"  # nobody else has its name: a try whose answer was lost
            case HTTPStatus.NOT_FOUND:
                return "gone"  # the Event, or the namespace and all that was in it
            case HTTPStatus.FORBIDDEN if _TERMINATING in error.message:
                return "gone"
            case HTTPStatus.TOO_MANY_REQUESTS:
                return "later"
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return "later"
        self._tell(str(error.status), str(error))
        return "lost"

    def _drop(self, count: int) -> None:
        if count:
            with self._lock:
                self._dropped += count

    def _tell(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._on_problem(f"Events: {text}")
