"""What each filter and weigher costs on a large cluster, asked about every host.

The pod asks for something that each of them has to look at; nodes and pods differ in what is read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
import numpy as np

from extender.cli.assembly import build_engine, load_config
from extender.filters import all_filters
from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.scheduler.weighing import normalise
from extender.state.kind_feed import put_kinds
from extender.state.lookup import POLICY_PLUGINS
from extender.state.node_feed import NodeSink, read_node
from extender.state.pod_feed import PodSink, read_pod
from extender.translate.objects import decode_pod
from extender.verbs.engine import Engine
from extender.weighers.base import HostWeigher
from tests.bench.latency import Timing

PODS_A_NODE = 5
ROUNDS = 60
ONE_BY_ONE = ("JsonFilter",)
"""Filters that may ask about one host after the other."""

_PREFIX = "nova-extender.io/"


@dataclass(frozen=True, slots=True)
class Cost:
    """One class: how long it took for all hosts, and how many it refused (weighers: none)."""

    name: str
    kind: str
    timing: Timing
    refused: int


def measure(nodes: int) -> list[Cost]:
    """The cost of each filter and weigher that ships, on so many nodes."""
    engine = _engine(nodes)
    table = engine.cluster.table
    costs = []
    with engine.judging(decode_pod(_json(_asking()))) as spec:
        if spec.refusal is not None:
            raise RuntimeError(f"the pod of the bench is refused: {spec.refusal.detail}")
        for each in engine.scheduler.filters:
            asked = _suiting(spec, each.name())
            verdicts = each.filter_all(table, asked)
            refused = 0 if verdicts is None else int(np.count_nonzero(verdicts))
            timing = _timed(engine, partial(each.filter_all, table, asked))
            costs.append(Cost(each.name(), "filter", timing, refused))
        for weigher in engine.scheduler.weighers:
            weigh = partial(_weigh, weigher, table, _suiting(spec, weigher.name()))
            costs.append(Cost(weigher.name(), "weigher", _timed(engine, weigh), 0))
    return costs


def _weigh(weigher: HostWeigher, table: HostTable, spec: RequestSpec) -> object:
    raw = weigher.weigh_objects(table, spec)
    return normalise(raw, weigher.minval, weigher.maxval) * weigher.weight_multiplier(table)


def _suiting(spec: RequestSpec, name: str) -> RequestSpec:
    """The request with its group under the policy that this class is for."""
    legacy = {"GroupAffinityFilter": "legacy", "GroupAntiAffinityFilter": "legacy"}
    policies = {plugin: policy for policy, plugin in POLICY_PLUGINS.items()} | legacy
    policy = policies.get(name)
    if policy is None or spec.instance_group is None:
        return spec
    return replace(spec, instance_group=replace(spec.instance_group, policy=policy))


def _timed(engine: Engine, call: Callable[[], object]) -> Timing:
    """The time of a call while pods come and go: before each, the use of one host changes."""
    table = engine.cluster.table
    call()
    seconds = []
    for n in range(ROUNDS):
        table.usage_changed(table.host_state(n % len(table)))
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return Timing.of(seconds)


def _engine(nodes: int) -> Engine:
    config = {
        "filter_scheduler": {
            "enabled_filters": [cls.name() for cls in all_filters()],
            "isolated_hosts": ["n00001"],
            "isolated_images": ["registry.example.com/secret:1"],
            "restrict_isolated_hosts_to_isolated_images": True,
            "image_props_weight_multiplier": 1.0,
            "num_instances_weight_multiplier": 1.0,
        },
        "metrics": {"weight_setting": "cpu.percent=-1.0"},
        "pci": {"alias": [{"name": "a100", "vendor_id": "10de", "product_id": "20b0"}]},
        "kubernetes": {"metrics_max_age": 0},
    }
    made = build_engine(load_config("bench", json.dumps(config)).config)
    kinds: dict[str, list[msgspec.Raw]] = {"HostAggregate": [], "Flavor": [], "ServerGroup": []}
    for kind in _kinds(nodes):
        kinds[kind["kind"]].append(msgspec.Raw(_json(kind)))
    put_kinds(made.cluster, made.lock, _fail, *kinds.values())
    hosts = [read_node(_json(_node(n)), made.options) for n in range(nodes)]
    NodeSink(made.cluster, made.lock, _fail).replace(hosts)
    pods = [_pod(n, slot) for n in range(nodes) for slot in range(PODS_A_NODE)]
    PodSink(made.cluster, made.lock).replace([read_pod(_json(pod), _fail) for pod in pods])
    return made


def _fail(text: str) -> None:
    raise RuntimeError(f"the cluster of the bench is not in order: {text}")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _name(number: int) -> str:
    return f"n{number:05d}"


def _said(**annotations: object) -> dict[str, str]:
    return {
        _PREFIX + name: value if isinstance(value, str) else json.dumps(value)
        for name, value in annotations.items()
    }


def _kinds(nodes: int) -> list[dict[str, Any]]:
    api = "nova-extender.io/v1alpha1"
    metadata: Mapping[str, Mapping[str, str]] = {
        "fast": {
            "ssd": "true",
            "cpu_allocation_ratio": "2.0",
            "ram_allocation_ratio": "1.5",
            "disk_allocation_ratio": "1.2",
            "max_io_ops_per_host": "9",
            "max_instances_per_host": "60",
            "instance_type": "m1.small,m1.large",
            "filter_tenant_id": "team-a,team-b",
            "hw_architecture": "x86_64",
            "ram_weight_multiplier": "2.0",
            "availability_zone": "general",
        },
        "slow": {"ssd": "false", "availability_zone": "general,spare"},
    }
    aggregates = [
        {
            "apiVersion": api,
            "kind": "HostAggregate",
            "metadata": {"name": name},
            "spec": {"nodeSelector": {"example.com/pool": name}, "metadata": what},
        }
        for name, what in metadata.items()
    ]
    small = {"vcpus": 1, "ram": 512, "disk": 1}
    flavor = {"apiVersion": api, "kind": "Flavor", "metadata": {"name": "m1.small"}, "spec": small}
    group = {
        "apiVersion": api,
        "kind": "ServerGroup",
        "metadata": {"name": "web", "namespace": "team-a"},
        "spec": {"policy": "soft-affinity"},
    }
    return [*aggregates, flavor, group][: max(4, nodes)]


def _node(number: int) -> dict[str, Any]:
    """A node that is unlike the others in its NUMA use, metrics, address and labels."""
    amounts = {
        "cpu": str(16 + number % 7),
        "memory": f"{64 + number % 11}Gi",
        "ephemeral-storage": "200Gi",
        "nvidia.com/gpu": "8",
    }
    cells = [
        {
            "id": cell,
            "cpuset": list(range(16 * cell, 16 * cell + 8)),
            "pcpuset": list(range(16 * cell + 8, 16 * cell + 16)),
            "pinned_cpus": [16 * cell + 8 + k for k in range((number + cell) % 6)],
            "siblings": [[16 * cell + k, 16 * cell + k + 1] for k in range(0, 16, 2)],
            "memory": 32768,
            "memory_usage": number * 13 % 30000,
            "cpu_usage": number % 9,
            "mempages": [
                {"size_kb": 4, "total": 7864320, "used": number},
                {"size_kb": 2048, "total": 1024, "used": number % 900},
            ],
        }
        for cell in range(2)
    ]
    labels = {
        "kubernetes.io/hostname": _name(number),
        "example.com/pool": ("fast", "slow", "none")[number % 3],
        "example.com/rack": f"r{number // 40}",
        "topology.kubernetes.io/zone": f"zone-{number % 3}",
        "feature.node.kubernetes.io/cpu-model.vendor_id": "Intel" if number % 5 else "AMD",
        "feature.node.kubernetes.io/cpu-cpuid.AVX512F": "true",
        _PREFIX + "trust_lvl": "trusted" if number % 4 else "unknown",
        _PREFIX + "cell": f"cell{number % 2}",
    }
    annotations = _said(
        numa_topology={"cells": cells},
        metrics=[{"name": "cpu.percent", "value": number % 100}],
        pci_device_pools=[
            {"resource": "nvidia.com/gpu", "vendor_id": "10de", "product_id": "20b0"}
        ],
        stats={"rack_power": str(9000 + number % 500)},
    )
    return {
        "metadata": {
            "name": _name(number),
            "uid": f"node-{number}",
            "labels": labels,
            "annotations": annotations,
        },
        "spec": {},
        "status": {
            "allocatable": amounts,
            "capacity": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": f"10.{number >> 8}.{number & 255}.7"}],
            "nodeInfo": {
                "architecture": "amd64",
                "containerRuntimeVersion": f"containerd://2.{number % 3}.{number % 9}",
            },
        },
    }


def _pod(number: int, slot: int) -> dict[str, Any]:
    """A pod on a node: some have a flavor, a group, image properties, a device."""
    annotations: dict[str, object] = {}
    amounts = {"cpu": f"{100 + 37 * slot + number % 50}m", "memory": f"{128 + number % 100}Mi"}
    if slot == 0:
        annotations = {
            "flavor": "m1.small" if number % 4 else "m1.other",
            "server_group": "web",
            "image_properties": {"os_distro": f"distro{number % 6}", "hw_architecture": "x86_64"},
        }
    if slot == 1:
        amounts["nvidia.com/gpu"] = str(1 + number % 8)
    return {
        "metadata": {
            "name": f"p-{number}-{slot}",
            "namespace": "team-a",
            "uid": f"pod-{number}-{slot}",
            "annotations": _said(**annotations),
        },
        "spec": {
            "nodeName": _name(number),
            "containers": [{"name": "main", "image": "a:1", "resources": {"requests": amounts}}],
        },
        "status": {"phase": "Running"},
    }


def _asking() -> dict[str, Any]:
    """The pod that is judged: it asks for something of every kind."""
    annotations = _said(
        flavor="m1.small",
        server_group="web",
        availability_zone="general",
        extra_specs={
            "aggregate_instance_extra_specs:ssd": "<or> true <or> false",
            "capabilities:cpu_info:vendor": "s== Intel",
            "capabilities:labels:example.com/rack": "s>= r1",
            "capabilities:stats:rack_power": ">= 9100",
            "capabilities:free_ram_mb": ">= 4096",
            "trust:trusted_host": "trusted",
            "hw:numa_nodes": "1",
            "hw:cpu_policy": "dedicated",
            "hw:cpu_thread_policy": "prefer",
            "hw:mem_page_size": "2048",
            "pci_passthrough:alias": "a100:2",
        },
        image_properties={
            "hw_architecture": "x86_64",
            "img_hv_type": "containerd",
            "img_hv_requested_version": ">=2.1",
            "os_distro": "distro1",
        },
        scheduler_hints={
            "different_host": ["p-3-0", "p-4-0"],
            "same_host": ["p-5-0", "p-6-0", "p-7-0"],
            "build_near_host_ip": "10.3.7.1",
            "cidr": "/12",
            "query": '["and", [">=", "$free_ram_mb", 4096], ["=", "$labels.none", "x"]]',
        },
        retry={"num_attempts": 1, "hosts": [[_name(9), _name(9)]]},
        requested_destination={"cell": "cell1", "allow_cross_cell_move": True},
    )
    amounts = {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "1Gi"}
    return {
        "metadata": {
            "name": "asking",
            "namespace": "team-a",
            "uid": "asking",
            "annotations": annotations,
        },
        "spec": {
            "containers": [{"name": "main", "image": "a:1", "resources": {"requests": amounts}}]
        },
        "status": {"phase": "Pending"},
    }


def total(costs: Sequence[Cost]) -> float:
    """The medians of all filters together, but for those that go one by one; milliseconds."""
    return sum(c.timing.p50 for c in costs if c.kind == "filter" and c.name not in ONE_BY_ONE)
