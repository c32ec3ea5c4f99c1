"""What a pod's translation may look up, answered from what is known of the cluster."""

from __future__ import annotations

from dataclasses import dataclass

from extender.model.flavor import Flavor
from extender.model.groups import InstanceGroup
from extender.model.request_spec import SchedulerRetries
from extender.state.cluster import Cluster

POLICY_PLUGINS = {
    "affinity": "ServerGroupAffinityFilter",
    "anti-affinity": "ServerGroupAntiAffinityFilter",
    "soft-affinity": "ServerGroupSoftAffinityWeigher",
    "soft-anti-affinity": "ServerGroupSoftAntiAffinityWeigher",
}
"""The filter or weigher without which Nova refuses a group's policy.

Source: ``nova.scheduler.utils._get_group_details``.
"""


@dataclass(frozen=True, slots=True)
class ClusterLookup:
    """``model.lookup.Lookup`` over a Cluster; ``plugins`` are the enabled class names."""

    cluster: Cluster
    plugins: frozenset[str]

    def flavor(self, name: str) -> Flavor | None:
        """The Flavor of that name, or ``None``."""
        return self.cluster.flavors.get(name)

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """The server group with its members and their hosts, or ``None``."""
        return self.cluster.instance_group(namespace, name)

    def instance_hosts(self, namespace: str, names: tuple[str, ...]) -> frozenset[str]:
        """The hosts of instances, each named by its UID, or by its name in the namespace."""
        ledger = self.cluster.ledger
        found = (ledger.get(name) or ledger.find(namespace, name) for name in names)
        return frozenset(entry.host for entry in found if entry is not None)

    def retries(
        self, instance_uuid: str, owner: str, noted: SchedulerRetries | None
    ) -> SchedulerRetries:
        """What came before this attempt: what memory knows, else what the pod itself says."""
        cluster = self.cluster
        return cluster.retries.retries(instance_uuid, owner, cluster.unstarted(owner), noted)

    def supports_policy(self, policy: str) -> bool:
        """Whether the filter or weigher that the policy needs is enabled."""
        return POLICY_PLUGINS.get(policy) in self.plugins
