"""Node → HostState: what a node has, as Nova's compute service would report it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from extender.model.host_parts import Service, Unreadable
from extender.model.host_state import HostState
from extender.model.metrics import Capacity
from extender.translate import annotations as table
from extender.translate.allocatable import CPU, MEMORY
from extender.translate.capabilities import read_capabilities
from extender.translate.inventory import inventories
from extender.translate.metrics import read_metrics
from extender.translate.numa import read_topology
from extender.translate.pci import pci_pools
from extender.translate.readers import AnnotationError, read_boolean, read_text
from extender.translate.schema import NodeSpec, NodeStatus
from extender.translate.trust import NO_TRUST, read_trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from extender.model.groups import HostAggregate
    from extender.model.options import TranslateOptions
    from extender.translate.annotations import Annotation
    from extender.translate.readers import Annotations
    from extender.translate.schema import Node

T = TypeVar("T")

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"

_NO_SPEC = NodeSpec()
_NO_STATUS = NodeStatus()

# Nova's convert_version_to_int, of the digits that lead each part.
_RUNTIME = re.compile(r"([^:/]+)://(?:v?([0-9]{1,9})(?:\.([0-9]{1,9})(?:\.([0-9]{1,9}))?)?)?")


def host_state(
    node: Node, aggregates: Iterable[HostAggregate], options: TranslateOptions
) -> HostState:
    """A node as Nova's scheduler sees it, without the pods on it. Never raises.

    What cannot be read is named in ``problems`` and marked in ``unreadable``: the filters that
    read it refuse the host, all others judge it as if the value were absent.

    Args:
        node: as the API server has it.
        aggregates: all HostAggregates; those the node belongs to are picked out.
        options: ratios, reserves and the default zone.
    """
    return _Reading(node, options).host_state(aggregates)


class _Reading:
    """One node being read, and what was wrong with it so far."""

    def __init__(self, node: Node, options: TranslateOptions) -> None:
        self.node = node
        self.options = options
        self.annotations = node.annotations
        self.spec = node.spec or _NO_SPEC
        self.status = node.status or _NO_STATUS
        self.unreadable = Unreadable(0)
        self.problems: list[str] = []

    def host_state(self, aggregates: Iterable[HostAggregate]) -> HostState:
        """All of it."""
        name, labels, options = self.node.name, self.node.labels, self.options
        mine = sorted((a for a in aggregates if a.has(name, labels)), key=lambda a: a.name)
        runtime, version = self._runtime()
        cpu, ram, disk = inventories(self.node, options, self._bad)
        can = read_capabilities(self.node, runtime, self._bad)
        trust = self._annotated(
            lambda found: read_trust(found, labels, options.attestation_label),
            Unreadable.TRUST,
            NO_TRUST,
        )
        return HostState(
            host=name,
            uuid=self.node.uid,
            cell_uuid=labels.get(table.CELL.key, ""),
            labels=labels,
            cpu=cpu,
            ram=ram,
            disk=disk,
            service=self._service(),
            aggregates=tuple(mine),
            zone_label=labels.get(table.ZONE_LABEL) or None,
            default_availability_zone=options.default_availability_zone,
            host_ip=self._host_ip(),
            hypervisor_type=runtime,
            hypervisor_version=version,
            hypervisor_hostname=labels.get(table.HOSTNAME_LABEL) or name,
            supported_instances=can.supported_instances,
            cpu_info=can.cpu_info,
            reported_stats=can.stats,
            reported_metrics=self._annotated(read_metrics, Unreadable.METRICS, ()),
            reported_numa=self._annotated(read_topology, Unreadable.NUMA, None),
            capacity=Capacity(CPU.capacity(self.node) or 0, MEMORY.capacity(self.node) or 0),
            trust_lvl=trust.level,
            trust_time=trust.at,
            pci_pools=pci_pools(self.annotations, self.status.allocatable, self._bad),
            unreadable=self.unreadable,
            problems=tuple(self.problems),
        )

    def _bad(self, bit: Unreadable, problem: str) -> None:
        self.unreadable |= bit
        self.problems.append(problem)

    def _annotated(self, read: Callable[[Annotations], T], bit: Unreadable, otherwise: T) -> T:
        """What the reader reads; where it cannot, ``otherwise``, and the bit says so."""
        try:
            return read(self.annotations)
        except AnnotationError as error:
            self._bad(bit, f"node {error}")
            return otherwise

    def _flag(self, row: Annotation) -> bool:
        try:
            return read_boolean(self.annotations, row)
        except AnnotationError as error:
            self._bad(Unreadable.SERVICE, f"node {error}")
            return False

    def _service(self) -> Service:
        try:
            reason = read_text(self.annotations, table.DISABLED_REASON) or ""
        except AnnotationError as error:
            # No filter reads the reason, so none has to refuse the node for it.
            self.problems.append(f"node {error}")
            reason = ""
        out_of_service = any(taint.key == OUT_OF_SERVICE for taint in self.spec.taints or ())
        return Service(
            disabled=self._flag(table.DISABLED),
            unschedulable=bool(self.spec.unschedulable),
            forced_down=self._flag(table.FORCED_DOWN) or out_of_service,
            ready=any(
                condition.type == "Ready" and condition.status == "True"
                for condition in self.status.conditions or ()
            ),
            disabled_reason=reason,
        )

    def _host_ip(self) -> str | None:
        for address in self.status.addresses or ():
            if address.type == "InternalIP" and address.address:
                return address.address
        return None

    def _runtime(self) -> tuple[str | None, int | None]:
        """The container runtime and its version: containerd://2.1.4 is containerd, 2001004."""
        info = self.status.node_info
        match = _RUNTIME.match((info and info.container_runtime_version) or "")
        if match is None:
            return None, None
        if match[2] is None:
            return match[1], None
        major, minor, patch = (int(part or 0) for part in match.groups()[1:])
        return match[1], major * 1_000_000 + minor * 1000 + patch
