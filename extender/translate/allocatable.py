"""A node's allocatable, amplified or not: the three resources, and what of each is the node's own.

The chart's admission policy says the same in CEL; ``extender.translate.admission`` is the webhook
in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from extender.model.amplified import MOST
from extender.translate import annotations as table
from extender.translate import quantity
from extender.translate.quantity import QuantityError
from extender.translate.readers import AnnotationError, read_integer
from extender.translate.schema import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from extender.translate.annotations import Annotation
    from extender.translate.readers import Annotations
    from extender.translate.schema import Node, Quantities

_NO_STATUS = NodeStatus()


class Resource(NamedTuple):
    """One of the three: its names on either side, and its unit.

    Args:
        name: of Kubernetes.
        inventory: HostState's.
        ratio: the annotation with the node's ratio.
        raw: the annotation with the node's own allocatable, while it is amplified.
        amplified: the annotation with what it was amplified to.
        floor: the annotation with what it is not to fall below.
        convert: nano units to the unit of the annotations, rounded up.
        suffix: behind a whole number of that unit, as a quantity.
    """

    name: str
    inventory: str
    ratio: Annotation
    raw: Annotation
    amplified: Annotation
    floor: Annotation
    convert: Callable[[int], int]
    suffix: str

    def allocatable(self, node: Node) -> int | None:
        """``status.allocatable``; ``None`` where the node does not name it.

        Raises:
            QuantityError: it is no quantity.
        """
        return self._amount((node.status or _NO_STATUS).allocatable)

    def capacity(self, node: Node) -> int | None:
        """``status.capacity``, which is never amplified; ``None`` where it is not known.

        One that is no quantity is not known, nor is one that no machine has.
        """
        try:
            amount = self._amount((node.status or _NO_STATUS).capacity)
        except QuantityError:
            return None
        return None if amount is None or amount > MOST else amount

    def saved(self, annotations: Annotations) -> Saved | None:
        """What is saved of an amplified node; ``None`` of any other.

        Raises:
            AnnotationError: one of the two annotations is no whole number.
        """
        raw = read_integer(annotations, self.raw)
        amplified = read_integer(annotations, self.amplified)
        return None if raw is None or amplified is None else Saved(raw, amplified)

    def saved_or_none(self, annotations: Annotations) -> Saved | None:
        """The same, of annotations that may be anything."""
        try:
            return self.saved(annotations)
        except AnnotationError:
            return None

    def quantity(self, amount: int) -> str:
        """An amount as a quantity."""
        return f"{amount}{self.suffix}"

    def _amount(self, quantities: Quantities | None) -> int | None:
        raw = (quantities or {}).get(self.name)
        return None if raw is None else self.convert(quantity.amount_json(raw))


class Saved(NamedTuple):
    """What was saved of one resource when it was amplified, in the unit of its annotations."""

    raw: int
    amplified: int


CPU = Resource(
    "cpu",
    "cpu",
    table.CPU_ALLOCATION_RATIO,
    table.RAW_ALLOCATABLE_CPU,
    table.AMPLIFIED_ALLOCATABLE_CPU,
    table.ALLOCATABLE_FLOOR_CPU,
    quantity.milli,
    "m",
)
MEMORY = Resource(
    "memory",
    "ram",
    table.RAM_ALLOCATION_RATIO,
    table.RAW_ALLOCATABLE_MEMORY,
    table.AMPLIFIED_ALLOCATABLE_MEMORY,
    table.ALLOCATABLE_FLOOR_MEMORY,
    quantity.units,
    "",
)
DISK = Resource(
    "ephemeral-storage",
    "disk",
    table.DISK_ALLOCATION_RATIO,
    table.RAW_ALLOCATABLE_DISK,
    table.AMPLIFIED_ALLOCATABLE_DISK,
    table.ALLOCATABLE_FLOOR_DISK,
    quantity.units,
    "",
)
RESOURCES = (CPU, MEMORY, DISK)


STATIC = "Static"
"""The policy of a memory manager that pins memory to containers."""


def held_at_one(
    resource: Resource, annotations: Annotations, *, allow_memory_overcommit: bool
) -> str:
    """Why a ratio above 1 counts as 1 on a node; "" where it counts as it is.

    Args:
        resource: what the ratio is of.
        annotations: the node's.
        allow_memory_overcommit: the option of this name.
    """
    if resource is not MEMORY:
        return ""
    if not allow_memory_overcommit:
        return "option kubernetes.allow_memory_overcommit is false"
    if annotations.get(table.MEMORY_MANAGER_POLICY.key) == STATIC:
        return f"annotation {table.MEMORY_MANAGER_POLICY.key} is {STATIC}"
    return ""


def matching(allocatable: int, capacity: int | None, *saved: Saved | None) -> Saved | None:
    """What was saved as an allocatable was amplified; ``None`` where it is the node's own.

    One that equals a saved amplified one was amplified; any other is a new one of the kubelet's,
    unless it is above what the machine has.

    Args:
        allocatable: as it stands.
        capacity: the machine's; ``None`` where it is not known.
        saved: what may have been saved, the likeliest first.
    """
    known = [each for each in saved if each is not None]
    above = capacity is not None and allocatable > capacity
    equal = (each for each in known if each.amplified == allocatable)
    return next(equal, known[0] if known and above else None)
