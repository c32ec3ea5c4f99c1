"""Enough local disk."""

from __future__ import annotations

from typing import ClassVar, Literal

from extender.filters.capacity import INVALID_ALLOCATION_RATIO, CapacityFilter
from extender.model.facts import MEBIBYTE
from extender.model.flavor import GIB
from extender.model.host_parts import Unreadable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec


class DiskFilter(CapacityFilter):
    """Refuse hosts without enough disk: total_usable_disk_gb × disk_allocation_ratio − used.

    Root, ephemeral and swap are all demanded. Source: ``DiskFilter``, Nova 2012.2 to 19.
    """

    added_in = "2012.2"
    removed_in = "20.0.0"
    resource: ClassVar[Literal["cpu", "ram", "disk"]] = "disk"
    unit = MEBIBYTE
    limit_key = "disk_gb"
    limit_unit = GIB
    exceeds = Reason(
        "request_exceeds_host_disk", "request exceeds the disk of the host", Category.CAPACITY
    )
    insufficient = Reason("insufficient_disk", "not enough disk", Category.CAPACITY, cured=True)
    reasons = (exceeds, insufficient, INVALID_ALLOCATION_RATIO)
    unreadable_ratio = Unreadable.DISK_RATIO
    unreadable_total = Unreadable.DISK

    def requested(self, spec: RequestSpec) -> int:
        """Bytes."""
        return spec.flavor.disk
