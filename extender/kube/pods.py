"""Single requests about pods: to read one, to read those of a node, to write annotations."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError
from extender.kube.listing import list_all
from extender.kube.patches import merge
from extender.kube.paths import pod_path, pods_path
from extender.kube.transport import Transport

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
    """The JSON of pods as they are now; see `extender.kube.listing.list_all`.

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
    return list_all(transport, path, query, timeout, interrupt)


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
    merge(transport, pod_path(namespace, name, "status"), patch, timeout)


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
    merge(transport, pod_path(namespace, name), patch, timeout)


def _selected(value: str) -> str:
    """A value in a field selector (``EscapeValue`` of ``apimachinery/pkg/fields/selector.go``)."""
    return "".join(f"\\{sign}" if sign in "\\,=" else sign for sign in value)
