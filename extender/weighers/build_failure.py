"""Hosts by pods that their kubelets lately would not take: such hosts come last."""

from __future__ import annotations

import numpy as np

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class BuildFailureWeigher(HostWeigher):
    """Raw weight: ``failed_builds``, with the multiplier negated, so that fewer are better.

    Of several aggregates' multipliers the least counts, and is negated then. The default outweighs
    all other weighers together. Source: ``BuildFailureWeigher``, Nova 18.0.0 on.
    """

    multiplier_option = "build_failure_weight_multiplier"
    added_in = "18.0.0"

    def weight_multiplier(self, hosts: HostTable) -> float | Float64:
        """The multiplier, or each host's, negated."""
        return -super().weight_multiplier(hosts)

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The count."""
        del spec
        return hosts.failed_builds.astype(np.float64)
