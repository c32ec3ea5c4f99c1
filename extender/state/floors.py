"""The floors that overcommitted hosts need: what lets their pods stay when a ratio falls.

A kubelet that restarts admits its pods anew, against ``status.allocatable``. As long as they
request no more than the node has by itself, nothing can happen to them: no ratio takes allocatable
below that. Where they request more, the floor is what they request.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from extender.model.amplified import MOST, amplify
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.translate.allocatable import RESOURCES, Resource


class Urgency(IntEnum):
    """How soon a floor is to be written, the first first."""

    RAISE = 0
    """Pods depend on it."""
    LOWER = 1
    """It holds allocatable above what is still needed."""
    TIDY = 2
    """It holds nothing."""


class Change(NamedTuple):
    """A floor that is not as it should be; ``floor`` is 0 for none."""

    resource: Resource
    floor: int
    urgency: Urgency


def inventories(host: HostState) -> Iterator[tuple[Resource, Inventory]]:
    """The resources that the host reports."""
    for resource, inventory in zip(RESOURCES, (host.cpu, host.ram, host.disk), strict=True):
        if inventory.reported:
            yield resource, inventory


def overcommitted(inventory: Inventory) -> bool:
    """Whether a resource is amplified, or could be at any moment.

    Only such hosts have floors: on any other one a floor would let in what the kubelet is right to
    refuse.
    """
    # Of all hosts and every two seconds; comparing Fractions takes ten times as long.
    above = inventory.ratio.numerator > inventory.ratio.denominator
    return above or inventory.floor > 0 or inventory.held != inventory.raw


def beyond(host: HostState) -> bool:
    """Whether pods request more than their kubelet may admit.

    It refuses some of them in a moment (they were bound past kube-scheduler), or has admitted them
    before allocatable fell.
    """
    return any(one.requested > one.held for _, one in inventories(host) if overcommitted(one))


def changes(host: HostState, *, admitted: bool) -> list[Change]:
    """What has to change of a host's floors.

    Args:
        host: with the use of its pods, claims included.
        admitted: whether pods `beyond` what is allocatable must have been admitted, so that the
            floor is to hold for them, too.
    """
    found = []
    for resource, one in inventories(host):
        if not overcommitted(one):
            continue
        requested = one.requested
        if not admitted:
            requested = min(requested, max(one.held, one.floor))
        wanted = min(requested, MOST) if requested > one.raw else 0
        if wanted > one.floor:
            found.append(Change(resource, wanted, Urgency.RAISE))
        elif wanted < one.floor:
            holds = one.floor > amplify(one.raw, one.ratio, 0)
            found.append(Change(resource, wanted, Urgency.LOWER if holds else Urgency.TIDY))
    return found


def stale(host: HostState) -> bool:
    """Whether allocatable is not what admission would make of it."""
    return any(one.held != one.amplified for _, one in inventories(host) if overcommitted(one))
