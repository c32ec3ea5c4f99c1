"""Requests and hosts as JSON-ready data, for people; amounts in vCPU and MiB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from extender.model.columns import clamp
from extender.model.facts import MEBIBYTE, VCPU, Unit
from extender.model.flavor import GIB
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.overcommit import UNITS, Share, Shares
from extender.model.request_spec import RequestSpec

GIBIBYTE = Unit("GiB", GIB)


def request(spec: RequestSpec) -> dict[str, Any]:
    """A RequestSpec under Nova's names; what is not asked for is there all the same, empty."""
    flavor, group, retry = spec.flavor, spec.instance_group, spec.retry
    destination, refusal = spec.requested_destination, spec.refusal
    return {
        "pod": spec.name,
        "namespace": spec.project_id,
        "uid": spec.instance_uuid,
        "num_instances": spec.num_instances,
        "flavor": {
            "name": flavor.name,
            "vcpus": VCPU.show(flavor.milli_vcpus),
            "memory_mb": MEBIBYTE.show(flavor.memory),
            "disk_mb": MEBIBYTE.show(flavor.disk),
            "root_gb": GIBIBYTE.show(flavor.root),
            "ephemeral_gb": GIBIBYTE.show(flavor.ephemeral),
            "swap": MEBIBYTE.show(flavor.swap_bytes),
            "extra_specs": _sorted(flavor.extra_specs),
        },
        "virtual": spec.virtual
        and {
            name: unit.show(amount)
            for name, unit, amount in zip(
                ("vcpus", "memory_mb", "disk_mb"), UNITS.values(), spec.virtual, strict=True
            )
        },
        "availability_zone": spec.availability_zone,
        "ignore_hosts": list(spec.ignore_hosts),
        "force_hosts": list(spec.force_hosts),
        "force_nodes": list(spec.force_nodes),
        "requested_destination": destination
        and {
            "host": destination.host,
            "node": destination.node,
            "cell": destination.cell,
            "aggregates": list(destination.aggregates),
            "forbidden_aggregates": sorted(destination.forbidden_aggregates),
            "allow_cross_cell_move": destination.allow_cross_cell_move,
        },
        "retry": retry
        and {
            "num_attempts": retry.num_attempts,
            "hosts": [list(pair) for pair in retry.hosts],
            "exc_reason": retry.exc_reason,
        },
        "scheduler_hints": {
            name: list(values) for name, values in _sorted(spec.scheduler_hints).items()
        },
        "instance_group": group
        and {
            "name": group.name,
            "policy": group.policy,
            "max_server_per_host": group.max_server_per_host,
            "members": len(group.members),
            "hosts": sorted(group.hosts),
        },
        "image": {"id": spec.image.id, "properties": _plain(spec.image.properties)},
        "tolerates_unschedulable": spec.tolerates_unschedulable,
        "tolerates_not_ready": spec.tolerates_not_ready,
        "nominated_host": spec.nominated_host,
        "refusal": refusal
        and {
            "reason": refusal.reason.id,
            "text": refusal.reason.text,
            "category": str(refusal.reason.category),
            "detail": refusal.detail,
        },
        "sources": _sorted(spec.sources),
    }


def host(state: HostState, shares: Shares) -> dict[str, Any]:
    """A host as the scheduler sees it.

    A resource's ``raw`` is what the node has of its own, ``total`` that less what is reserved,
    ``limit`` the effective one: ⌊total × ratio⌋, the least by the filters that are enabled. Its
    ``free`` is limit less used: what a request is compared with. (Nova's ``free_ram_mb`` leaves out
    the ratio.) kube-scheduler and the kubelet hold ``requested``, which is ``used`` without what is
    virtual, to ``allocatable``; ``void`` is the part of the limit that has no effect for it.
    """
    name, signs = _service(state)
    return {
        "host": state.host,
        "zones": sorted(state.zones),
        "zones_from": state.zones_from,
        "aggregates": [aggregate.name for aggregate in state.aggregates],
        "state": name,
        "state_from": signs,
        "overcommit": shares.mode,
        "cpu": _share(shares.cpu, VCPU),
        "ram": _share(shares.ram, MEBIBYTE),
        "disk": _share(shares.disk, MEBIBYTE),
        "num_instances": state.num_instances,
        "num_io_ops": state.num_io_ops,
        "failed_builds": state.failed_builds,
        "hypervisor_type": state.hypervisor_type,
        "hypervisor_version": state.hypervisor_version,
        "problems": list(state.problems),
    }


def exact_use(state: HostState) -> dict[str, Any]:
    """What a host's pods take in the smallest units, and which pods: for recounting elsewhere."""
    return {
        "vcpus_used_milli": state.cpu.used,
        "memory_used_bytes": state.ram.used,
        "disk_used_bytes": state.disk.used,
        "instances": sorted(state.instances),
    }


def _service(state: HostState) -> tuple[str, list[str]]:
    """The state in one word, disabled before down as ComputeFilter asks, and all its signs."""
    service = state.service
    disabled = [
        *(["annotation disabled"] if service.disabled else []),
        *(["spec.unschedulable"] if service.unschedulable else []),
        *([f"reason: {service.disabled_reason}"] if service.disabled_reason else []),
    ]
    down = [
        *(["forced down"] if service.forced_down else []),
        *(["not ready"] if not service.ready else []),
    ]
    if state.unreadable & Unreadable.SERVICE:
        return "unknown", ["annotation is not valid", *disabled, *down]
    if service.disabled or service.unschedulable:
        return "disabled", disabled + down
    return ("down" if down else "up"), down


def _share(share: Share, unit: Unit) -> dict[str, Any]:
    inventory = share.inventory
    return {
        "unit": unit.name,
        "raw": unit.show(inventory.raw),
        "total": unit.show(inventory.total),
        "total_from": inventory.total_from,
        "ratio": float(inventory.ratio),
        "ratio_from": share.ratio_from,
        "ratio_origin": share.origin,
        "held_at_one": share.held_at_one,
        "enforced_by": list(share.enforced_by),
        "limit": unit.show(clamp(inventory.limit)),
        "used": unit.show(inventory.used),
        "free": unit.show(clamp(inventory.limit) - inventory.used),
        "requested": unit.show(inventory.requested),
        "allocatable": unit.show(inventory.held),
        "void": unit.show(clamp(share.void)),
    }


def _sorted(texts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: texts[key] for key in sorted(texts)}


def _plain(value: object) -> Any:
    """A value that came from an annotation, in JSON's own types."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return _sorted({str(key): _plain(item) for key, item in value.items()})
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return str(value)
