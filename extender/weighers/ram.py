"""Hosts by free memory: a positive multiplier spreads, a negative one stacks."""

from __future__ import annotations

import numpy as np

from extender.model.flavor import MIB
from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class RAMWeigher(HostWeigher):
    """Raw weight: ``free_ram_mb``, without the ratio. Source: ``RAMWeigher``, Nova 2013.1 on."""

    minval = 0.0
    multiplier_option = "ram_weight_multiplier"
    added_in = "2013.1"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """MiB, not floored."""
        del spec
        return (hosts.ram_total - hosts.ram_used).astype(np.float64) / MIB
