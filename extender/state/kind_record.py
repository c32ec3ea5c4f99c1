"""Our own kinds as they come from a file or from the API server, the unreadable ones too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec

from extender.model.flavor import Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.translate.errors import TranslateError
from extender.translate.kinds import aggregate, flavor, server_group
from extender.translate.objects import decode_aggregate, decode_flavor, decode_server_group
from extender.translate.schema_kinds import KindMeta, KindObject

API = "/apis/nova-extender.io/v1alpha1"

Json = bytes | msgspec.Raw
Key = tuple[str, str]
"""Namespace, "" for kinds that have none, and name."""

T = TypeVar("T")

_objects = msgspec.json.Decoder(KindObject)
_NO_STATUS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One of our kinds.

    Args:
        name: as in ``kind``.
        plural: as in paths and in names of resources.
        namespaced: whether its objects live in namespaces.
        parse: makes Nova's object of the JSON, or raises TranslateError.
        key: what the object is known by.
        content: what must be the same for two objects to mean the same.
    """

    name: str
    plural: str
    namespaced: bool
    parse: Callable[[Json], T]
    key: Callable[[T], Key]
    content: Callable[[T], object]

    @property
    def path(self) -> str:
        """The path of all objects of the kind at the API server."""
        return f"{API}/{self.plural}"

    def title(self, key: Key) -> str:
        """An object's name for people."""
        namespace, name = key
        return f"{self.name} {namespace}/{name}" if self.namespaced else f"{self.name} {name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRecord(Generic[T]):
    """An object of one of our kinds, with what could be made of it.

    Args:
        kind: which kind.
        name: metadata.name, likewise the four after it; ``namespace`` is "" where there is none.
        namespace: see ``name``.
        uid: see ``name``.
        generation: see ``name``; 0 where absent.
        resource_version: see ``name``.
        parsed: Nova's object; ``None`` if it cannot be read.
        error: why it cannot be read, "" if it can.
        status: the status it has now.
    """

    kind: Kind[T]
    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    parsed: T | None = None
    error: str = ""
    status: Mapping[str, Any] = field(default_factory=lambda: _NO_STATUS)

    @property
    def key(self) -> Key:
        """What it is known by among those of its kind."""
        return self.namespace, self.name

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.kind.title(self.key)

    @property
    def path(self) -> str:
        """Its path at the API server."""
        where = f"namespaces/{self.namespace}/" if self.kind.namespaced else ""
        return f"{API}/{where}{self.kind.plural}/{self.name}"


HOST_AGGREGATE: Kind[HostAggregate] = Kind(
    name="HostAggregate",
    plural="hostaggregates",
    namespaced=False,
    parse=lambda raw: aggregate(decode_aggregate(raw)),
    key=lambda found: ("", found.name),
    # Aggregates themselves are compared by identity.
    content=lambda found: (found.hosts, found.node_selector, found.metadata),
)
FLAVOR: Kind[Flavor] = Kind(
    name="Flavor",
    plural="flavors",
    namespaced=False,
    parse=lambda raw: flavor(decode_flavor(raw)),
    key=lambda found: ("", found.name),
    content=lambda found: found,
)
SERVER_GROUP: Kind[InstanceGroup] = Kind(
    name="ServerGroup",
    plural="servergroups",
    namespaced=True,
    parse=lambda raw: server_group(decode_server_group(raw)),
    key=lambda found: (found.namespace, found.name),
    content=lambda found: found,
)


def read_aggregate(raw: Json) -> KindRecord[HostAggregate]:
    """A HostAggregate from its JSON; one that cannot be read says why.

    Raises:
        TranslateError: not even who it is can be read.
    """
    return read_kind(HOST_AGGREGATE, raw)


def read_flavor(raw: Json) -> KindRecord[Flavor]:
    """A Flavor from its JSON; as ``read_aggregate``.

    Raises:
        TranslateError: not even who it is can be read.
    """
    return read_kind(FLAVOR, raw)


def read_group(raw: Json) -> KindRecord[InstanceGroup]:
    """A ServerGroup from its JSON; as ``read_aggregate``.

    Raises:
        TranslateError: not even who it is can be read.
    """
    return read_kind(SERVER_GROUP, raw)


def read_kind(kind: Kind[T], raw: Json) -> KindRecord[T]:
    """An object of one of our kinds; as ``read_aggregate``.

    Raises:
        TranslateError: not even who it is can be read.
    """
    parsed, error = None, ""
    try:
        parsed = kind.parse(raw)
    except TranslateError as wrong:
        error = str(wrong)
    try:
        found = _objects.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise TranslateError(error or f"{kind.name}: {wrong}") from wrong
    meta = found.metadata or KindMeta()
    return KindRecord(
        kind=kind,
        name=meta.name or "",
        namespace=(meta.namespace or "") if kind.namespaced else "",
        uid=meta.uid or "",
        generation=meta.generation if isinstance(meta.generation, int) else 0,
        resource_version=meta.resource_version or "",
        parsed=parsed,
        error=error,
        status=_status(found.status),
    )


def _status(raw: msgspec.Raw) -> Mapping[str, Any]:
    """The status as plain values; one that is no object is as good as none."""
    if not raw:
        return _NO_STATUS
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return _NO_STATUS
    return found if isinstance(found, dict) else _NO_STATUS
