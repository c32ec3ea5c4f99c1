"""Single requests about pods: to read one, to read those of a node, to write annotations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.listwatch import read_page
from extender.kube.paths import pod_path, pods_path
from extender.kube.transport import MERGE_PATCH, Transport

PAGE_SIZE: Final = 500

_LIVE: Final = "status.phase!=Succeeded,status.phase!=Failed"


def get_pod(transport: Transport, namespace: str, name: str, timeout: float) -> bytes | None:
    """The pod's JSON as it is now (a consistent read), or None: there is no such pod.

    Args:
        transport: the way to the API server.
        namespace: of the pod.
        name: of the pod.
        timeout: seconds for all of it.

    Raises:
        ApiError: any other answer than the pod or 404.
        TransportError: no whole answer in time.
        ValueError: an empty name.
    """
    try:
        return transport.get(pod_path(namespace, name), None, timeout, total=timeout).body
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def list_pods(
    transport: Transport,
    *,
    node: str | None = None,
    namespace: str | None = None,
    timeout: float,
    interrupt: Interrupt | None = None,
) -> list[msgspec.Raw]:
    """The JSON of pods as they are now: a consistent read, page by page.

    A 410 on a later page means that the snapshot the pages are of has been compacted away; the
    list then begins again, in one piece.

    Args:
        transport: the way to the API server.
        node: only pods bound to it that use it: those of phase ``Succeeded`` and ``Failed`` are
            left out.
        namespace: only pods in it.
        timeout: seconds for all pages together.
        interrupt: ends the call when triggered.

    Returns:
        Views into the pages: who keeps one keeps its page in memory.

    Raises:
        ApiError: refused.
        TransportError: no whole answer in time, or no list.
        ValueError: an empty namespace, or an empty node, which would be none at all.
    """
    if node == "":
        raise ValueError("the name of a node is empty")
    path = pods_path(namespace)
    query = {} if node is None else {"fieldSelector": f"spec.nodeName={_selected(node)},{_LIVE}"}
    end = time.monotonic() + timeout
    found: list[msgspec.Raw] = []
    token, limit = "", {"limit": str(PAGE_SIZE)}
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise TransportError(f"GET {path}: no whole list in {timeout:g} s", "timeout")
        asked = query | limit | ({"continue": token} if token else {})
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


def annotate(
    transport: Transport,
    namespace: str,
    name: str,
    uid: str,
    annotations: Mapping[str, str | None],
    timeout: float,
) -> None:
    """Write annotations of a pod through its status, which needs ``pods/status: patch`` only.

    Args:
        transport: the way to the API server.
        namespace: of the pod.
        name: of the pod.
        uid: of the pod; another pod of that name is left alone (422, or 409).
        annotations: keys and values, None to remove one; others are left alone.
        timeout: seconds for all of it.

    Raises:
        ApiError: refused, also because the pod is gone (404).
        TransportError: no whole answer in time; it is not known whether it was done.
        ValueError: an empty name.
    """
    patch = {"metadata": {"uid": uid, "annotations": dict(annotations)}}
    _patch(transport, pod_path(namespace, name, "status"), patch, timeout)


def touch(
    transport: Transport, namespace: str, name: str, key: str, value: str, timeout: float
) -> None:
    """Write one annotation of a pod itself, so that all who watch it see a change.

    Needs ``pods: patch``, which the extender has for its own pod only.

    Args:
        transport: the way to the API server.
        namespace: of the pod.
        name: of the pod.
        key: of the annotation.
        value: likewise; one that it has already changes nothing, and nobody sees it.
        timeout: seconds for all of it.

    Raises:
        ApiError: refused.
        TransportError: no whole answer in time; it is not known whether it was done.
        ValueError: an empty name.
    """
    patch = {"metadata": {"annotations": {key: value}}}
    _patch(transport, pod_path(namespace, name), patch, timeout)


def _patch(transport: Transport, path: str, patch: object, timeout: float) -> None:
    body = msgspec.json.encode(patch)
    transport.send("PATCH", path, body, timeout, content_type=MERGE_PATCH)


def _selected(value: str) -> str:
    """A value in a field selector (``EscapeValue`` of ``apimachinery/pkg/fields/selector.go``)."""
    return "".join(f"\\{sign}" if sign in "\\,=" else sign for sign in value)
