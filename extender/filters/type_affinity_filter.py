"""Only where no other flavor runs: what the seed says of TypeFilter."""

from __future__ import annotations

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.facts import Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

OTHER_FLAVOR_ON_HOST = Reason(
    "other_flavor_on_host", "host runs another flavor", Category.POLICY, cured=True
)


class TypeAffinityFilter(HostFilter):
    """Refuse hosts that run a pod of another flavor than the requested one: one flavor a host.

    An empty host passes. Pods without a flavor do not count, and a pod without one passes:
    DaemonSets have none and run everywhere. Flavors are told apart by name, in Nova by id.
    Source: ``TypeAffinityFilter``, Nova 2012.2 to 16.
    """

    added_in = "2012.2"
    removed_in = "17.0.0"
    reasons = (OTHER_FLAVOR_ON_HOST,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark the hosts that run anything but nothing and the flavor."""
        name = spec.flavor.name
        if not name:
            return refuse(hosts=hosts)
        alone = hosts.encoded("flavors").isin((frozenset(), frozenset({name})))
        return refuse((~alone, self.code(OTHER_FLAVOR_ON_HOST)), hosts=hosts)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The flavor asked for and those on the host, with how many pods have each."""
        name = spec.flavor.name
        asked = spec.sources.get("flavor_name", "pod has no annotation nova-extender.io/flavor")
        flavors = [instance.flavor for instance in host.instances.values() if instance.flavor]
        counted = (f"{flavor} ({flavors.count(flavor)})" for flavor in sorted(host.flavors))
        return Facts(
            need=f"only {name}" if name else "any",
            have=", ".join(sorted(host.flavors)) or "none",
            sources=(
                Source("flavor", name or "none", asked),
                Source("flavors", ", ".join(counted) or "none", "pods on the node"),
            ),
        )
