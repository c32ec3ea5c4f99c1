"""Single requests about nodes: to read them all, to annotate one, to have its status looked at."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from extender.kube.calls import Sends
from extender.kube.listing import list_all
from extender.kube.patches import merge
from extender.kube.paths import part
from extender.kube.transport import Transport

NODES = "/api/v1/nodes"


def list_nodes(transport: Transport, timeout: float) -> list[msgspec.Raw]:
    """The JSON of all nodes as they are now.

    Args:
        transport: the way to the API server.
        timeout: seconds for all of it.

    Raises:
        ApiError: refused.
        TransportError: no whole answer in time, or no list.
    """
    return list_all(transport, NODES, {}, timeout)


def annotate_node(
    transport: Sends,
    name: str,
    annotations: Mapping[str, str | None],
    timeout: float,
    *,
    version: str = "",
) -> None:
    """Write annotations of a node; needs ``nodes: patch``.

    Args:
        transport: the way to the API server.
        name: of the node.
        annotations: keys and values, None to remove one; others are left alone.
        timeout: seconds for all of it.
        version: the resource version that the node must still have (409 otherwise); "" for any.

    Raises:
        ApiError: refused, also because the node is gone (404).
        TransportError: no whole answer in time; it is not known whether it was done.
        ValueError: an empty name.
    """
    metadata: dict[str, object] = {"annotations": dict(annotations)}
    if version:
        metadata["resourceVersion"] = version
    merge(transport, _path(name), {"metadata": metadata}, timeout)


def nudge_node(transport: Sends, name: str, timeout: float) -> None:
    """Have the API server's admission look at a node's status, changing nothing of it ourselves.

    An admission policy or webhook that amplifies nodes then writes what it makes of it. Needs
    ``nodes/status: patch``.

    Args:
        transport: the way to the API server.
        name: of the node.
        timeout: seconds for all of it.

    Raises:
        ApiError: refused, also because the node is gone (404).
        TransportError: no whole answer in time; it is not known whether it was done.
        ValueError: an empty name.
    """
    merge(transport, f"{_path(name)}/status", {}, timeout)


def restore_node(
    transport: Sends,
    name: str,
    version: str,
    annotations: Mapping[str, str | None],
    allocatable: Mapping[str, str],
    timeout: float,
) -> bytes:
    """Write annotations and allocatable of a node in one write, through its status.

    Annotations are part of a status write too (``nodeStatusStrategy`` of
    ``pkg/registry/core/node/strategy.go`` keeps nothing but the spec), so there is no moment at
    which one is written and the other is not. Needs ``nodes/status: patch``.

    Args:
        transport: the way to the API server.
        name: of the node.
        version: the resource version that it must still have (409 otherwise).
        annotations: keys and values, None to remove one; others are left alone.
        allocatable: quantities by resource; others are left alone.
        timeout: seconds for all of it.

    Returns:
        The node's JSON after that, and after whatever admission made of it.

    Raises:
        ApiError: refused, also because the node is gone (404) or changed (409).
        TransportError: no whole answer in time; it is not known whether it was done.
        ValueError: an empty name.
    """
    patch: dict[str, object] = {
        "metadata": {"resourceVersion": version, "annotations": dict(annotations)}
    }
    if allocatable:
        patch["status"] = {"allocatable": dict(allocatable)}
    return merge(transport, f"{_path(name)}/status", patch, timeout)


def _path(name: str) -> str:
    return f"{NODES}/{part(name)}"
