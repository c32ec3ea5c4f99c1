"""Pod → RequestSpec: what a pod asks for."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from extender.model.flavor import NO_EXTRA_SPECS, Flavor
from extender.model.request_spec import ImageMeta, Refusal, RequestSpec, SchedulerRetries
from extender.translate import annotations as table
from extender.translate import reasons, shapes
from extender.translate.errors import TranslateError, shown
from extender.translate.image_properties import (
    NO_PROPERTIES,
    read_image_properties,
)
from extender.translate.numa_request import numa_request
from extender.translate.numa_specs import NUMAError
from extender.translate.owners import identity, is_pinned, owner_key
from extender.translate.pci import AliasError, pci_requests
from extender.translate.pod_requests import effective_requests
from extender.translate.readers import AnnotationError, read_list, read_text
from extender.translate.schema import NO_TEXTS
from extender.translate.tolerations import tolerates_not_ready, tolerates_unschedulable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extender.model.groups import InstanceGroup
    from extender.model.lookup import Lookup
    from extender.model.numa import NUMARequest
    from extender.model.options import TranslateOptions
    from extender.model.pci import PciRequest
    from extender.model.reason import Reason
    from extender.translate.annotations import Annotation
    from extender.translate.readers import Annotations
    from extender.translate.schema import Pod

T = TypeVar("T")

CHECK_TYPE_HINT = "_nova_check_type"
"""The hint that turns most filters off, and so is only for ``admin_namespaces``."""

ANY_NAMESPACE = "*"
"""Among ``admin_namespaces``: admission has already looked at who forces what."""

INSTANCE_HINTS = ("same_host", "different_host")
"""Hints that name instances."""

_PRECEDENCE = {reason.id: position for position, reason in enumerate(reasons.REASONS)}


def request_spec(
    pod: Pod, options: TranslateOptions, lookup: Lookup, at: float | None = None
) -> RequestSpec:
    """The pod as Nova's scheduler sees a request.

    Whatever keeps the pod from being judged stands in ``refusal``; of several reasons the first
    of ``reasons.REASONS``.

    Args:
        pod: the pod that is to be placed, judged by its spec.
        options: default zone, who may force hosts, how many attempts.
        lookup: flavors and server groups by name, and what came before this attempt.
        at: when it is judged, seconds since the epoch.

    Raises:
        TranslateError: a request of the pod is no quantity; the API server lets none through.
    """
    return _Request(pod, options, lookup).spec(at)


class _Request:
    """One request being put together, and what keeps it from being judged so far."""

    def __init__(self, pod: Pod, options: TranslateOptions, lookup: Lookup) -> None:
        self.pod = pod
        self.options = options
        self.lookup = lookup
        self.annotations: Annotations = pod.annotations
        if not any(key.startswith(table.PREFIX) for key in self.annotations):
            self.annotations = NO_TEXTS
        self.refusals: list[Refusal] = []
        self.extended: tuple[tuple[str, int], ...] = ()
        self.virtual: tuple[int, int, int] | None = None
        self.sources = {"flavor": "pod requests"}

    def spec(self, at: float | None) -> RequestSpec:
        """All of it."""
        pod = self.pod
        force_hosts = self._read(read_list, table.FORCE_HOSTS) or ()
        force_nodes = self._read(read_list, table.FORCE_NODES) or ()
        hints = self._try(shapes.read_hints) or {}
        self._check_forcing(force_hosts, force_nodes, hints)
        flavor, image = self._flavor(), self._image()
        return RequestSpec(
            instance_uuid=pod.uid,
            project_id=pod.namespace,
            name=pod.name,
            flavor=flavor,
            availability_zone=self._zone(),
            ignore_hosts=self._read(read_list, table.IGNORE_HOSTS) or (),
            force_hosts=force_hosts,
            force_nodes=force_nodes,
            requested_destination=self._try(shapes.read_destination),
            retry=self._retry(pinned=len(force_hosts) == 1 or len(force_nodes) == 1),
            scheduler_hints=MappingProxyType(hints),
            instance_group=self._group(),
            hint_hosts=self._hint_hosts(hints),
            own_hosts=frozenset({pod.node_name} if pod.node_name else ()),
            image=image,
            images=_images(pod),
            numa_topology=self._numa_topology(flavor, image),
            pci_requests=self._pci_requests(flavor),
            extended=self.extended,
            virtual=self.virtual,
            at=at,
            tolerates_unschedulable=tolerates_unschedulable(pod),
            tolerates_not_ready=tolerates_not_ready(pod),
            nominated_host=pod.nominated_node_name or None,
            refusal=min(self.refusals, key=lambda r: _PRECEDENCE[r.reason.id], default=None),
            sources=MappingProxyType(self.sources),
        )

    def _refuse(self, reason: Reason, detail: str) -> None:
        self.refusals.append(Refusal(reason, detail))

    def _read(self, reader: Callable[[Annotations, Annotation], T], row: Annotation) -> T | None:
        return self._try(lambda annotations: reader(annotations, row))

    def _try(self, reader: Callable[[Annotations], T]) -> T | None:
        """What the reader reads; where it cannot, nothing, and the pod is refused."""
        if not self.annotations:
            return None
        try:
            return reader(self.annotations)
        except AnnotationError as error:
            self._refuse(reasons.INVALID_ANNOTATION, str(error))
            return None

    def _check_forcing(
        self, hosts: tuple[str, ...], nodes: tuple[str, ...], hints: Mapping[str, object]
    ) -> None:
        """Forcing skips filters, in Nova an administrator's right."""
        if not {self.pod.namespace, ANY_NAMESPACE}.isdisjoint(self.options.admin_namespaces):
            return
        used = [row.key for row, given in _forcing(hosts, nodes) if given]
        if CHECK_TYPE_HINT in hints:
            used.append(f"hint {CHECK_TYPE_HINT}")
        if used:
            self._refuse(
                reasons.FORCING_NOT_ALLOWED,
                f"{', '.join(used)}: namespace {shown(self.pod.namespace, 63)} is not in option "
                "kubernetes.admin_namespaces",
            )

    def _flavor(self) -> Flavor:
        """The pod's own amounts, under the name and with the extra specs of its Flavor."""
        requests = effective_requests(self.pod, bound=False)
        if requests.problems:
            named = shown(f"{self.pod.namespace}/{self.pod.name}", 320)
            problems = "; ".join(str(problem) for problem in requests.problems)
            raise TranslateError(f"Pod {named}: {problems}")
        self.extended, self.virtual = requests.extended, requests.virtual
        name = self._read(read_text, table.FLAVOR)
        extra_specs: Mapping[str, str] = self._try(shapes.read_extra_specs) or {}
        named_flavor = None
        if name is not None:
            self.sources["flavor_name"] = f"annotation {table.FLAVOR.key}"
            named_flavor = self.lookup.flavor(name)
            if named_flavor is None:
                self._refuse(reasons.UNKNOWN_FLAVOR, f"there is no Flavor {shown(name, 80)}")
            else:
                extra_specs = {**extra_specs, **named_flavor.extra_specs}
        flavor = Flavor(
            name=name or "",
            milli_vcpus=requests.milli_vcpus,
            memory=requests.memory,
            root=requests.disk,
            extra_specs=MappingProxyType(dict(extra_specs)) if extra_specs else NO_EXTRA_SPECS,
        )
        if named_flavor is not None and (differences := _differences(flavor, named_flavor)):
            self._refuse(reasons.FLAVOR_DIFFERS, f"Flavor {named_flavor.name}: {differences}")
        return flavor

    def _numa_topology(self, flavor: Flavor, image: ImageMeta) -> NUMARequest | None:
        try:
            return numa_request(flavor, image.properties)
        except NUMAError as error:
            self._refuse(reasons.INVALID_ANNOTATION, str(error))
            return None

    def _pci_requests(self, flavor: Flavor) -> tuple[PciRequest, ...]:
        try:
            return pci_requests(flavor.extra_specs, self.extended, self.options.pci_alias)
        except AliasError as error:
            self._refuse(reasons.INVALID_ANNOTATION, str(error))
            return ()

    def _zone(self) -> str | None:
        zone = self._read(read_text, table.AVAILABILITY_ZONE)
        if zone is not None:
            self.sources["availability_zone"] = f"annotation {table.AVAILABILITY_ZONE.key}"
        elif zone := self.options.default_schedule_zone:
            self.sources["availability_zone"] = "option DEFAULT.default_schedule_zone"
        return zone

    def _group(self) -> InstanceGroup | None:
        name = self._read(read_text, table.SERVER_GROUP)
        if name is None:
            return None
        namespace = self.pod.namespace
        group = self.lookup.instance_group(namespace, name)
        if group is None:
            self._refuse(
                reasons.UNKNOWN_SERVER_GROUP,
                f"namespace {shown(namespace, 63)} has no ServerGroup {shown(name, 80)}",
            )
        elif not self.lookup.supports_policy(group.policy):
            self._refuse(
                reasons.UNSUPPORTED_POLICY,
                f"ServerGroup {shown(name, 80)}: no enabled filter or weigher serves policy "
                f"{group.policy}",
            )
        return group

    def _hint_hosts(self, hints: Mapping[str, tuple[str, ...]]) -> Mapping[str, frozenset[str]]:
        """Where the instances are that hints name."""
        namespace = self.pod.namespace
        return MappingProxyType(
            {
                name: self.lookup.instance_hosts(namespace, hints[name])
                for name in INSTANCE_HINTS
                if name in hints
            }
        )

    def _retry(self, *, pinned: bool) -> SchedulerRetries | None:
        """What came before, with the attempt that is being made now counted.

        Source: ``nova.scheduler.utils.populate_retry``: none where there is nowhere else to go,
        or one attempt is all there is. Pods of one node likewise.
        """
        noted = self._try(shapes.read_retry)
        most = self.options.max_attempts
        if most == 1 or pinned or is_pinned(self.pod):
            return None
        made = self.lookup.retries(identity(self.pod), owner_key(self.pod), noted)
        retry = replace(made, num_attempts=made.num_attempts + 1)
        if retry.origins:
            self.sources["retry"] = ", ".join(retry.origins)
        if retry.num_attempts > most:
            # Nova's words, so without quotes; made harmless all the same.
            last = shown(retry.exc_reason, 80)[1:-1]
            self._refuse(
                reasons.MAX_RETRIES_EXCEEDED,
                f"Exceeded max scheduling attempts {most} for instance {self.pod.uid}."
                + (f" Last exception: {last}" if last else ""),
            )
        return retry

    def _image(self) -> ImageMeta:
        said = self._try(read_image_properties) or NO_PROPERTIES
        containers = self.pod.spec.containers if self.pod.spec is not None else None
        return ImageMeta(
            id=containers[0].image if containers else None,
            properties=said.properties,
            others=said.others,
        )


def _images(pod: Pod) -> tuple[str, ...]:
    """The images of all containers, init containers included, as written."""
    spec = pod.spec
    if spec is None:
        return ()
    containers = (*(spec.containers or ()), *(spec.init_containers or ()))
    return tuple(dict.fromkeys(c.image for c in containers if c.image))


def _forcing(
    hosts: tuple[str, ...], nodes: tuple[str, ...]
) -> tuple[tuple[Annotation, tuple[str, ...]], ...]:
    return (table.FORCE_HOSTS, hosts), (table.FORCE_NODES, nodes)


def _differences(pod: Flavor, flavor: Flavor) -> str:
    """Where the pod's amounts differ from its Flavor's; a size of 0 is not compared."""
    compared = (
        ("CPU", "milli-cores", pod.milli_vcpus, flavor.milli_vcpus),
        ("memory", "bytes", pod.memory, flavor.memory),
        ("disk", "bytes", pod.disk, flavor.disk),
    )
    return "; ".join(
        f"the pod requests {have} {unit} of {what}, the flavor has {right}"
        for what, unit, have, right in compared
        if right and have != right
    )
