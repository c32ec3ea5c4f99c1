"""NodeResourceTopology (``topology.node.k8s.io``), as far as it is read.

Source: ``noderesourcetopology-api``, ``pkg/apis/topology/v1alpha2/types.go``.
"""

from __future__ import annotations

from msgspec import Raw

from extender.translate.schema import ApiObject, Named


class ZoneResource(ApiObject):
    """zones[].resources[]: quantities."""

    name: str | None = None
    capacity: Raw = Raw()
    allocatable: Raw = Raw()
    available: Raw = Raw()


class Zone(ApiObject):
    """zones[]."""

    name: str | None = None
    type: str | None = None
    resources: list[ZoneResource] | None = None


class NodeResourceTopology(Named):
    """What of a node's resources is where; it bears the node's name."""

    zones: list[Zone] | None = None
