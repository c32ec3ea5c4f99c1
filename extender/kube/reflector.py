"""Keeps one resource of the API server in sync with a sink: list, watch, and all that goes wrong.

Protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/ (efficient detection of
changes, streaming lists, retrieving large results sets in chunks).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Generic, TypeVar

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError
from extender.kube.follower import Follower
from extender.kube.recovery import Recovery, Verdict
from extender.kube.sink import Observer, Sink
from extender.kube.source import Decode, Source
from extender.kube.transport import Transport

__all__ = ["READ_TIMEOUT", "Observer", "Reflector", "Sink"]

T = TypeVar("T")

READ_TIMEOUT = 90.0
"""Seconds of silence after which a watch counts as dead. A healthy one is never silent that long:
bookmarks come once a minute (``defaultBookmarkFrequency`` in
``staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go``), give or take a second. An API server
that sends none costs a new request every 90 s of quiet, and a list every fifth time (see
``recovery.STUCK``)."""

_MISSING_INTERVAL = 60.0
_STOP_TIMEOUT = 2.0


class Reflector(Generic[T]):
    """Lists a resource, then watches it, for ever.

    Args:
        transport: the way to the API server.
        resource: what it is called in metrics and texts, such as ``pods``.
        path: of the collection, such as ``/api/v1/pods``.
        decode: makes the object of its JSON; whatever it raises leaves out that object only.
        sink: where the objects go.
        on_problem: one line for people. The same failure to list or watch is told once, until the
            resource is in sync again; an object that cannot be read, each time it comes.
        observer: for metrics.
        rng: for jitter.
        selectors: ``fieldSelector`` and ``labelSelector``, if any.
        optional: whether the server may not have the resource (404: its CRD is not installed). It
            then counts as synced and empty, and is asked for every 60 s.
        watch_list: whether to ask for a streaming list first.
        page_size: objects a page, where the list comes in pages.
        list_timeout: seconds for a page.
        read_timeout: seconds of silence that end a watch, see `READ_TIMEOUT`.
        watch_timeout: seconds after which the server is asked to end a watch, at least; at most
            twice that, at random (300 s is client-go's).
        clock: seconds that only grow.
        pause: waits for the event or for the seconds, whichever comes first.
    """

    def __init__(
        self,
        transport: Transport,
        resource: str,
        path: str,
        *,
        decode: Decode[T],
        sink: Sink[T],
        on_problem: Callable[[str], object],
        observer: Observer,
        rng: random.Random,
        selectors: Mapping[str, str] | None = None,
        optional: bool = False,
        watch_list: bool = True,
        page_size: int = 500,
        list_timeout: float = 60.0,
        read_timeout: float = READ_TIMEOUT,
        watch_timeout: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self.resource = resource
        self._source = Source(
            transport,
            resource,
            path,
            decode=decode,
            on_problem=on_problem,
            selectors=selectors or {},
            page_size=page_size,
            list_timeout=list_timeout,
            read_timeout=read_timeout,
        )
        self._recovery = Recovery(rng)
        self._follower = Follower(
            self._source,
            sink,
            observer,
            self._recovery,
            resource=resource,
            rng=rng,
            watch_list=watch_list,
            watch_timeout=watch_timeout,
            clock=clock,
        )
        self._observer = observer
        self._optional = optional
        self._pause = pause
        self._again = threading.Event()
        self._interrupt = Interrupt()
        self._running = threading.Lock()
        self._control = threading.Lock()
        self._thread: tuple[threading.Thread, threading.Event] | None = None

    @property
    def synced(self) -> bool:
        """Whether the sink has been given the whole set once.

        It stays so while the server is away: what was known then is the best there is.
        """
        return self._follower.synced.is_set()

    @property
    def version(self) -> str | None:
        """The resource version up to which the sink knows everything.

        None before the first list and while listing anew.
        """
        return self._follower.version

    def wait_synced(self, timeout: float | None = None) -> bool:
        """Waits until `synced`, at most `timeout` seconds; returns whether it is."""
        return self._follower.synced.wait(timeout)

    def start(self) -> None:
        """Runs in a daemon thread until `stop`.

        Raises:
            RuntimeError: it runs already.
        """
        with self._control:
            if self._thread is not None:
                raise RuntimeError(f"the reflector of {self.resource} runs already")
            stop = threading.Event()
            thread = threading.Thread(
                target=self.run, args=(stop,), name=f"reflector-{self.resource}", daemon=True
            )
            self._thread = (thread, stop)
            thread.start()

    def stop(self) -> bool:
        """Ends what `start` began, within 2 s; returns whether the thread is gone.

        It is not only if the consumer, an exec plug-in or the connecting to a server that does not
        answer takes longer; being a daemon it does not hold up the end of the process.
        """
        with self._control:
            if self._thread is None:
                return True
            thread, stop = self._thread
            self._thread = None
        stop.set()
        thread.join(_STOP_TIMEOUT)
        return not thread.is_alive()

    def relist(self) -> None:
        """Lists anew, at once, whatever goes on: what is decoded is to be decoded otherwise.

        Any thread may call.
        """
        self._again.set()
        self._interrupt.trigger()

    def run(self, stop: threading.Event) -> None:
        """Lists and watches in this thread until the event is set, also while it waits for bytes.

        Raises:
            RuntimeError: it runs already.
        """
        if not self._running.acquire(blocking=False):
            raise RuntimeError(f"the reflector of {self.resource} runs already")
        # Sets the thread below free when it waits for bytes.
        threading.Thread(
            target=self._interrupt_on,
            args=(stop,),
            name=f"reflector-{self.resource}-stop",
            daemon=True,
        ).start()
        try:
            self._follower.forget()
            while True:
                interrupt = self._interrupt = Interrupt()
                if self._again.is_set():
                    self._again.clear()
                    self._follower.forget()
                if stop.is_set():
                    break
                verdict = self._round(stop, interrupt)
                if stop.is_set():
                    break
                if self._again.is_set():
                    continue
                if verdict.relist:
                    self._follower.forget()
                self._observer.restarted(self.resource, verdict.cause)
                if verdict.text is not None:
                    self._source.report(verdict.text)
                if verdict.delay > 0:
                    self._pause(stop, verdict.delay)
        finally:
            self._running.release()

    def _round(self, stop: threading.Event, interrupt: Interrupt) -> Verdict:
        """Lists if need be and watches until the watch ends; what is to be done then."""
        try:
            try:
                self._follower.follow(stop, interrupt)
            except ApiError as error:
                if error.status == HTTPStatus.NOT_FOUND and self._optional:
                    return self._absent(error)
                raise
        except Exception as error:  # noqa: BLE001 - if the thread ended here, the consumer would
            # be left with a picture of the past, and nobody would know.
            return self._recovery.failed(error)
        return self._recovery.closed()

    def _absent(self, error: ApiError) -> Verdict:
        """An optional resource that the server does not have.

        The answer can be trusted: while an API server is still installing its paths it says 503
        (``apiserver/pkg/util/notfoundhandler``).
        """
        text = None
        if not self._follower.missing:
            self._follower.empty()
            text = f"the server has no such resource, taken as empty ({error})"
        return Verdict("missing", _MISSING_INTERVAL, relist=True, text=text)

    def _interrupt_on(self, stop: threading.Event) -> None:
        stop.wait()
        self._interrupt.trigger()
