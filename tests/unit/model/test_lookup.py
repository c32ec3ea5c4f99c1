"""Lookup: what the translation of a pod may ask for."""

from __future__ import annotations

from extender.model.flavor import Flavor
from extender.model.groups import InstanceGroup
from extender.model.lookup import Lookup
from extender.model.request_spec import SchedulerRetries
from tests.builders import flavor


class Known:
    """The least that can be looked things up in."""

    def flavor(self, name: str) -> Flavor | None:
        """One flavor is known."""
        return flavor(name, vcpus=1) if name == "m1.small" else None

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """Any group of the namespace shop is known."""
        if namespace != "shop":
            return None
        return InstanceGroup(name=name, namespace=namespace, policy="affinity")

    def retries(
        self, instance_uuid: str, owner: str, noted: SchedulerRetries | None
    ) -> SchedulerRetries:
        """Only what is noted is known."""
        del instance_uuid, owner
        return noted or SchedulerRetries()

    def instance_hosts(self, namespace: str, names: tuple[str, ...]) -> frozenset[str]:
        """No hint names any."""
        del namespace, names
        return frozenset()

    def supports_policy(self, policy: str) -> bool:
        """Affinity is enabled."""
        return policy == "affinity"


def test_anything_with_its_methods_will_do() -> None:
    """No base class is needed, and what is not known is None."""
    known: Lookup = Known()
    small, group = known.flavor("m1.small"), known.instance_group("shop", "web")
    assert small is not None
    assert group is not None
    assert (small.vcpus, group.name) == (1, "web")
    assert known.flavor("m1.large") is None
    assert known.instance_group("bank", "web") is None
    assert known.supports_policy("affinity")
    assert not known.supports_policy("anti-affinity")
    assert known.retries("u", "ns/o", None) == SchedulerRetries()
    assert known.retries("u", "ns/o", SchedulerRetries(1)) == SchedulerRetries(1)
