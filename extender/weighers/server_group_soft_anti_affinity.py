"""Hosts by members of the pod's server group: where fewest are, if that can be."""

from __future__ import annotations

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64
from extender.weighers.group_members import ServerGroupWeigher


class ServerGroupSoftAntiAffinityWeigher(ServerGroupWeigher):
    """Raw weight: the group's members on the host, negated, for groups of ``soft-anti-affinity``.

    Pods of the group spread. Source: ``ServerGroupSoftAntiAffinityWeigher``, Nova 13.0.0 on.
    """

    multiplier_option = "soft_anti_affinity_weight_multiplier"
    added_in = "13.0.0"
    policy = "soft-anti-affinity"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The count below 0; taken off 0, as a float's minus sign would leave −0."""
        return 0.0 - self.members(hosts, spec)
