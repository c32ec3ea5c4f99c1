"""Admission of objects on the wire: an ``AdmissionReview`` in, another one out, with a JSON patch.

Shapes: kubernetes ``staging/src/k8s.io/api/admission/v1/types.go``; the patch: RFC 6902, its paths
RFC 6901. Unlike the types of the verbs these have JSON tags, so Go writes ``camelCase``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from extender.protocol.errors import ProtocolError
from extender.protocol.reading import Members, members, pick, read, string

API_VERSION: Final = "admission.k8s.io/v1"
KIND: Final = "AdmissionReview"
EXPECTED: Final = (
    f'expected {KIND}, {{"apiVersion": "{API_VERSION}", "kind": "{KIND}", "request": {{"uid": '
    '"...", "resource": {...}, "operation": "...", "object": {...}, ...}}'
)

_LONGEST_WARNING: Final = 256
"""Characters of a warning that clients are bound to show (``types.go``)."""


@dataclass(frozen=True, slots=True)
class Review:
    """One question of the API server: this object is about to be written; what of it to change?

    The two ``Raw`` are windows on the request's body and keep all of it in memory.

    Attributes:
        uid: goes back with the answer.
        resource: the plural, such as ``nodes``; of another group than the core's, ``plural.group``.
        subresource: such as ``status``; "" for the object itself.
        operation: ``CREATE``, ``UPDATE``, ``DELETE`` or ``CONNECT``.
        username: who writes.
        new: the object as it is to be written; ``None`` where there is none.
        old: the object as it stands; likewise.
    """

    uid: str
    resource: str
    subresource: str
    operation: str
    username: str
    new: Raw | None
    old: Raw | None


class Operation(msgspec.Struct, frozen=True):
    """One step of a JSON patch."""

    op: str
    path: str
    value: str | dict[str, str] | UnsetType = UNSET


class _Response(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    uid: str
    allowed: bool
    patch_type: str | None = None
    patch: str | None = None
    warnings: list[str] | None = None


class _Reply(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    response: _Response


_encode: Final = msgspec.json.Encoder().encode


def decode_review(body: bytes) -> Review:
    """Decode an ``AdmissionReview`` with a request; the objects in it are not looked at.

    Raises:
        ProtocolError: and nothing else, whatever the bytes are.
    """
    return read(body, _decode, EXPECTED)


def add(path: str, value: str | dict[str, str]) -> Operation:
    """Set a member, there or not; the object that it is a member of must be there."""
    return Operation("add", path, value)


def remove(path: str) -> Operation:
    """Take a member away, which must be there."""
    return Operation("remove", path)


def pointer(*keys: str) -> str:
    """The path to a member, through these keys (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def review_reply(uid: str, patch: Sequence[Operation] = (), warning: str = "") -> bytes:
    """Encode an ``AdmissionReview`` that lets the object through.

    Args:
        uid: the request's.
        patch: what is to be changed before, in this order.
        warning: shown to whoever writes the object, cut to the length that clients show.
    """
    reply = _Response(
        uid,
        allowed=True,
        patch_type="JSONPatch" if patch else None,
        patch=base64.b64encode(_encode(list(patch))).decode() if patch else None,
        warnings=[_shown(warning)] if warning else None,
    )
    return _encode(_Reply(API_VERSION, KIND, reply))


def _decode(body: bytes) -> Review:
    found = members(body, "$", EXPECTED)
    for key, wanted in (("kind", KIND), ("apiVersion", API_VERSION)):
        given = _text(found, key, "$")
        if given != wanted:
            path = f"$.{key}"
            is_what = f'"{given[:40]}"' if given else "missing, null or empty"
            raise ProtocolError(f'{path} is {is_what}, not "{wanted}"; {EXPECTED}', path=path)
    request = _object(found, "request", "$")
    uid = _text(request, "uid", "$.request")
    if not uid:
        path = "$.request.uid"
        raise ProtocolError(f"{path} is missing, null or empty; {EXPECTED}", path=path)
    resource = _object(request, "resource", "$.request")
    plural = _text(resource, "resource", "$.request.resource")
    group = _text(resource, "group", "$.request.resource")
    user = _object(request, "userInfo", "$.request")
    return Review(
        uid=uid,
        resource=f"{plural}.{group}" if group else plural,
        subresource=_text(request, "subResource", "$.request"),
        operation=_text(request, "operation", "$.request"),
        username=_text(user, "username", "$.request.userInfo"),
        new=pick(request, "object"),
        old=pick(request, "oldObject"),
    )


def _object(found: Members, key: str, parent: str) -> Members:
    """The members of a member; none where it is missing, except that there must be a request."""
    value = pick(found, key)
    path = f"{parent}.{key}"
    if value is not None:
        return members(value, path, "an object")
    if key == "request":
        raise ProtocolError(f"{path} is missing or null; {EXPECTED}", path=path)
    return []


def _text(found: Members, key: str, parent: str) -> str:
    value = pick(found, key)
    return "" if value is None else string(value, f"{parent}.{key}", "a string")


def _shown(text: str) -> str:
    """A warning that a header can hold: one line, not too long, and UTF-8."""
    line = " ".join(text.split()).encode(errors="replace").decode()
    return line if len(line) <= _LONGEST_WARNING else line[: _LONGEST_WARNING - 1] + "…"
