"""Every state of every node, in the API server's order."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import closing, suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from tests.e2e.api import Api, Object
from tests.e2e.waiting import wait_until


class NodeHistory:
    """Watches the nodes between entry and exit; a watch delivers every write.

    Args:
        api: Whose nodes.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._states: list[Object] = []
        self._error: BaseException | None = None
        self._connection: http.client.HTTPSConnection | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="node history", daemon=True)

    def until(self, version: str) -> list[Object]:
        """The states up to the one that has this resource version, once it has come."""
        wait_until(lambda: self._error or self._come(version), 30, f"the watch at {version}")
        if self._error is not None:
            raise RuntimeError("the nodes could not be watched") from self._error
        return list(self._states)

    def _come(self, version: str) -> bool:
        return any(state["metadata"]["resourceVersion"] == version for state in self._states[-100:])

    def _run(self) -> None:
        try:
            listed = self._api.request("GET", "api/v1/nodes")
            self._states += listed["items"]
            version = listed["metadata"]["resourceVersion"]
            while not self._stopping:
                version = self._watch(version)
        except Exception as error:  # noqa: BLE001 - told by `until`, not by a thread
            # A connection that was shut under its reader fails in any way.
            if not self._stopping:
                self._error = error

    def _watch(self, version: str) -> str:
        """Watches until the API server ends it; gives the version it came to."""
        query = urlencode({"watch": "1", "resourceVersion": version})
        address = urlsplit(self._api.server).netloc
        self._connection = http.client.HTTPSConnection(address, context=self._api.tls)
        token = {"Authorization": f"Bearer {self._api.token}"}
        self._connection.request("GET", f"/api/v1/nodes?{query}", headers=token)
        with closing(self._connection), self._connection.getresponse() as answer:
            while line := answer.readline():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise RuntimeError(f"watching nodes: {event['object']}")
                version = event["object"]["metadata"]["resourceVersion"]
                self._states.append(event["object"])
        return version

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping = True
        if self._connection is not None and self._connection.sock is not None:
            # Closing alone would wait for the reader.
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
