"""Node → Inventory: how much of CPU, memory and disk there is, and how many times over."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest

from extender.model.flavor import GIB, MIB
from extender.model.host_parts import Inventory, Unreadable
from extender.model.options import TranslateOptions
from extender.translate.annotations import PREFIX
from extender.translate.inventory import inventories
from tests.unit.translate.making import node

STATUS = {
    "allocatable": {"cpu": "3920m", "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": "110"}
}
ANY_MEMORY = TranslateOptions(allow_memory_overcommit=True)
NAMES = {"cpu": "cpu", "memory": "ram", "ephemeral_storage": "disk"}
"""The resource in our annotations → HostState's name."""


@dataclass
class Seen:
    """What was read of a node, and what could not be."""

    cpu: Inventory = field(default_factory=Inventory)
    ram: Inventory = field(default_factory=Inventory)
    disk: Inventory = field(default_factory=Inventory)
    unreadable: Unreadable = Unreadable(0)  # noqa: RUF009 - a number
    problems: tuple[str, ...] = ()

    def bad(self, bit: Unreadable, problem: str) -> None:
        """Something could not be read."""
        self.unreadable |= bit
        self.problems += (problem,)


def state(
    annotations: dict[str, str] | None = None,
    status: dict[str, Any] | None = None,
    options: TranslateOptions | None = None,
) -> Seen:
    """Node node-a with STATUS, read."""
    seen = Seen()
    read = node(STATUS if status is None else status, annotations=annotations)
    seen.cpu, seen.ram, seen.disk = inventories(read, options or TranslateOptions(), seen.bad)
    return seen


def allocatable(**amounts: Any) -> dict[str, Any]:
    """A status with these amounts; "_" stands for "-"."""
    return {"allocatable": {name.replace("_", "-"): value for name, value in amounts.items()}}


# -- totals: raw and amplified -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "unit", "column"),
    [("cpu", 1, "cpu"), ("memory", 1000, "ram"), ("ephemeral_storage", 1000, "disk")],
)
def test_amplified(resource: str, unit: int, column: str) -> None:
    """While the allocatable is the one the policy wrote, the saved raw amount counts."""
    host = state(
        {f"raw_allocatable_{resource}": "2000", f"amplified_allocatable_{resource}": "32000"},
        allocatable(**{resource: str(32000 // 1000 if unit == 1 else 32000)}),
    )
    inventory = getattr(host, column)
    assert inventory.total == 2000
    assert inventory.total_from == f"node annotation {PREFIX}raw_allocatable_{resource}"


@pytest.mark.parametrize(
    ("annotations", "why"),
    [
        ({"raw_allocatable_cpu": "2000", "amplified_allocatable_cpu": "32001"}, "another amount"),
        ({"raw_allocatable_cpu": "2000"}, "no amplified amount"),
        ({"amplified_allocatable_cpu": "32000"}, "no raw amount"),
        ({"raw_allocatable_cpu": " ", "amplified_allocatable_cpu": "32000"}, "an empty one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_not_amplified(annotations: dict[str, str], why: str) -> None:
    """Any other allocatable is a new one of the kubelet's, and is raw itself."""
    host = state(annotations, allocatable(cpu="32"))
    assert host.cpu.total == 32_000, why
    assert host.cpu.total_from == "status.allocatable.cpu"
    assert not host.unreadable


def test_amplified_is_compared_rounded_up() -> None:
    """31999.1 milli-cores are 32000, as kube-scheduler rounds a node's allocatable."""
    host = state(
        {"raw_allocatable_cpu": "2000", "amplified_allocatable_cpu": "32000"},
        allocatable(cpu="31999100u"),
    )
    assert host.cpu.total == 2000


def test_no_allocatable_is_never_amplified() -> None:
    """Without an allocatable there is nothing the saved amounts could belong to."""
    host = state({"raw_allocatable_cpu": "5", "amplified_allocatable_cpu": "0"}, {})
    assert host.cpu.total == 0


def test_reserves() -> None:
    """reserved_host_* are taken off: whole CPUs and MiB."""
    options = TranslateOptions(
        reserved_host_cpus=1, reserved_host_memory_mb=512, reserved_host_disk_mb=1024
    )
    host = state(options=options)
    assert host.cpu.total == 2920
    assert host.ram.total == 16 * GIB - 512 * MIB
    assert host.disk.total == 99 * GIB


def test_reserves_come_off_the_raw_amount() -> None:
    """Nova's (total - reserved) x ratio, not the amplified amount less the reserve."""
    host = state(
        {
            "raw_allocatable_cpu": "2000",
            "amplified_allocatable_cpu": "8000",
            "cpu_allocation_ratio": "4.0",
        },
        allocatable(cpu="8"),
        TranslateOptions(reserved_host_cpus=1),
    )
    assert (host.cpu.total, host.cpu.limit) == (1000, 4000)


def test_a_reserve_never_makes_a_total_negative() -> None:
    """More reserved than there is leaves 0."""
    host = state(
        options=TranslateOptions(
            reserved_host_cpus=4, reserved_host_memory_mb=20_000, reserved_host_disk_mb=200_000
        )
    )
    assert (host.cpu.total, host.ram.total, host.disk.total) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "column", "bit"),
    [
        ("cpu", "cpu", Unreadable.CPU),
        ("memory", "ram", Unreadable.RAM),
        ("ephemeral-storage", "disk", Unreadable.DISK),
    ],
)
@pytest.mark.parametrize("value", ["abc", "-1", "", True, [1], {}])
def test_an_unreadable_allocatable(name: str, column: str, bit: Unreadable, value: object) -> None:
    """Counts as 0, is marked for that resource only, and is told."""
    status = {**STATUS, "allocatable": {**STATUS["allocatable"], name: value}}
    host = state(status=status)
    assert getattr(host, column).total == 0
    assert host.unreadable == bit
    (problem,) = host.problems
    assert problem.startswith(f"status.allocatable.{name}: ")
    assert "accepted: " in problem
    assert [c for c in ("cpu", "ram", "disk") if getattr(host, c).total == 0] == [column]


@pytest.mark.parametrize(
    ("resource", "bit"),
    [
        ("cpu", Unreadable.CPU),
        ("memory", Unreadable.RAM),
        ("ephemeral_storage", Unreadable.DISK),
    ],
)
@pytest.mark.parametrize("kind", ["raw", "amplified"])
@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "1Gi", "9" * 20])
def test_an_unreadable_saved_amount(resource: str, bit: Unreadable, kind: str, value: str) -> None:
    """Marks the resource; the others, and weighers, go on with status.allocatable."""
    host = state({f"{kind}_allocatable_{resource}": value})
    assert host.unreadable == bit
    assert (host.cpu.total, host.ram.total, host.disk.total) == (3920, 16 * GIB, 100 * GIB)
    (problem,) = host.problems
    assert problem.startswith(f"node annotation {PREFIX}{kind}_allocatable_{resource}: ")


# -- ratios --------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["cpu", "ram", "disk"])
def test_ratio_precedence(resource: str) -> None:
    """Annotation, then option, then initial option; each says where it came from."""
    name = f"{resource}_allocation_ratio"
    given: dict[str, Any] = {f"initial_{name}": Fraction(2), "allow_memory_overcommit": True}
    initial, options = TranslateOptions(**given), TranslateOptions(**given | {name: Fraction(3)})

    def seen(host: Seen) -> tuple[Fraction, str]:
        inventory = getattr(host, resource)
        return inventory.ratio, inventory.ratio_from

    annotated = state({name: "16.5"}, options=options)
    assert seen(annotated) == (Fraction(33, 2), f"node annotation {PREFIX}{name}")
    assert seen(state(options=options)) == (Fraction(3), f"option DEFAULT.{name}")
    assert seen(state(options=initial)) == (Fraction(2), f"option DEFAULT.initial_{name}")
    assert seen(state()) == (Fraction(1), f"option DEFAULT.initial_{name}")


def test_the_limit_is_floored() -> None:
    """3920 milli-cores x 1.001 are 3923.92, of which 3923 count."""
    assert state({"cpu_allocation_ratio": "1.001"}).cpu.limit == 3923


@pytest.mark.parametrize(
    ("resource", "bit"),
    [
        ("cpu", Unreadable.CPU_RATIO),
        ("ram", Unreadable.RAM_RATIO),
        ("disk", Unreadable.DISK_RATIO),
    ],
)
@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1", "1e9", "abc", "x" * 70_000])
def test_an_unreadable_ratio(resource: str, bit: Unreadable, value: str) -> None:
    """Marks that ratio only; the limit is reckoned with 1, not with the option."""
    host = state(
        {f"{resource}_allocation_ratio": value},
        options=TranslateOptions(initial_cpu_allocation_ratio=Fraction(4)),
    )
    assert host.unreadable == bit
    assert getattr(host, resource).ratio == 1
    assert getattr(host, resource).limit == getattr(host, resource).total
    (problem,) = host.problems
    assert problem.startswith(f"node annotation {PREFIX}{resource}_allocation_ratio: ")
    assert len(problem) < 400


# -- what kube-scheduler and the kubelet hold to -------------------------------------------------


@pytest.mark.parametrize("resource", NAMES)
def test_held_and_raw(resource: str) -> None:
    """Allocatable as it stands beside what the node has of its own: 32000 for 2000, reserve off."""
    one = state(
        {f"raw_allocatable_{resource}": "2000", f"amplified_allocatable_{resource}": "32000"},
        allocatable(**{resource: "32" if resource == "cpu" else "32000"}),
        TranslateOptions(reserved_host_cpus=1),
    )
    inventory: Inventory = getattr(one, NAMES[resource])
    assert (inventory.raw, inventory.held) == (2000, 32000)
    assert inventory.total == (1000 if resource == "cpu" else 2000)


def test_held_without_allocatable() -> None:
    """A node that does not report a resource holds all to nothing, as one whose text is bad."""
    for status in ({}, allocatable(cpu="x")):
        one = state({}, status).cpu
        assert (one.raw, one.held, one.allocatable, one.void) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("what", "cpu", "capacity", "raw"),
    [
        ("what was amplified", "32", "4", 2000),
        ("above the machine it cannot be raw, so what is saved still is", "31", "4", 2000),
        ("by a milli-core", "4001m", "4", 2000),
        ("all of the machine", "4", "4", 4000),
        ("a new raw amount", "3", "4", 3000),
        ("an unknown machine", "31", None, 31_000),
        ("a machine that cannot be read", "31", "x", 31_000),
        ("a machine beyond all machines", "31", "1e30", 31_000),
    ],
)
def test_raw_by_capacity(what: str, cpu: str, capacity: str | None, raw: int) -> None:
    """As admission finds it (test_allocatable)."""
    status = {**allocatable(cpu=cpu), "capacity": {"cpu": capacity} if capacity else {}}
    saved = {"raw_allocatable_cpu": "2000", "amplified_allocatable_cpu": "32000"}
    one = state(saved, status)
    assert one.cpu.raw == raw, what
    assert (one.cpu.total_from == "status.allocatable.cpu") is (raw != 2000)
    assert one.problems == ()


def test_above_the_machine_without_saved_amounts() -> None:
    """There is nothing else to go by."""
    status = {**allocatable(cpu="31"), "capacity": {"cpu": "4"}}
    assert state({}, status).cpu.raw == 31_000


@pytest.mark.parametrize("resource", NAMES)
def test_floor(resource: str) -> None:
    """In the unit of the amounts; 0 where there is none, or an empty one."""
    key = f"allocatable_floor_{resource}"
    for text, floor in (("4000", 4000), (" 4000 ", 4000), ("", 0), ("0", 0)):
        one = state({key: text})
        assert getattr(one, NAMES[resource]).floor == floor
        assert one.problems == ()
    assert getattr(state(), NAMES[resource]).floor == 0


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "1Gi", "9" * 20, "x" * 70_000])
def test_unreadable_floor(value: str) -> None:
    """Counts as none and is told; no filter reads it, so none has to refuse the node."""
    one = state({"allocatable_floor_memory": value})
    assert (one.ram.floor, one.unreadable) == (0, Unreadable(0))
    (problem,) = one.problems
    assert problem.startswith(f"node annotation {PREFIX}allocatable_floor_memory: ")
    assert len(problem) < 400


def test_what_allocatable_is_to_be() -> None:
    """Of 3920: x 4 is 15680, the floor where that is more, raw without a ratio above 1."""
    ratio = {"cpu_allocation_ratio": "4"}
    assert state(ratio).cpu.amplified == 15_680
    assert state(ratio | {"allocatable_floor_cpu": "20000"}).cpu.amplified == 20_000
    assert state(ratio | {"allocatable_floor_cpu": "15000"}).cpu.amplified == 15_680
    assert state({"cpu_allocation_ratio": "0.5"}).cpu.amplified == 3920
    assert state({"cpu_allocation_ratio": "x", "allocatable_floor_cpu": "1"}).cpu.amplified == 3920


def test_void() -> None:
    """15680 are promised; 3920 of them are held to, all of them once the node is amplified."""
    ratio = {"cpu_allocation_ratio": "4"}
    assert state(ratio).cpu.void == 15_680 - 3920
    saved = {"raw_allocatable_cpu": "3920", "amplified_allocatable_cpu": "15680"}
    assert state(ratio | saved, allocatable(cpu="15680m")).cpu.void == 0
    assert state({"cpu_allocation_ratio": "0.5"}).cpu.void == 0


# -- memory --------------------------------------------------------------------------------------

RAM = "ram_allocation_ratio"
NOT_ALLOWED = "option kubernetes.allow_memory_overcommit is false"
PINNED = f"annotation {PREFIX}memory_manager_policy is Static"


@pytest.mark.parametrize(
    ("annotations", "options", "ratio", "why"),
    [
        ({RAM: "1.5"}, ANY_MEMORY, "1.5", ""),
        ({RAM: "1.5"}, TranslateOptions(), "1", NOT_ALLOWED),
        ({RAM: "1.5", "memory_manager_policy": "Static"}, ANY_MEMORY, "1", PINNED),
        ({RAM: "1.5", "memory_manager_policy": "Static"}, TranslateOptions(), "1", NOT_ALLOWED),
        ({RAM: "1.5", "memory_manager_policy": "None"}, ANY_MEMORY, "1.5", ""),
        ({RAM: "1.5", "memory_manager_policy": " Static"}, ANY_MEMORY, "1.5", ""),
        ({RAM: "1.5", "memory_manager_policy": "static"}, ANY_MEMORY, "1.5", ""),
    ],
)
def test_memory_is_overcommitted_where_that_is_allowed(
    annotations: dict[str, str], options: TranslateOptions, ratio: str, why: str
) -> None:
    """By the option, never where the kubelet pins it; that is told, and no filter refuses."""
    one = state(annotations, options=options)
    assert one.ram.ratio == Fraction(ratio)
    assert one.ram.limit == 16 * GIB * Fraction(ratio)
    assert one.ram.held_at_one == why
    assert one.unreadable == Unreadable(0)
    place = f"node annotation {PREFIX}{RAM}"
    if why:
        assert one.ram.ratio_from == f"{place}: 1.5, held at 1, for {why}"
        assert one.problems == (f"{place} counts as 1, for {why}",)
    else:
        assert (one.ram.ratio_from, one.problems) == (place, ())


@pytest.mark.parametrize("text", ["1", "1.000", "0.5"])
def test_a_ratio_of_memory_that_is_not_above_one(text: str) -> None:
    """Counts as it is, without a word."""
    one = state({RAM: text, "memory_manager_policy": "Static"})
    assert one.ram.ratio == Fraction(text)
    assert one.problems == ()
    assert one.ram.ratio_from == f"node annotation {PREFIX}{RAM}"


def test_a_ratio_of_memory_from_an_option() -> None:
    """It counts as 1 too; no node has to be told of what is the same on all of them."""
    for name in ("ram_allocation_ratio", "initial_ram_allocation_ratio"):
        given: dict[str, Any] = {name: Fraction(3, 2)}
        one = state(options=TranslateOptions(**given))
        assert one.ram.ratio == 1
        assert one.problems == ()
        assert one.ram.ratio_from == f"option DEFAULT.{name}: 1.5, held at 1, for {NOT_ALLOWED}"


def test_other_resources_are_not_held_at_one() -> None:
    """Neither by the option nor on a node that pins memory."""
    pinned = {"memory_manager_policy": "Static"}
    one = state({"cpu_allocation_ratio": "16", "disk_allocation_ratio": "2", **pinned})
    assert [one.cpu.ratio, one.disk.ratio] == [16, 2]
    assert (one.cpu.held_at_one, one.disk.held_at_one, one.problems) == ("", "", ())


def test_an_unreadable_ratio_of_memory() -> None:
    """It says what is wrong, once."""
    one = state({RAM: "much"})
    assert one.ram.ratio_from == f"unreadable node annotation {PREFIX}{RAM}"
    assert (one.unreadable, len(one.problems)) == (Unreadable.RAM_RATIO, 1)
