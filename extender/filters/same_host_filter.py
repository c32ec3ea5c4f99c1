"""Where certain instances are."""

from __future__ import annotations

import numpy as np

from extender.filters.base import Verdicts, refuse
from extender.filters.hinted import HintedFilter
from extender.model.facts import Facts
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

NO_REQUIRED_INSTANCE = Reason(
    "no_required_instance", "no required instance on the host", Category.POLICY
)


class SameHostFilter(HintedFilter):
    """Refuse hosts without any of the instances that the hint ``same_host`` names.

    One of them is enough. Where none of them is on any host, all hosts are refused. An instance is
    named by its UID, or by its pod's name in the pod's namespace.
    Source: ``SameHostFilter``, Nova 2012.1 on; hosts without instances are refused as 13.0.0 on
    does.
    """

    run_filter_once_per_request = True
    added_in = "2012.1"
    reasons = (NO_REQUIRED_INSTANCE,)
    hint = "same_host"

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark all hosts but those of the instances named."""
        if not self.asked(spec):
            return np.zeros(len(hosts), dtype=np.uint8)
        mask = ~hosts.encoded("host").isin(self.occupied(spec))
        return refuse((mask, self.code(NO_REQUIRED_INSTANCE)), hosts=hosts)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The instances required, and whether one of them is here."""
        sources = self.hint_sources(spec)
        if not self.asked(spec):
            return Facts(sources=sources)
        here = host.host in self.occupied(spec)
        return Facts(
            need="at least one of the instances",
            have="at least one of them" if here else "none of them",
            sources=sources,
        )
