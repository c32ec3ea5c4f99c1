"""Not where the server group has its members already."""

from __future__ import annotations

import numpy as np

from extender.filters.base import Verdicts
from extender.filters.server_group import ServerGroupFilter
from extender.model.attempt import Numbers
from extender.model.columns import clamp
from extender.model.facts import COUNT, Facts, Source
from extender.model.groups import InstanceGroup
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

SERVER_GROUP_ON_HOST = Reason(
    "server_group_on_host",
    "host has enough members of the server group",
    Category.POLICY,
    cured=True,
)


class ServerGroupAntiAffinityFilter(ServerGroupFilter):
    """Refuse hosts with ``max_server_per_host`` members of the pod's group, 1 by default.

    Only for groups with the policy ``anti-affinity``; the host that the instance itself is on
    passes. Members are counted as 18.0.0 on does; before, one of them was enough.
    Source: ``ServerGroupAntiAffinityFilter``, Nova 2014.1 on.
    """

    added_in = "2014.1"
    reasons = (SERVER_GROUP_ON_HOST,)
    policy = "anti-affinity"

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark the hosts of which the group has enough."""
        verdicts = np.zeros(len(hosts), dtype=np.uint8)
        group = self.group(spec)
        if group is None:
            return verdicts
        full = [name for name, n in group.hosts.items() if n >= group.max_server_per_host]
        if not full:
            return verdicts
        names = hosts.encoded("host")
        verdicts[names.isin(full)] = self.code(SERVER_GROUP_ON_HOST)
        if spec.own_hosts:
            verdicts[names.isin(spec.own_hosts)] = 0
        return verdicts

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers | None:
        """One more place for the group, and the places left."""
        group = self.group(spec)
        if group is None:
            return None
        places = [clamp(_places(group, name)) for name in hosts.name.tolist()]
        return Numbers(1, np.array(places, dtype=np.int64), COUNT)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The members on the host, how many it may have, and where that comes from."""
        group = self.group(spec)
        sources = self.group_sources(spec)
        if group is None:
            return Facts(sources=sources)
        places = _places(group, host.host)
        sources += (
            Source(
                "max_server_per_host",
                str(group.max_server_per_host),
                f"rules of ServerGroup {group.namespace}/{group.name}",
            ),
            Source(
                "members", str(group.hosts.get(host.host, 0)), "bound or claimed pods on the node"
            ),
        )
        if host.host in spec.own_hosts:
            own = Source("instance", spec.instance_uuid, "is itself on the node, and may stay")
            return Facts(need=1, have=places, short_by=0, unit="places", sources=(*sources, own))
        short_by = max(0, 1 - places)
        return Facts(need=1, have=places, short_by=short_by, unit="places", sources=sources)


def _places(group: InstanceGroup, host: str) -> int:
    return group.max_server_per_host - group.hosts.get(host, 0)
