"""Decode what kube-scheduler sends to the verbs filter and prioritize.

Both carry ``ExtenderArgs`` (kubernetes ``staging/src/k8s.io/kube-scheduler/extender/v1/types.go``).
The type has no JSON tags: Go writes its field names as they stand, ``Pod``, ``Nodes`` and
``NodeNames``, always all three, ``null`` where there is nothing. That shape is decoded in one step;
anything else (another casing, a key left out, a wrong type) goes through a slower reading that is
as tolerant as Go's and can say what was wrong.

Unlike Go's streaming decoder, which reads one value and ignores the rest, bytes after the first
value are an error: no client sends them on purpose, and they betray a mangled body.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

import msgspec
from msgspec import UNSET, Raw, UnsetType

from extender.protocol.diagnosis import LARGEST_TEXT, Place, first_bad_utf8, kind_of, place_of
from extender.protocol.errors import ProtocolError

EXPECTED: Final = (
    'expected ExtenderArgs, {"Pod": {...}, "Nodes": {"items": [...]} or null, '
    '"NodeNames": ["...", ...] or null}'
)
_DEEP: Final = 100
_OFFSET: Final = re.compile(r" \(byte (\d+)\)$")


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
    node_names: list[str] | None
    nodes: list[Raw] | None


class _WireNodes(msgspec.Struct):
    items: list[Raw] | UnsetType | None = UNSET


class _WireArgs(msgspec.Struct, rename={"pod": "Pod", "nodes": "Nodes", "node_names": "NodeNames"}):
    pod: Raw = Raw()
    nodes: _WireNodes | UnsetType | None = UNSET
    node_names: list[str] | UnsetType | None = UNSET


class _Key:
    """A key of an object. Unlike strings no two are equal, so that repeated keys all survive."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _key(_type: type, text: object) -> _Key:
    return _Key(str(text))


_decode_wire: Final[Callable[[bytes], _WireArgs]] = msgspec.json.Decoder(_WireArgs).decode
_decode_object: Final[Callable[[bytes], dict[_Key, Raw]]] = msgspec.json.Decoder(
    dict[_Key, Raw], dec_hook=_key
).decode
_decode_array: Final[Callable[[bytes], list[Raw]]] = msgspec.json.Decoder(list[Raw]).decode
_decode_string: Final[Callable[[bytes], str]] = msgspec.json.Decoder(str).decode


def decode_args(body: bytes) -> ExtenderArgs:
    """Decode an ``ExtenderArgs``.

    Keys are matched exactly or, where no key matches exactly, whatever their casing; of several,
    the last counts. Unknown keys are ignored. A key that is missing or ``null`` is absent, which
    only the pod may not be. ``Nodes`` without ``items`` is absent too.

    Raises:
        ProtocolError: and nothing else, whatever the bytes are.
    """
    if not body.isascii() and (bad := first_bad_utf8(body)) is not None:
        path, offset = place_of(body, bad)
        raise ProtocolError(
            f"the request body is not UTF-8: byte {offset}, in {path}, begins no character; "
            f"{EXPECTED}",
            path=path,
            offset=offset,
        )
    try:
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
        nodes = wire.nodes.items if wire.nodes else None
        if not nodes:  # UNSET is falsy, but was dealt with above
            return ExtenderArgs(wire.pod, wire.node_names, None if nodes is None else [])
        _check_nodes(nodes)
        return ExtenderArgs(wire.pod, wire.node_names, nodes)
    except msgspec.DecodeError as error:
        _refuse_text(body, str(error))
    except RecursionError:
        place = place_of(body, len(body), depth=_DEEP)
        where = "" if place.path == "$" else f", at byte {place.offset}, in {place.path}"
        raise ProtocolError(
            f"the request body is nested too deeply: more than {_DEEP} levels{where}; {EXPECTED}",
            path=place.path,
        ) from None


def _decode_slowly(body: bytes) -> ExtenderArgs:
    """Decode with any casing, and find the words for what is wrong."""
    members = _members(body, "$", EXPECTED)
    pod = _pick(members, "Pod")
    if pod is None:
        raise ProtocolError(f"$.Pod is missing or null; {EXPECTED}", path="$.Pod")
    if kind_of(pod) != "an object":
        _refuse_kind("$.Pod", pod, "a Pod object")
    names = _pick(members, "NodeNames")
    node_list = _pick(members, "Nodes")
    nodes = None
    if node_list is not None:
        nodes = _pick(_members(node_list, "$.Nodes", "a NodeList object or null"), "items")
    return ExtenderArgs(
        pod,
        None if names is None else _strings(names),
        None if nodes is None else _objects(nodes),
    )


def _members(value: bytes, path: str, expected: str) -> list[tuple[str, Raw]]:
    try:
        return [(key.text, member) for key, member in _decode_object(value).items()]
    except msgspec.ValidationError:
        _refuse_kind(path, value.lstrip() if path == "$" else value, expected)


def _pick(members: list[tuple[str, Raw]], wanted: str) -> Raw | None:
    """Return the member of that name, ``None`` where it is missing or ``null``.

    casefold, as Go compares keys by Unicode's simple folding (``encoding/json`` ``foldName``).
    """
    exact = [member for key, member in members if key == wanted]
    folded = wanted.casefold()
    found = exact or [member for key, member in members if key.casefold() == folded]
    if not found or kind_of(found[-1]) == "null":
        return None
    return found[-1]


def _strings(value: Raw) -> list[str]:
    if kind_of(value) != "an array":
        _refuse_kind("$.NodeNames", value, "an array of node names (strings) or null")
    names = []
    for index, item in enumerate(_decode_array(value)):
        if kind_of(item) != "a string":
            _refuse_kind(f"$.NodeNames[{index}]", item, "a node name (a string)")
        names.append(_decode_string(item))
    return names


def _objects(value: Raw) -> list[Raw]:
    if kind_of(value) != "an array":
        _refuse_kind("$.Nodes.items", value, "an array of Node objects or null")
    nodes = _decode_array(value)
    _check_nodes(nodes)
    return nodes


def _check_nodes(nodes: list[Raw]) -> None:
    for index, node in enumerate(nodes):
        if kind_of(node) != "an object":
            _refuse_kind(f"$.Nodes.items[{index}]", node, "a Node object")


def _refuse_kind(path: str, value: bytes, expected: str) -> NoReturn:
    expected = expected.removeprefix("expected ")
    # `from None`: the decoder's own words add nothing, and the caller sees only this message.
    subject = "the request body" if path == "$" else path
    raise ProtocolError(f"{subject} is {kind_of(value)}; expected {expected}", path=path) from None


def _refuse_text(body: bytes, problem: str) -> NoReturn:
    """Raise for a text that is no JSON, from what the decoder said of it."""
    if not body.strip():
        raise ProtocolError(f"the request body is empty; {EXPECTED}", offset=0) from None
    match = _OFFSET.search(problem)
    stop = int(match[1]) if match else len(body)
    reason = problem[: match.start()].removeprefix("JSON is malformed: ") if match else ""
    if reason == "trailing characters":
        stop -= 1  # here alone the decoder counts the byte it stumbled over
        raise ProtocolError(
            f"the request body goes on after its JSON value, from byte {stop} of {len(body)}; "
            f"{EXPECTED}",
            offset=stop,
        ) from None
    place = place_of(body, stop)
    if reason:
        what = f"the request body is not JSON: {reason} at byte {place.offset}, in {place.path}"
    elif (lone := _lone_surrogate(body)) is not None:
        place = lone
        what = (
            "the request body is not JSON: half a surrogate pair (\\ud800 to \\udfff without its "
            f"other half) near byte {place.offset}, in {place.path}"
        )
    else:
        what = f"the request body is cut off after byte {place.offset}, in {place.path}"
    raise ProtocolError(f"{what}; {EXPECTED}", path=place.path, offset=place.offset) from None


_LONE_HIGH_SURROGATE: Final = re.compile(
    rb"(?<!\\)(?:\\\\)*+(\\u[dD][89abAB][0-9a-fA-F]{2})"
    rb"(?=[^\\]|\\[^u]|\\u[^dD]|\\u[dD][^c-fC-F])"
)


def _lone_surrogate(body: bytes) -> Place | None:
    """Find half a surrogate pair: near the end of the text the decoder calls that cut off too."""
    match = _LONE_HIGH_SURROGATE.search(body, 0, LARGEST_TEXT)
    return place_of(body, match.start(1)) if match else None
