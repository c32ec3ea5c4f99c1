"""Reading a whole list once, page by page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.listwatch import read_page
from extender.kube.transport import Transport

PAGE_SIZE: Final = 500


def list_all(
    transport: Transport,
    path: str,
    query: Mapping[str, str],
    timeout: float,
    interrupt: Interrupt | None = None,
) -> list[msgspec.Raw]:
    """The JSON of a collection's objects as they are now: a consistent read.

    A 410 on a later page means that the snapshot the pages are of has been compacted away; the
    list then begins again, in one piece.

    Args:
        transport: the way to the API server.
        path: of the collection, quoted.
        query: what narrows it, such as ``fieldSelector``.
        timeout: seconds for all pages together.
        interrupt: ends the call when triggered.

    Returns:
        Views into the pages: who keeps one keeps its page in memory.

    Raises:
        ApiError: refused.
        TransportError: no whole answer in time, or no list.
    """
    end = time.monotonic() + timeout
    found: list[msgspec.Raw] = []
    token, limit = "", {"limit": str(PAGE_SIZE)}
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise TransportError(f"GET {path}: no whole list in {timeout:g} s", "timeout")
        asked = {**query, **limit, **({"continue": token} if token else {})}
        try:
            answer = transport.get(path, asked, left, total=left, interrupt=interrupt)
        except ApiError as error:
            if not token or error.status != HTTPStatus.GONE:
                raise
            found, token, limit = [], "", {}
            continue
        page = read_page(answer.body)
        found += page.items
        if not page.token:
            return found
        if page.token == token:
            raise TransportError(f"GET {path}: the list does not get beyond a page", "protocol")
        token = page.token
