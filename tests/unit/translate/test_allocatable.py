"""A node's allocatable: the three resources, and what of each is the node's own."""

from __future__ import annotations

from typing import Any, TypeGuard

import pytest

from extender.translate.allocatable import (
    CPU,
    DISK,
    MEMORY,
    RESOURCES,
    Resource,
    Saved,
    held_at_one,
    matching,
)
from extender.translate.annotations import PREFIX, Annotation
from extender.translate.objects import decode_node
from extender.translate.quantity import QuantityError
from extender.translate.readers import AnnotationError
from tests.unit.translate.making import node, prefixed

EACH = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)


def is_row(part: object) -> TypeGuard[Annotation]:
    """Whether a part of a resource is one of its annotations."""
    return isinstance(part, Annotation)


def test_names() -> None:
    """Kubernetes' name, HostState's, and the annotations', which are the policy's too."""
    assert [
        (each.name, each.inventory, *(row.key.removeprefix(PREFIX) for row in each if is_row(row)))
        for each in RESOURCES
    ] == [
        (
            "cpu",
            "cpu",
            "cpu_allocation_ratio",
            "raw_allocatable_cpu",
            "amplified_allocatable_cpu",
            "allocatable_floor_cpu",
        ),
        (
            "memory",
            "ram",
            "ram_allocation_ratio",
            "raw_allocatable_memory",
            "amplified_allocatable_memory",
            "allocatable_floor_memory",
        ),
        (
            "ephemeral-storage",
            "disk",
            "disk_allocation_ratio",
            "raw_allocatable_ephemeral_storage",
            "amplified_allocatable_ephemeral_storage",
            "allocatable_floor_ephemeral_storage",
        ),
    ]


# -- amounts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "text", "amount"),
    [
        (CPU, "4", 4000),
        (CPU, "3920m", 3920),
        (CPU, 1.5, 1500),
        (CPU, "1n", 1),
        (CPU, "1000001u", 1001),
        (CPU, "2k", 2_000_000),
        (MEMORY, "16Gi", 2**34),
        (MEMORY, "1.5", 2),
        (MEMORY, "100m", 1),
        (DISK, "1e3", 1000),
        (DISK, 0, 0),
        (DISK, None, 0),
    ],
)
def test_amounts(resource: Resource, text: object, amount: int) -> None:
    """Milli-cores and bytes, rounded up; what stands as null is nothing."""
    made = node({"allocatable": {resource.name: text}, "capacity": {resource.name: text}})
    assert resource.allocatable(made) == resource.capacity(made) == amount


@EACH
@pytest.mark.parametrize("status", [None, {}, {"allocatable": None}, {"allocatable": {}}])
def test_no_amount(resource: Resource, status: dict[str, Any] | None) -> None:
    """A node without status, without the map, or without the name in it."""
    assert resource.allocatable(node(status)) is None
    assert resource.capacity(node(status)) is None
    assert resource.allocatable(decode_node(b"{}")) is None


@EACH
def test_each_map_is_its_own(resource: Resource) -> None:
    """Capacity says nothing of allocatable, nor the other way about, nor one name of another."""
    others = {each.name: "7" for each in RESOURCES if each is not resource}
    made = node({"allocatable": {**others}, "capacity": {**others, resource.name: "1"}})
    assert resource.allocatable(made) is None
    assert resource.capacity(made) == resource.convert(10**9)


@EACH
@pytest.mark.parametrize("bad", ["", "x", "-1", "1Xi", " 1 1", True, [], {}, "\uff11"])
def test_no_quantity(resource: Resource, bad: object) -> None:
    """Of allocatable that is told; a capacity is then just not known."""
    made = node({"allocatable": {resource.name: bad}, "capacity": {resource.name: bad}})
    with pytest.raises(QuantityError):
        resource.allocatable(made)
    assert resource.capacity(made) is None


def test_capacity_that_no_machine_has() -> None:
    """What does not go into 64 bits is not known; the most that does, is."""
    for text, capacity in (("9223372036854775807m", 2**63 - 1), ("9223372036854776", None)):
        assert CPU.capacity(node({"capacity": {"cpu": text}})) == capacity


@pytest.mark.parametrize(
    ("resource", "quantity"), [(CPU, "1500m"), (MEMORY, "1500"), (DISK, "1500")]
)
def test_quantity(resource: Resource, quantity: str) -> None:
    """What is written is what is read again."""
    assert resource.quantity(1500) == quantity
    assert resource.allocatable(node({"allocatable": {resource.name: quantity}})) == 1500


# -- what is saved -------------------------------------------------------------------------------


def saved(resource: Resource, raw: str | None, amplified: str | None) -> dict[str, str]:
    """A node's annotations."""
    given = {resource.raw.key: raw, resource.amplified.key: amplified}
    return {key: text for key, text in given.items() if text is not None}


@EACH
@pytest.mark.parametrize(
    ("raw", "amplified", "expected"),
    [
        ("2000", "32000", Saved(2000, 32000)),
        (" 2000\n", "0032000", Saved(2000, 32000)),
        ("0", "0", Saved(0, 0)),
        (str(2**63 - 1), "1", Saved(2**63 - 1, 1)),
        ("2000", None, None),
        (None, "32000", None),
        ("2000", "", None),
        (" ", "32000", None),
        (None, None, None),
    ],
)
def test_saved(
    resource: Resource, raw: str | None, amplified: str | None, expected: Saved | None
) -> None:
    """Both or neither."""
    annotations = saved(resource, raw, amplified)
    assert resource.saved(annotations) == resource.saved_or_none(annotations) == expected


@EACH
@pytest.mark.parametrize("bad", ["x", "-1", "+1", "1.0", "1e3", "1Gi", "9" * 19, "\u0661", "1\n1"])
@pytest.mark.parametrize("raw_is_bad", [False, True])
def test_saved_is_no_number(resource: Resource, bad: str, raw_is_bad: bool) -> None:
    """One of the two is enough to spoil both."""
    annotations = saved(resource, bad, "1") if raw_is_bad else saved(resource, "1", bad)
    with pytest.raises(AnnotationError):
        resource.saved(annotations)
    assert resource.saved_or_none(annotations) is None


# -- what is the node's own ----------------------------------------------------------------------

OLD, NEW = Saved(2000, 8000), Saved(2000, 4000)


@pytest.mark.parametrize(
    ("what", "allocatable", "capacity", "given", "expected"),
    [
        ("nothing saved", 8000, 4000, (), None),
        ("nothing saved, said twice", 8000, 4000, (None, None), None),
        ("the amplified one", 8000, 4000, (OLD,), OLD),
        ("the amplified one, of whatever machine", 8000, None, (OLD,), OLD),
        ("the amplified one of a node that has more", 8000, 9000, (OLD,), OLD),
        ("a new one of the kubelet's", 3000, 4000, (OLD,), None),
        ("all that the machine has", 4000, 4000, (OLD,), None),
        ("above the machine", 4001, 4000, (OLD,), OLD),
        ("above an unknown machine", 4001, None, (OLD,), None),
        ("the raw one", 2000, 4000, (OLD,), None),
        ("an amplified one of before", 8000, 9000, (NEW, OLD), OLD),
        ("an amplified one of before, alone", 8000, 9000, (None, OLD), OLD),
        ("the newer of both", 4000, 4000, (NEW, OLD), NEW),
        ("above the machine: the likeliest", 9000, 4000, (NEW, OLD), NEW),
        ("above the machine: the only one", 9000, 4000, (None, OLD), OLD),
        ("of two alike the first", 8000, 9000, (Saved(1000, 8000), OLD), Saved(1000, 8000)),
        ("nothing is above nothing", 0, 0, (OLD,), None),
    ],
)
def test_matching(
    what: str,
    allocatable: int,
    capacity: int | None,
    given: tuple[Saved | None, ...],
    expected: Saved | None,
) -> None:
    """Equal to what was amplified, else above what the machine has."""
    assert matching(allocatable, capacity, *given) == expected, what


# -- whether a ratio above 1 counts --------------------------------------------------------------


@pytest.mark.parametrize("resource", [CPU, DISK], ids=lambda resource: resource.name)
@pytest.mark.parametrize("allowed", [False, True])
def test_only_memory_is_held_at_one(resource: Resource, allowed: bool) -> None:
    """A container that gets no CPU waits, and one that gets no disk is told."""
    pinned = prefixed({"memory_manager_policy": "Static"})
    assert held_at_one(resource, pinned, allow_memory_overcommit=allowed) == ""


@pytest.mark.parametrize("policy", [None, "None", "", "static", " Static", "Static ", "S" * 70_000])
def test_memory_may_be_overcommitted(policy: str | None) -> None:
    """Where the option says so, and the node does not say exactly that its memory is pinned."""
    annotations = prefixed({} if policy is None else {"memory_manager_policy": policy})
    assert held_at_one(MEMORY, annotations, allow_memory_overcommit=True) == ""
    why = "option kubernetes.allow_memory_overcommit is false"
    assert held_at_one(MEMORY, annotations, allow_memory_overcommit=False) == why


def test_pinned_memory() -> None:
    """It is never overcommitted."""
    annotations = prefixed({"memory_manager_policy": "Static"})
    why = "annotation nova-extender.io/memory_manager_policy is Static"
    assert held_at_one(MEMORY, annotations, allow_memory_overcommit=True) == why
