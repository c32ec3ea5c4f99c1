"""Decode what kube-scheduler sends to the verbs filter and prioritize.

Both carry ``ExtenderArgs`` (kubernetes ``staging/src/k8s.io/kube-scheduler/extender/v1/types.go``):
``Pod``, ``Nodes`` and ``NodeNames``, always all three, ``null`` where there is nothing. That shape
is decoded in one step; anything else (another casing, a key left out, a wrong type) goes through a
slower reading that is as tolerant as Go's and can say what was wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from extender.protocol.diagnosis import kind_of
from extender.protocol.node_names import NodeNames
from extender.protocol.reading import array, members, pick, pod_of, read, refuse_kind, string

EXPECTED: Final = (
    'expected ExtenderArgs, {"Pod": {...}, "Nodes": {"items": [...]} or null, '
    '"NodeNames": ["...", ...] or null}'
)


@dataclass(frozen=True, slots=True)
class ExtenderArgs:
    """One question of kube-scheduler: this pod, on which of these nodes?

    Every ``Raw`` is a window on the request's body and keeps all of it in memory: what outlives the
    request must be copied (``raw.copy()``).

    Attributes:
        pod: the Pod, a JSON object, not decoded further.
        node_names: the candidates' names (``nodeCacheCapable: true``), or ``None``.
        nodes: the candidates as whole Node objects (``nodeCacheCapable: false``), or ``None``.
    """

    pod: Raw
    node_names: NodeNames | None
    nodes: list[Raw] | None


class _WireNodes(msgspec.Struct):
    items: list[Raw] | UnsetType | None = UNSET


class _WireArgs(msgspec.Struct, rename={"pod": "Pod", "nodes": "Nodes", "node_names": "NodeNames"}):
    pod: Raw = Raw()
    nodes: _WireNodes | UnsetType | None = UNSET
    node_names: Raw | UnsetType = UNSET


class _TypedNames(msgspec.Struct, rename={"node_names": "NodeNames"}):
    node_names: list[str]


_decode_wire: Final[Callable[[bytes], _WireArgs]] = msgspec.json.Decoder(_WireArgs).decode
_decode_names: Final[Callable[[bytes], _TypedNames]] = msgspec.json.Decoder(_TypedNames).decode


def decode_args(body: bytes) -> ExtenderArgs:
    """Decode an ``ExtenderArgs``.

    Keys are matched exactly or, where no key matches exactly, whatever their casing; of several,
    the last counts. Unknown keys are ignored. A key that is missing or ``null`` is absent, which
    only the pod may not be. ``Nodes`` without ``items`` is absent too.

    Raises:
        ProtocolError: and nothing else, whatever the bytes are.
    """
    return read(body, _decode, EXPECTED)


def _decode(body: bytes) -> ExtenderArgs:
    try:
        wire = _decode_wire(body)
    except msgspec.ValidationError:
        return _decode_slowly(body)
    if (
        wire.nodes is UNSET
        or wire.node_names is UNSET
        or kind_of(wire.pod) != "an object"
        or (wire.nodes is not None and wire.nodes.items is UNSET)
    ):
        return _decode_slowly(body)
    names = None
    if (array_of_names := bytes(wire.node_names)) != b"null":
        names = NodeNames.plain(array_of_names)
        if names is None:  # names that no node can have, or blanks between them, or no names
            try:
                names = NodeNames.of(_decode_names(body).node_names)
            except msgspec.ValidationError:
                return _decode_slowly(body)
    nodes = wire.nodes.items if wire.nodes else None
    if not nodes:  # UNSET is falsy, but was dealt with above
        return ExtenderArgs(wire.pod, names, None if nodes is None else [])
    _check_nodes(nodes)
    return ExtenderArgs(wire.pod, names, nodes)


def _decode_slowly(body: bytes) -> ExtenderArgs:
    """Decode with any casing, and find the words for what is wrong."""
    found = members(body, "$", EXPECTED)
    pod = pod_of(found, EXPECTED)
    names = pick(found, "NodeNames")
    node_list = pick(found, "Nodes")
    nodes = None
    if node_list is not None:
        nodes = pick(members(node_list, "$.Nodes", "a NodeList object or null"), "items")
    return ExtenderArgs(
        pod,
        None if names is None else NodeNames.of(_strings(names)),
        None if nodes is None else _objects(nodes),
    )


def _strings(value: Raw) -> list[str]:
    items = array(value, "$.NodeNames", "an array of node names (strings) or null")
    return [
        string(item, f"$.NodeNames[{index}]", "a node name (a string)")
        for index, item in enumerate(items)
    ]


def _objects(value: Raw) -> list[Raw]:
    nodes = array(value, "$.Nodes.items", "an array of Node objects or null")
    _check_nodes(nodes)
    return nodes


def _check_nodes(nodes: list[Raw]) -> None:
    for index, node in enumerate(nodes):
        if kind_of(node) != "an object":
            refuse_kind(f"$.Nodes.items[{index}]", node, "a Node object")
