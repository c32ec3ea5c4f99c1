"""Many calls of the API server at once: a connection for each thread, kept open."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.e2e.api import Api, ApiError, Object, path

THREADS = 12
TIMEOUT = 60.0


class Bulk:
    """Creates and deletes thousands of objects; a context manager that closes its connections."""

    def __init__(self, api: Api, threads: int = THREADS) -> None:
        self._api = api
        self._address = urlsplit(api.server).netloc
        self._mine = threading.local()
        self._open: list[http.client.HTTPSConnection] = []
        self._pool = ThreadPoolExecutor(threads, "bulk")

    def begin(self, objects: Iterable[Object]) -> Iterator[Object]:
        """Begins to create objects, in no order; gives what the API server made of them."""
        return self._pool.map(self.create_one, objects)

    def create(self, objects: Iterable[Object]) -> list[Object]:
        """Creates objects; returns what the API server made of them, once all are there."""
        return list(self.begin(objects))

    def create_one(self, obj: Object) -> Object:
        """Creates an object, on the connection of the thread that calls."""
        namespace = obj["metadata"].get("namespace", "default")
        return self.call("POST", path(obj["kind"], namespace=namespace), obj)

    def begin_deleting(self, pods: Iterable[str]) -> Iterator[None]:
        """Begins to delete pods of the namespace default, without grace."""
        return self._pool.map(self.delete_pod, pods)

    def delete_pod(self, name: str) -> None:
        """Deletes a pod, on the connection of the thread that calls; it may be gone already."""
        try:
            self.call("DELETE", path("Pod", name), {"gracePeriodSeconds": 0})
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def call(self, method: str, where: str, body: Object | None = None, **headers: str) -> Object:
        """One call on this thread's connection; raises `ApiError` unless it succeeds.

        Args:
            method: Of HTTP.
            where: The path, without its first slash.
            body: What is sent, if anything is.
            **headers: In place of the usual ones, or more: `Content_Type="…"`.
        """
        connection = self._connection()
        sent = {
            "Authorization": f"Bearer {self._api.token}",
            "Accept": "application/json",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, f"/{where}", data, sent)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(answer.status, method, where, text.decode(errors="replace"))
        answered: Object = json.loads(text)
        return answered

    def close(self) -> None:
        """Ends the threads and their connections."""
        self._pool.shutdown()
        for connection in self._open:
            connection.close()

    def _connection(self) -> http.client.HTTPSConnection:
        found: http.client.HTTPSConnection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = http.client.HTTPSConnection(
                self._address, timeout=TIMEOUT, context=self._api.tls
            )
            self._mine.connection = found
            self._open.append(found)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
