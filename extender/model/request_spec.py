"""One request as Nova's scheduler sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from extender.model.facts import MEBIBYTE, VCPU
from extender.model.flavor import Flavor
from extender.model.groups import InstanceGroup
from extender.model.numa import NUMARequest
from extender.model.pci import PciRequest
from extender.model.reason import Reason

MOST_HOSTS = 100
"""Hosts of a retry history that are written down, the newest."""

MOST_ATTEMPTS = 2**31 - 1
"""Attempts that are counted."""

LONGEST_EXC_REASON = 512
"""Characters of a failure's reason that are kept."""

_NODE_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Destination:
    """Nova's ``requested_destination``.

    ``aggregates`` are texts ``"a,b"``: or within a text, and between texts.
    """

    host: str | None = None
    node: str | None = None
    cell: str | None = None
    aggregates: tuple[str, ...] = ()
    forbidden_aggregates: frozenset[str] = frozenset()
    allow_cross_cell_move: bool = False


@dataclass(frozen=True, slots=True)
class SchedulerRetries:
    """Nova's ``SchedulerRetries``: where the request was tried before, as (host, node).

    Args:
        num_attempts: how many attempts were made; in a request, the one being made counts too.
        hosts: where they failed, newest last.
        exc_reason: why the last one failed.
        origins: where this is known from, for people; two histories may say the same.
    """

    num_attempts: int = 0
    hosts: tuple[tuple[str, str], ...] = ()
    exc_reason: str = ""
    origins: tuple[str, ...] = field(default=(), compare=False)

    def bounded(self) -> SchedulerRetries:
        """As much of it as is worth keeping: the newest hosts that can exist, a short reason."""
        hosts = [pair for pair in self.hosts if all(_NODE_NAME.fullmatch(name) for name in pair)]
        return SchedulerRetries(
            num_attempts=min(self.num_attempts, MOST_ATTEMPTS),
            hosts=tuple(hosts[-MOST_HOSTS:]),
            exc_reason=self.exc_reason.strip()[:LONGEST_EXC_REASON].rstrip(),
            origins=self.origins,
        )


@dataclass(frozen=True, slots=True)
class ImageMeta:
    """Nova's ``ImageMeta``: the first container's image as written, and what is said of it.

    ``properties`` are those that Nova knows, typed as Nova types them; ``others`` any further ones
    as texts, which only ImagePropertiesWeigher reads.
    """

    id: str | None = None
    properties: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    others: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that no host may take, and why in words that name the cause."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSpec:
    """Nova's ``RequestSpec`` of one pod.

    Source: ``nova.objects.request_spec.RequestSpec``. ``refusal`` is set when the pod itself
    cannot be judged (an unreadable annotation, a flavor that does not exist): every host refuses.

    ``at`` is when it is judged, seconds since the epoch, for what a host says that can be outdated;
    without it nothing is. ``hint_hosts`` are the hosts of the instances that a hint names
    (``same_host``, ``different_host``), ``own_hosts`` the host that it is on itself, if it is on
    any, ``images`` the images of all containers, ``extended`` what it takes of extended resources.
    ``virtual`` is how much more of vCPUs, memory and disk the flavor has than kube-scheduler and
    the kubelet count, of a pod that asks for ``nova-extender.io/vcpu`` and so on.
    """

    instance_uuid: str = ""
    project_id: str = ""
    name: str = ""
    num_instances: int = 1
    flavor: Flavor = field(default_factory=Flavor)
    availability_zone: str | None = None
    ignore_hosts: tuple[str, ...] = ()
    force_hosts: tuple[str, ...] = ()
    force_nodes: tuple[str, ...] = ()
    requested_destination: Destination | None = None
    retry: SchedulerRetries | None = None
    scheduler_hints: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    instance_group: InstanceGroup | None = None
    hint_hosts: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    own_hosts: frozenset[str] = frozenset()
    image: ImageMeta = field(default_factory=ImageMeta)
    images: tuple[str, ...] = ()
    numa_topology: NUMARequest | None = None
    pci_requests: tuple[PciRequest, ...] = ()
    extended: tuple[tuple[str, int], ...] = ()
    virtual: tuple[int, int, int] | None = None
    at: float | None = None
    tolerates_unschedulable: bool = False
    tolerates_not_ready: bool = False
    nominated_host: str | None = None
    refusal: Refusal | None = None
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Where a value came from when it is not obvious, by field name, for explanations."""

    def get_scheduler_hint(
        self, name: str, default: str | None = None
    ) -> str | tuple[str, ...] | None:
        """A hint: the text of a list of one, else the list; ``default`` where it is missing."""
        values = self.scheduler_hints.get(name)
        if values is None:
            return default
        return values[0] if len(values) == 1 else values

    @property
    def brief(self) -> str:
        """The request in a few words, for lists; bounded, whatever the pod says."""
        cpu, ram, disk = (" (virtual)" if unseen else "" for unseen in self.virtual or (0, 0, 0))
        words = [
            f"{VCPU.text(self.flavor.milli_vcpus)}{cpu}",
            f"{MEBIBYTE.text(self.flavor.memory)} memory{ram}",
        ]
        if self.flavor.disk:
            words.append(f"{MEBIBYTE.text(self.flavor.disk)} disk{disk}")
        if self.flavor.name:
            words.append(f"flavor {self.flavor.name:.63}")
        if self.availability_zone:
            words.append(f"zone {self.availability_zone:.63}")
        return ", ".join(words)

    @property
    def is_rebuild(self) -> bool:
        """Whether this asks if the pod may stay (hint ``_nova_check_type`` is ``rebuild``)."""
        return self.scheduler_hints.get("_nova_check_type") == ("rebuild",)
