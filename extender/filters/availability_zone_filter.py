"""In the availability zone asked for."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.model.facts import Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

WRONG_AVAILABILITY_ZONE = Reason(
    "wrong_availability_zone", "not in the requested availability zone", Category.POLICY
)


class AvailabilityZoneFilter(HostFilter):
    """Refuse hosts outside the requested zone; without a requested zone all pass.

    A host's zones are its aggregates' ``availability_zone``, else its topology label, else the
    default zone. Source: ``AvailabilityZoneFilter``, Nova 2012.1 to 27.
    """

    run_filter_once_per_request = True
    added_in = "2012.1"
    removed_in = "28.0.0"
    reasons = (WRONG_AVAILABILITY_ZONE,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Test each distinct set of zones once."""
        wanted = spec.availability_zone
        if not wanted:
            return np.zeros(len(hosts), dtype=np.uint8)
        wrong = self.code(WRONG_AVAILABILITY_ZONE)
        return hosts.encoded("zones").spread(
            lambda zones: 0 if wanted in zones else wrong, np.uint8
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The zone asked for and the host's."""
        zones = ", ".join(sorted(host.zones))
        return Facts(
            need=spec.availability_zone or None,
            have=zones,
            sources=(
                Source(
                    "availability_zone",
                    spec.availability_zone or "any",
                    spec.sources.get("availability_zone", "not asked for"),
                ),
                Source("zones", zones, host.zones_from),
            ),
        )
