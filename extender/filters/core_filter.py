"""Enough virtual CPUs."""

from __future__ import annotations

from typing import ClassVar, Literal

from extender.filters.capacity import INVALID_ALLOCATION_RATIO, CapacityFilter
from extender.model.facts import VCPU
from extender.model.host_parts import Unreadable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec


class CoreFilter(CapacityFilter):
    """Refuse hosts without enough vCPUs: vcpus_total × cpu_allocation_ratio − vcpus_used.

    A host that reports no vCPUs passes, as in Nova. Source: ``CoreFilter``, Nova 2012.1 to 19.
    """

    added_in = "2012.1"
    removed_in = "20.0.0"
    resource: ClassVar[Literal["cpu", "ram", "disk"]] = "cpu"
    unit = VCPU
    limit_key = "vcpu"
    limit_unit = 1000
    exceeds = Reason(
        "request_exceeds_host_vcpus", "request exceeds the vCPUs of the host", Category.CAPACITY
    )
    insufficient = Reason("insufficient_vcpus", "not enough vCPUs", Category.CAPACITY, cured=True)
    reasons = (exceeds, insufficient, INVALID_ALLOCATION_RATIO)
    unreadable_ratio = Unreadable.CPU_RATIO
    unreadable_total = Unreadable.CPU
    unknown_total_passes = True

    def requested(self, spec: RequestSpec) -> int:
        """Milli-cores."""
        return spec.flavor.milli_vcpus
