"""NUMA cells: what hosts have, and what requests ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NUMACell:
    """One cell of a host (Nova's ``NUMACell``)."""

    id: int


@dataclass(frozen=True, slots=True)
class NUMATopology:
    """A host's cells (Nova's ``NUMATopology``)."""

    cells: tuple[NUMACell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NUMARequestCell:
    """One cell that a request asks for (Nova's ``InstanceNUMACell``)."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NUMARequest:
    """The cells that a request asks for (Nova's ``InstanceNUMATopology``)."""

    cells: tuple[NUMARequestCell, ...] = ()
