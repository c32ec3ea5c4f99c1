"""Just as many virtual CPUs as are left."""

from __future__ import annotations

from extender.filters.core_filter import CoreFilter
from extender.filters.exact import ExactFilter
from extender.model.reason import Category, Reason


class ExactCoreFilter(ExactFilter):
    """Refuse hosts whose free vCPUs, vcpus_total − vcpus_used, are not just those requested.

    For pods that take a whole node (Nova: bare metal). What DaemonSet and system pods use is taken
    off already, so such a pod asks for just what they leave, to the milli-core. A pod that asks for
    no CPU fits only a host that has none left; a host that reports no vCPUs is refused, unlike by
    CoreFilter. Source: ``ExactCoreFilter``, Nova 2014.2 to 17.
    """

    added_in = "2014.2"
    removed_in = "18.0.0"
    counts_as = CoreFilter
    unreported = Reason("no_vcpus_reported", "host reports no vCPUs", Category.DATA)
    inexact = Reason("inexact_vcpus", "free vCPUs differ from the request", Category.CAPACITY)
    reasons = (unreported, inexact)
