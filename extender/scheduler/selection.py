"""What Nova's scheduler answers: hosts for instances, and how it came to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from extender.model.attempt import FilterPart, WeighPart
from extender.model.host_state import HostState


@dataclass(frozen=True, slots=True)
class Selection:
    """Nova's ``Selection``: a host chosen for an instance, or an alternate."""

    service_host: str
    nodename: str
    compute_node_uuid: str
    cell_uuid: str
    availability_zone: str
    limits: Mapping[str, int]


def selection(host: HostState, limits: Mapping[str, int]) -> Selection:
    """A host as it is selected."""
    return Selection(
        service_host=host.host,
        nodename=host.nodename,
        compute_node_uuid=host.uuid,
        cell_uuid=host.cell_uuid,
        availability_zone=min(host.zones),
        limits=limits,
    )


@dataclass(frozen=True, slots=True)
class Cycle:
    """How one instance of a request was placed, for explanations."""

    filtered: FilterPart
    weighed: WeighPart


@dataclass(slots=True)
class Destinations:
    """The answer for N instances: for each the chosen host and its alternates, and how."""

    selections: list[list[Selection]] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)


class NoValidHost(Exception):  # noqa: N818 - Nova's name
    """No host for every instance asked for; nothing stays claimed.

    ``cycles`` tells how far it came.
    """

    def __init__(self, reason: str, cycles: Sequence[Cycle]) -> None:
        super().__init__(f"No valid host was found. {reason}")
        self.cycles = tuple(cycles)
