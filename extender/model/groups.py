"""Aggregates of hosts and groups of instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, eq=False)
class HostAggregate:
    """Nova's ``Aggregate``: hosts by name and/or by node labels, with metadata.

    Compared by identity: a changed aggregate is a new object, so whatever was worked out for the
    old one is never taken for the new.
    """

    name: str
    hosts: frozenset[str] = frozenset()
    node_selector: Mapping[str, str] | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def has(self, host: str, labels: Mapping[str, str]) -> bool:
        """Whether the host belongs to the aggregate; an empty selector selects nothing."""
        if host in self.hosts:
            return True
        if not self.node_selector:
            return False
        return all(labels.get(key) == value for key, value in self.node_selector.items())


Aggregates = tuple[HostAggregate, ...]
"""The aggregates of one host, by name: the value that hosts are grouped by."""


def values_from_key(aggregates: Aggregates, key: str) -> frozenset[str]:
    """The raw texts under ``key`` in the aggregates that have it, without comma splitting.

    Source: ``nova.scheduler.filters.utils.aggregate_values_from_key``.
    """
    return frozenset(a.metadata[key] for a in aggregates if key in a.metadata)


def split_values(values: frozenset[str]) -> frozenset[str]:
    """Comma lists taken apart, blanks stripped (``aggregate_metadata_get_by_host``)."""
    return frozenset(item.strip() for value in values for item in value.split(","))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceGroup:
    """Nova's ``InstanceGroup``: a ServerGroup with its members as they are now.

    ``members`` are pod UIDs; ``hosts`` the nodes of members that are bound or claimed, with how
    many of them each has.
    """

    name: str
    namespace: str
    policy: str
    uuid: str = ""
    max_server_per_host: int = 1
    members: frozenset[str] = frozenset()
    hosts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
