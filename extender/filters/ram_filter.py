"""Enough memory."""

from __future__ import annotations

from typing import ClassVar, Literal

from extender.filters.capacity import INVALID_ALLOCATION_RATIO, CapacityFilter
from extender.model.facts import MEBIBYTE
from extender.model.flavor import MIB
from extender.model.host_parts import Unreadable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec


class RamFilter(CapacityFilter):
    """Refuse hosts without enough memory: total_usable_ram_mb × ram_allocation_ratio − used.

    Source: ``RamFilter``, Nova 2012.1 to 19.
    """

    added_in = "2012.1"
    removed_in = "20.0.0"
    resource: ClassVar[Literal["cpu", "ram", "disk"]] = "ram"
    unit = MEBIBYTE
    limit_key = "memory_mb"
    limit_unit = MIB
    exceeds = Reason(
        "request_exceeds_host_ram", "request exceeds the memory of the host", Category.CAPACITY
    )
    insufficient = Reason("insufficient_ram", "not enough memory", Category.CAPACITY, cured=True)
    reasons = (exceeds, insufficient, INVALID_ALLOCATION_RATIO)
    unreadable_ratio = Unreadable.RAM_RATIO
    unreadable_total = Unreadable.RAM

    def requested(self, spec: RequestSpec) -> int:
        """Bytes."""
        return spec.flavor.memory
