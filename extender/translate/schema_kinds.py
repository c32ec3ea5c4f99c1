"""The extender's own kinds, group ``nova-extender.io/v1alpha1``, as their JSON has them.

Keys that are Nova's keep Nova's spelling (``extra_specs``); Kubernetes' own are in camel case.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, field

from extender.translate.schema import ApiObject, Int32, Named


class KindMeta(ApiObject):
    """metadata of an object of ours, as far as it names the object and its state."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    generation: Any = None


class KindObject(ApiObject):
    """An object of ours, whatever its spec: who it is, and the status it has."""

    metadata: KindMeta | None = None
    status: Raw = Raw()


class HostAggregateSpec(ApiObject):
    """spec of a HostAggregate (``nova-extender.io/v1alpha1``)."""

    hosts: list[str] | None = None
    node_selector: dict[str, str] | None = None
    metadata: dict[str, str] | None = None


class HostAggregateObject(Named):
    """A HostAggregate (``nova-extender.io/v1alpha1``, cluster scope)."""

    spec: HostAggregateSpec | None = None


class FlavorSpec(ApiObject):
    """spec of a Flavor, in Nova's units: vCPUs, MiB of ram and swap, GiB of disk."""

    vcpus: Int32 | None = None
    ram: Int32 | None = None
    disk: Int32 | None = None
    ephemeral: Int32 | None = None
    swap: Int32 | None = None
    extra_specs: dict[str, str] | None = field(default=None, name="extra_specs")


class FlavorObject(Named):
    """A Flavor (``nova-extender.io/v1alpha1``, cluster scope)."""

    spec: FlavorSpec | None = None


class ServerGroupRules(ApiObject):
    """spec.rules of a ServerGroup."""

    max_server_per_host: Int32 | None = field(default=None, name="max_server_per_host")


class ServerGroupSpec(ApiObject):
    """spec of a ServerGroup."""

    policy: str | None = None
    rules: ServerGroupRules | None = None


class ServerGroupObject(Named):
    """A ServerGroup (``nova-extender.io/v1alpha1``, namespaced)."""

    spec: ServerGroupSpec | None = None
