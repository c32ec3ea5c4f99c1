"""The annotations and labels of pods and nodes that are read, in one table.

The reference page ``docs/reference/annotations.md`` is written from it; ``readers`` reads values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "nova-extender.io/"
"""Before every name of ours: a Kubernetes key is ``nova-extender.io/<Nova's name>``."""

ZONE_LABEL = "topology.kubernetes.io/zone"
HOSTNAME_LABEL = "kubernetes.io/hostname"


class Type(StrEnum):
    """How a value is written."""

    TEXT = "text"
    LIST = "list"
    OBJECT = "object"
    ARRAY = "JSON list"
    BOOLEAN = "boolean"
    RATIO = "ratio"
    INTEGER = "integer"


class On(StrEnum):
    """What an annotation or label stands on."""

    POD = "pod"
    NODE = "node"
    LABEL = "node label"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One row of the table.

    Args:
        key: the whole key.
        object: what it stands on.
        type: how its value is written.
        default: what holds without it, for people.
        meaning: one sentence for people.
        example: a valid value.
        set_by: who is meant to set it.
    """

    key: str
    object: On
    type: Type
    default: str
    meaning: str
    example: str
    set_by: str


def _pod(
    name: str, kind: Type, default: str, meaning: str, example: str, set_by: str = "user"
) -> Annotation:
    return Annotation(PREFIX + name, On.POD, kind, default, meaning, example, set_by)


def _node(
    name: str, kind: Type, default: str, meaning: str, example: str, set_by: str = "admin"
) -> Annotation:
    return Annotation(PREFIX + name, On.NODE, kind, default, meaning, example, set_by)


FLAVOR = _pod(
    "flavor",
    Type.TEXT,
    "none",
    "Name of a Flavor. Where the Flavor gives vCPUs, memory or disk, the pod must request the "
    "same amounts.",
    "m1.small",
)
EXTRA_SPECS = _pod(
    "extra_specs",
    Type.OBJECT,
    "`{}`",
    "Extra specs, text to text. Keys of the Flavor cannot be changed, only others added.",
    '{"aggregate_instance_extra_specs:ssd": "true"}',
)
IMAGE_PROPERTIES = _pod(
    "image_properties",
    Type.OBJECT,
    "`{}`",
    "Nova's image properties of what runs in the pod.",
    '{"hw_architecture": "aarch64"}',
)
AVAILABILITY_ZONE = _pod(
    "availability_zone",
    Type.TEXT,
    "option `default_schedule_zone`",
    "The availability zone to run in.",
    "zone-a",
)
IGNORE_HOSTS = _pod("ignore_hosts", Type.LIST, "none", "Nodes not to run on.", "node-a,node-b")
FORCE_HOSTS = _pod(
    "force_hosts",
    Type.LIST,
    "none",
    "The only nodes to run on; every filter is skipped.",
    "node-a",
    "user, in `admin_namespaces` only",
)
FORCE_NODES = _pod(
    "force_nodes",
    Type.LIST,
    "none",
    "As `force_hosts`; where both are given, a node must be in both.",
    "node-a",
    "user, in `admin_namespaces` only",
)
REQUESTED_DESTINATION = _pod(
    "requested_destination",
    Type.OBJECT,
    "none",
    "Where to run, with the filters: any of `host`, `node`, `cell` (texts), `aggregates` (list "
    "of names; a comma within a text means or, all texts must hold), `forbidden_aggregates` "
    "(list of names), `allow_cross_cell_move` (boolean).",
    '{"aggregates": ["ssd,nvme", "rack-1"]}',
)
SCHEDULER_HINTS = _pod(
    "scheduler_hints",
    Type.OBJECT,
    "`{}`",
    "Nova's scheduler hints, name to text or list of texts; `query` may be any JSON list. "
    "`_nova_check_type` is for `admin_namespaces` only.",
    '{"different_host": ["web-0"]}',
)
SERVER_GROUP = _pod(
    "server_group",
    Type.TEXT,
    "none",
    "Name of a ServerGroup in the pod's namespace that the pod is a member of.",
    "web",
)
RETRY = _pod(
    "retry",
    Type.OBJECT,
    "none",
    "Where the pod was tried before: `num_attempts` so far, `hosts` (list of [host, node]) and "
    "`exc_reason`. Written when a binding fails, and when one succeeds after that; read where the "
    "extender knows nothing of the pod itself, as after a restart. Does not count for pods that "
    "belong to one node (of a DaemonSet, forced there, or kept there by the node's name or its "
    "label `kubernetes.io/hostname`), nor where `max_attempts` is 1.",
    '{"num_attempts": 2, "hosts": [["node-a", "node-a"]], "exc_reason": "OutOfcpu"}',
    "extender",
)
DECISION = _pod(
    "decision",
    Type.OBJECT,
    "none",
    "Written when the pod is bound: the `host`, how many hosts passed the filters "
    "(`hosts_passed`), and the host's `rank` and `weight` among them where they were weighed.",
    '{"host": "node-a", "hosts_passed": 12, "rank": 1, "weight": 2.5}',
    "extender",
)


def _ratio(resource: str, what: str) -> Annotation:
    return _node(
        f"{resource}_allocation_ratio",
        Type.RATIO,
        f"option `{resource}_allocation_ratio`, else `initial_{resource}_allocation_ratio`",
        f"How many times over the node's {what} may be requested.",
        "16.0" if resource == "cpu" else "1.5",
    )


CPU_ALLOCATION_RATIO = _ratio("cpu", "CPU")
RAM_ALLOCATION_RATIO = _ratio("ram", "memory")
DISK_ALLOCATION_RATIO = _ratio("disk", "ephemeral storage")


def _saved(kind: str, resource: str, unit: str, example: str) -> Annotation:
    meaning = (
        f"The node's own allocatable {resource} in {unit}, before the admission policy "
        "multiplied it; counts while `amplified_allocatable_…` equals the allocatable."
        if kind == "raw"
        else f"The allocatable {resource} in {unit} that the admission policy wrote."
    )
    name = f"{kind}_allocatable_{resource.replace('-', '_')}"
    return _node(name, Type.INTEGER, "none", meaning, example, "admission policy")


RAW_ALLOCATABLE_CPU = _saved("raw", "cpu", "milli-cores", "7910")
RAW_ALLOCATABLE_MEMORY = _saved("raw", "memory", "bytes", "33554432000")
RAW_ALLOCATABLE_DISK = _saved("raw", "ephemeral-storage", "bytes", "107374182400")
AMPLIFIED_ALLOCATABLE_CPU = _saved("amplified", "cpu", "milli-cores", "126560")
AMPLIFIED_ALLOCATABLE_MEMORY = _saved("amplified", "memory", "bytes", "50331648000")
AMPLIFIED_ALLOCATABLE_DISK = _saved("amplified", "ephemeral-storage", "bytes", "161061273600")


def _floor(resource: str, unit: str, example: str) -> Annotation:
    return _node(
        f"allocatable_floor_{resource.replace('-', '_')}",
        Type.INTEGER,
        "`0`",
        f"The {resource} in {unit} that the node's pods request; the admission policy leaves no "
        "less allocatable, so that a kubelet that restarts admits them all again.",
        example,
        "extender",
    )


ALLOCATABLE_FLOOR_CPU = _floor("cpu", "milli-cores", "4000")
ALLOCATABLE_FLOOR_MEMORY = _floor("memory", "bytes", "33554432000")
ALLOCATABLE_FLOOR_DISK = _floor("ephemeral-storage", "bytes", "107374182400")

MEMORY_MANAGER_POLICY = _node(
    "memory_manager_policy",
    Type.TEXT,
    "`None`",
    "The policy of the kubelet's memory manager. On a node where it is `Static` memory is never "
    "overcommitted, for the kubelet pins it.",
    "Static",
)

DISABLED = _node(
    "disabled",
    Type.BOOLEAN,
    "`false`",
    "Nova's disabled compute service: ComputeFilter refuses the node, also for pods that "
    "tolerate an unschedulable one.",
    "true",
)
DISABLED_REASON = _node(
    "disabled_reason", Type.TEXT, "none", "Why the node is disabled, for people.", "broken fan"
)
FORCED_DOWN = _node(
    "forced_down",
    Type.BOOLEAN,
    "`false`",
    "Nova's forced-down compute service: ComputeFilter refuses the node, whatever its "
    "condition Ready says.",
    "true",
)
SUPPORTED_INSTANCES = _node(
    "supported_instances",
    Type.ARRAY,
    "none",
    "Further guests that the node can run, a JSON list of [architecture, hypervisor type, VM mode] "
    "beside the one that its runtime and architecture give.",
    '[["x86_64", "kvm", "hvm"]]',
)
CPU_INFO = _node(
    "cpu_info",
    Type.OBJECT,
    "labels of Node Feature Discovery",
    "What is known of the node's CPU: `arch`, `vendor`, `model`, `features`, `maxphysaddr`; a name "
    "given here replaces what the labels say under it.",
    '{"vendor": "Intel", "features": ["aes", "avx512f"], "maxphysaddr": {"bits": 46}}',
    "admin, agent",
)
STATS = _node(
    "stats",
    Type.OBJECT,
    "`num_instances`, `io_workload`, `failed_builds` and `num_proj_<namespace>`",
    "Nova's `stats` of the host; a name given here replaces the extender's own.",
    '{"rack_power": "9500", "raid": "10"}',
    "admin, agent",
)
METRICS = _node(
    "metrics",
    Type.ARRAY,
    "metrics.k8s.io",
    "What was measured on the node, a JSON list of `name`, `value`, and where known `timestamp` "
    "(RFC 3339) and `source`. Each write wakes pending pods: once a minute will do.",
    '[{"name": "cpu.percent", "value": 37, "timestamp": "2026-01-02T03:04:05Z"}]',
    "agent",
)
NUMA_TOPOLOGY = _node(
    "numa_topology",
    Type.OBJECT,
    "the node's NodeResourceTopology",
    "The node's NUMA `cells`, each with `id`, `cpuset` (shared CPUs), `pcpuset` (dedicated ones), "
    "`pinned_cpus`, `siblings`, `memory` and `memory_usage` in MiB, `cpu_usage`, and `mempages`.",
    '{"cells": [{"id": 0, "cpuset": [0, 1], "pcpuset": [2, 3], "memory": 32768}]}',
    "agent",
)
PCI_DEVICE_POOLS = _node(
    "pci_device_pools",
    Type.ARRAY,
    "no attributes",
    "What is known of the devices behind the node's extended resources, a JSON list of "
    "`resource`, `vendor_id`, `product_id`, `numa_node` and `tags`.",
    '[{"resource": "nvidia.com/gpu", "vendor_id": "10de", "product_id": "20b0"}]',
    "agent",
)
ATTESTATION = _node(
    "attestation",
    Type.OBJECT,
    "label `trust_lvl`",
    "How far the node is trusted (`trust_lvl`) and since when that is known (`vtime`, RFC 3339).",
    '{"trust_lvl": "trusted", "vtime": "2026-01-02T03:04:05Z"}',
    "attestation operator",
)

CELL = Annotation(
    PREFIX + "cell",
    On.LABEL,
    Type.TEXT,
    "none",
    "The cell the node belongs to (`requested_destination`).",
    "cell1",
    "admin",
)
TRUST_LVL = Annotation(
    PREFIX + "trust_lvl",
    On.LABEL,
    Type.TEXT,
    "`unknown`",
    "How far the node is trusted; option `attestation_label` may name another label. A kubelet may "
    "change labels of its own node, except `*.node-restriction.kubernetes.io/` ones.",
    "trusted",
    "attestation operator",
)
TRAIT = Annotation(
    PREFIX + "trait.<NAME>",
    On.LABEL,
    Type.TEXT,
    "none",
    "A trait of the node, for extra specs `trait:<NAME>=required` and `=forbidden`; the label's "
    "presence counts, not its value.",
    "true",
    "admin",
)
ZONE = Annotation(
    ZONE_LABEL,
    On.LABEL,
    Type.TEXT,
    "option `default_availability_zone`",
    "The node's availability zone, where no HostAggregate of the node has the metadata "
    "`availability_zone`.",
    "zone-a",
    "cloud provider",
)
HOSTNAME = Annotation(
    HOSTNAME_LABEL,
    On.LABEL,
    Type.TEXT,
    "the node's name",
    "Nova's `hypervisor_hostname`.",
    "node-a",
    "kubelet",
)

TABLE: tuple[Annotation, ...] = (
    FLAVOR,
    EXTRA_SPECS,
    IMAGE_PROPERTIES,
    AVAILABILITY_ZONE,
    IGNORE_HOSTS,
    FORCE_HOSTS,
    FORCE_NODES,
    REQUESTED_DESTINATION,
    SCHEDULER_HINTS,
    SERVER_GROUP,
    RETRY,
    DECISION,
    CPU_ALLOCATION_RATIO,
    RAM_ALLOCATION_RATIO,
    DISK_ALLOCATION_RATIO,
    RAW_ALLOCATABLE_CPU,
    RAW_ALLOCATABLE_MEMORY,
    RAW_ALLOCATABLE_DISK,
    AMPLIFIED_ALLOCATABLE_CPU,
    AMPLIFIED_ALLOCATABLE_MEMORY,
    AMPLIFIED_ALLOCATABLE_DISK,
    ALLOCATABLE_FLOOR_CPU,
    ALLOCATABLE_FLOOR_MEMORY,
    ALLOCATABLE_FLOOR_DISK,
    MEMORY_MANAGER_POLICY,
    DISABLED,
    DISABLED_REASON,
    FORCED_DOWN,
    SUPPORTED_INSTANCES,
    CPU_INFO,
    STATS,
    METRICS,
    NUMA_TOPOLOGY,
    PCI_DEVICE_POOLS,
    ATTESTATION,
    CELL,
    TRUST_LVL,
    TRAIT,
    ZONE,
    HOSTNAME,
)
"""All rows, in the order of the reference page."""
