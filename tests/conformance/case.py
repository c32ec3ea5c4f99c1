"""The neutral form of a case: JSON at Nova's level, in Nova's units and names.

A case says only what differs from the defaults below, so that taking a key or an entry away gives a
smaller case that is still whole. Both sides read it through ``host_of`` and the like; this module
therefore knows neither Nova nor the extender.

* ``hosts``: ``HOST``'s keys. Ratios are decimal texts. ``fillers`` are instances that nobody looks
  at but by their number; ``age`` is how many seconds ago the service was last seen.
* ``aggregates``: name, hosts, metadata (text → text).
* ``request``: ``REQUEST``'s keys. Members of the group that are on no host of the case may have
  ``group.elsewhere`` hosts.
* ``options``: the extender's names of Nova's options, those that differ from the default.
* ``filters``, ``weighers``: what is enabled for the sequence, the total and the loop.
* ``schedule``: how many ``instances``, whether ``alternates``, which claims Placement would
  ``refuse`` (pairs of the instance's number and the host).
"""

from __future__ import annotations

import uuid
from typing import Any

Case = dict[str, Any]

NAMESPACE = uuid.UUID("7b7c1d3e-58e0-4e4f-a8a5-0c3a3c1f7f10")

HOST: Case = {
    "host": "node-1",
    "cell_uuid": "",
    "vcpus_total": 8,
    "vcpus_used": 0,
    "total_usable_ram_mb": 16384,
    "free_ram_mb": 16384,
    "total_usable_disk_gb": 100,
    "free_disk_mb": 102400,
    "cpu_allocation_ratio": "1.0",
    "ram_allocation_ratio": "1.0",
    "disk_allocation_ratio": "1.0",
    "num_io_ops": 0,
    "failed_builds": 0,
    "fillers": 0,
    "instances": [],
    "host_ip": "10.0.0.1",
    "hypervisor_type": "QEMU",
    "hypervisor_version": 6000000,
    "hypervisor_hostname": "node-1",
    "supported_instances": [],
    "cpu_info": {},
    "stats": {},
    "metrics": [],
    "numa": None,
    "pci_pools": [],
    "trust_lvl": None,
    "trust_age": 0,
    "disabled": False,
    "forced_down": False,
    "age": 5,
}
FLAVOR: Case = {
    "name": "m1.small",
    "vcpus": 1,
    "memory_mb": 512,
    "root_gb": 1,
    "ephemeral_gb": 0,
    "swap": 0,
    "extra_specs": {},
}
INSTANCE: Case = {"uuid": "", "project": "other", "flavor": "m1.small", "image": {}}
REQUEST: Case = {
    "instance": "instance-0",
    "project": "demo",
    "flavor": {},
    "image": {},
    "hints": {},
    "group": None,
    "retry": None,
    "destination": None,
    "ignore_hosts": None,
    "force_hosts": None,
    "force_nodes": None,
    "zone": None,
    "pci_requests": [],
    "numa": False,
}
GROUP: Case = {"policy": "affinity", "members": [], "elsewhere": [], "max_server_per_host": None}
SCHEDULE: Case = {"instances": 1, "alternates": False, "refuse": []}
OPTIONS: Case = {
    "default_availability_zone": "nova",
    "host_subset_size": 1,
    "shuffle_best_same_weighed_hosts": False,
    "max_attempts": 3,
    "max_io_ops_per_host": 8,
    "max_instances_per_host": 50,
    "isolated_images": [],
    "isolated_hosts": [],
    "restrict_isolated_hosts_to_isolated_images": True,
    "aggregate_image_properties_isolation_namespace": None,
    "aggregate_image_properties_isolation_separator": ".",
    "image_properties_default_architecture": None,
    "ram_weight_multiplier": 1.0,
    "cpu_weight_multiplier": 1.0,
    "disk_weight_multiplier": 1.0,
    "io_ops_weight_multiplier": -1.0,
    "pci_weight_multiplier": 1.0,
    "soft_affinity_weight_multiplier": 1.0,
    "soft_anti_affinity_weight_multiplier": 1.0,
    "build_failure_weight_multiplier": 1000000.0,
    "cross_cell_move_weight_multiplier": 1000000.0,
    "hypervisor_version_weight_multiplier": 1.0,
    "num_instances_weight_multiplier": 0.0,
    "image_props_weight_multiplier": 0.0,
    "image_props_weight_setting": [],
    "metrics_weight_multiplier": 1.0,
    "metrics_weight_setting": [],
    "metrics_required": True,
    "metrics_weight_of_unavailable": -10000.0,
    "attestation_auth_timeout": 60,
    "packing_host_numa_cells_allocation_strategy": False,
}

SERVICE_DOWN_TIME = 60
"""Nova's default: a service last seen longer ago than this is down."""


def hosts(case: Case) -> list[Case]:
    """The case's hosts, with defaults filled in."""
    return [{**HOST, "hypervisor_hostname": h.get("host", "node-1"), **h} for h in case["hosts"]]


def instances(host: Case) -> list[Case]:
    """A host's instances, with defaults filled in."""
    return [{**INSTANCE, **instance} for instance in host["instances"]]


def aggregates(case: Case) -> list[Case]:
    """The case's aggregates, with defaults filled in."""
    return [
        {"name": f"agg-{number}", "hosts": [], "metadata": {}, **aggregate}
        for number, aggregate in enumerate(case.get("aggregates", []))
    ]


def request(case: Case) -> Case:
    """The case's request, with defaults filled in."""
    asked = {**REQUEST, **case.get("request", {})}
    asked["flavor"] = {**FLAVOR, **asked["flavor"]}
    if asked["group"] is not None:
        asked["group"] = {**GROUP, **asked["group"]}
    return asked


def options(case: Case) -> Case:
    """The case's options, with defaults filled in."""
    return {**OPTIONS, **case.get("options", {})}


def schedule(case: Case) -> Case | None:
    """What is asked of the scheduling loop, if anything."""
    asked = case.get("schedule")
    if asked is None:
        return None
    asked = {**SCHEDULE, **asked}
    return {**asked, "instances": max(1, asked["instances"])}


def group_hosts(case: Case) -> dict[str, int]:
    """How many members of the request's group each host has (the conductor fills this in)."""
    group = request(case)["group"]
    if group is None:
        return {}
    members = set(group["members"])
    counts = {
        host["host"]: sum(i["uuid"] in members for i in instances(host)) for host in hosts(case)
    }
    found = {name: count for name, count in counts.items() if count}
    return {**found, **{name: 1 for name in group["elsewhere"] if name not in found}}


def by_resource(pci_request: Case) -> bool:
    """Whether a request for devices names a resource and nothing else, as a pod's own do."""
    return [set(spec) for spec in pci_request["spec"]] == [{"resource"}]


def flavor_id(name: str) -> int:
    """A number for a flavor's name: Nova's TypeAffinityFilter compares ids."""
    return int(uuid.uuid5(NAMESPACE, name)) % 2**31
