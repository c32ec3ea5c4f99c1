"""What the weighers of server groups share: how many members a host has."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import numpy as np

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class ServerGroupWeigher(HostWeigher, ABC):
    """Weighs requests of a server group with one ``policy``; for all others every host has 0."""

    policy: ClassVar[str]

    def members(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The members that are bound to each host or claimed there."""
        group = spec.instance_group
        if group is None or group.policy != self.policy:
            return np.zeros(len(hosts), dtype=np.float64)
        return hosts.encoded("host").numbers(group.hosts, np.float64)
