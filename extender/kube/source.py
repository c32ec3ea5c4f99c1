"""The list and watch requests for one resource, and its objects decoded one by one.

Protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/ (retrieving large results
sets in chunks, streaming lists, efficient detection of changes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Generic, TypeVar

import msgspec

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.listwatch import Change, name_of, read_line, read_page
from extender.kube.nesting import shallow
from extender.kube.transport import Transport

T = TypeVar("T")

Decode = Callable[[msgspec.Raw | bytes], T]
"""Makes an object of its JSON, or raises. What it returns must not hold on to the ``msgspec.Raw``:
that is a view which keeps a whole page in memory."""


class Source(Generic[T]):
    """One resource of one API server, as far as a selector picks it.

    Args:
        transport: the way to the API server.
        resource: what it is called in texts.
        path: of the collection, such as ``/api/v1/pods``.
        decode: see `Decode`.
        on_problem: is told of every object that cannot be read.
        selectors: ``fieldSelector`` and ``labelSelector``, if any.
        page_size: objects a page.
        list_timeout: seconds for a page.
        read_timeout: seconds of silence that end a watch.
    """

    def __init__(
        self,
        transport: Transport,
        resource: str,
        path: str,
        *,
        decode: Decode[T],
        on_problem: Callable[[str], object],
        selectors: Mapping[str, str],
        page_size: int,
        list_timeout: float,
        read_timeout: float,
    ) -> None:
        self._transport = transport
        self._resource = resource
        self._path = path
        self._decode = decode
        self._on_problem = on_problem
        self._selectors = dict(selectors)
        self._page_size = page_size
        self._list_timeout = list_timeout
        self._read_timeout = read_timeout

    def fetch(self, interrupt: Interrupt, listing: Callable[[], object]) -> tuple[list[T], str]:
        """The whole set and its resource version, page by page: a consistent read.

        A 410 on a later page means that the snapshot the pages are of has been compacted away. The
        list then begins again, in one piece so that it cannot happen twice (as client-go's
        ``tools/pager/pager.go``).

        Args:
            interrupt: ends it at once.
            listing: is told each time that a list begins, before it is asked for.

        Raises:
            ApiError: refused.
            TransportError: no whole answer in time, or no list.
        """
        listing()
        try:
            return self._pages(interrupt, {"limit": str(self._page_size)})
        except _SnapshotGoneError:
            listing()
            return self._pages(interrupt, {})

    @contextmanager
    def watch(
        self, version: str | None, timeout: float, interrupt: Interrupt
    ) -> Iterator[Iterator[Change]]:
        """The changes since a version, or with None a WatchList; see `gather`.

        Args:
            version: the resource version to go on from.
            timeout: seconds after which the server shall end it in an orderly way.
            interrupt: ends it at once.

        Raises:
            ApiError: refused on entering, or an ERROR event while reading.
            TransportError: on entering or while reading.
        """
        query = {
            **self._selectors,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(int(timeout)),
        }
        if version is None:
            query |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        else:
            query["resourceVersion"] = version
        with self._transport.stream(
            self._path, query, read_timeout=self._read_timeout, interrupt=interrupt
        ) as lines:
            yield map(read_line, lines)

    def gather(self, changes: Iterator[Change]) -> tuple[list[T], str]:
        """The whole set and its version from the first part of a WatchList.

        Objects come in no particular order of versions, and may change while the rest is still
        coming (client-go keeps a temporary store here, ``watchList`` in ``reflector.go``).

        Raises:
            TransportError: of kind ``protocol``: the stream ended before the closing bookmark.
        """
        found: dict[str | int, T] = {}
        for change in changes:
            if change.ends_initial and change.version:
                return list(found.values()), change.version
            if change.kind == "DELETED":
                found.pop(change.key, None)
            elif change.kind != "BOOKMARK":
                for obj in self.read(change.raw, change.key):
                    found[change.key or len(found)] = obj
        raise TransportError("the watch ended before all objects had come", "protocol")

    def read(self, raw: msgspec.Raw, key: str) -> list[T]:
        """The object, or nothing if it cannot be read; then it is reported.

        Args:
            raw: its JSON.
            key: its name for people; looked up if empty.
        """
        try:
            return [self._decode_deep(raw)]
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one object must not
            # harm the others, and what can be wrong is for the decoder to know.
            name = key or name_of(raw) or "an object"
            self.report(f"{name} cannot be read and is skipped: {error}")
            return []

    def report(self, text: str) -> None:
        """Tells people about a problem with this resource."""
        self._on_problem(f"{self._resource}: {text}")

    def _decode_deep(self, raw: msgspec.Raw) -> T:
        try:
            return self._decode(raw)
        except Exception:
            # What is just shallow enough for the page may be too deep further down the stack; the
            # decoder may have made an error of its own of that.
            whole = bytes(raw)
            kept = shallow(whole)
            if kept == whole:
                raise
            return self._decode(kept)

    def _pages(self, interrupt: Interrupt, limit: Mapping[str, str]) -> tuple[list[T], str]:
        found: list[T] = []
        version = token = ""
        while True:
            query = {**self._selectors, **limit}
            if token:
                query["continue"] = token
            try:
                answer = self._transport.get(
                    self._path, query, self._list_timeout, interrupt=interrupt
                )
            except ApiError as error:
                if token and error.status == HTTPStatus.GONE:
                    raise _SnapshotGoneError from error
                raise
            page = read_page(answer.body)
            for raw in page.items:
                found += self.read(raw, "")
            # All pages are of the snapshot that the first one opened.
            version = version or page.version
            if not page.token:
                return found, version
            if page.token == token:
                raise TransportError("the list does not get beyond a page", "protocol")
            token = page.token


class _SnapshotGoneError(Exception):
    """410 on a later page."""
