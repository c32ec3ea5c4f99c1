"""Hosts by the number of their pods: a positive multiplier stacks, a negative one spreads."""

from __future__ import annotations

import numpy as np

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class NumInstancesWeigher(HostWeigher):
    """Raw weight: ``num_instances``, DaemonSet pods included; by default without effect.

    Source: ``NumInstancesWeigher``, Nova 28.0.0 on.
    """

    multiplier_option = "num_instances_weight_multiplier"
    added_in = "28.0.0"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The count."""
        del spec
        return hosts.num_instances.astype(np.float64)
