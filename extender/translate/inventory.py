"""Node → Inventory: how much of a resource a node has, and how many times over it may be used."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from extender.model.flavor import MIB
from extender.model.host_parts import Inventory, Unreadable
from extender.translate.allocatable import CPU, DISK, MEMORY, Resource, held_at_one, matching
from extender.translate.quantity import QuantityError
from extender.translate.readers import AnnotationError, read_integer, read_ratio

if TYPE_CHECKING:
    from collections.abc import Callable

    from extender.model.options import TranslateOptions
    from extender.translate.schema import Node

    Bad = Callable[[Unreadable, str], None]

ONE = Fraction(1)


class _Option(NamedTuple):
    """What the options say of a resource: the reserve, the ratio, and the one before that."""

    name: str
    reserved: int
    ratio: Fraction | None
    initial: Fraction
    bad_total: Unreadable
    bad_ratio: Unreadable


def inventories(
    node: Node, options: TranslateOptions, bad: Bad
) -> tuple[Inventory, Inventory, Inventory]:
    """CPU, memory and disk of a node. Never raises.

    Args:
        node: as the API server has it.
        options: ratios and reserves.
        bad: told of what cannot be read, which counts as absent; without a bit where no filter has
            to refuse the node for it.
    """
    cpu = _Option(
        "cpu_allocation_ratio",
        options.reserved_host_cpus * 1000,
        options.cpu_allocation_ratio,
        options.initial_cpu_allocation_ratio,
        Unreadable.CPU,
        Unreadable.CPU_RATIO,
    )
    ram = _Option(
        "ram_allocation_ratio",
        options.reserved_host_memory_mb * MIB,
        options.ram_allocation_ratio,
        options.initial_ram_allocation_ratio,
        Unreadable.RAM,
        Unreadable.RAM_RATIO,
    )
    disk = _Option(
        "disk_allocation_ratio",
        options.reserved_host_disk_mb * MIB,
        options.disk_allocation_ratio,
        options.initial_disk_allocation_ratio,
        Unreadable.DISK,
        Unreadable.DISK_RATIO,
    )
    return (
        _Reading(node, options, CPU, cpu, bad).inventory(),
        _Reading(node, options, MEMORY, ram, bad).inventory(),
        _Reading(node, options, DISK, disk, bad).inventory(),
    )


class _Reading:
    """One resource of one node being read."""

    def __init__(
        self,
        node: Node,
        options: TranslateOptions,
        resource: Resource,
        option: _Option,
        bad: Bad,
    ) -> None:
        self.node = node
        self.options = options
        self.annotations = node.annotations
        self.resource = resource
        self.option = option
        self.bad = bad

    def inventory(self) -> Inventory:
        """All of it."""
        allocatable = self._allocatable()
        raw, total_from = self._raw(allocatable)
        ratio, ratio_from = self._ratio()
        return Inventory(
            total=max(0, raw - self.option.reserved),
            reserved=min(self.option.reserved, raw),
            allocatable=allocatable or 0,
            floor=self._floor(),
            ratio=ratio,
            total_from=total_from,
            ratio_from=ratio_from,
            held_at_one=self._held_at_one(ratio, ratio_from),
        )

    def _allocatable(self) -> int | None:
        """As it stands; ``None`` where there is none."""
        try:
            return self.resource.allocatable(self.node)
        except QuantityError as error:
            self.bad(self.option.bad_total, f"status.allocatable.{self.resource.name}: {error}")
            return None

    def _raw(self, allocatable: int | None) -> tuple[int, str]:
        """The node's own amount, and where it stands."""
        own = f"status.allocatable.{self.resource.name}"
        try:
            saved = self.resource.saved(self.annotations)
        except AnnotationError as error:
            self.bad(self.option.bad_total, f"node {error}")
            saved = None
        if allocatable is None:
            return 0, own
        if saved is None or not matching(allocatable, self.resource.capacity(self.node), saved):
            return allocatable, own
        return saved.raw, f"node annotation {self.resource.raw.key}"

    def _floor(self) -> int:
        """What allocatable is not to fall below; no filter reads it, so none refuses for it."""
        try:
            return read_integer(self.annotations, self.resource.floor) or 0
        except AnnotationError as error:
            self.bad(Unreadable(0), f"node {error}")
            return 0

    def _ratio(self) -> tuple[Fraction, str]:
        """The ratio as it is given, and where."""
        try:
            ratio = read_ratio(self.annotations, self.resource.ratio)
        except AnnotationError as error:
            self.bad(self.option.bad_ratio, f"node {error}")
            return ONE, f"unreadable {self._annotation}"
        if ratio is not None:
            return ratio, self._annotation
        if self.option.ratio is not None:
            return self.option.ratio, f"option DEFAULT.{self.option.name}"
        return self.option.initial, f"option DEFAULT.initial_{self.option.name}"

    def _held_at_one(self, ratio: Fraction, ratio_from: str) -> str:
        """Why a ratio above 1 counts as 1; one that stands on the node itself is told of."""
        allow = self.options.allow_memory_overcommit
        why = held_at_one(self.resource, self.annotations, allow_memory_overcommit=allow)
        if why and ratio > 1 and ratio_from == self._annotation:
            self.bad(Unreadable(0), f"{ratio_from} counts as 1, for {why}")
        return why

    @property
    def _annotation(self) -> str:
        return f"node annotation {self.resource.ratio.key}"
