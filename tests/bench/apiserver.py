"""An API server's lists without the network, made as they are asked for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError
from extender.kube.listwatch import INITIAL_EVENTS_END
from extender.kube.transport import CONNECT_TIMEOUT, Response, Transport
from extender.state.failed_feed import FAILED_PODS

_META = {"resourceVersion": "1"}


class GeneratedServer(Transport):
    """Answers lists from generators of objects; after that nothing changes any more.

    Args:
        items: by the collection's path, what begins to make the objects' JSON.
        streams: whether a list may be streamed (WatchList); else it comes in pages.

    Attributes:
        making: by path, the CPU seconds that the making took, in the reader's own thread.
    """

    def __init__(
        self, items: Mapping[str, Callable[[], Iterator[bytes]]], *, streams: bool
    ) -> None:
        self._lists = {path: make() for path, make in items.items()}
        self._streams = streams
        self.making = dict.fromkeys(items, 0.0)

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        *,
        total: float | None = None,
        interrupt: Interrupt | None = None,
    ) -> Response:
        """The next page."""
        del timeout, total, interrupt
        path = _asked(path, query)
        began = time.thread_time()
        items = list(islice(self._lists.get(path, iter(())), int((query or {})["limit"])))
        token = "more" + (query or {}).get("continue", "") if items else ""
        head = _json({"kind": "List", "apiVersion": "v1", "metadata": _META | {"continue": token}})
        body = head[:-1] + b',"items":[' + b",".join(items) + b"]}"
        self._made(path, began)
        return Response(200, {}, body)

    @contextmanager
    def stream(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = 90.0,
        *,
        interrupt: Interrupt | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """The list as a stream, where it is offered; then silence for good."""
        del connect_timeout, read_timeout, interrupt
        initial = "sendInitialEvents" in (query or {})
        if initial and not self._streams:
            raise ApiError(400, "BadRequest", "sendInitialEvents is forbidden")
        yield self._lines(_asked(path, query), initial=initial)

    def _lines(self, path: str, *, initial: bool) -> Iterator[bytes]:
        if initial:
            items = self._lists.get(path, iter(()))
            while True:
                began = time.thread_time()
                lines = [b'{"type":"ADDED","object":' + one + b"}" for one in islice(items, 100)]
                self._made(path, began)
                if not lines:
                    break
                yield from lines
            meta = _META | {"annotations": {INITIAL_EVENTS_END: "true"}}
            yield _json({"type": "BOOKMARK", "object": {"metadata": meta}})
        threading.Event().wait()

    def _made(self, path: str, began: float) -> None:
        self.making[path] = self.making.get(path, 0.0) + time.thread_time() - began


def _asked(path: str, query: Mapping[str, str] | None) -> str:
    """What is read under a path: of Failed pods there are none."""
    failed = (query or {}).get("fieldSelector") == FAILED_PODS
    return f"{path}?failed" if failed else path


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
