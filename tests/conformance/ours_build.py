"""A case as the extender's model: what derives from others (groups' hosts) is plainly looked up."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.model.host_parts import Instance, Inventory, Service
from extender.model.host_state import HostState
from extender.model.metrics import HostMetric
from extender.model.numa import NUMARequest
from extender.model.options import SchedulerOptions
from extender.model.pci import PciPool, PciRequest
from extender.model.request_spec import Destination, ImageMeta, RequestSpec, SchedulerRetries
from extender.translate.annotations import IMAGE_PROPERTIES
from extender.translate.image_properties import ImageProperties, read_image_properties
from extender.translate.numa_request import numa_request
from extender.translate.numa_specs import NUMAError
from extender.translate.readers import AnnotationError
from tests.conformance import ours_numa
from tests.conformance.case import (
    SERVICE_DOWN_TIME,
    Case,
    aggregates,
    by_resource,
    group_hosts,
    hosts,
)
from tests.conformance.case import instances as instances_of
from tests.conformance.case import options as options_of
from tests.conformance.case import request as request_of

NOW = 1767323045.0
"""2026-01-02 03:04:05 UTC, as on Nova's side."""


def options(case: Case) -> SchedulerOptions:
    """The case's options; lists become tuples."""
    elsewhere = {"default_availability_zone"}
    return SchedulerOptions(
        **{n: _tuples(v) for n, v in options_of(case).items() if n not in elsewhere}
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def host_states(case: Case) -> list[HostState]:
    """The hosts, in the case's order."""
    made = [
        HostAggregate(name=a["name"], hosts=frozenset(a["hosts"]), metadata=a["metadata"])
        for a in aggregates(case)
    ]
    zone = options_of(case)["default_availability_zone"]
    return [_host_state(host, made, zone) for host in hosts(case)]


def _host_state(host: Case, made: list[HostAggregate], zone: str) -> HostState:
    on_host = {i["uuid"]: _instance(i) for i in instances_of(host)}
    for number in range(host["fillers"]):
        uuid = f"filler-{host['host']}-{number}"
        on_host[uuid] = Instance(uuid=uuid, namespace="fillers", name=uuid)
    stale = host["trust_age"] if host["trust_lvl"] is not None else None
    return HostState(
        host=host["host"],
        uuid=f"uuid-{host['host']}",
        cell_uuid=host["cell_uuid"],
        cpu=_inventory(host["vcpus_total"], host["vcpus_used"], host["cpu_allocation_ratio"], 1000),
        ram=_inventory(
            host["total_usable_ram_mb"],
            host["total_usable_ram_mb"] - host["free_ram_mb"],
            host["ram_allocation_ratio"],
            MIB,
        ),
        disk=_inventory(
            host["total_usable_disk_gb"] * 1024,
            host["total_usable_disk_gb"] * 1024 - host["free_disk_mb"],
            host["disk_allocation_ratio"],
            MIB,
        ),
        service=Service(
            disabled=host["disabled"],
            forced_down=host["forced_down"],
            ready=abs(host["age"]) <= SERVICE_DOWN_TIME,
        ),
        aggregates=tuple(a for a in made if host["host"] in a.hosts),
        default_availability_zone=zone,
        host_ip=host["host_ip"],
        hypervisor_type=host["hypervisor_type"],
        hypervisor_version=host["hypervisor_version"],
        hypervisor_hostname=host["hypervisor_hostname"],
        supported_instances=_tuples(host["supported_instances"]),
        cpu_info=host["cpu_info"] or {},
        reported_stats=host["stats"],
        reported_metrics=tuple(
            HostMetric(name=name, value=value) for name, value in host["metrics"] or ()
        ),
        reported_numa=ours_numa.topology(host["numa"]),
        pci_pools=tuple(_pool(pool) for pool in host["pci_pools"]),
        extended_used={p["resource"]: p["used"] for p in host["pci_pools"] if p.get("used")},
        trust_lvl=host["trust_lvl"] or "unknown",
        trust_time=None if stale is None else NOW - stale,
        num_io_ops=host["num_io_ops"],
        failed_builds=host["failed_builds"],
        instances=on_host,
    )


def _inventory(total: int, used: int, ratio: str, unit: int) -> Inventory:
    return Inventory(total=total * unit, used=used * unit, ratio=Fraction(ratio))


def _instance(instance: Case) -> Instance:
    return Instance(
        uuid=instance["uuid"],
        namespace=instance["project"],
        name=instance["uuid"],
        flavor=instance["flavor"],
        image_properties=typed(instance["image"]).pairs,
    )


def _pool(pool: Case) -> PciPool:
    attributes = {name: str(value) for name, value in pool.get("attributes", {}).items()}
    return PciPool(
        resource=pool["resource"],
        total=pool["count"] + pool.get("used", 0),
        attributes=tuple(sorted(attributes.items())),
    )


class RefusedError(Exception):
    """The extender does not take the request: an annotation of such a pod would not be valid."""


def typed(properties: Case) -> ImageProperties:
    """Image properties as the extender reads them off an annotation.

    Raises:
        RefusedError: a value that a property cannot have.
    """
    try:
        return read_image_properties({IMAGE_PROPERTIES.key: json.dumps(properties)})
    except AnnotationError as error:
        raise RefusedError(str(error)) from error


def request_spec(case: Case) -> RequestSpec:
    """The request."""
    asked = request_of(case)
    hints = {name: tuple(values) for name, values in (asked["hints"] or {}).items()}
    image, flavor = ImageMeta(), _flavor(asked["flavor"])
    if asked["image"] is not None:
        read = typed(asked["image"].get("properties", {}))
        image = ImageMeta(
            id=asked["image"].get("id"), properties=read.properties, others=read.others
        )
    return RequestSpec(
        instance_uuid=asked["instance"],
        project_id=asked["project"],
        name=asked["instance"],
        flavor=flavor,
        availability_zone=asked["zone"],
        ignore_hosts=tuple(asked["ignore_hosts"] or ()),
        force_hosts=tuple(asked["force_hosts"] or ()),
        force_nodes=tuple(asked["force_nodes"] or ()),
        requested_destination=_destination(asked["destination"]),
        retry=_retry(asked["retry"]),
        scheduler_hints=hints,
        instance_group=_group(case, asked["group"]),
        hint_hosts={
            name: _hosts_of(case, hints[name])
            for name in ("same_host", "different_host")
            if name in hints
        },
        own_hosts=_hosts_of(case, (asked["instance"],)),
        image=image,
        images=() if image.id is None else (image.id,),
        numa_topology=_cells(flavor, image) if asked["numa"] else None,
        pci_requests=tuple(_pci_request(one) for one in asked["pci_requests"]),
        extended=_extended(asked["pci_requests"]),
        at=NOW,
    )


def _cells(flavor: Flavor, image: ImageMeta) -> NUMARequest | None:
    """The cells asked for; Nova's API works them out likewise, before the scheduler.

    Raises:
        RefusedError: they cannot be.
    """
    try:
        return numa_request(flavor, image.properties)
    except NUMAError as error:
        raise RefusedError(str(error)) from error


def _flavor(flavor: Case) -> Flavor:
    return Flavor(
        name=flavor["name"],
        milli_vcpus=flavor["vcpus"] * 1000,
        memory=flavor["memory_mb"] * MIB,
        root=flavor["root_gb"] * GIB,
        ephemeral=flavor["ephemeral_gb"] * GIB,
        swap_bytes=flavor["swap"] * MIB,
        extra_specs=flavor["extra_specs"],
    )


def _destination(destination: Case | None) -> Destination | None:
    if destination is None:
        return None
    return Destination(
        host=destination.get("host"),
        node=destination.get("node"),
        cell=destination.get("cell"),
        allow_cross_cell_move=destination.get("allow_cross_cell_move", False),
    )


def _retry(retry: Case | None) -> SchedulerRetries | None:
    if retry is None:
        return None
    return SchedulerRetries(
        num_attempts=len(retry["hosts"]), hosts=tuple((host, node) for host, node in retry["hosts"])
    )


def _group(case: Case, group: Case | None) -> InstanceGroup | None:
    if group is None:
        return None
    return InstanceGroup(
        name="group",
        namespace="demo",
        policy=group["policy"],
        uuid="group",
        max_server_per_host=group["max_server_per_host"] or 1,
        members=frozenset(group["members"]),
        hosts=group_hosts(case),
    )


def _hosts_of(case: Case, uuids: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        host["host"] for host in hosts(case) if any(i["uuid"] in uuids for i in instances_of(host))
    )


def _extended(requests: list[Case]) -> tuple[tuple[str, int], ...]:
    """What the pod takes of extended resources: what it names by nothing but the resource."""
    taken: dict[str, int] = {}
    for one in requests:
        if by_resource(one):
            resource = one["spec"][0]["resource"]
            taken[resource] = taken.get(resource, 0) + one["count"]
    return tuple(sorted(taken.items()))


def _pci_request(request: Case) -> PciRequest:
    spec = tuple(tuple(sorted((n, str(v)) for n, v in one.items())) for one in request["spec"])
    return PciRequest(count=request["count"], spec=spec, alias="alias")
