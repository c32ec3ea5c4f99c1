"""Just as much local disk as is left."""

from __future__ import annotations

from extender.filters.disk_filter import DiskFilter
from extender.filters.exact import ExactFilter
from extender.model.reason import Category, Reason


class ExactDiskFilter(ExactFilter):
    """Refuse hosts whose free disk, ``free_disk_mb``, is not just what is requested.

    Root, ephemeral and swap are all counted. For pods that take a whole node (Nova: bare metal):
    such a pod asks for just what the node's other pods leave, to the byte, where Nova compares
    whole MB. A pod that asks for no disk fits only a host that has none left.
    Source: ``ExactDiskFilter``, Nova 2014.2 to 17.
    """

    added_in = "2014.2"
    removed_in = "18.0.0"
    counts_as = DiskFilter
    inexact = Reason("inexact_disk", "free disk differs from the request", Category.CAPACITY)
    reasons = (inexact,)
