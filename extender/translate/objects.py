"""Kubernetes objects from their JSON, with one kind of error (``schema`` says what is read).

The decoders are built once, at import. Decoded objects refer to the bytes they came from (their
quantities are views of it): keep what is made of them, not the objects.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from extender.translate.errors import TranslateError, shown
from extender.translate.schema import Node, Pod
from extender.translate.schema_kinds import FlavorObject, HostAggregateObject, ServerGroupObject
from extender.translate.schema_numa import NodeResourceTopology

__all__ = [
    "FlavorObject",
    "HostAggregateObject",
    "Node",
    "NodeResourceTopology",
    "Pod",
    "ServerGroupObject",
    "decode_aggregate",
    "decode_flavor",
    "decode_node",
    "decode_node_topology",
    "decode_pod",
    "decode_server_group",
]

T = TypeVar("T")
Json = bytes | msgspec.Raw

_pods = msgspec.json.Decoder(Pod)
_nodes = msgspec.json.Decoder(Node)
_node_topologies = msgspec.json.Decoder(NodeResourceTopology)
_aggregates = msgspec.json.Decoder(HostAggregateObject)
_flavors = msgspec.json.Decoder(FlavorObject)
_server_groups = msgspec.json.Decoder(ServerGroupObject)

_WRONG_TYPE = re.compile(r"Expected `(.+?)`, got `(.+?)`(?: - at `\$\.?(.*)`)?")

_WRONG_VALUE = re.compile(r"(.+) - at `\$\.?(.*)`")

_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


class _Identity(msgspec.Struct):
    """Just enough to name an object whose decoding failed."""

    metadata: msgspec.Raw


class _Names(msgspec.Struct):
    name: str
    namespace: str | None = None


def decode_pod(raw: Json) -> Pod:
    """A Pod from its JSON.

    Raises:
        TranslateError: not JSON, nested too deep, or a field of the wrong type.
    """
    try:
        return _pods.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explained("Pod", raw, error) from error


def decode_node(raw: Json) -> Node:
    """A Node from its JSON.

    Raises:
        TranslateError: as ``decode_pod``.
    """
    return _decode(_nodes, "Node", raw)


def decode_node_topology(raw: Json) -> NodeResourceTopology:
    """A NodeResourceTopology from its JSON.

    Raises:
        TranslateError: as ``decode_pod``.
    """
    return _decode(_node_topologies, "NodeResourceTopology", raw)


def decode_aggregate(raw: Json) -> HostAggregateObject:
    """A HostAggregate from its JSON.

    Raises:
        TranslateError: as ``decode_pod``.
    """
    return _decode(_aggregates, "HostAggregate", raw)


def decode_flavor(raw: Json) -> FlavorObject:
    """A Flavor from its JSON.

    Raises:
        TranslateError: as ``decode_pod``.
    """
    return _decode(_flavors, "Flavor", raw)


def decode_server_group(raw: Json) -> ServerGroupObject:
    """A ServerGroup from its JSON.

    Raises:
        TranslateError: as ``decode_pod``.
    """
    return _decode(_server_groups, "ServerGroup", raw)


def _decode(decoder: msgspec.json.Decoder[T], kind: str, raw: Json) -> T:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explained(kind, raw, error) from error


def _explained(kind: str, raw: Json, error: Exception) -> TranslateError:
    """The error in words: which object, where in it, what was found and what is right."""
    return TranslateError(f"{kind}{_name_of(raw)}: {_cause(error)}")


def _cause(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep; accepted: what the API server prints"
    if isinstance(error, UnicodeDecodeError):
        return "a text is not valid UTF-8; accepted: JSON in UTF-8"
    text = str(error)
    if match := _WRONG_TYPE.fullmatch(text):
        expected, found, path = match.groups()
        right = " or ".join(_WORDS.get(w, w) for w in expected.split(" | ") if w != "null")
        return f"{path or 'the object'} is {_WORDS.get(found, found)}; accepted: {right}"
    if match := _WRONG_VALUE.fullmatch(text):
        wrong, path = match.groups()
        return f"{path} is out of range ({wrong}); accepted: a number of 32 bits"
    return f"not valid JSON ({text}); accepted: one JSON object"


def _name_of(raw: Json) -> str:
    """The name of an object that did not decode, after a blank; "" where even that fails."""
    try:
        metadata = msgspec.json.decode(raw, type=_Identity).metadata
        names = msgspec.json.decode(metadata, type=_Names)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    named = f"{names.namespace}/{names.name}" if names.namespace else names.name
    return " " + shown(named, 320)
