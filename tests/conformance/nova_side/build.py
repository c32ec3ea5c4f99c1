"""A case as Nova's own objects: HostState, RequestSpec and what hangs on them (newest release)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from nova import objects  # type: ignore[import-not-found]  # in Nova's own environment
from nova.scheduler.host_manager import HostState  # type: ignore[import-not-found]
from nova.virt import hardware  # type: ignore[import-not-found]

from tests.conformance.case import Case, aggregates, flavor_id, group_hosts, hosts, instances
from tests.conformance.case import request as request_of

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)  # noqa: UP017 - 3.11


def host_states(case: Case) -> list[Any]:
    """The hosts, in the case's order, as ``HostState.update`` makes them."""
    made = [
        objects.Aggregate(
            id=number, name=a["name"], hosts=list(a["hosts"]), metadata=dict(a["metadata"])
        )
        for number, a in enumerate(aggregates(case))
    ]
    return [_host_state(host, made) for host in hosts(case)]


def _host_state(host: Case, made: list[Any]) -> Any:
    on_host = {i["uuid"]: _instance(i) for i in instances(host)}
    projects: dict[str, int] = {}
    for instance in instances(host):
        key = f"num_proj_{instance['project']}"
        projects[key] = projects.get(key, 0) + 1
    stats: dict[str, Any] = {
        "num_instances": len(on_host) + host["fillers"],
        "io_workload": host["num_io_ops"],
        "failed_builds": host["failed_builds"],
        **projects,
        **host["stats"],
    }
    compute = objects.ComputeNode(
        uuid=f"uuid-{host['host']}",
        updated_at=None,
        memory_mb=host["total_usable_ram_mb"],
        free_ram_mb=host["free_ram_mb"],
        local_gb=host["total_usable_disk_gb"],
        local_gb_used=0,
        free_disk_gb=host["free_disk_mb"] // 1024,
        disk_available_least=None,
        vcpus=host["vcpus_total"],
        vcpus_used=host["vcpus_used"],
        numa_topology=_numa(host["numa"]),
        pci_device_pools=_pools(host["pci_pools"]),
        host_ip=None,
        hypervisor_type=host["hypervisor_type"],
        hypervisor_version=host["hypervisor_version"] or 0,
        hypervisor_hostname=host["hypervisor_hostname"],
        cpu_info=None if host["cpu_info"] is None else json.dumps(host["cpu_info"]),
        supported_hv_specs=[],
        stats=stats,
        metrics=None,
        cpu_allocation_ratio=float(host["cpu_allocation_ratio"]),
        ram_allocation_ratio=float(host["ram_allocation_ratio"]),
        disk_allocation_ratio=float(host["disk_allocation_ratio"]),
    )
    seen = NOW - dt.timedelta(seconds=host["age"])
    state = HostState(host["host"], host["host"], host["cell_uuid"])
    state.update(
        compute=compute,
        service={
            "disabled": host["disabled"],
            "disabled_reason": None,
            "forced_down": host["forced_down"],
            "last_seen_up": seen,
            "created_at": seen,
            "updated_at": seen,
        },
        aggregates=[aggregate for aggregate in made if host["host"] in aggregate.hosts],
        inst_dict=on_host,
    )
    # What the virt driver may report and the record's typed fields do not take.
    state.free_disk_mb = host["free_disk_mb"]
    state.num_instances = len(on_host) + host["fillers"]
    state.num_io_ops = host["num_io_ops"]
    state.failed_builds = host["failed_builds"]
    state.hypervisor_version = host["hypervisor_version"]
    state.host_ip = host["host_ip"]
    state.supported_instances = [list(triple) for triple in host["supported_instances"]]
    state.metrics = _metrics(host["metrics"])
    state.allocation_candidates = candidates(host["host"])
    return state


def candidates(host: str) -> list[dict[str, Any]]:
    """What Placement would offer: the host, with nothing to map."""
    return [{"allocations": {f"uuid-{host}": {}}, "mappings": {}}]


def _instance(instance: Case) -> Any:
    metadata = {f"image_{name}": str(value) for name, value in instance["image"].items()}
    return objects.Instance(
        uuid=instance["uuid"],
        project_id=instance["project"],
        instance_type_id=flavor_id(instance["flavor"]),
        system_metadata=metadata,
        image_ref="an-image",
    )


def _metrics(metrics: list[tuple[str, int]] | None) -> Any:
    if metrics is None:
        return None
    made = [
        objects.MonitorMetric(name=name, value=value, timestamp=NOW, source="test")
        for name, value in metrics
    ]
    return objects.MonitorMetricList(objects=made)


def _pools(pools: list[Case]) -> Any:
    made = []
    for pool in pools:
        attributes = dict(pool.get("attributes", {}))
        attributes.setdefault("vendor_id", "")
        attributes.setdefault("product_id", "")
        node = attributes.pop("numa_node", None)
        one = {"count": pool["count"], "numa_node": node, "resource": pool["resource"]}
        made.append(objects.PciDevicePool.from_dict({**one, **attributes}))
    return objects.PciDevicePoolList(objects=made)


def _numa(topology: Case | None) -> str | None:
    if topology is None:
        return None
    cells = []
    for number, cell in enumerate(topology["cells"]):
        pages = cell.get("mempages", [])
        cells.append(
            objects.NUMACell(
                id=cell.get("id", number),
                socket=cell.get("socket", 0),
                cpuset=set(cell.get("cpuset", [])),
                pcpuset=set(cell.get("pcpuset", [])),
                memory=cell.get("memory", 0),
                cpu_usage=cell.get("cpu_usage", 0),
                memory_usage=cell.get("memory_usage", 0),
                pinned_cpus=set(cell.get("pinned_cpus", [])),
                siblings=[set(s) for s in cell.get("siblings", [])],
                mempages=[
                    objects.NUMAPagesTopology(
                        size_kb=page["size_kb"],
                        total=page["total"],
                        used=page.get("used", 0),
                        reserved=page.get("reserved", 0),
                    )
                    for page in pages
                ],
            )
        )
    text: str = objects.NUMATopology(cells=cells)._to_json()
    return text


def request_spec(case: Case) -> Any:
    """The request; the NUMA topology is worked out by Nova itself, as its API does."""
    asked = request_of(case)
    flavor = _flavor(asked["flavor"])
    image = None
    if asked["image"] is not None:
        known = dict(asked["image"])
        identity = {"id": known.pop("id")} if "id" in known else {}
        image = objects.ImageMeta.from_dict({**identity, "properties": known.get("properties", {})})
    topology = None
    if asked["numa"]:
        topology = hardware.numa_get_constraints(flavor, image or objects.ImageMeta.from_dict({}))
    return objects.RequestSpec(
        id=1,
        instance_uuid=asked["instance"],
        project_id=asked["project"],
        user_id="user",
        num_instances=1,
        flavor=flavor,
        image=image,
        numa_topology=topology,
        pci_requests=_pci_requests(asked["pci_requests"], asked["flavor"]["extra_specs"]),
        availability_zone=asked["zone"],
        ignore_hosts=asked["ignore_hosts"],
        force_hosts=asked["force_hosts"],
        force_nodes=asked["force_nodes"],
        requested_destination=_destination(asked["destination"]),
        retry=_retry(asked["retry"]),
        limits=objects.SchedulerLimits(),
        instance_group=_group(case, asked["group"]),
        scheduler_hints=asked["hints"],
        requested_resources=[],
        is_bfv=False,
    )


def _flavor(flavor: Case) -> Any:
    return objects.Flavor(
        id=flavor_id(flavor["name"]),
        name=flavor["name"],
        flavorid=flavor["name"],
        vcpus=flavor["vcpus"],
        memory_mb=flavor["memory_mb"],
        root_gb=flavor["root_gb"],
        ephemeral_gb=flavor["ephemeral_gb"],
        swap=flavor["swap"],
        extra_specs=dict(flavor["extra_specs"]),
        rxtx_factor=1.0,
        vcpu_weight=None,
        disabled=False,
        is_public=True,
    )


def _pci_requests(requests: list[Case], extra_specs: Case) -> Any:
    made = [
        objects.InstancePCIRequest(
            count=one["count"],
            spec=[dict(spec) for spec in one["spec"]],
            alias_name="alias",
            request_id=f"request-{number}",
            numa_policy=extra_specs.get("hw:pci_numa_affinity_policy"),
        )
        for number, one in enumerate(requests)
    ]
    return objects.InstancePCIRequests(instance_uuid="instance", requests=made)


def _destination(destination: Case | None) -> Any:
    if destination is None:
        return None
    made = objects.Destination(
        allow_cross_cell_move=destination.get("allow_cross_cell_move", False)
    )
    if destination.get("host") is not None:
        made.host = destination["host"]
        made.node = destination.get("node")
    made.cell = None
    if destination.get("cell") is not None:
        made.cell = objects.CellMapping(uuid=destination["cell"])
    return made


def _retry(retry: Case | None) -> Any:
    if retry is None:
        return None
    tried = [
        objects.ComputeNode(host=host, hypervisor_hostname=node) for host, node in retry["hosts"]
    ]
    return objects.SchedulerRetries(
        num_attempts=len(tried), hosts=objects.ComputeNodeList(objects=tried)
    )


def _group(case: Case, group: Case | None) -> Any:
    if group is None:
        return None
    most = group["max_server_per_host"]
    return objects.InstanceGroup(
        uuid="group",
        name="group",
        policy=group["policy"],
        policies=[group["policy"]],
        members=list(group["members"]),
        hosts=sorted(group_hosts(case)),
        rules={} if most is None else {"max_server_per_host": most},
    )
