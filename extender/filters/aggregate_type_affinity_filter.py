"""Flavors that an aggregate admits: the code that the seed shows as TypeFilter."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.model.facts import Facts, Source
from extender.model.groups import Aggregates, split_values, values_from_key
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

FLAVOR_NOT_ALLOWED = Reason(
    "flavor_not_allowed", "flavor is not allowed on the host", Category.POLICY
)
KEY = "instance_type"


class AggregateTypeAffinityFilter(HostFilter):
    """Refuse hosts whose aggregates name flavors (``instance_type``) but not the requested one.

    A host in no aggregate with that key passes for every flavor, and no other host passes for a
    request without a flavor. What runs on the host does not matter: where this filter's code is
    shown as TypeFilter and said to want instances of the same flavor on the host, the words are
    about TypeAffinityFilter, which compares the flavors that run there.
    Source: ``AggregateTypeAffinityFilter``, Nova 2012.2 on.
    """

    run_filter_once_per_request = True
    added_in = "2012.2"
    reasons = (FLAVOR_NOT_ALLOWED,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Test each distinct set of aggregates once."""
        name = spec.flavor.name
        refused = self.code(FLAVOR_NOT_ALLOWED)

        def judge(aggregates: Aggregates) -> int:
            allowed = values_from_key(aggregates, KEY)
            return 0 if not allowed or (name and name in split_values(allowed)) else refused

        return hosts.encoded("aggregates").spread(judge, np.uint8)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The flavor asked for and those admitted."""
        named = [a for a in host.aggregates if KEY in a.metadata]
        admitted = split_values(values_from_key(host.aggregates, KEY)) - {""}
        return Facts(
            need=spec.flavor.name or "no flavor",
            have=(", ".join(sorted(admitted)) or "none") if named else "any",
            sources=(
                Source(
                    "flavor",
                    spec.flavor.name or "none",
                    spec.sources.get(
                        "flavor_name", "pod has no annotation nova-extender.io/flavor"
                    ),
                ),
                *(Source(KEY, a.metadata[KEY], f"aggregate {a.name}") for a in named),
            ),
        )
