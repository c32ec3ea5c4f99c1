"""Encode what kube-scheduler reads: replies to filter and prioritize.

Shapes: kubernetes ``staging/src/k8s.io/kube-scheduler/extender/v1/types.go``; how they are read:
``pkg/scheduler/extender.go``. Keys stand in one order and maps in the order they were filled, so
the same answer is the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Raw

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a verb answers. Anything but 200 is an error to kube-scheduler, its body unread."""

    status: int
    body: bytes
    content_type: str = JSON


class _Metadata(msgspec.Struct, frozen=True):
    """A NodeList's metadata: Go writes it even when it is empty."""


class _NodeList(msgspec.Struct, frozen=True):
    metadata: _Metadata
    items: list[Raw]


class _FilterResult(
    msgspec.Struct,
    frozen=True,
    rename={
        "nodes": "Nodes",
        "node_names": "NodeNames",
        "failed_nodes": "FailedNodes",
        "failed_and_unresolvable_nodes": "FailedAndUnresolvableNodes",
        "error": "Error",
    },
):
    nodes: _NodeList | None
    node_names: Sequence[str]
    failed_nodes: dict[str, str]
    failed_and_unresolvable_nodes: dict[str, str]
    error: str


# gc=False: thousands live for a millisecond each and refer to nothing that could refer back.
class _HostPriority(
    msgspec.Struct, frozen=True, gc=False, rename={"host": "Host", "score": "Score"}
):
    host: str
    score: int


class _Error(msgspec.Struct, frozen=True, rename={"error": "Error"}):
    error: str


_METADATA: Final = _Metadata()
_encode: Final = msgspec.json.Encoder().encode


def filter_reply(
    node_names: Sequence[str] | None,
    nodes: list[Raw] | None,
    failed: dict[str, str],
    failed_and_unresolvable: dict[str, str],
) -> bytes:
    """Encode an ``ExtenderFilterResult``, all five keys present.

    ``NodeNames`` is never null: where it is, and ``Nodes`` too, kube-scheduler takes every node as
    rejected without a reason, and where only it is, it falls back to unchecked ``Nodes``.

    Args:
        node_names: the nodes that pass, in any order; ``None`` is none.
        nodes: the same nodes as they were received, if the question held whole Nodes.
        failed: node name → reason, for nodes that fewer pods would cure (preemption may try them).
        failed_and_unresolvable: node name → reason, for the others.
    """
    node_list = None if nodes is None else _NodeList(_METADATA, nodes)
    return _encode(_FilterResult(node_list, node_names or [], failed, failed_and_unresolvable, ""))


def filter_error(text: str) -> bytes:
    """Encode an ``ExtenderFilterResult`` that says the call itself failed.

    The text reaches the user word for word, in the pod's ``FailedScheduling`` event.
    """
    return _encode(_FilterResult(None, [], {}, {}, _sendable(text)))


def host_priority_list(hosts: Sequence[str], scores: Sequence[int]) -> bytes:
    """Encode a ``HostPriorityList``: an array of ``{"Host", "Score"}``, in the order given.

    ``Score`` is an int64 to Go: a float would fail the whole reply.

    Raises:
        ValueError: not as many scores as hosts.
    """
    if len(hosts) != len(scores):
        raise ValueError(f"{len(hosts)} hosts but {len(scores)} scores")
    return _encode(list(map(_HostPriority, hosts, scores)))


def error_body(text: str) -> bytes:
    """Encode ``{"Error": text}``, the body of every answer that is not 200."""
    return _encode(_Error(_sendable(text)))


def _sendable(text: str) -> str:
    """Replace what UTF-8 cannot hold: an error must not fail because of the text it reports."""
    return text.encode(errors="replace").decode()
