"""Hosts by members of the pod's server group: where most are already, if that can be."""

from __future__ import annotations

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64
from extender.weighers.group_members import ServerGroupWeigher


class ServerGroupSoftAffinityWeigher(ServerGroupWeigher):
    """Raw weight: the group's members on the host, for groups with the policy ``soft-affinity``.

    Pods of the group pack. Source: ``ServerGroupSoftAffinityWeigher``, Nova 13.0.0 on.
    """

    multiplier_option = "soft_affinity_weight_multiplier"
    added_in = "13.0.0"
    policy = "soft-affinity"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The count."""
        return self.members(hosts, spec)
