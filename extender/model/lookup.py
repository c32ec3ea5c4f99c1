"""What the translation of a pod must look up beyond the pod itself."""

from __future__ import annotations

from typing import Protocol

from extender.model.flavor import Flavor
from extender.model.groups import InstanceGroup
from extender.model.request_spec import SchedulerRetries


class Lookup(Protocol):
    """A small read-only view of what is known, handed to the translation of pods."""

    def flavor(self, name: str) -> Flavor | None:
        """The Flavor of that name, or ``None``."""

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """The server group with its members and their hosts, or ``None``."""

    def instance_hosts(self, namespace: str, names: tuple[str, ...]) -> frozenset[str]:
        """The hosts of instances, each named by its UID, or by its name in the namespace."""

    def retries(
        self, instance_uuid: str, owner: str, noted: SchedulerRetries | None
    ) -> SchedulerRetries:
        """What came before this attempt: how many were made, and on which hosts they failed.

        Args:
            instance_uuid: the pod.
            owner: what its history is kept under, see ``Contribution.owner``.
            noted: what the pod's own annotation says; counts where nothing else is known of it.
        """

    def supports_policy(self, policy: str) -> bool:
        """Whether the filter or weigher that a server group's policy needs is enabled."""
