"""In the same network as a certain address."""

from __future__ import annotations

from collections.abc import Hashable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.facts import Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

OUTSIDE_CIDR = Reason(
    "outside_cidr", "host address is outside the requested network", Category.POLICY
)
HOST_IP_UNKNOWN = Reason("host_ip_unknown", "host address is not known", Category.DATA)
INVALID_HINT = Reason("invalid_hint", "scheduler hint cannot be evaluated", Category.DATA)

ADDRESS_HINT = "build_near_host_ip"
CIDR_HINT = "cidr"
DEFAULT_CIDR = "/24"

_HALF = 64
_LOW = 2**_HALF - 1
_WHERE = "pod annotation nova-extender.io/scheduler_hints"
_LONGEST = 80


class SimpleCIDRAffinityFilter(HostFilter):
    """Refuse hosts whose address is not in the network of the hints.

    The network is the texts of ``build_near_host_ip`` and ``cidr`` joined, as in Nova: ``cidr``
    brings its slash along, ``/24`` by default, also for IPv6. ``24`` would make 192.168.1.1 the
    single address 192.168.1.124. Bits of the host may be set, and a mask may stand for the number
    of bits (``/255.255.0.0``). Without ``build_near_host_ip`` all hosts pass.
    Source: ``SimpleCIDRAffinityFilter``, Nova 2012.1 on.
    """

    run_filter_once_per_request = True
    added_in = "2012.1"
    reasons = (OUTSIDE_CIDR, HOST_IP_UNKNOWN, INVALID_HINT)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Compare the bits of each distinct address; addresses are read once for all requests."""
        if not _asked(spec):
            return np.zeros(len(hosts), dtype=np.uint8)
        network = _network(spec)
        if network is None:
            return np.full(len(hosts), self.code(INVALID_HINT), dtype=np.uint8)
        addresses = hosts.encoded("host_ip")
        rows = addresses.vocabulary.array("address", _row, np.uint64, width=3)
        first, mask = network.address & network.mask, network.mask
        inside = (
            (rows[:, 0] == network.version)
            & (rows[:, 1] & np.uint64(mask >> _HALF) == np.uint64(first >> _HALF))
            & (rows[:, 2] & np.uint64(mask & _LOW) == np.uint64(first & _LOW))
        )
        return refuse(
            ((rows[:, 0] == 0)[addresses.codes], self.code(HOST_IP_UNKNOWN)),
            (~inside[addresses.codes], self.code(OUTSIDE_CIDR)),
            hosts=hosts,
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The network, and the host's address."""
        if not _asked(spec):
            return Facts(sources=(Source(ADDRESS_HINT, "none", f"no such hint in {_WHERE}"),))
        network = _network(spec)
        cidr = CIDR_HINT in spec.scheduler_hints
        return Facts(
            need="a network" if network is None else str(network),
            have=host.host_ip or "no address",
            sources=(
                Source(ADDRESS_HINT, _shown(spec, ADDRESS_HINT), _WHERE),
                Source(
                    CIDR_HINT,
                    _shown(spec, CIDR_HINT) if cidr else DEFAULT_CIDR,
                    _WHERE if cidr else "default",
                ),
                Source("host_ip", host.host_ip or "none", "status.addresses, first InternalIP"),
            ),
        )


class Network(NamedTuple):
    """An address of 4 or 6 with the mask that says which of its bits count."""

    version: int
    address: int
    mask: int

    def __str__(self) -> str:
        kind = IPv4Address if self.version == 4 else IPv6Address  # noqa: PLR2004 - IPv4's number
        return f"{kind(self.address & self.mask)}/{self.mask.bit_count()}"


def read_network(text: str) -> Network | None:
    """An address, and after a slash a number of bits, a netmask or a hostmask; else ``None``.

    Without a slash all bits count. Source: ``netaddr.IPNetwork``, which Nova reads it with.
    """
    address_text, slash, bits_text = text.partition("/")
    address = _address(address_text)
    if address is None:
        return None
    full = 2**address.max_prefixlen - 1
    mask = _mask(bits_text, address, full) if slash else full
    return None if mask is None else Network(address.version, int(address), mask)


def _mask(text: str, address: IPv4Address | IPv6Address, full: int) -> int | None:
    try:
        bits = int(text)
    except ValueError:
        written = _address(text)
        if written is None or written.version != address.version:
            return None
        found, inverted = int(written), full ^ int(written)
        if inverted & (inverted + 1) == 0:
            return found
        return inverted if found & (found + 1) == 0 else None
    if not 0 <= bits <= address.max_prefixlen:
        return None
    return full ^ (full >> bits)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    if "%" in text:
        return None  # the zone of one machine means nothing on another
    try:
        return ip_address(text)
    except ValueError:
        return None


def _row(host_ip: Hashable) -> tuple[int, int, int]:
    """Version, upper and lower half of a host's address; version 0 where there is none."""
    address = _address(host_ip) if isinstance(host_ip, str) else None
    if address is None:
        return 0, 0, 0
    return address.version, int(address) >> _HALF, int(address) & _LOW


def _asked(spec: RequestSpec) -> bool:
    return bool(spec.get_scheduler_hint(ADDRESS_HINT))


def _network(spec: RequestSpec) -> Network | None:
    """The network of the hints; ``None`` where they give none, as several texts do."""
    near = spec.get_scheduler_hint(ADDRESS_HINT)
    cidr = spec.get_scheduler_hint(CIDR_HINT, DEFAULT_CIDR)
    if not isinstance(near, str) or not isinstance(cidr, str):
        return None
    return read_network(near + cidr)


def _shown(spec: RequestSpec, hint: str) -> str:
    text = ", ".join(spec.scheduler_hints[hint])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
