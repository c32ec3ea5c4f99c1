"""What the server group filters share: whose group they judge, and what they tell of it."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from extender.filters.base import HostFilter
from extender.model.facts import Source
from extender.model.groups import InstanceGroup
from extender.model.request_spec import RequestSpec


class ServerGroupFilter(HostFilter, ABC):
    """Judges requests of a server group with one ``policy``; all others pass."""

    policy: ClassVar[str]

    def group(self, spec: RequestSpec) -> InstanceGroup | None:
        """The request's group, if it has this filter's policy."""
        group = spec.instance_group
        return group if group is not None and group.policy == self.policy else None

    def group_sources(self, spec: RequestSpec) -> tuple[Source, ...]:
        """The group and its policy, for explanations."""
        group = spec.instance_group
        annotation = "annotation nova-extender.io/server_group"
        if group is None:
            return (Source("server_group", "none", f"pod has no {annotation}"),)
        return (
            Source("server_group", group.name, f"pod {annotation}"),
            Source("policy", group.policy, f"ServerGroup {group.namespace}/{group.name}"),
        )
