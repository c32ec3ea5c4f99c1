"""Tests of extender.cli.hosts_table."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from rich.console import Console

from extender.cli.hosts_table import LINES, print_hosts
from extender.filters.aggregate_core_filter import AggregateCoreFilter
from extender.filters.base import HostFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.disk_filter import DiskFilter
from extender.filters.ram_filter import RamFilter
from extender.model.flavor import GIB, MIB
from extender.model.groups import HostAggregate
from extender.model.host_parts import Inventory, Service
from extender.model.host_state import HostState
from extender.observe import render
from extender.scheduler.overcommit import sharing

LONG = "ip-192-168-101-17.eu-central-1.compute.internal"
ENABLED = (CoreFilter(), RamFilter(), DiskFilter())
OFF = "option kubernetes.allow_memory_overcommit is false"
ANNOTATION = "node annotation nova-extender.io/{}_allocation_ratio"


def shown(
    state: HostState, mode: str = "native", filters: Sequence[HostFilter] = ENABLED
) -> dict[str, Any]:
    """A host as data."""
    return render.host(state, sharing(filters, mode)(state))


def printed(data: Any, width: int = 80, **options: Any) -> str:
    """What is printed on a screen of some width; no terminal, as in a pipe."""
    stream = io.StringIO()
    print_hosts(data, Console(file=stream, width=width, **options))
    return stream.getvalue()


def rows(text: str) -> list[list[str]]:
    """The lines, taken apart where columns are: at two blanks or more."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


def squeezed(text: str) -> str:
    """The text without blanks and line breaks: what was folded is whole again."""
    return re.sub(r"\s", "", text)


HOSTS = [
    shown(
        HostState(
            host="node-1",
            zone_label="az1",
            aggregates=(HostAggregate("ssd"),),
            cpu=Inventory(total=8000, used=6500, ratio=Fraction(3, 2), allocatable=12_000),
            ram=Inventory(total=32 * GIB, used=28 * GIB + 512 * MIB),
            disk=Inventory(total=100 * GIB, used=120 * GIB),
        )
    ),
    shown(
        HostState(
            host=LONG, zone_label="az2", service=Service(unschedulable=True), problems=("odd",)
        )
    ),
]


def overcommitted(name: str = "node-a", ratio: str = "16", **more: Any) -> HostState:
    """8 CPUs at a ratio of 16 by annotation, which nobody has amplified."""
    origin = ANNOTATION.format("cpu")
    cpu = Inventory(total=8000, used=3000, ratio=Fraction(ratio), ratio_from=origin, **more)
    return HostState(host=name, cpu=cpu)


HELD = HostState(
    host="node-h",
    ram=Inventory(
        total=64 * GIB,
        ratio=Fraction("1.5"),
        ratio_from=ANNOTATION.format("ram"),
        held_at_one=OFF,
    ),
)
MANY = [shown(overcommitted(f"node-{n:03}")) for n in range(LINES + 5)]
ALL = [HOSTS, [shown(overcommitted()), shown(HELD)], MANY[:25]]


@pytest.mark.parametrize("width", [40, 80, 100, 160])
@pytest.mark.parametrize("data", ALL)
def test_nothing_is_cut_off_or_coloured_in_a_pipe(data: Any, width: int) -> None:
    """No line is wider than the screen, nothing ends in an ellipsis, nothing is an escape code."""
    text = printed(data, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert "\x1b" not in text
    assert "None" not in text


def test_hosts() -> None:
    """Used and limit in whole units, the ratio where it is not 1, and what is odd below."""
    found = rows(printed(HOSTS, 100))
    assert ["HOST", "ZONE", "STATE", "vCPU", "MEMORY GiB", "DISK GiB", "PODS"] in found
    assert ["node-1", "az1", "up", "6.5/12 x1.5 of 8", "28.5/32", "120/100", "0"] in found
    assert [
        "Amounts: used/limit, the limit being total × ratio, of what the node has of its own."
    ] in found
    assert ["- cpu 1.5 from default: node-1"] in found
    assert ["- ram 1 from default: all"] in found
    assert [f"- {LONG} is disabled: spec.unschedulable"] in found
    assert [f"- {LONG}: odd"] in found
    assert ["Void ratios"] not in found
    assert ["Overcommit"] not in found


def test_hosts_on_a_wide_screen() -> None:
    """I/O operations and aggregates too, and long names whole."""
    found = rows(printed(HOSTS, 160))
    assert found[0][-2:] == ["I/O OPS", "AGGREGATES"]
    line = ["node-1", "az1", "up", "6.5/12 x1.5 of 8", "28.5/32", "120/100", "0", "0", "ssd"]
    assert found[1] == line
    assert found[2][0] == LONG


def test_no_hosts() -> None:
    """Said in so many words."""
    assert printed([]) == "No hosts are known.\n"


def test_hosts_without_ratios() -> None:
    """No word of overcommit where there is none."""
    plain = HostState(host="a", cpu=Inventory(total=8000, used=1000))
    text = printed([shown(plain)], 160)
    assert "Amounts: used/limit, the limit being total × ratio.\n" in text
    assert "Overcommit" not in text
    assert " of 8" not in text


def test_a_void_ratio() -> None:
    """A mark behind the numbers, and below how much is void and what to do."""
    text = printed([shown(overcommitted())], 100)
    assert ["node-a", "nova", "up", "3/128 x16 of 8 void", "0/0", "0/0", "0"] in rows(text)
    assert squeezed(
        "Void ratios - cpu: the ratio of the annotation promises 120 vCPU more than kube-scheduler"
        " and the kubelet allow on node-a (120 vCPU). What to do: install the chart"
    ) in squeezed(text)


@pytest.mark.parametrize(("mode", "allocatable"), [("virtual", None), ("native", 128_000)])
def test_a_ratio_that_has_its_effect(mode: str, allocatable: int | None) -> None:
    """On an amplified node, or where pods ask for virtual resources."""
    data = [shown(overcommitted(allocatable=allocatable), mode)]
    text = printed(data, 100)
    assert ["node-a", "nova", "up", "3/128 x16 of 8", "0/0", "0/0", "0"] in rows(text)
    assert "oid" not in text


def test_the_mark_is_red() -> None:
    """On a terminal, wherever it stands."""
    data = [shown(overcommitted())]
    text = printed(data, 160, force_terminal=True, color_system="standard")
    assert "\x1b[1;31m void" in text
    assert re.search(r"\x1b\[31m *120\x1b", text)


def test_all_numbers_on_a_wide_screen() -> None:
    """Raw, ratio, where from, allocatable, effective, used, free and void; void ones first."""
    half = overcommitted("node-0", "0.5")
    fast = HostAggregate("fast", metadata={"cpu_allocation_ratio": "2"})
    both = overcommitted("node-b", allocatable=128_000)
    both.aggregates = (fast,)
    found = rows(
        printed(
            [
                shown(half),
                shown(overcommitted("node-a")),
                shown(both, filters=[*ENABLED, AggregateCoreFilter()]),
                shown(HELD),
            ],
            160,
        )
    )
    place = found.index(["Overcommit"])
    assert found[place + 1 : place + 6] == [
        [
            *("RESOURCE", "HOST", "RAW", "RATIO", "FROM"),
            *("ALLOCATABLE", "EFFECTIVE", "USED", "FREE", "VOID"),
        ],
        ["vCPU", "node-a", "8", "16", "annotation", "8", "128", "3", "125", "120"],
        ["vCPU", "node-0", "8", "0.5", "annotation", "8", "4", "3", "1", "0"],
        ["vCPU", "node-b", "8", "2", "aggregate fast", "128", "16", "3", "13", "0"],
        [
            *("MEMORY GiB", "node-h", "64", "1", "annotation, held at 1"),
            *("64", "64", "0", "64", "0"),
        ],
    ]
    assert ["- cpu 2 from aggregate fast: node-b"] in found


def test_memory_that_is_held_at_one() -> None:
    """The list of ratios says what was asked for, and why it does not count."""
    text = printed([shown(HELD)], 160)
    held = f"- ram 1 from {ANNOTATION.format('ram')}: 1.5, held at 1, for {OFF}: all"
    assert squeezed(held) in squeezed(text)


def test_many_shares_are_cut_with_a_count() -> None:
    """The table of hosts is whole, that of shares has an end."""
    text = printed(MANY, 160)
    assert f"and {len(MANY) - LINES} more; -o json shows all\n" in text
    assert text.count("\nnode-") == len(MANY)
    assert text.count("\nvCPU  ") == LINES


def test_a_resource_that_no_filter_judges() -> None:
    """Said below, for its limit is only said."""
    text = printed([shown(overcommitted(), filters=[CoreFilter(), RamFilter()])], 100)
    assert "- disk: no enabled filter holds hosts to the limit" in text
    assert "- cpu: no enabled" not in text


def test_hostile_texts_are_shown_as_they_are() -> None:
    """Neither markup nor control characters of a name take effect."""
    hostile = "[red]x[/red] \x1b[2J"
    text = printed([shown(overcommitted(hostile))], 200, force_terminal=True)
    assert "[red]x[/red] \\x1b[2J" in text
    assert "\x1b[2J" not in text
