"""The extender's own kinds → Nova's aggregates, flavors and server groups, checked.

The API server holds them to a schema; the same objects may stand in files, which nobody checks.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.translate.errors import TranslateError, shown
from extender.translate.schema_kinds import (
    FlavorObject,
    FlavorSpec,
    HostAggregateObject,
    HostAggregateSpec,
    ServerGroupObject,
    ServerGroupSpec,
)

if TYPE_CHECKING:
    from extender.translate.schema import Named

POLICIES = ("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")

LARGEST_SIZE = 2**31 - 1
"""The largest size of a flavor, in its unit (``nova.compute.flavors``)."""

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


def aggregate(obj: HostAggregateObject) -> HostAggregate:
    """A HostAggregate as Nova's aggregate.

    Raises:
        TranslateError: a bad name, or a host without one.
    """
    name = _name("HostAggregate", obj)
    spec = obj.spec or HostAggregateSpec()
    hosts = spec.hosts or []
    if "" in hosts:
        raise TranslateError(
            f"HostAggregate {name}: spec.hosts[{hosts.index('')}] is empty; "
            "accepted: the name of a node"
        )
    return HostAggregate(
        name=name,
        hosts=frozenset(hosts),
        node_selector=MappingProxyType(spec.node_selector) if spec.node_selector else None,
        metadata=MappingProxyType(spec.metadata or {}),
    )


def flavor(obj: FlavorObject) -> Flavor:
    """A Flavor as Nova's, in milli-cores and bytes; a size left out is 0 and not compared.

    Raises:
        TranslateError: a bad name, or a size that is negative or too large.
    """
    name = _name("Flavor", obj)
    spec = obj.spec or FlavorSpec()
    sizes = {
        field: _size(name, field, getattr(spec, field))
        for field in ("vcpus", "ram", "disk", "ephemeral", "swap")
    }
    return Flavor(
        name=name,
        milli_vcpus=sizes["vcpus"] * 1000,
        memory=sizes["ram"] * MIB,
        root=sizes["disk"] * GIB,
        ephemeral=sizes["ephemeral"] * GIB,
        swap_bytes=sizes["swap"] * MIB,
        extra_specs=MappingProxyType(spec.extra_specs or {}),
    )


def server_group(obj: ServerGroupObject) -> InstanceGroup:
    """A ServerGroup as Nova's instance group, without its members.

    Raises:
        TranslateError: a bad name, an unknown policy, or a rule that the policy does not take.
    """
    name = _name("ServerGroup", obj)
    named = f"ServerGroup {obj.namespace}/{name}"
    spec = obj.spec or ServerGroupSpec()
    policy = spec.policy or ""
    if policy not in POLICIES:
        found = f"{shown(policy, 80)} is not a policy" if policy else "is missing"
        raise TranslateError(f"{named}: spec.policy: {found}; accepted: {', '.join(POLICIES)}")
    most = spec.rules.max_server_per_host if spec.rules is not None else None
    if most is not None:
        where = f"{named}: spec.rules.max_server_per_host"
        if policy != "anti-affinity":
            raise TranslateError(
                f"{where} does not go with policy {policy}; accepted: policy anti-affinity"
            )
        if not 1 <= most <= LARGEST_SIZE:
            raise TranslateError(f"{where} is {most}; accepted: 1 to {LARGEST_SIZE}")
    return InstanceGroup(
        name=name,
        namespace=obj.namespace,
        policy=policy,
        uuid=obj.uid,
        max_server_per_host=1 if most is None else most,
    )


def _name(kind: str, obj: Named) -> str:
    if _NAME.fullmatch(obj.name) is None:
        raise TranslateError(
            f"{kind}: metadata.name {shown(obj.name, 80)} is not a name; accepted: at most 253 "
            "lower-case letters, digits, '-' and '.', starting and ending with a letter or digit"
        )
    return obj.name


def _size(flavor_name: str, field: str, size: int | None) -> int:
    if size is None:
        return 0
    if not 0 <= size <= LARGEST_SIZE:
        raise TranslateError(
            f"Flavor {flavor_name}: spec.{field} is {size}; accepted: 0 to {LARGEST_SIZE}"
        )
    return size
