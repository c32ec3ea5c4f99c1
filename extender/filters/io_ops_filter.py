"""Not more instances starting or stopping than a host can bear."""

from __future__ import annotations

from extender.filters.counting import CountFilter
from extender.model.reason import Category, Reason


class IoOpsFilter(CountFilter):
    """Refuse hosts with ``max_io_ops_per_host`` pods that start or terminate.

    Source: ``IoOpsFilter``, Nova 2013.1 on.
    """

    added_in = "2013.1"
    count = "num_io_ops"
    option = "max_io_ops_per_host"
    too_many = Reason(
        "too_many_io_ops", "too many I/O operations on the host", Category.CAPACITY, cured=True
    )
    reasons = (too_many,)
