"""Events as callers give them and as events.k8s.io/v1 takes them.

Source: ``staging/src/k8s.io/api/events/v1/types.go``; the limits are those of
``pkg/apis/core/validation/events.go``. They count bytes, although its texts say characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

import msgspec

from extender.kube.names import MAX_SUBDOMAIN, is_subdomain
from extender.kube.paths import part
from extender.kube.times import micro_time

CONTROLLER = "nova-extender.io/nova-extender"
"""``reportingController`` of all our Events."""

MAX_NOTE = 1024
MAX_WORD = 128
"""Bytes of ``reason``, ``action`` and ``reportingInstance``."""

_CUT = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an object, for those who look at it.

    Args:
        namespace: of the object; empty if it lives in none (a Node).
        name: of the object.
        uid: of the object.
        kind: of the object.
        api_version: of the object.
        type: whether somebody should do something.
        reason: one CamelCase word for machines; cut at 128 bytes.
        action: what was being done, likewise.
        note: for people; cut at 1024 bytes.
        node: the name of the node that has to do with it.
    """

    namespace: str
    name: str
    uid: str
    kind: str = "Pod"
    api_version: str = "v1"
    type: Literal["Normal", "Warning"] = "Warning"
    reason: str
    action: str
    note: str
    node: str | None = None

    @property
    def regarding(self) -> tuple[str, ...]:
        """What tells the object apart from others."""
        return (self.api_version, self.kind, self.namespace, self.name, self.uid)

    @property
    def key(self) -> tuple[str, ...]:
        """What Events that are the same have in common, whatever their notes say."""
        return (*self.regarding, self.type, self.reason, self.action, self.node or "")


@dataclass(frozen=True, slots=True)
class Series:
    """How often the same was seen.

    Args:
        count: from 2 on.
        last: when it was seen last, in seconds since the epoch.
    """

    count: int
    last: float

    @property
    def content(self) -> dict[str, Any]:
        """The field ``series``."""
        return {"count": self.count, "lastObservedTime": micro_time(self.last)}


def new_name(event: Event) -> str:
    """A name for the Event that is no other's: that of the object, and 16 hexadecimal digits."""
    suffix = uuid4().hex[:16]
    stem = event.name[: MAX_SUBDOMAIN - len(suffix) - 1].rstrip("-.")
    return f"{stem}.{suffix}" if is_subdomain(stem) else f"nova-extender.{suffix}"


def collection(event: Event) -> str:
    """The path to create it at. Events of what lives in no namespace live in ``default``."""
    return f"/apis/events.k8s.io/v1/namespaces/{part(event.namespace or 'default')}/events"


def creation(event: Event, name: str, instance: str, at: float, series: Series | None) -> bytes:
    """The body that creates it.

    Args:
        event: what happened.
        name: see `new_name`.
        instance: which of the extender's processes says so.
        at: when it was seen first, in seconds since the epoch.
        series: how often it was seen already, if more than once.
    """
    regarding = {
        "apiVersion": event.api_version,
        "kind": event.kind,
        "namespace": event.namespace,
        "name": event.name,
        "uid": event.uid,
    }
    body: dict[str, Any] = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": event.namespace or "default", "name": name},
        "eventTime": micro_time(at),
        "type": event.type,
        "reason": cut(event.reason, MAX_WORD),
        "action": cut(event.action, MAX_WORD),
        "note": cut(event.note, MAX_NOTE),
        "reportingController": CONTROLLER,
        "reportingInstance": cut(instance, MAX_WORD),
        "regarding": {key: value for key, value in regarding.items() if value},
    }
    if event.node:
        body["related"] = {"apiVersion": "v1", "kind": "Node", "name": event.node}
    if series is not None:
        body["series"] = series.content
    return msgspec.json.encode(body)


def repetition(series: Series) -> bytes:
    """The merge patch that says that it was seen again; nothing else of an Event may change."""
    return msgspec.json.encode({"series": series.content})


def cut(text: str, size: int) -> str:
    """At most so many bytes of UTF-8, ended by … where something is missing.

    Half of a surrogate pair, which JSON can smuggle in and UTF-8 cannot say, becomes ``?``.
    """
    data = text.encode(errors="replace")
    if len(data) <= size:
        return data.decode()
    return data[: size - len(_CUT.encode())].decode(errors="ignore") + _CUT
