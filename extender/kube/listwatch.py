"""The JSON of list pages, watch lines and errors, decoded only as far as list/watch needs it.

Shapes: ``ListMeta``, ``Status`` and ``WatchEvent`` of
``staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go`` and ``watch.go``. Objects stay raw.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

import msgspec
import urllib3
from urllib3.exceptions import InvalidHeader

from extender.kube.errors import ApiError, TransportError
from extender.kube.nesting import decode_deep

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""Annotation, value ``"true"``, of the bookmark that ends the initial part of a WatchList
(``InitialEventsAnnotationKey`` in ``meta/v1/types.go``)."""

_MAX_MESSAGE = 500


class Page(NamedTuple):
    """One page of a list.

    Args:
        items: the objects, views into the page's bytes.
        version: ``metadata.resourceVersion`` of the list.
        token: ``metadata.continue``, empty on the last page.
    """

    items: list[msgspec.Raw]
    version: str
    token: str


class Change(NamedTuple):
    """One line of a watch, ERROR lines excepted.

    Args:
        kind: ``ADDED``, ``MODIFIED``, ``DELETED``, ``BOOKMARK``, or what the future brings.
        raw: the object, a view into the line.
        key: ``namespace/name``; of what is readable, for people and to tell objects apart.
        version: its ``resourceVersion``, empty if it cannot be read.
        ends_initial: whether this bookmark says that a WatchList has now sent all there was.
    """

    kind: str
    raw: msgspec.Raw
    key: str
    version: str
    ends_initial: bool


class _ListMeta(msgspec.Struct):
    version: str = msgspec.field(default="", name="resourceVersion")
    token: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None  # null: Go's empty slice


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Meta(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    version: str = msgspec.field(default="", name="resourceVersion")


class _Object(msgspec.Struct):
    metadata: _Meta


class _BookmarkMeta(msgspec.Struct):
    version: str = msgspec.field(default="", name="resourceVersion")
    annotations: dict[str, str] | None = None


class _Bookmark(msgspec.Struct):
    metadata: _BookmarkMeta


class _Details(msgspec.Struct):
    retry_after: int = msgspec.field(default=0, name="retryAfterSeconds")


class _Status(msgspec.Struct):
    kind: str = ""
    code: int = 0
    reason: str = ""
    message: str = ""
    details: _Details | None = None


_list = msgspec.json.Decoder(_List)
_event = msgspec.json.Decoder(_Event)
_object = msgspec.json.Decoder(_Object)
_bookmark = msgspec.json.Decoder(_Bookmark)
_status = msgspec.json.Decoder(_Status)


def read_page(body: bytes) -> Page:
    """Takes a page apart.

    Raises:
        TransportError: of kind ``protocol``: this is no list, or it has no version to watch from.
    """
    try:
        page = decode_deep(_list, body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TransportError(f"not a list: {error}", "protocol") from error
    if not page.metadata.version:
        raise TransportError("the list has no resourceVersion to watch from", "protocol")
    return Page(page.items or [], page.metadata.version, page.metadata.token)


def read_line(line: bytes) -> Change:
    """Takes a line of a watch apart. An object that is wrong inside does not fail here.

    Raises:
        TransportError: of kind ``protocol``: this is no watch event.
        ApiError: the line is an ERROR event; status and reason are those of its Status object.
    """
    try:
        event = decode_deep(_event, line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TransportError(f"not a watch event: {error}", "protocol") from error
    if event.type == "ERROR":
        raise read_error(HTTPStatus.INTERNAL_SERVER_ERROR, "", bytes(event.object), None)
    if event.type == "BOOKMARK":
        try:
            mark = decode_deep(_bookmark, event.object).metadata
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Change(event.type, event.object, "", "", ends_initial=False)
        ends = (mark.annotations or {}).get(INITIAL_EVENTS_END) == "true"
        return Change(event.type, event.object, "", mark.version, ends)
    meta = _meta(event.object)
    return Change(event.type, event.object, _key(meta), meta.version, ends_initial=False)


def name_of(raw: msgspec.Raw) -> str:
    """``namespace/name`` (or ``name``) of an object, as far as it can be read."""
    return _key(_meta(raw))


def read_error(status: int, phrase: str, body: bytes, retry_after: str | None) -> ApiError:
    """The error that an answer, or an ERROR event, means.

    Args:
        status: the HTTP status; ``code`` of a Status object takes its place where there is one.
        phrase: the HTTP phrase, used where the body names no reason.
        body: a Status object, or any text (a proxy's page, for instance).
        retry_after: the header of that name: seconds or a date.
    """
    try:
        answer = decode_deep(_status, body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        answer = _Status()
    if answer.kind != "Status":
        text = " ".join(body.decode(errors="replace").split())
        answer = _Status(code=status, reason=phrase, message=text)
    seconds = _seconds(retry_after)
    if seconds is None and answer.details is not None and answer.details.retry_after > 0:
        seconds = float(answer.details.retry_after)
    return ApiError(
        answer.code or status, answer.reason or phrase, answer.message[:_MAX_MESSAGE], seconds
    )


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None:
        return None
    try:
        return float(urllib3.Retry().parse_retry_after(retry_after))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _meta(raw: msgspec.Raw) -> _Meta:
    try:
        return decode_deep(_object, raw).metadata
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Meta()


def _key(meta: _Meta) -> str:
    return f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name
