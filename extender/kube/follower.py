"""One round of a reflector: list if need be, then watch until the watch ends."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Generic, TypeVar

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.listwatch import Change
from extender.kube.recovery import Recovery, UnreadableDeletionError
from extender.kube.sink import Observer, Sink
from extender.kube.source import Source

T = TypeVar("T")

_HEALTHY_AFTER = 1.0
"""Seconds; a shorter watch is a "very short watch" to client-go too (``reflector.go``)."""

_GHOST_INTERVAL = 60.0
"""Seconds between lists for the sake of deletions that cannot be read: whoever may create such
objects must not be able to make us list without pause."""

_NOT_OFFERED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
"""How a server without the feature gate WatchList refuses ``sendInitialEvents``
(``ValidateListOptions`` in ``apimachinery/pkg/apis/meta/internalversion/validation``)."""

_PAGES_TOO = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Refusals that a list in pages would meet as well."""


class Follower(Generic[T]):
    """Carries what the server says to the sink, and knows how far it has come.

    Args:
        source: the requests.
        sink: where the objects go.
        observer: for metrics.
        recovery: is told of progress.
        resource: the name in metrics and texts.
        rng: for the length of a watch.
        watch_list: whether to ask for a streaming list first.
        watch_timeout: seconds a watch is to last at least.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        source: Source[T],
        sink: Sink[T],
        observer: Observer,
        recovery: Recovery,
        *,
        resource: str,
        rng: random.Random,
        watch_list: bool,
        watch_timeout: float,
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._sink = sink
        self._observer = observer
        self._recovery = recovery
        self._resource = resource
        self._rng = rng
        self._watch_list = watch_list
        self._watch_timeout = watch_timeout
        self._clock = clock

        self.version: str | None = None
        self.synced = threading.Event()
        self.missing = False
        self._listed = False
        self._ghost: str | None = None
        self._ghost_due = 0.0

    def follow(self, stop: threading.Event, interrupt: Interrupt) -> None:
        """Returns when the server has ended the watch, or once `stop` is set; raises otherwise.

        Raises:
            ApiError: refused, or an ERROR event.
            TransportError: the connection failed, was silent too long, or was interrupted.
            UnreadableDeletionError: the set must be listed again.
        """
        if self.version is None and self._watch_list:
            self._sink.listing()
            try:
                self._watch(stop, interrupt)
            except (ApiError, TransportError) as error:
                if self.version is not None or not _pages_may_help(error):
                    raise
                # For good only where it is not offered; else the next list streams again.
                self._watch_list = not _is_not_offered(error)
            else:
                return
        if self.version is None:
            self._adopt(*self._source.fetch(interrupt, self._sink.listing))
        self._watch(stop, interrupt)

    def forget(self) -> None:
        """The next round lists again."""
        self.version = None

    def empty(self) -> None:
        """The server does not have the resource: that is known, and there is nothing of it."""
        self.version = None
        self._sink.replace(())
        self.missing = True
        self._set_synced()

    def _watch(self, stop: threading.Event, interrupt: Interrupt) -> None:
        timeout = self._rng.uniform(self._watch_timeout, 2 * self._watch_timeout)
        with self._source.watch(self.version, timeout, interrupt) as changes:
            began = self._clock()
            self._observer.opened(self._resource)
            try:
                if self.version is None:
                    self._adopt(*self._source.gather(changes))
                for change in changes:
                    if stop.is_set():
                        return
                    self._apply(change)
            finally:
                if self._clock() - began >= _HEALTHY_AFTER:
                    self._recovery.healthy()

    def _adopt(self, objects: Sequence[T], version: str) -> None:
        self._sink.replace(objects)
        # After the sink: who reads a version may count on its objects.
        self.version = version
        self.missing = False
        self._ghost = None
        self._recovery.progressed()
        if self._listed:
            self._observer.relisted(self._resource)
        self._listed = True
        self._set_synced()

    def _set_synced(self) -> None:
        self.synced.set()
        self._observer.synced(self._resource)

    def _apply(self, change: Change) -> None:
        match change.kind:
            case "ADDED" | "MODIFIED":
                for obj in self._source.read(change.raw, change.key):
                    self._sink.upsert(obj)
            case "DELETED":
                known = self._source.read(change.raw, change.key)
                for obj in known:
                    self._sink.delete(obj)
                if not known:
                    # The sink may hold an earlier, readable state of it.
                    self._ghost = change.key or "an object"
            case "BOOKMARK":
                pass
            case kind:
                self._source.report(f"unknown event type {kind!r} of {change.key}")
        if change.version:
            self.version = change.version
            self._recovery.progressed()
        self._observer.event(self._resource)
        if self._ghost is not None and self._clock() >= self._ghost_due:
            self._ghost_due = self._clock() + _GHOST_INTERVAL
            raise UnreadableDeletionError(f"{self._ghost} was deleted and could not be read")


def _is_not_offered(error: ApiError | TransportError) -> bool:
    return isinstance(error, ApiError) and error.status in _NOT_OFFERED


def _pages_may_help(error: ApiError | TransportError) -> bool:
    """Whether a list in pages is worth trying where a WatchList failed."""
    if isinstance(error, ApiError):
        return error.status not in _PAGES_TOO
    # Silence, or an end before the closing bookmark: a server that knows no sendInitialEvents and
    # ignores it.
    return error.kind in {"timeout", "protocol"}
