"""What a HostState is made of: resources, service, instances, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from fractions import Fraction

from extender.model.amplified import amplify


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

    Args:
        used: what the pods on it count as.
        virtual: how much more of that than kube-scheduler and the kubelet count: what pods request
            under the names ``nova-extender.io/vcpu`` and so on instead of the real ones.
        allocatable: the node's ``status.allocatable``, which those two hold requests to; ``None``
            for raw.
        floor: what allocatable is not to fall below (annotation ``allocatable_floor_…``).
        held_at_one: why a ratio above 1, wherever it comes from, counts as 1; "" where it counts.
    """

    total: int = 0
    reserved: int = 0
    used: int = 0
    virtual: int = 0
    allocatable: int | None = None
    floor: int = 0
    ratio: Fraction = Fraction(1)
    total_from: str = "status.allocatable"
    ratio_from: str = "default"
    held_at_one: str = ""
    limit: int = field(init=False)

    def __post_init__(self) -> None:
        """Work out the limit."""
        if self.held_at_one and self.ratio > 1:
            shown = repr(float(self.ratio)).removesuffix(".0")
            self.ratio_from += f": {shown}, held at 1, for {self.held_at_one}"
            self.ratio = Fraction(1)
        self.limit = self.total * self.ratio.numerator // self.ratio.denominator

    @property
    def reported(self) -> bool:
        """Whether the node reports the resource at all (Nova: ``vcpus_total`` is not 0 or None)."""
        return self.total != 0 or self.reserved != 0

    @property
    def free(self) -> int:
        """Total less used, without ratio; may be negative (Nova's ``free_ram_mb``)."""
        return self.total - self.used

    @property
    def raw(self) -> int:
        """What the node offers by itself, amplified or not."""
        return self.total + self.reserved

    @property
    def requested(self) -> int:
        """What kube-scheduler and the kubelet count as requested."""
        return self.used - self.virtual

    @property
    def held(self) -> int:
        """What those two hold all requests to."""
        return self.raw if self.allocatable is None else self.allocatable

    @property
    def amplified(self) -> int:
        """What allocatable is to be where ratios are made to take effect."""
        return amplify(self.raw, self.ratio, self.floor)

    @property
    def void(self) -> int:
        """How much of the limit has no effect, for kube-scheduler and the kubelet hold to less."""
        return max(0, self.limit - self.held)


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
