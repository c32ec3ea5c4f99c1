"""What the translation of a pod must look up beyond the pod itself."""

from __future__ import annotations

from typing import Protocol

from extender.model.flavor import Flavor
from extender.model.groups import InstanceGroup


class Lookup(Protocol):
    """A small read-only view of what is known, handed to the translation of pods."""

    def flavor(self, name: str) -> Flavor | None:
        """The Flavor of that name, or ``None``."""

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """The server group with its members and their hosts, or ``None``."""

    def supports_policy(self, policy: str) -> bool:
        """Whether the filter or weigher that a server group's policy needs is enabled."""
