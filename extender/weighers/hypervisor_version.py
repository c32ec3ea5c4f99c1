"""Hosts by the version of their container runtime: the newest first."""

from __future__ import annotations

import numpy as np

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class HypervisorVersionWeigher(HostWeigher):
    """Raw weight: ``hypervisor_version``, 2001004 for containerd 2.1.4; 0 where it is not known.

    Versions of unlike runtimes are compared as numbers too.
    Source: ``HypervisorVersionWeigher``, Nova 28.0.0 on.
    """

    multiplier_option = "hypervisor_version_weight_multiplier"
    added_in = "28.0.0"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The version as one number."""
        del spec
        return hosts.hypervisor_version.astype(np.float64)
