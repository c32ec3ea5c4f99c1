"""Floors: written where pods request more than the node has of its own, and nowhere else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from extender.model.amplified import MOST
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.state.floors import Change, Urgency, beyond, changes, overcommitted, stale
from extender.translate.allocatable import CPU, DISK, MEMORY


def cpu(**fields: Any) -> Inventory:
    """A resource of 1000, amplified as its ratio and floor say unless ``allocatable`` is given."""
    made = Inventory(total=1000, **{**fields, "ratio": Fraction(fields.pop("ratio", 1))})
    if made.allocatable is None:
        made.allocatable = made.amplified
    return made


def found(one: Inventory, *, admitted: bool = True) -> list[tuple[int, Urgency]]:
    """The changes of a host with this CPU."""
    made = changes(HostState(host="a", cpu=one), admitted=admitted)
    assert all(change.resource is CPU for change in made)
    return [(change.floor, change.urgency) for change in made]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        # What its pods request up to its own amount no ratio can take from them.
        ({"ratio": 4, "used": 1000}, []),
        ({"ratio": 4, "used": 1001}, [(1001, Urgency.RAISE)]),
        ({"ratio": 4, "used": 3600}, [(3600, Urgency.RAISE)]),
        ({"ratio": 4, "used": 3600, "floor": 2700}, [(3600, Urgency.RAISE)]),
        ({"ratio": 4, "used": 3600, "floor": 3600}, []),
        # Below what raw × ratio gives it holds nothing, above it does.
        ({"ratio": 4, "used": 2700, "floor": 4000}, [(2700, Urgency.TIDY)]),
        ({"ratio": 4, "used": 2700, "floor": 4001}, [(2700, Urgency.LOWER)]),
        ({"ratio": 4, "used": 900, "floor": 3600}, [(0, Urgency.TIDY)]),
        ({"used": 2700, "floor": 3600}, [(2700, Urgency.LOWER)]),
        ({"used": 900, "floor": 3600}, [(0, Urgency.LOWER)]),
        ({"used": 0, "floor": 1}, [(0, Urgency.TIDY)]),
        # What is requested under the extender's own names neither of the two counts.
        ({"ratio": 4, "used": 3600, "virtual": 3000}, []),
        # A ratio below 1 is the filters' affair.
        ({"ratio": "0.5", "used": 700}, []),
        # The ratio is gone, and the node not nudged yet.
        ({"used": 3600, "allocatable": 4000}, [(3600, Urgency.RAISE)]),
        ({"ratio": 999, "used": 2 * MOST}, [(MOST, Urgency.RAISE)]),
    ],
)
def test_changes(fields: dict[str, Any], expected: list[tuple[int, Urgency]]) -> None:
    """Each by hand: 1000 of its own."""
    assert found(cpu(**fields)) == expected


def test_a_node_that_is_not_overcommitted_gets_no_floor() -> None:
    """Pods bound past kube-scheduler are the kubelet's to refuse."""
    one = cpu(used=1800)
    assert not overcommitted(one)
    assert found(one) == []


def test_what_the_kubelet_may_yet_refuse_gets_no_floor() -> None:
    """Beyond allocatable a floor counts only what must have been admitted."""
    one = cpu(ratio=2, used=2700)
    assert beyond(HostState(host="a", cpu=one))
    assert found(one, admitted=False) == [(2000, Urgency.RAISE)]
    assert found(one) == [(2700, Urgency.RAISE)]
    one.floor = 2500
    assert found(one, admitted=False) == []


def test_each_resource_by_itself() -> None:
    """Also one that the node does not report, which is left alone."""
    ram = Inventory(total=100, ratio=Fraction(2), used=150, allocatable=200)
    disk = Inventory(total=0, floor=7, used=9)
    assert changes(HostState(host="a", cpu=cpu(), ram=ram, disk=disk), admitted=True) == [
        Change(MEMORY, 150, Urgency.RAISE)
    ]
    disk = Inventory(total=5, floor=7, used=0, allocatable=7)
    assert changes(HostState(host="a", disk=disk), admitted=True) == [
        Change(DISK, 0, Urgency.LOWER)
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"ratio": 4}, False),
        ({"ratio": 4, "allocatable": 1000}, True),
        ({"allocatable": 4000}, True),
        ({"floor": 3000, "allocatable": 1000}, True),
        ({"ratio": "0.5"}, False),
    ],
)
def test_stale(fields: dict[str, Any], expected: bool) -> None:
    """Whether admission would make something else of it."""
    assert stale(HostState(host="a", cpu=cpu(**fields))) is expected


def test_a_node_that_reports_nothing() -> None:
    """Neither stale nor beyond anything."""
    host = HostState(host="a", cpu=Inventory(used=5, allocatable=0))
    assert not stale(host)
    assert not beyond(host)
    assert changes(host, admitted=True) == []
