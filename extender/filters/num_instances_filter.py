"""Not more instances than a host may run."""

from __future__ import annotations

from extender.filters.counting import CountFilter
from extender.model.reason import Category, Reason


class NumInstancesFilter(CountFilter):
    """Refuse hosts that run ``max_instances_per_host`` instances, DaemonSet pods included.

    Source: ``NumInstancesFilter``, Nova 2013.1 on.
    """

    added_in = "2013.1"
    count = "num_instances"
    option = "max_instances_per_host"
    too_many = Reason(
        "too_many_instances", "too many instances on the host", Category.CAPACITY, cured=True
    )
    reasons = (too_many,)
