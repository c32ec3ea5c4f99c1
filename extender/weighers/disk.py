"""Hosts by free disk: a positive multiplier spreads, a negative one stacks."""

from __future__ import annotations

import numpy as np

from extender.model.flavor import MIB
from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class DiskWeigher(HostWeigher):
    """Raw weight: ``free_disk_mb``, without the ratio. Source: ``DiskWeigher``, Nova 13.0.0 on."""

    minval = 0.0
    multiplier_option = "disk_weight_multiplier"
    added_in = "13.0.0"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """MiB, not floored."""
        del spec
        return (hosts.disk_total - hosts.disk_used).astype(np.float64) / MIB
