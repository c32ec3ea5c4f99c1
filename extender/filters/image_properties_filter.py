"""What the image needs to run: architecture, hypervisor type, VM mode, hypervisor version."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.columns import Bool, clamp
from extender.model.facts import Facts, Source
from extender.model.guests import ARCHITECTURES
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec
from extender.model.version_predicate import VersionPredicate, version_text

NO_SUPPORTED_INSTANCES = Reason(
    "no_supported_instances", "host advertises no supported instances", Category.HOST
)
IMAGE_NOT_SUPPORTED = Reason(
    "image_not_supported", "host does not support the image", Category.HOST
)
HYPERVISOR_VERSION_MISMATCH = Reason(
    "hypervisor_version_mismatch",
    "host runtime version does not suit the image",
    Category.HOST,
)
PHYSADDR_BITS_TOO_SMALL = Reason(
    "physaddr_bits_too_small", "host address width is too small", Category.HOST
)

ARCHITECTURE = "hw_architecture"
GUEST = (ARCHITECTURE, "img_hv_type", "hw_vm_mode")
VERSION = "img_hv_requested_version"
BITS = "hw_maxphysaddr_bits"

DEFAULT = "filter_scheduler.image_properties_default_architecture"
WHERE = "pod annotation nova-extender.io/image_properties"
INSTANCES_FROM = "status.nodeInfo and node annotation nova-extender.io/supported_instances"
VERSION_FROM = "status.nodeInfo.containerRuntimeVersion"
BITS_FROM = "node annotation nova-extender.io/cpu_info"

Guests = tuple[tuple[str, ...], ...]


class ImagePropertiesFilter(HostFilter):
    """Refuse hosts that cannot run what the image is for.

    One guest that the host supports must have all of the architecture, hypervisor type and VM mode
    that are asked for; the version of the container runtime and the width of the CPU's addresses
    must suit too, where the host tells them. An image that asks for none of the first three passes,
    whatever version or width it asks for.
    Source: ``ImagePropertiesFilter``, Nova 2012.2 on.
    """

    run_filter_once_per_request = True
    RUN_ON_REBUILD = True
    added_in = "2012.2"
    reasons = (
        NO_SUPPORTED_INSTANCES,
        IMAGE_NOT_SUPPORTED,
        HYPERVISOR_VERSION_MISMATCH,
        PHYSADDR_BITS_TOO_SMALL,
    )

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        written = self.options.image_properties_default_architecture or ""
        self._default = ARCHITECTURES.canonical(written)
        if written and self._default is None:
            raise ValueError(
                f"{DEFAULT}: {written!r} is no architecture; "
                f"accepted: {', '.join(ARCHITECTURES.names)}"
            )

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Test each distinct list of guests, and each distinct version, once."""
        properties = spec.image.properties
        wanted = tuple(self._wanted(properties).values())
        if not wanted:
            return np.zeros(len(hosts), dtype=np.uint8)
        tests = self._guest_tests(hosts, wanted)
        unreadable = Unreadable.SUPPORTED_INSTANCES
        if predicate := properties.get(VERSION):
            other = _other_versions(hosts, str(predicate))
            tests.append((other, self.code(HYPERVISOR_VERSION_MISMATCH)))
        if bits := _number(properties.get(BITS)):
            unreadable |= Unreadable.CPU_INFO
            have = hosts.column_by((BITS,), _bits, np.int64, fixed=True)
            tests.append(((have > 0) & (have < bits), self.code(PHYSADDR_BITS_TOO_SMALL)))
        cannot_read = (hosts.cannot_read(unreadable), self.code(INVALID_HOST_ANNOTATION))
        return refuse(cannot_read, *tests, hosts=hosts)

    def _wanted(self, properties: Mapping[str, object]) -> dict[str, object]:
        """The guest that is asked for, by property."""
        asked = {name: properties[name] for name in GUEST if properties.get(name)}
        if self._default is not None:
            asked.setdefault(ARCHITECTURE, self._default)
        return asked

    def _guest_tests(self, hosts: HostTable, wanted: tuple[object, ...]) -> list[tuple[Bool, int]]:
        missing, unsupported = self.code(NO_SUPPORTED_INSTANCES), self.code(IMAGE_NOT_SUPPORTED)

        def judge(guests: Guests) -> int:
            if not guests:
                return missing
            return 0 if any(all(w in guest for w in wanted) for guest in guests) else unsupported

        codes = hosts.encoded("supported_instances").spread(judge, np.uint8)
        return [(codes == code, code) for code in (missing, unsupported)]

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """What is asked for, and what the node says of itself."""
        properties = spec.image.properties
        wanted = self._wanted(properties)
        guests = "; ".join(" ".join(guest) for guest in host.supported_instances) or "none"
        asked = [
            Source(name, str(value), WHERE if name in properties else f"option {DEFAULT}")
            for name, value in wanted.items()
        ]
        told = [Source("supported_instances", guests, INSTANCES_FROM)]
        need, have = [str(value) for value in wanted.values()], [guests]
        if predicate := properties.get(VERSION):
            version = version_text(host.hypervisor_version or 0) or "not known"
            asked.append(Source(VERSION, str(predicate), WHERE))
            told.append(Source("hypervisor_version", version, VERSION_FROM))
            need.append(f"version {predicate}")
            have.append(f"version {version}")
        if bits := _number(properties.get(BITS)):
            width = str(_bits(host) or "not known")
            asked.append(Source(BITS, str(bits), WHERE))
            told.append(Source("cpu_info.maxphysaddr.bits", width, BITS_FROM))
            need.append(f"{bits} address bits")
            have.append(f"address bits {width}")
        return Facts(
            need=", ".join(need) if wanted else None,
            have=", ".join(have),
            sources=(*asked, *told),
        )


def _other_versions(hosts: HostTable, text: str) -> Bool:
    """Which hosts have a version that does not suit; one that is not known does."""
    try:
        holds = VersionPredicate.parse(text).holds
    except ValueError:
        # No pod comes this far with one. Nova aborts.
        return hosts.hypervisor_version > 0
    versions = hosts.encoded_by(
        ("hypervisor_version",), attrgetter("hypervisor_version"), fixed=True
    )
    return versions.spread(lambda version: bool(version) and not holds(version), np.bool_)


def _bits(host: HostState) -> int:
    """The width of the host's addresses, 0 where it is not told."""
    told = host.cpu_info.get("maxphysaddr")
    return clamp(_number(told.get("bits"))) if isinstance(told, Mapping) else 0


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
