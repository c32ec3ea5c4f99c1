"""Which pools of devices serve a request, and how several requests share them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from extender.model.devices import Kind, kind, left
from extender.model.host_state import HostState
from extender.model.pci import PciRequest
from extender.model.request_spec import RequestSpec


@dataclass(frozen=True, slots=True)
class Share:
    """What one host has for one request, after the requests before it took theirs.

    Args:
        request: the request.
        available: how many devices of the pools that serve it are left.
        taken: what it takes of each resource; less than it asks for where too few are left.
    """

    request: PciRequest
    available: int
    taken: Mapping[str, int]


def attributes_of(request: PciRequest) -> frozenset[str]:
    """The names of the attributes that the request's specs go by, beside the resource."""
    return frozenset(name for spec in request.spec for name, _ in spec) - {"resource"}


def serving(pools: Kind, request: PciRequest) -> tuple[str, ...]:
    """The resources of the pools that one of the request's specs describes, by name.

    Attributes are compared as texts, whatever their case.
    Source: ``nova.pci.utils.pci_device_prop_match``.
    """
    found = (
        resource
        for resource, attributes in pools
        if any(_describes(spec, resource, attributes) for spec in request.spec)
    )
    return tuple(dict.fromkeys(found))


def _describes(
    spec: Iterable[tuple[str, str]], resource: str, attributes: Iterable[tuple[str, str]]
) -> bool:
    has = {**dict(attributes), "resource": resource}
    return all(name in has and has[name].lower() == value.lower() for name, value in spec)


def shares(host: HostState, spec: RequestSpec) -> list[Share]:
    """What one host has for each request, which take from its pools one after another."""
    free = {resource: left(host, resource) for resource, _ in kind(host)}
    found = []
    for request in spec.pci_requests:
        resources = serving(kind(host, attributes_of(request)), request)
        available = sum(free[resource] for resource in resources)
        need, taken = request.count, {}
        for resource in resources:
            took = min(need, free[resource])
            if took:
                taken[resource] = took
                free[resource] -= took
                need -= took
        found.append(Share(request, available, taken))
    return found


def devices_taken(host: HostState, spec: RequestSpec) -> tuple[tuple[str, int], ...]:
    """What an instance takes of the host's extended resources, by name.

    The pod's own extended resources, and where aliases ask for more of a resource, that: the two
    describe the same devices.
    Source: ``PciDeviceStats.apply_requests`` in ``consume_from_request``.
    """
    asked: dict[str, int] = {}
    for share in shares(host, spec):
        for resource, count in share.taken.items():
            asked[resource] = asked.get(resource, 0) + count
    own = dict(spec.extended)
    names = sorted(asked.keys() | own.keys())
    return tuple((name, max(asked.get(name, 0), own.get(name, 0))) for name in names)
