"""Just as much memory as is left."""

from __future__ import annotations

from extender.filters.exact import ExactFilter
from extender.filters.ram_filter import RamFilter
from extender.model.reason import Category, Reason


class ExactRamFilter(ExactFilter):
    """Refuse hosts whose free memory, ``free_ram_mb``, is not just what is requested.

    For pods that take a whole node (Nova: bare metal): such a pod asks for just what the node's
    other pods leave, to the byte, where Nova compares whole MB. A pod that asks for no memory fits
    only a host that has none left. Source: ``ExactRamFilter``, Nova 2014.2 to 17.
    """

    added_in = "2014.2"
    removed_in = "18.0.0"
    counts_as = RamFilter
    inexact = Reason("inexact_ram", "free memory differs from the request", Category.CAPACITY)
    reasons = (inexact,)
