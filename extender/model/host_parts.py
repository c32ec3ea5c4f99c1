"""What a HostState is made of: resources, service, instances, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from fractions import Fraction


class Unreadable(IntFlag):
    """What of a node could not be understood; filters refuse only for what they read."""

    CPU_RATIO = 1
    RAM_RATIO = 2
    DISK_RATIO = 4
    CPU = 8
    RAM = 16
    DISK = 32
    SERVICE = 64
    CPU_INFO = 128
    STATS = 256
    SUPPORTED_INSTANCES = 512
    METRICS = 1024
    NUMA = 2048
    PCI = 4096
    TRUST = 8192


ALL_READABLE = Unreadable(0)


@dataclass(slots=True, kw_only=True)
class Inventory:
    """One resource of a host, in milli-cores or bytes, exact.

    ``total`` is what the node offers less what is ``reserved``; 0 without a reserve means that the
    node does not report the resource. ``limit`` is ⌊total × ratio⌋, worked out when the node
    changes and never on the request path (``nova.scheduler.filters``: vcpus_total ×
    cpu_allocation_ratio, and so on).
    """

    total: int = 0
    reserved: int = 0
    used: int = 0
    ratio: Fraction = Fraction(1)
    total_from: str = "status.allocatable"
    ratio_from: str = "default"
    limit: int = field(init=False)

    def __post_init__(self) -> None:
        """Work out the limit."""
        self.limit = self.total * self.ratio.numerator // self.ratio.denominator

    @property
    def reported(self) -> bool:
        """Whether the node reports the resource at all (Nova: ``vcpus_total`` is not 0 or None)."""
        return self.total != 0 or self.reserved != 0

    @property
    def free(self) -> int:
        """Total less used, without ratio; may be negative (Nova's ``free_ram_mb``)."""
        return self.total - self.used


@dataclass(slots=True, kw_only=True)
class Service:
    """Nova's compute service of the host, as the Node object tells it.

    Args:
        disabled: annotation ``disabled``.
        unschedulable: ``spec.unschedulable`` (waived for pods that tolerate it).
        forced_down: annotation ``forced_down`` or the taint ``out-of-service``.
        ready: condition Ready is ``True``; no condition is not ready.
        disabled_reason: for people.
    """

    disabled: bool = False
    unschedulable: bool = False
    forced_down: bool = False
    ready: bool = True
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """A pod that counts on a host: what group and type filters ask of Nova's ``instances``.

    ``image_properties`` are pairs of a property's name and its text, for ImagePropertiesWeigher.
    """

    uuid: str
    namespace: str
    name: str
    flavor: str = ""
    image_properties: tuple[tuple[str, str], ...] = ()
