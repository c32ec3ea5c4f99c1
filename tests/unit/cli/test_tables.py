"""Tests of extender.cli.tables."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from extender.cli import tables
from extender.model.attempt import Fault
from extender.model.explanation import HostVerdict, Total
from extender.model.flavor import GIB, Flavor
from extender.model.request_spec import RequestSpec
from extender.observe import render
from tests.unit.observe.making import (
    DOWN,
    NO_RAM,
    NO_VCPUS,
    amounts,
    attempt,
    blocker,
    explanation,
    lacking,
    part,
    weighed,
    weigher,
)

LONG = "ip-192-168-101-17.eu-central-1.compute.internal"
WIDTHS = (80, 100, 160)

Print = Callable[[Any, Console], None]


def printed(table: Print, data: Any, width: int = 80, **options: Any) -> str:
    """What is printed on a screen of some width; no terminal, as in a pipe."""
    stream = io.StringIO()
    table(data, Console(file=stream, width=width, **options))
    return stream.getvalue()


def rows(text: str) -> list[list[str]]:
    """The lines, taken apart where columns are: at two blanks or more."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


def squeezed(text: str) -> str:
    """The text without blanks and line breaks: what was folded is whole again."""
    return re.sub(r"\s", "", text)


SPEC = RequestSpec(
    name="web-0",
    project_id="default",
    flavor=Flavor(milli_vcpus=1000, memory=2 * GIB),
    availability_zone="az1",
)
RATIO = (("total", "4 vCPU", "status.allocatable"), ("ratio", "1", "default"))
NOWHERE = render.explanation(
    explanation(
        HostVerdict("node-1", (lacking(NO_VCPUS, 1, 0.5, *RATIO),)),
        HostVerdict(
            LONG,
            (
                lacking(NO_VCPUS, 1, 0.25),
                lacking(NO_RAM, 2048, 700, unit="MiB"),
                blocker("ComputeFilter", DOWN, "enabled and up", "not ready"),
            ),
            ("annotation nova-extender.io/disabled: 'maybe' is not true or false",),
        ),
        spec=SPEC,
        totals=[Total("CoreFilter", NO_VCPUS, 2, 2), Total("ComputeFilter", DOWN, 0, 1)],
        notes=["kube-scheduler asks the extender last"],
    )
)
STEPS = [
    weigher("RAMWeigher", [4096.0, 2048.0], [1.0, 0.5]),
    weigher("IoOpsWeigher", [0.0, 0.0], [0.0, 0.0], -1.0),
]
SOMEWHERE = render.explanation(
    explanation(
        HostVerdict("node-1", ()),
        HostVerdict("node-2", ()),
        HostVerdict("node-3", (lacking(NO_VCPUS, 1, 0.5),)),
        passing=weighed({"node-1": 0.5, "node-2": 1.0}, STEPS[::-1]),
    )
)
FAILED = render.attempt(
    attempt(
        part(
            {"node-1": (1, NO_VCPUS), LONG: (2, DOWN), "ghost": (1, NO_VCPUS)},
            known=40,
            numbers={1: amounts(1000, 500, 0)},
            faults=[Fault("CoreFilter", "ghost", "Boom()")],
        )
    )
)
CYCLE = render.cycle(
    part({"node-1": None, "node-2": None, "node-3": (1, NO_VCPUS)}),
    weighed({"node-1": 1.0, "node-2": 0.5}, STEPS),
)
PLACED: dict[str, Any] = {
    "request": render.request(SPEC),
    "instances": [
        {
            "instance": 1,
            "host": "node-1",
            "availability_zone": "az1",
            "limits": {"vcpu": 12, "memory_mb": 32768},
            "alternates": [
                {"host": "node-2", "availability_zone": "az1", "limits": {}},
                {"host": LONG, "availability_zone": "az1", "limits": {}},
            ],
        }
    ],
    "cycles": [CYCLE],
    "error": None,
}
UNPLACED: dict[str, Any] = {
    "request": render.request(SPEC),
    "instances": [],
    "cycles": [CYCLE, render.cycle(part({"node-1": (1, NO_VCPUS)}), weighed({}))],
    "error": "No valid host was found. There are not enough hosts available.",
}
ALL: list[tuple[Print, Any]] = [
    (tables.print_explanation, NOWHERE),
    (tables.print_explanation, SOMEWHERE),
    (tables.print_attempt, FAILED),
    (tables.print_simulation, PLACED),
    (tables.print_simulation, UNPLACED),
]


@pytest.mark.parametrize("width", [40, *WIDTHS])
@pytest.mark.parametrize(("table", "data"), ALL)
def test_nothing_is_cut_off_or_coloured_in_a_pipe(table: Print, data: Any, width: int) -> None:
    """No line is wider than the screen, nothing ends in an ellipsis, nothing is an escape code."""
    text = printed(table, data, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert "\x1b" not in text
    assert "None" not in text


@pytest.mark.parametrize("width", WIDTHS)
def test_why_a_pod_fits_nowhere(width: int) -> None:
    """Nova's words, the request, what to do, and every host with all that blocks it."""
    text = squeezed(printed(tables.print_explanation, NOWHERE, width))
    for piece in (
        "Pod default/web-0: No valid host was found. 2 not enough vCPUs.",
        "Request: 1 vCPU; 2 GiB memory; zone az1",
        "What to do",
        "- Free room or request less; closest: node-1, short of 0.5 vCPU.",
        "CoreFilter not enough vCPUs 2 2 1",
        "ComputeFilter host is down 0 1 0",
        "total 4 vCPU (status.allocatable), ratio 1 (default)",
        "annotation nova-extender.io/disabled: 'maybe' is not true or false",
        "kube-scheduler asks the extender last",
        *("RamFilter", "1348 MiB", "enabled and up", "not ready", LONG),
    ):
        assert squeezed(piece) in text


def test_near_misses_are_a_table_where_it_fits() -> None:
    """One line a blocker; the host's name stands at the first."""
    found = rows(printed(tables.print_explanation, NOWHERE, 160))
    assert ["node-1", "CoreFilter", "not enough vCPUs", "1 vCPU", "0.5 vCPU", "0.5 vCPU"] in found
    assert [LONG, "CoreFilter", "not enough vCPUs", "1 vCPU", "0.25 vCPU", "0.75 vCPU"] in found
    assert ["RamFilter", "not enough memory", "2 GiB", "700 MiB", "1348 MiB"] in found
    assert ["ComputeFilter", "host is down", "enabled and up", "not ready"] in found


def test_near_misses_are_a_list_where_a_table_would_not_fit() -> None:
    """Names are whole, and verdicts stand indented below them."""
    lines = [line.rstrip() for line in printed(tables.print_explanation, NOWHERE).splitlines()]
    place = lines.index(LONG)
    assert lines[place + 1 : place + 4] == [
        "  CoreFilter: not enough vCPUs (needs 1 vCPU, has 0.25 vCPU, short of 0.75 vCPU)",
        "  RamFilter: not enough memory (needs 2 GiB, has 700 MiB, short of 1348 MiB)",
        "  ComputeFilter: host is down (needs enabled and up, has not ready)",
    ]


def test_where_a_pod_may_go() -> None:
    """Weights best first; weighers that tell no hosts apart have no column."""
    found = rows(printed(tables.print_explanation, SOMEWHERE))
    assert ["Pod default/web-0: 2 of 3 hosts passed."] in found
    assert ["HOST", "SCORE", "WEIGHT", "RAM"] in found
    first = found.index(["node-2", "10", "1.000", "0.500"])
    assert found[first + 1] == ["node-1", "5", "0.500", "1.000"]
    assert ["The same for all these hosts: IoOps."] in found


def test_a_wide_screen_shows_raw_weights() -> None:
    """In brackets behind what they became."""
    found = rows(printed(tables.print_attempt, {**FAILED, **CYCLE}, 160))
    assert ["node-1", "10", "1.000", "1.000 (raw 4096)"] in found
    assert ["node-1 leads by 0.5, most of it by RAM."] in found


def test_long_lists_are_cut_with_a_count() -> None:
    """Twenty nearest hosts of thirty, and that there are ten more."""
    misses = [HostVerdict(f"h{n}", (lacking(NO_VCPUS, 99, n),)) for n in range(30)]
    text = printed(tables.print_explanation, render.explanation(explanation(*misses)))
    assert "h29" in text
    assert "h9 " not in text
    assert "and 10 more hosts; -o json shows more" in text


def test_an_attempt() -> None:
    """What kube-scheduler asked, each filter's part, and who was refused, nearest first."""
    found = rows(printed(tables.print_attempt, FAILED, 160))
    assert found[0] == [
        "Pod default/web-0: No valid host was found. 2 not enough vCPUs, 1 host is down."
    ]
    asked = "2026-01-01T00:00:00.250Z: kube-scheduler asked about 3 hosts, 40 were known."
    assert found[1] == [asked]
    assert ["pre_stage", "3", "3"] in found
    assert ["CoreFilter", "3", "1", "2 not enough vCPUs"] in found
    assert ["ComputeFilter", "1", "0", "1 host is down"] in found
    refused = [line[0] for line in found if line[1:2] in (["CoreFilter"], ["ComputeFilter"])]
    assert refused == [LONG, "node-1", "ghost"]
    assert ["- CoreFilter failed on host ghost: Boom()"] in found


def test_an_attempt_of_a_pod_that_was_refused_itself() -> None:
    """Why stands in front of the tables."""
    text = printed(tables.print_attempt, {**FAILED, "refusal": "there is no Flavor 'x'"})
    assert "The pod itself was refused: there is no Flavor 'x'\n" in text


def test_an_attempt_nothing_is_known_of() -> None:
    """As where the filter call has been forgotten."""
    text = printed(tables.print_attempt, render.attempt(attempt()))
    assert text == "Pod default/web-0: nothing is known of the attempt.\n"


def test_a_simulation() -> None:
    """Instances with hosts and alternates, then how the first was chosen."""
    found = rows(printed(tables.print_simulation, PLACED, 160))
    assert found[0] == ["1 instance placed."]
    limits = "vcpu 12, memory_mb 32768"
    assert ["1", "node-1", "az1", f"node-2, {LONG}", limits] in found
    assert ["Filters"] in found
    assert ["Weights, best first"] in found
    assert ["node-3", "CoreFilter", "not enough vCPUs"] in found


def test_a_simulation_of_several_instances() -> None:
    """The first tells how hosts were chosen; that there are more is said."""
    two = {**PLACED, "instances": PLACED["instances"] * 2, "cycles": [CYCLE, CYCLE]}
    found = rows(printed(tables.print_simulation, two))
    assert found[0] == ["2 instances placed."]
    assert ["Filters for instance 1"] in found
    assert ["- -o json shows all 2 instances."] in found


def test_a_simulation_that_found_too_few_hosts() -> None:
    """Nova's words, and the instance that found none."""
    found = rows(printed(tables.print_simulation, UNPLACED))
    assert found[0] == ["No valid host was found. There are not enough hosts available."]
    assert ["Filters for instance 2"] in found
    assert ["CoreFilter", "1", "0", "1 not enough vCPUs"] in found
    assert ["- Instance 2 found no host, so none is placed."] in found


def test_a_simulation_of_nothing() -> None:
    """No cycle, no tables."""
    nothing = {**PLACED, "instances": [], "cycles": []}
    text = printed(tables.print_simulation, nothing)
    assert text == "0 instances placed.\nRequest: 1 vCPU; 2 GiB memory; zone az1\n"


def test_a_terminal_has_colours() -> None:
    """Red where nothing was found."""
    text = printed(tables.print_attempt, FAILED, force_terminal=True, color_system="standard")
    assert "\x1b[1;31mPod default/web-0" in text


def test_hostile_texts_are_shown_as_they_are() -> None:
    """Neither markup nor emoji nor control characters of an annotation take effect."""
    hostile = "[red]x[/red] :skull: \x1b[2J\n"
    data = {**FAILED, "refusal": hostile}
    text = printed(tables.print_attempt, data, force_terminal=True)
    assert "[red]x[/red] :skull: \\x1b[2J\\n" in text
    assert "\x1b[2J" not in text


@pytest.mark.parametrize("width", WIDTHS)
def test_weights_that_are_not_finite_are_shown(width: int) -> None:
    """A plug-in's weight may be beyond all numbers."""
    steps = [weigher("OddWeigher", [float("inf"), 1.0], [float("inf"), 1.0])]
    cycle = render.cycle(
        part({"a": None, "b": None}), weighed({"a": float("inf"), "b": 1.0}, steps)
    )
    text = printed(tables.print_attempt, {**FAILED, **cycle}, width)
    assert "not finite" in text
