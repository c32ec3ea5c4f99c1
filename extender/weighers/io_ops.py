"""Hosts by pods that start or terminate: a negative multiplier prefers quiet hosts."""

from __future__ import annotations

import numpy as np

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class IoOpsWeigher(HostWeigher):
    """Raw weight: ``num_io_ops``. Source: ``IoOpsWeigher``, Nova 2015.1 on."""

    minval = 0.0
    multiplier_option = "io_ops_weight_multiplier"
    added_in = "2015.1"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The count."""
        del spec
        return hosts.num_io_ops.astype(np.float64)
