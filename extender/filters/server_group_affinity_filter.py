"""Where the server group has its members."""

from __future__ import annotations

import numpy as np

from extender.filters.base import Verdicts, refuse
from extender.filters.server_group import ServerGroupFilter
from extender.model.facts import Facts, Source, some
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

NOT_WITH_SERVER_GROUP = Reason(
    "not_with_server_group", "server group runs on other hosts", Category.POLICY
)
SHOWN = 10
"""So many hosts of a group are named in an explanation."""


class ServerGroupAffinityFilter(ServerGroupFilter):
    """Refuse hosts without members of the pod's group, if any host has some.

    Only for groups with the policy ``affinity``; the first member may go anywhere.
    Source: ``ServerGroupAffinityFilter``, Nova 2014.1 on.
    """

    added_in = "2014.1"
    reasons = (NOT_WITH_SERVER_GROUP,)
    policy = "affinity"

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark all hosts but the group's."""
        group = self.group(spec)
        if group is None or not group.hosts:
            return np.zeros(len(hosts), dtype=np.uint8)
        mask = ~hosts.encoded("host").isin(group.hosts)
        return refuse((mask, self.code(NOT_WITH_SERVER_GROUP)), hosts=hosts)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The hosts of the group, with how many members each has."""
        group = self.group(spec)
        sources = self.group_sources(spec)
        if group is None:
            return Facts(sources=sources)
        names = sorted(group.hosts)
        counted = [f"{name} ({group.hosts[name]})" for name in names]
        return Facts(
            need=some(names, SHOWN) or "any",
            have=host.host,
            sources=(
                *sources,
                Source("members", some(counted, SHOWN) or "none", "bound or claimed pods, by node"),
            ),
        )
