"""What hosts promise of a resource, and how much of that takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from extender.model.facts import MEBIBYTE, VCPU, Unit
from extender.model.host_parts import Inventory

VIRTUAL = "virtual"
"""The mode in which kube-scheduler and the kubelet do not count what pods ask for."""

UNITS: Mapping[str, Unit] = MappingProxyType({"cpu": VCPU, "ram": MEBIBYTE, "disk": MEBIBYTE})
"""The resources with a ratio, by HostState's names, and how they are shown."""

VIRTUAL_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "cpu": "nova-extender.io/vcpu",
        "ram": "nova-extender.io/memory-mb",
        "disk": "nova-extender.io/disk-gb",
    }
)
"""What pods ask for instead, where they are virtual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One resource of one host, with the ratio that counts.

    Args:
        inventory: the amounts, by that ratio; its limit is the effective one.
        ratio_from: where the ratio comes from, in words.
        origin: the same in one word: ``annotation``, ``aggregate``, ``option`` or ``default``.
        held_at_one: why a ratio above 1 that was given counts as 1; "" where none does.
        enforced_by: the enabled filters that hold hosts to a limit of this resource; none where
            the limit is only said.
        void: how much of the limit has no effect, for kube-scheduler and the kubelet hold to less;
            0 in mode `VIRTUAL`.
    """

    inventory: Inventory
    ratio_from: str
    origin: str
    held_at_one: str = ""
    enforced_by: tuple[str, ...] = ()
    void: int = 0


class Shares(NamedTuple):
    """What a host promises, and option ``kubernetes.overcommit``: how that takes effect."""

    mode: str
    cpu: Share
    ram: Share
    disk: Share


class Total(NamedTuple):
    """One resource over all hosts, in milli-cores or bytes, and how many of them promise in vain.

    Args:
        resource: as in `UNITS`.
        physical: what the nodes have of their own.
        effective: the sum of their limits, by the ratios that count.
        used: what their pods count as.
        void: how much of ``effective`` has no effect.
        void_hosts: on how many hosts there is such a part.
    """

    resource: str
    physical: float
    effective: float
    used: float
    void: float
    void_hosts: int


class VoidRatio(NamedTuple):
    """A resource that a pod asks for, on the hosts where its ratio has no effect on this pod.

    Args:
        resource: as in `UNITS`.
        hosts: how many there are.
        host: the first of them, by name.
        held: what kube-scheduler and the kubelet hold all requests to there.
        limit: what its ratio promises.
    """

    resource: str
    hosts: int
    host: str
    held: int
    limit: int
