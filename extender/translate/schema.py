"""What the extender reads of Kubernetes objects, as their JSON has it.

Fields that are not named here are skipped; ``null`` means absent everywhere. Quantities stay the
raw JSON they came as, so that one bad quantity spoils neither the object nor its neighbours.
Structs hold no reference cycles, so the garbage collector need not look at them (``gc=False``).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Raw, Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

Quantities = dict[str, Raw]
"""Resource name → quantity as it stands in the JSON (``extender.translate.quantity``)."""

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""A whole number as Kubernetes types it; a larger one is refused, as the API server does."""

NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class ApiObject(Struct, rename="camel", gc=False):
    """How all structs are decoded; read-only by convention."""


class OwnerReference(ApiObject):
    """metadata.ownerReferences[]."""

    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    controller: bool | None = None


class ObjectMeta(ApiObject):
    """metadata."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: list[OwnerReference] | None = None


NO_METADATA = ObjectMeta()


class Named(ApiObject):
    """What every kind has: its metadata, with ``null`` and absent read as empty."""

    metadata: ObjectMeta | None = None

    @property
    def meta(self) -> ObjectMeta:
        """The metadata, empty where the object has none."""
        return self.metadata or NO_METADATA

    @property
    def name(self) -> str:
        """metadata.name, "" where absent."""
        return self.meta.name or ""

    @property
    def namespace(self) -> str:
        """metadata.namespace, "" where absent."""
        return self.meta.namespace or ""

    @property
    def uid(self) -> str:
        """metadata.uid, "" where absent."""
        return self.meta.uid or ""

    @property
    def resource_version(self) -> str:
        """metadata.resourceVersion, "" where absent."""
        return self.meta.resource_version or ""

    @property
    def labels(self) -> Mapping[str, str]:
        """metadata.labels, empty where absent."""
        return self.meta.labels or NO_TEXTS

    @property
    def annotations(self) -> Mapping[str, str]:
        """metadata.annotations, empty where absent."""
        return self.meta.annotations or NO_TEXTS


class Requests(ApiObject):
    """A ``resources`` object: of a container, a pod, or a status."""

    requests: Quantities | None = None
    limits: Quantities | None = None


class Container(ApiObject):
    """spec.containers[] and spec.initContainers[]."""

    name: str | None = None
    image: str | None = None
    resources: Requests | None = None
    restart_policy: str | None = None


class Toleration(ApiObject):
    """spec.tolerations[]."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None


class NodeSelectorRequirement(ApiObject):
    """One of matchExpressions[] or matchFields[] of a node selector term."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class NodeSelectorTerm(ApiObject):
    """nodeSelectorTerms[] of a required node affinity."""

    match_expressions: list[NodeSelectorRequirement] | None = None
    match_fields: list[NodeSelectorRequirement] | None = None


class NodeSelector(ApiObject):
    """A required node affinity."""

    node_selector_terms: list[NodeSelectorTerm] | None = None


class NodeAffinity(ApiObject):
    """spec.affinity.nodeAffinity, of which only what is required is read."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None


class Affinity(ApiObject):
    """spec.affinity, of which only the part about nodes is read."""

    node_affinity: NodeAffinity | None = None


class SchedulingGroup(ApiObject):
    """spec.schedulingGroup, of which only whether it is there matters."""


class PodSpec(ApiObject):
    """A pod's spec."""

    node_name: str | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    overhead: Quantities | None = None
    resources: Requests | None = None
    tolerations: list[Toleration] | None = None
    node_selector: dict[str, str] | None = None
    affinity: Affinity | None = None
    priority: Int32 | None = None
    scheduler_name: str | None = None
    scheduling_group: SchedulingGroup | None = None


class Condition(ApiObject):
    """status.conditions[] of pods and nodes."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    last_transition_time: str | None = None


class ContainerRun(ApiObject):
    """``running`` or ``terminated`` of a container's state."""

    started_at: str | None = None


class ContainerState(ApiObject):
    """``state`` or ``lastState`` of a container, of which only runs are read."""

    running: ContainerRun | None = None
    terminated: ContainerRun | None = None


class ContainerStatus(ApiObject):
    """status.containerStatuses[] and status.initContainerStatuses[]."""

    name: str | None = None
    allocated_resources: Quantities | None = None
    resources: Requests | None = None
    state: ContainerState | None = None
    last_state: ContainerState | None = None
    restart_count: int | None = None


class PodStatus(ApiObject):
    """A pod's status."""

    phase: str | None = None
    reason: str | None = None
    start_time: str | None = None
    nominated_node_name: str | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    resources: Requests | None = None
    allocated_resources: Quantities | None = None


NO_POD_SPEC = PodSpec()
NO_POD_STATUS = PodStatus()


class Pod(Named):
    """A Pod. The properties read ``null`` and absent as empty."""

    spec: PodSpec | None = None
    status: PodStatus | None = None

    @property
    def node_name(self) -> str:
        """spec.nodeName, "" while the pod is not bound."""
        return (self.spec or NO_POD_SPEC).node_name or ""

    @property
    def phase(self) -> str:
        """status.phase; ``Pending`` where absent, which is how the API server starts a pod."""
        return (self.status or NO_POD_STATUS).phase or "Pending"

    @property
    def nominated_node_name(self) -> str:
        """status.nominatedNodeName, "" where absent."""
        return (self.status or NO_POD_STATUS).nominated_node_name or ""

    @property
    def terminating(self) -> bool:
        """Whether the pod has a deletionTimestamp."""
        return bool(self.meta.deletion_timestamp)

    @property
    def terminal(self) -> bool:
        """Whether the pod has ended: phase Succeeded or Failed."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def priority(self) -> int:
        """spec.priority, 0 where absent."""
        return (self.spec or NO_POD_SPEC).priority or 0

    @property
    def in_scheduling_group(self) -> bool:
        """Whether the pod has a spec.schedulingGroup."""
        return (self.spec or NO_POD_SPEC).scheduling_group is not None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that controls the pod, if any."""
        for owner in self.meta.owner_references or ():
            if owner.controller:
                return owner
        return None


class Taint(ApiObject):
    """spec.taints[] of a node."""

    key: str | None = None
    value: str | None = None
    effect: str | None = None


class NodeSpec(ApiObject):
    """A node's spec."""

    unschedulable: bool | None = None
    taints: list[Taint] | None = None


class Address(ApiObject):
    """status.addresses[] of a node."""

    type: str | None = None
    address: str | None = None


class NodeInfo(ApiObject):
    """status.nodeInfo."""

    container_runtime_version: str | None = None
    architecture: str | None = None


class NodeStatus(ApiObject):
    """A node's status."""

    allocatable: Quantities | None = None
    capacity: Quantities | None = None
    conditions: list[Condition] | None = None
    addresses: list[Address] | None = None
    node_info: NodeInfo | None = None


class Node(Named):
    """A Node."""

    spec: NodeSpec | None = None
    status: NodeStatus | None = None
