"""What to write of a node so that nothing is left of its having been amplified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extender.translate.admission import Amended
from extender.translate.allocatable import RESOURCES, matching
from extender.translate.quantity import QuantityError

if TYPE_CHECKING:
    from extender.translate.allocatable import Resource
    from extender.translate.schema import Node


def restoration(node: Node) -> Amended:
    """The node's own allocatable, without what was saved and without floors. Never raises.

    The ratios stay: they are the administrator's. Amounts that cannot be read stay too, as does an
    amplified one of which nothing is saved: the kubelet writes them anew.
    """
    annotations: dict[str, str | None] = {}
    allocatable: dict[str, str] = {}
    for resource in RESOURCES:
        rows = (resource.raw, resource.amplified, resource.floor)
        annotations |= {row.key: None for row in rows if row.key in node.annotations}
        raw = _saved_raw(node, resource)
        if raw is not None:
            allocatable[resource.name] = resource.quantity(raw)
    return Amended(annotations, allocatable)


def _saved_raw(node: Node, resource: Resource) -> int | None:
    """The saved raw amount, where that is another one than is allocatable."""
    try:
        allocatable = resource.allocatable(node)
    except QuantityError:
        return None
    if allocatable is None:
        return None
    saved = resource.saved_or_none(node.annotations)
    found = matching(allocatable, resource.capacity(node), saved)
    return None if found is None or found.raw == allocatable else found.raw
