"""Hosts by free vCPUs: a positive multiplier spreads, a negative one stacks."""

from __future__ import annotations

import numpy as np

from extender.model.host_parts import Unreadable
from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class CPUWeigher(HostWeigher):
    """Raw weight: vcpus_total × cpu_allocation_ratio − vcpus_used; invalid ratio: 0.

    Source: ``CPUWeigher``, Nova 18.0.0 on.
    """

    minval = 0.0
    multiplier_option = "cpu_weight_multiplier"
    added_in = "18.0.0"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """VCPUs, not floored."""
        del spec
        free = (hosts.cpu_limit - hosts.cpu_used).astype(np.float64) / 1000
        free[hosts.cannot_read(Unreadable.CPU_RATIO)] = 0.0
        return free
