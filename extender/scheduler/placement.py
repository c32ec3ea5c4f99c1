"""What extra specs ask of Placement: resources, traits, and how groups of them are kept apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from extender.model.flavor import GIB, MIB
from extender.model.request_spec import RequestSpec
from extender.translate.errors import shown

CUSTOM = "CUSTOM_"

CPU, RAM, DISK = "cpu", "ram", "disk"
HOST_CLASSES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"VCPU": (CPU, 1000), "PCPU": (CPU, 1000), "MEMORY_MB": (RAM, MIB), "DISK_GB": (DISK, GIB)}
)
"""Resource classes that the host itself provides: which inventory, and how much one unit is."""

_OTHER_CLASSES = frozenset(
    {
        "FPGA",
        "IPV4_ADDRESS",
        "MEM_ENCRYPTION_CONTEXT",
        "NET_BW_EGR_KILOBIT_PER_SEC",
        "NET_BW_IGR_KILOBIT_PER_SEC",
        "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_KILOPACKET_PER_SEC",
        "NUMA_CORE",
        "NUMA_MEMORY_MB",
        "NUMA_SOCKET",
        "NUMA_THREAD",
        "PCI_DEVICE",
        "PGPU",
        "SRIOV_NET_VF",
        "VGPU",
        "VGPU_DISPLAY_HEAD",
    }
)
"""The further standard classes (``os_resource_classes``), which nothing on Kubernetes provides."""

_KEY = re.compile(r"(resources|trait)([a-zA-Z0-9_-]{1,64})?:(.*)")
_GROUP_POLICY = "group_policy"
_POLICIES = ("none", "isolate")
_MOST_NOTES = 16
_HOST = "the host itself"


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of Placement, all groups together.

    Args:
        resources: resource class → amount in the class's own unit, none of them 0.
        required: traits that a host must have.
        forbidden: traits that a host must not have.
        clash: where groups must be isolated and cannot be: who would have to serve two of them.
        notes: extra specs that are ignored, and why, for explanations.
    """

    resources: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    clash: str = ""
    notes: tuple[str, ...] = ()


NOTHING = Demand()


def resource_class(resource: str) -> str:
    """The resource class of an extended resource: ``nvidia.com/gpu`` is CUSTOM_NVIDIA_COM_GPU.

    Source: ``os_resource_classes.normalize_name``; a run of other characters is one underscore.
    """
    return CUSTOM + re.sub("[^0-9A-Za-z]+", "_", resource).upper()


def demand(spec: RequestSpec) -> Demand:
    """What the flavor's extra specs and the image's ``traits_required`` ask.

    What cannot be read is left out, as Nova does, and noted.
    Source: ``nova.scheduler.utils.ResourceRequest``.
    """
    traits = spec.image.properties.get("traits_required")
    if not (spec.flavor.extra_specs or traits):
        return NOTHING
    return _Reading().demand(spec.flavor.extra_specs, _texts(traits))


def _texts(value: object) -> frozenset[str]:
    items = value if isinstance(value, list | tuple | set | frozenset) else ()
    return frozenset(item for item in items if isinstance(item, str))


@dataclass(slots=True)
class _Group:
    """The extra specs of one suffix."""

    resources: dict[str, int] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)

    @property
    def providers(self) -> set[str]:
        """Who serves the group: one for the host itself, and one for each other class."""
        found = {_HOST if name in HOST_CLASSES else name for name, n in self.resources.items() if n}
        return found or ({_HOST} if self.required or self.forbidden else set())


class _Reading:
    """Extra specs being read: the groups by suffix so far, and what was left out."""

    def __init__(self) -> None:
        self.groups: dict[str, _Group] = {}
        self.policy = ""
        self.notes: list[str] = []

    def demand(self, extra_specs: Mapping[str, str], traits: frozenset[str]) -> Demand:
        """All of it, with the image's traits."""
        for key, value in extra_specs.items():
            match = _KEY.fullmatch(key)
            if key == _GROUP_POLICY:
                self._policy(value)
            elif match is not None and match[1] == "trait":
                self._trait(match[2] or "", match[3], key, value)
            elif match is not None:
                self._resource(match[2] or "", match[3], key, value)
        amounts: Counter[str] = Counter()
        for group in self.groups.values():
            amounts.update(group.resources)
        return Demand(
            resources={name: amount for name, amount in sorted(amounts.items()) if amount},
            required=traits.union(*(group.required for group in self.groups.values())),
            forbidden=frozenset().union(*(group.forbidden for group in self.groups.values())),
            clash=self._clash(),
            notes=tuple(self.notes),
        )

    def _policy(self, value: str) -> None:
        if value in _POLICIES:
            self.policy = value
        else:
            self._ignored(_GROUP_POLICY, value, " or ".join(_POLICIES))

    def _resource(self, suffix: str, name: str, key: str, value: str) -> None:
        known = name in HOST_CLASSES or name in _OTHER_CLASSES or name.startswith(CUSTOM)
        try:
            amount = int(value) if known else -1
        except ValueError:
            amount = -1
        if amount < 0:
            self._ignored(key, value, "a resource class, and a whole number from 0 on")
        else:
            self._group(suffix).resources[name] = amount

    def _trait(self, suffix: str, name: str, key: str, value: str) -> None:
        if value == "required":
            self._group(suffix).required.add(name)
        elif value == "forbidden":
            self._group(suffix).forbidden.add(name)
        else:
            self._ignored(key, value, "required or forbidden")

    def _group(self, suffix: str) -> _Group:
        return self.groups.setdefault(suffix, _Group())

    def _ignored(self, key: str, value: str, accepted: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            named = f"{shown(key, 80)}: {shown(value, 40)}"
            self.notes.append(f"extra spec {named} is ignored, as in Nova; accepted: {accepted}")

    def _clash(self) -> str:
        """Who would have to serve two groups that must be kept apart, "" where nobody would."""
        found = {suffix: group.providers for suffix, group in self.groups.items() if suffix}
        apart = sum(1 for providers in found.values() if providers) > 1
        if apart and not self.policy:
            self.notes.append(
                f"the extra specs have several groups and no {_GROUP_POLICY}: taken as none"
            )
        if self.policy != "isolate":
            return ""
        serves = Counter(provider for providers in found.values() for provider in providers)
        return ", ".join(sorted(provider for provider, groups in serves.items() if groups > 1))
