"""A world of electors around one Lease, in which time passes only as told and calls go astray."""

from __future__ import annotations

import json
import math
import random
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, NamedTuple, Self

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.lease import Elector
from extender.kube.transport import Response

Object = dict[str, Any]

COLLECTION = "/apis/coordination.k8s.io/v1/namespaces/ns/leases"
EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z


class LeaseStore:
    """What an API server does with one Lease, versions and all."""

    def __init__(self) -> None:
        self.lease: Object | None = None
        self.version = 0
        self.history: list[Object] = []

    @property
    def spec(self) -> Object:
        """Of the Lease as it is."""
        assert self.lease is not None
        spec: Object = self.lease["spec"]
        return spec

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, Object]:
        """Status and body of the answer."""
        if method == "POST":
            assert path == COLLECTION
            if self.lease is not None:
                return 409, _status(409, "AlreadyExists")
            return 201, self.put(json.loads(body))
        assert path == f"{COLLECTION}/one"
        if self.lease is None:
            return 404, _status(404, "NotFound")
        if method == "GET":
            return 200, self.lease
        new = json.loads(body)
        if new["metadata"]["resourceVersion"] != str(self.version):
            return 409, _status(409, "Conflict")
        return 200, self.put(new)

    def put(self, lease: Object) -> Object:
        """Makes this the Lease, with a new version."""
        self.version += 1
        lease = json.loads(json.dumps(lease))
        lease["metadata"]["resourceVersion"] = str(self.version)
        self.lease = lease
        self.history.append(lease["spec"])
        return lease


def _status(code: int, reason: str) -> Object:
    return {"kind": "Status", "code": code, "reason": reason, "message": f"it is {reason}"}


class Fate(NamedTuple):
    """What becomes of a call: seconds there and back; what is answered instead, and Retry-After."""

    there: float = 0.0
    back: float = 0.0
    status: int = 0
    asked: float | None = None


FINE = Fate()


class KilledError(BaseException):
    """The process of this elector is gone; nothing of it may run on."""


class Person:
    """An elector in the world, its process and its network.

    Args:
        world: where it lives.
        name: its identity.
        rate: how fast its clock goes.
    """

    def __init__(self, world: World, name: str, rate: float = 1.0) -> None:
        self.world = world
        self.name = name
        self.rate = rate
        self.fates: list[Fate] = []
        self.changes: list[tuple[float, bool]] = []
        self.problems: list[str] = []
        self.calls: list[str] = []
        self.due = 0.0
        self.alive = True
        self.busy = False
        self.cut_off = False
        self.elector = self._new()

    def _new(self) -> Elector:
        return Elector(
            self,
            "ns",
            "one",
            self.name,
            on_change=self._changed,
            on_problem=self.problems.append,
            rng=random.Random(self.name),  # noqa: S311 - jitter
            clock=lambda: self.world.now * self.rate,
            now=lambda: EPOCH + self.world.now,
        )

    @property
    def leads(self) -> bool:
        """Whether it is alive and takes itself for the leader."""
        return self.alive and self.elector.leading

    def _changed(self, leading: bool) -> None:
        if self.alive:
            self.changes.append((self.world.now, leading))
        self.world.check()

    def step(self) -> None:
        """One round of the elector."""
        self.busy = True
        try:
            pause = self.elector.step()
        except KilledError:
            return
        finally:
            self.busy = False
        self.due = self.world.now + pause / self.rate
        self.world.check()

    def cut(self) -> None:
        """From now on no call reaches the server."""
        self.cut_off = True

    def mend(self) -> None:
        """The end of that."""
        self.cut_off = False

    def kill(self) -> None:
        """The end of the process, without a word."""
        self.alive = False

    def restart(self) -> None:
        """A new process under the same identity, once the old one is gone."""
        if not self.alive and not self.busy:
            self.alive, self.due = True, self.world.now
            self.elector = self._new()

    def resign(self) -> None:
        """The orderly end of the process: what `Elector.stop` makes its thread do."""
        if self.alive and not self.busy:
            self.busy = True
            self.elector.stop()
            try:
                self.elector._live(self.elector._run)
            except KilledError:
                pass
            finally:
                self.busy = self.alive = False

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        *,
        interrupt: Interrupt | None = None,
    ) -> Response:
        """Of a transport."""
        assert query is None
        assert interrupt is not None
        return self._call("GET", path, b"", timeout)

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout: float = 30.0,
        *,
        content_type: str = "application/json",
        interrupt: Interrupt | None = None,
    ) -> Response:
        """Of a transport."""
        assert content_type == "application/json"
        assert interrupt is not None
        return self._call(method, path, body, timeout)

    def _call(self, method: str, path: str, body: bytes, timeout: float) -> Response:
        self.calls.append(method)
        world, store = self.world, self.world.store
        fate = self.fates.pop(0) if self.fates else FINE
        if self.cut_off:
            fate = Fate(there=math.inf)
        timeout /= self.rate
        if fate.there > timeout:
            if fate.there < math.inf:
                # It gets there yet, long after everybody has given it up.
                world.at(world.now + fate.there, lambda: store.handle(method, path, body))
            self._wait(timeout)
            raise TransportError("time-out", "timeout")
        self._wait(fate.there)
        if fate.status:
            raise ApiError(fate.status, "Made", "up", fate.asked)
        status, answer = store.handle(method, path, body)
        raw = json.dumps(answer).encode()
        self._wait(min(fate.back, timeout - fate.there))
        if fate.there + fate.back > timeout:
            raise TransportError("time-out", "timeout")
        if status >= 400:
            raise ApiError(status, answer["reason"], answer["message"])
        return Response(status, {}, raw)

    def _wait(self, seconds: float) -> None:
        """The others live on meanwhile."""
        if seconds > 0:
            self.world.run(self.world.now + seconds)
        if not self.alive:
            raise KilledError


class World:
    """Electors, a Lease and the time.

    Args:
        rates: how fast the clocks of the electors a, b, c … go.
    """

    def __init__(self, *rates: float) -> None:
        self.now = 0.0
        self.store = LeaseStore()
        self._numbers = count()
        self.planned: list[tuple[float, int, Callable[[], object]]] = []
        self.people = [
            Person(self, name, rate) for name, rate in zip("abcdef", rates, strict=False)
        ]

    def at(self, time: float, action: Callable[[], object]) -> None:
        """Plans something."""
        self.planned.append((time, next(self._numbers), action))

    def happen(self, who: str, what: str) -> None:
        """Does something to the one of this name, or to the leader of the moment."""
        for person in self.people:
            if who == person.name or (who == "leader" and person.leads):
                getattr(person, what)()

    def run(self, until: float) -> None:
        """Lets time pass. Called again from within by an elector whose call takes its time."""
        while True:
            free = [person for person in self.people if person.alive and not person.busy]
            person = min(free, key=lambda p: p.due, default=None)
            planned = min(self.planned, default=None)
            times = [planned[0] if planned else math.inf, person.due if person else math.inf]
            if min(times) > until:
                break
            self.now = max(self.now, min(times))
            self.check()
            if planned and planned[0] <= times[1]:
                self.planned.remove(planned)
                planned[2]()
            elif person:
                person.step()
        self.now = max(self.now, until)
        self.check()

    def check(self) -> None:
        """What must be true at any moment."""
        leaders = [person.name for person in self.people if person.leads]
        assert len(leaders) <= 1, f"{leaders} lead at {self.now}"

    @property
    def leader(self) -> str:
        """Who leads, empty if nobody does."""
        return next((person.name for person in self.people if person.leads), "")


class LeaseServer:
    """A `LeaseStore` behind real HTTP on the loopback address; silent while `silent` is set."""

    def __init__(self) -> None:
        self.store = LeaseStore()
        self.silent = threading.Event()
        self.calls: list[str] = []
        self._end = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self)

            do_POST = do_PUT = do_GET  # noqa: N815 - the names are those of the base class

            def log_message(self, *args: object) -> None:
                """Keeps quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = False  # joined on close, so that no socket is left to the collector

            def handle_error(self, request: object, client_address: object) -> None:
                """The client has gone away: that is what the tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self._lock:
            self.calls.append(handler.command)
        if self.silent.is_set():
            handler.close_connection = True
            self._end.wait()
            return
        with self._lock:
            status, answer = self.store.handle(handler.command, handler.path, body)
        data = json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
