"""extender.scheduler.overcommit: the ratios that count, and what of them is void."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from extender.filters.aggregate_core_filter import AggregateCoreFilter
from extender.filters.aggregate_ram_filter import AggregateRamFilter
from extender.filters.base import HostFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.disk_filter import DiskFilter
from extender.filters.exact_core_filter import ExactCoreFilter
from extender.filters.ram_filter import RamFilter
from extender.model.columns import LARGEST, Int64
from extender.model.flavor import GIB, MIB
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.overcommit import VIRTUAL_NAMES, Shares, Total, VoidRatio
from extender.scheduler.overcommit import asked, sharing, totals, void_ratios
from extender.translate.pod_requests import VIRTUAL
from tests.builders import aggregate, host, spec, table

ANNOTATION = "node annotation nova-extender.io/cpu_allocation_ratio"
OPTION = "option DEFAULT.initial_cpu_allocation_ratio"
OFF = "option kubernetes.allow_memory_overcommit is false"


def cpus(ratio: str, ratio_from: str = ANNOTATION, **more: Any) -> Inventory:
    """8 CPUs with a ratio."""
    return Inventory(total=8000, ratio=Fraction(ratio), ratio_from=ratio_from, **more)


def node(name: str = "node-1", *aggregates: Any, cpu: Inventory, **more: Any) -> HostState:
    """A host with these CPUs."""
    return replace(host(name, aggregates=tuple(aggregates)), cpu=cpu, **more)


def shares(one: HostState, *filters: HostFilter, mode: str = "native") -> Shares:
    """What one host promises."""
    return sharing(filters, mode)(one)


def by_resource(*hosts: HostState, filters: Any = (), mode: str = "native") -> dict[str, Total]:
    """What these hosts promise together."""
    return {total.resource: total for total in totals(table(*hosts), filters, mode)}


def test_the_host_s_own_ratio() -> None:
    """8 CPUs at 16 are 128, of which 120 are void while status.allocatable is 8."""
    cpu = shares(node(cpu=cpus("16", used=3000)), CoreFilter()).cpu
    amounts = cpu.inventory
    assert (amounts.raw, amounts.limit, amounts.used, amounts.held) == (8000, 128_000, 3000, 8000)
    assert (cpu.ratio_from, cpu.origin) == (ANNOTATION, "annotation")
    assert cpu.enforced_by == ("CoreFilter",)
    assert cpu.void == 120_000


@pytest.mark.parametrize(
    ("mode", "allocatable", "void"),
    [
        ("native", None, 120_000),
        ("native", 128_000, 0),
        ("native", 64_000, 64_000),
        ("native", 200_000, 0),  # a floor keeps it above the limit
        ("advisory", None, 120_000),
        ("advisory", 128_000, 0),
        ("virtual", None, 0),
    ],
)
def test_void(mode: str, allocatable: int | None, void: int) -> None:
    """What is above status.allocatable, unless pods ask for virtual resources."""
    one = node(cpu=cpus("16", allocatable=allocatable))
    assert shares(one, CoreFilter(), mode=mode).cpu.void == void
    found = by_resource(one, filters=[CoreFilter()], mode=mode)["cpu"]
    assert (found.void, found.void_hosts) == (void, int(void > 0))


@pytest.mark.parametrize("ratio", ["1", "0.5", "0.001"])
def test_ratios_up_to_one_always_hold(ratio: str) -> None:
    """The filters are stricter than the kubelet."""
    assert shares(node(cpu=cpus(ratio)), CoreFilter(), mode="advisory").cpu.void == 0


FAST, SLOW = aggregate("fast", cpu_allocation_ratio="2"), aggregate("z", cpu_allocation_ratio="8")


@pytest.mark.parametrize(
    ("filters", "own", "limit", "where", "origin"),
    [
        # Instead of CoreFilter: the least of the aggregates', whatever the host says.
        ([AggregateCoreFilter], "16", 16_000, "aggregate fast", "aggregate"),
        ([AggregateCoreFilter], "1", 16_000, "aggregate fast", "aggregate"),
        # Besides it: both hold.
        ([CoreFilter, AggregateCoreFilter], "16", 16_000, "aggregate fast", "aggregate"),
        ([AggregateCoreFilter, CoreFilter], "1", 8_000, ANNOTATION, "annotation"),
        # Without it: aggregates do not count.
        ([CoreFilter], "16", 128_000, ANNOTATION, "annotation"),
    ],
)
def test_the_least_of_what_is_enabled(
    filters: list[type[HostFilter]], own: str, limit: int, where: str, origin: str
) -> None:
    """Aggregates of 2 and 8 on a host of 8 CPUs; the column says what the host does."""
    one = node("node-1", FAST, SLOW, cpu=cpus(own))
    enabled = [made() for made in filters]
    cpu = shares(one, *enabled).cpu
    assert (cpu.inventory.limit, cpu.ratio_from, cpu.origin) == (limit, where, origin)
    assert cpu.enforced_by == tuple(made.__name__ for made in filters)
    assert by_resource(one, filters=enabled)["cpu"].effective == limit


def test_a_host_without_aggregates_falls_back() -> None:
    """To its own ratio, and where that comes from."""
    cpu = shares(node(cpu=cpus("4", OPTION)), AggregateCoreFilter()).cpu
    assert (cpu.inventory.limit, cpu.ratio_from, cpu.origin) == (32_000, OPTION, "option")


def test_an_aggregate_above_what_the_node_was_amplified_to() -> None:
    """The policy knows nothing of aggregates: 8 × 8 less 8 × 4."""
    one = node("node-1", SLOW, cpu=cpus("4", allocatable=32_000))
    assert shares(one, AggregateCoreFilter()).cpu.void == 32_000
    assert shares(one, CoreFilter(), AggregateCoreFilter()).cpu.void == 0


@pytest.mark.parametrize("enabled", [[], [ExactCoreFilter()], [RamFilter(), DiskFilter()]])
def test_what_nothing_enforces(enabled: list[HostFilter]) -> None:
    """The host's own ratio is shown, and that no filter goes by it."""
    one = node("node-1", FAST, cpu=cpus("16"))
    cpu = shares(one, *enabled).cpu
    assert (cpu.inventory.limit, cpu.enforced_by, cpu.void) == (128_000, (), 120_000)
    assert by_resource(one, filters=enabled)["cpu"].effective == 128_000


@pytest.mark.parametrize(
    ("where", "origin"),
    [
        (ANNOTATION, "annotation"),
        (f"unreadable {ANNOTATION}", "annotation"),
        (OPTION, "option"),
        ("default", "default"),
        ("", "default"),
    ],
)
def test_where_a_ratio_comes_from(where: str, origin: str) -> None:
    """In one word."""
    assert shares(node(cpu=cpus("1", where))).cpu.origin == origin


def test_memory_that_is_held_at_one() -> None:
    """A ratio above 1 counts as 1 and the why is told, be it the host's or an aggregate's."""
    ram = Inventory(
        total=64 * GIB, ratio=Fraction("1.5"), ratio_from="node annotation x", held_at_one=OFF
    )
    one = node(cpu=cpus("1"), ram=ram)
    found = shares(one, RamFilter()).ram
    assert (found.inventory.limit, found.void, found.held_at_one) == (64 * GIB, 0, OFF)
    assert found.ratio_from == f"node annotation x: 1.5, held at 1, for {OFF}"
    rich = replace(one, aggregates=(aggregate("rich", ram_allocation_ratio="3"),))
    found = shares(rich, AggregateRamFilter()).ram
    assert (found.inventory.limit, found.origin, found.held_at_one) == (64 * GIB, "aggregate", OFF)
    assert found.ratio_from == f"aggregate rich: 3, held at 1, for {OFF}"


def test_memory_that_asks_for_no_more() -> None:
    """Without a ratio above 1 there is nothing that is held."""
    ram = Inventory(total=64 * GIB, ratio_from="option x", held_at_one=OFF)
    assert shares(node(cpu=cpus("1"), ram=ram), RamFilter()).ram.held_at_one == ""


def test_totals() -> None:
    """Over two hosts: 16 CPUs, 128 + 4 promised, 5 used, 120 void on one of them."""
    found = by_resource(
        node("a", cpu=cpus("16", used=3000)),
        node("b", cpu=cpus("0.5", used=2000)),
        filters=[CoreFilter(), RamFilter(), DiskFilter()],
    )
    assert found["cpu"] == Total("cpu", 16_000, 132_000, 5000, 120_000, 1)
    # Two hosts of the builders: 16384 MiB and 100 GiB each, at ratio 1.
    assert found["ram"] == Total("ram", 2 * 16384 * MIB, 2 * 16384 * MIB, 0, 0, 0)
    assert found["disk"] == Total("disk", 200 * GIB, 200 * GIB, 0, 0, 0)


def test_totals_count_what_is_reserved_as_physical() -> None:
    """8 CPUs, 2 of them reserved: ⌊6 × 2⌋ are promised, 4 more than allocatable."""
    cpu = Inventory(total=6000, reserved=2000, ratio=Fraction(2))
    assert by_resource(node(cpu=cpu))["cpu"] == Total("cpu", 8000, 12_000, 0, 4000, 1)


def test_totals_of_nothing() -> None:
    """No hosts, no numbers."""
    assert by_resource()["cpu"] == Total("cpu", 0, 0, 0, 0, 0)


def test_absurd_amounts_do_not_overflow() -> None:
    """A hundred hosts of all that a column can hold."""
    huge = Inventory(total=10**30, ratio=Fraction(999))
    found = by_resource(*(node(f"n{i}", cpu=huge) for i in range(100)))["cpu"]
    assert found.physical == pytest.approx(100 * LARGEST)
    assert found.effective == pytest.approx(100 * LARGEST)


def test_ratios_below_nothing() -> None:
    """An aggregate's may be negative, which promises nothing, not less."""
    odd = aggregate("odd", cpu_allocation_ratio="-2")
    hosts = node("a", odd, cpu=cpus("1")), node("b", cpu=cpus("1"))
    assert by_resource(*hosts, filters=[AggregateCoreFilter()])["cpu"].effective == 8000


def test_columns_follow_a_host_that_changes() -> None:
    """A node that is amplified later is void no more, and one that fills up uses more."""
    hosts = table(node(cpu=cpus("16")))
    assert totals(hosts, [CoreFilter()], "native")[0].void_hosts == 1
    hosts.put(node(cpu=cpus("16", allocatable=128_000)))
    hosts.host_state(0).cpu.used = 5000
    hosts.usage_changed(hosts.host_state(0))
    assert totals(hosts, [CoreFilter()], "native")[0] == Total("cpu", 8000, 128_000, 5000, 0, 0)


class Raising(CoreFilter):
    """A plug-in that fails at what it shares with CoreFilter."""

    def inventory(self, host: HostState) -> Inventory:
        """Fail."""
        raise LookupError(host.host)

    def host_limits(self, hosts: HostTable) -> Int64:
        """Fail."""
        raise LookupError(len(hosts))


class Halving(CoreFilter):
    """A plug-in that gives half."""

    def inventory(self, host: HostState) -> Inventory:
        """The host's share at half its ratio."""
        return replace(host.cpu, ratio=host.cpu.ratio / 2, ratio_from="a plug-in")

    def host_limits(self, hosts: HostTable) -> Int64:
        """The same for all hosts."""
        return np.asarray(hosts.cpu_limit // 2)


def test_filters_of_a_plug_in() -> None:
    """One that is derived from CoreFilter counts; one that raises does not, and breaks nothing."""
    one = node(cpu=cpus("16"))
    assert shares(one, Raising()).cpu.inventory.limit == 128_000
    assert by_resource(one, filters=[Raising()])["cpu"].effective == 128_000
    assert shares(one, Raising(), CoreFilter(), Halving()).cpu.inventory.limit == 64_000
    assert by_resource(one, filters=[Raising(), CoreFilter(), Halving()])["cpu"].effective == 64_000


def test_what_is_asked_for_by_real_names() -> None:
    """In mode virtual not what is asked for in virtual resources; in any other mode all of it."""
    plain = spec(vcpus=2, memory_mb=512, root_gb=1)
    mixed = spec(vcpus=2, memory_mb=512, virtual=(1900, 0, 0))
    assert asked(plain, "virtual") == {"cpu": 2000, "ram": 512 * MIB, "disk": GIB}
    assert asked(mixed, "virtual") == {"cpu": 0, "ram": 512 * MIB, "disk": 0}
    assert asked(mixed, "native") == {"cpu": 2000, "ram": 512 * MIB, "disk": 0}


def test_ratios_that_are_void_for_a_pod() -> None:
    """Of what it asks for: on how many hosts, and the first of them as an example."""
    hosts = table(
        node("c", cpu=cpus("1")),
        node("b", cpu=cpus("4")),
        node("a", cpu=cpus("16", allocatable=64_000)),
        node("amplified", cpu=cpus("2", allocatable=16_000)),
    )
    found = (VoidRatio("cpu", 2, "a", 64_000, 128_000),)
    enabled = [CoreFilter()]
    for mode in ("native", "advisory"):
        assert void_ratios(hosts, enabled, mode, spec(vcpus=1)) == found
        assert void_ratios(hosts, enabled, mode, spec(memory_mb=1)) == ()
    assert void_ratios(hosts, enabled, "virtual", spec(vcpus=1)) == found
    assert void_ratios(hosts, enabled, "virtual", spec(vcpus=1, virtual=(1000, 0, 0))) == ()
    assert void_ratios(table(), enabled, "native", spec(vcpus=1)) == ()


def test_names_of_virtual_resources() -> None:
    """Those that the translation reads."""
    assert tuple(VIRTUAL_NAMES.values()) == VIRTUAL
