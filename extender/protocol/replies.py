"""Encode what kube-scheduler reads: replies to filter and prioritize.

Shapes: kubernetes ``staging/src/k8s.io/kube-scheduler/extender/v1/types.go``; how they are read:
``pkg/scheduler/extender.go``. Keys stand in one order and maps in the order they were filled, so
the same answer is the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Raw

from extender.protocol.node_names import NodeNames

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
    node_names: Raw
    failed_nodes: Raw
    failed_and_unresolvable_nodes: Raw
    error: str


class _Error(msgspec.Struct, frozen=True, rename={"error": "Error"}):
    error: str


_METADATA: Final = _Metadata()
_NONE: Final = Raw(b"{}")
_encode: Final = msgspec.json.Encoder().encode


def filter_reply(
    passed: NodeNames,
    nodes: list[Raw] | None = None,
    failed: bytes = b"",
    failed_and_unresolvable: bytes = b"",
) -> bytes:
    """Encode an ``ExtenderFilterResult``, all five keys present.

    ``NodeNames`` is never null: where it is, and ``Nodes`` too, kube-scheduler takes every node as
    rejected without a reason, and where only it is, it falls back to unchecked ``Nodes``.

    Args:
        passed: the nodes that pass, in any order.
        nodes: the same nodes as they were received, if the question held whole Nodes.
        failed: the members of a JSON object, node name → reason, for nodes that fewer pods would
            cure (preemption may try them); see ``NodeNames.each_with``.
        failed_and_unresolvable: the same for the others.
    """
    node_list = None if nodes is None else _NodeList(_METADATA, nodes)
    first, second = Raw(b"{" + failed + b"}"), Raw(b"{" + failed_and_unresolvable + b"}")
    return _encode(_FilterResult(node_list, Raw(passed.json), first, second, ""))


def filter_error(text: str) -> bytes:
    """Encode an ``ExtenderFilterResult`` that says the call itself failed.

    The text reaches the user word for word, in the pod's ``FailedScheduling`` event.
    """
    return _encode(_FilterResult(None, Raw(b"[]"), _NONE, _NONE, _sendable(text)))


def error_body(text: str) -> bytes:
    """Encode ``{"Error": text}``, the body of every answer that is not 200."""
    return _encode(_Error(_sendable(text)))


def _sendable(text: str) -> str:
    """Replace what UTF-8 cannot hold: an error must not fail because of the text it reports."""
    return text.encode(errors="replace").decode()
