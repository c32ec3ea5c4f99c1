"""Not where certain instances are."""

from __future__ import annotations

import numpy as np

from extender.filters.base import Verdicts, refuse
from extender.filters.hinted import HintedFilter
from extender.model.facts import Facts
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

INSTANCE_TO_AVOID = Reason(
    "instance_to_avoid", "an instance to avoid is on the host", Category.POLICY, cured=True
)


class DifferentHostFilter(HintedFilter):
    """Refuse hosts with an instance that the hint ``different_host`` names.

    An instance is named by its UID, or by its pod's name in the pod's namespace.
    Source: ``DifferentHostFilter``, Nova 2012.1 on.
    """

    run_filter_once_per_request = True
    added_in = "2012.1"
    reasons = (INSTANCE_TO_AVOID,)
    hint = "different_host"

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark the hosts of the instances named."""
        occupied = self.occupied(spec)
        if not self.asked(spec) or not occupied:
            return np.zeros(len(hosts), dtype=np.uint8)
        mask = hosts.encoded("host").isin(occupied)
        return refuse((mask, self.code(INSTANCE_TO_AVOID)), hosts=hosts)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The instances to avoid, and whether one of them is here."""
        sources = self.hint_sources(spec)
        if not self.asked(spec):
            return Facts(sources=sources)
        here = host.host in self.occupied(spec)
        return Facts(
            need="none of the instances",
            have="at least one of them" if here else "none of them",
            sources=sources,
        )
