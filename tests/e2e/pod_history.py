"""All that happened to all pods, written down as it happens and judged afterwards.

A list at the end shows only how it ended; the watch delivers every state in the API server's order.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from tests.e2e.api import Api
from tests.e2e.objects import PREFIX
from tests.e2e.waiting import wait_until

ENDED = frozenset({"Succeeded", "Failed"})
RECONNECT_AFTER = 0.2


@dataclass(frozen=True)
class State:
    """A pod after one event; `node` is empty while it is not bound."""

    at: float
    version: str
    deleted: bool
    uid: str
    name: str
    node: str
    phase: str
    reason: str
    group: str

    @property
    def counts(self) -> bool:
        """Whether it takes a place on its node."""
        return not self.deleted and bool(self.node) and self.phase not in ENDED


@dataclass(frozen=True)
class Excess:
    """A moment at which more was on a node than may be."""

    node: str
    count: int
    version: str


class PodHistory:
    """Watches the pods of all namespaces between entry and exit.

    Raises from every question what ended the watching, if something did.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._states: list[State] = []
        self._lock = threading.Lock()
        self._latest: dict[str, State] = {}
        self._error: BaseException | None = None
        self._stopping = threading.Event()
        self._connection: http.client.HTTPSConnection | None = None
        self._version = ""
        self._thread = threading.Thread(target=self._run, name="pod history", daemon=True)

    def states(self) -> list[State]:
        """All events until now."""
        with self._lock:
            self._check()
            return list(self._states)

    def latest(self) -> dict[str, State]:
        """The pods that exist, by UID."""
        with self._lock:
            self._check()
            return dict(self._latest)

    def _check(self) -> None:
        if self._error is not None:
            raise RuntimeError("the pods could not be watched") from self._error

    def wait(
        self,
        condition: Callable[[dict[str, State]], bool],
        timeout: float,
        what: str | Callable[[], str],
    ) -> None:
        """Waits until the pods that exist, by UID, are as `condition` says.

        Raises:
            TimeoutError: after `timeout` seconds, naming `what`.
        """
        wait_until(lambda: condition(self.latest()), timeout, what)

    def wait_bound(self, number: int, timeout: float, prefix: str = "") -> None:
        """Waits until so many of the pods whose names begin with `prefix` have a node."""

        def bound(pods: dict[str, State]) -> int:
            return sum(bool(s.node) for s in pods.values() if s.name.startswith(prefix))

        self.wait(
            lambda pods: bound(pods) >= number,
            timeout,
            lambda: f"{number} pods {prefix}* bound; {bound(self.latest())} are",
        )

    def excesses(self, limit: int, group: str | None = None) -> list[Excess]:
        """Every moment at which a node had more than `limit` pods (of a server group)."""
        at: dict[str, str] = {}
        count: Counter[str] = Counter()
        found = []
        for state in self.states():
            if group is not None and state.group != group:
                continue
            before, now = at.pop(state.uid, ""), state.node if state.counts else ""
            if now:
                at[state.uid] = now
            if before == now:
                continue
            count[before] -= 1
            count[now] += 1
            if now and count[now] > limit:
                found.append(Excess(now, count[now], state.version))
        return found

    def moved(self) -> list[str]:
        """The pods that were on more than one node."""
        nodes: defaultdict[str, set[str]] = defaultdict(set)
        for state in self.states():
            if state.node:
                nodes[f"{state.name} ({state.uid})"].add(state.node)
        return [name for name, were in nodes.items() if len(were) > 1]

    def binding_rate(self) -> float:
        """Pods bound per second, from the first that was to the last."""
        first: dict[str, float] = {}
        for state in self.states():
            if state.node:
                first.setdefault(state.uid, state.at)
        times = sorted(first.values())
        if len(times) < 2 or times[-1] == times[0]:
            return 0.0
        return (len(times) - 1) / (times[-1] - times[0])

    # The thread.

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                for event in self._events():
                    self._take(event)
            except (OSError, http.client.HTTPException) as error:
                # The API server may be restarted under us; what was missed is delivered again.
                if not self._stopping.is_set():
                    time.sleep(RECONNECT_AFTER)
                    del error
            except BaseException as error:  # noqa: BLE001 - whoever asks is told
                with self._lock:
                    self._error = error
                return

    def _events(self) -> Iterator[dict[str, Any]]:
        query = {"watch": "1", "allowWatchBookmarks": "true", "resourceVersion": self._version}
        address = urlsplit(self._api.server).netloc
        # No time-out: one in the middle of a line would spoil it. The end comes by `stop`.
        connection = http.client.HTTPSConnection(address, context=self._api.tls)
        self._connection = connection
        try:
            connection.request(
                "GET",
                f"/api/v1/pods?{urlencode(query)}",
                headers={"Authorization": f"Bearer {self._api.token}"},
            )
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"watching pods: {answer.status} {answer.read()[:500]!r}")
            while line := answer.readline():
                if not line.endswith(b"\n"):
                    return  # cut in its middle; it comes again
                yield json.loads(line)
        finally:
            connection.close()

    def _take(self, event: dict[str, Any]) -> None:
        pod = event["object"]
        if event["type"] == "ERROR":
            raise RuntimeError(f"watching pods: {pod}")
        self._version = pod["metadata"]["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return
        self._note(pod, deleted=event["type"] == "DELETED")

    def _note(self, pod: dict[str, Any], *, deleted: bool) -> None:
        meta, status = pod["metadata"], pod.get("status", {})
        state = State(
            at=time.monotonic(),
            version=meta["resourceVersion"],
            deleted=deleted,
            uid=meta["uid"],
            name=meta["name"],
            node=pod["spec"].get("nodeName", ""),
            phase=status.get("phase", ""),
            reason=status.get("reason", ""),
            group=meta.get("annotations", {}).get(f"{PREFIX}server_group", ""),
        )
        with self._lock:
            self._states.append(state)
            if deleted:
                self._latest.pop(state.uid, None)
            else:
                self._latest[state.uid] = state

    def __enter__(self) -> Self:
        listed = self._api.request("GET", "api/v1/pods")
        self._version = listed["metadata"]["resourceVersion"]
        for pod in listed["items"]:
            self._note(pod, deleted=False)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        while self._thread.is_alive():
            self._wake()
            self._thread.join(0.2)

    def _wake(self) -> None:
        """Ends the read that the thread waits in."""
        connection = self._connection
        sock: ssl.SSLSocket | None = connection.sock if connection is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
