"""Whoever writes a node, and in whatever order: its own amounts stay what they are."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction

import pytest

from tests.e2e import objects
from tests.e2e.api import Api, Object
from tests.e2e.bulk import Bulk
from tests.e2e.chart import install_overcommit, uninstall_overcommit
from tests.e2e.controlplane import ControlPlane
from tests.e2e.node_history import NodeHistory
from tests.e2e.overcommit_steps import Annotate, Heartbeat, Subject, found
from tests.e2e.overcommit_storm import WORDS, Machine, Storm, allowed, machine

SEED = 24
NODES = 20
WRITERS = 24
SECONDS = 60.0
AT_LEAST = 2_000
LAST_RATIOS = ("1.05", "4.0", "1.0")


@pytest.fixture
def amplifying(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The control plane with the chart's policy."""
    install_overcommit(control_plane, {"delivery": "policy", "allowMemoryOvercommit": True})
    yield control_plane
    control_plane.api.delete_all("Node")
    uninstall_overcommit(control_plane)


@pytest.mark.timeout(300)
def test_own_amounts_never_drift(
    amplifying: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every state that a node had: its own amounts, times a ratio that was set, or a floor."""
    api = amplifying.api
    chance = random.Random(SEED)  # noqa: S311 - not for secrets
    machines = [machine(chance, number) for number in range(NODES)]
    with NodeHistory(api) as history, Bulk(api) as bulk:
        bulk.create([each.node() for each in machines])
        storm = Storm(bulk, machines, SEED)
        storm.run(WRITERS, SECONDS)
        assert storm.errors == []
        _settle(api, machines, chance)
        last = api.create(objects.node("last", ready=False))
        states = history.until(last["metadata"]["resourceVersion"])
    by_name = {each.name: each for each in machines}
    judged = [state for state in states if state["metadata"]["name"] in by_name]
    assert len(judged) >= AT_LEAST
    amplified = sum(_judge(state, by_name[state["metadata"]["name"]]) for state in judged)
    with capsys.disabled():
        writes = sum(storm.writes.values())
        print(f"\n{writes} writes, {storm.conflicts} conflicts: {dict(storm.writes)}")
        print(f"{len(judged)} states, {amplified} amounts in them amplified")
    assert amplified > AT_LEAST


def _judge(state: Object, machine: Machine) -> int:
    """Whether every amount of a state may be so; gives how many are amplified."""
    amplified = 0
    for short, amount in found(state).items():
        own = machine.own[short]
        if isinstance(amount, int):
            assert amount == own, (short, state)
            continue
        saved, allocatable = amount
        assert saved == own, (short, state)
        assert allocatable in allowed(own, machine.floors[short]), (short, state)
        amplified += 1
    return amplified


def _settle(api: Api, machines: list[Machine], chance: random.Random) -> None:
    """Gives each node its last ratios and floors, and compares what it comes to."""
    for each in machines:
        annotations: dict[str, str] = {}
        expected: dict[str, int | tuple[int, int]] = {}
        for word, id_, short in zip(WORDS, WORDS.values(), each.own, strict=True):
            own, floor = each.own[short], chance.choice(each.floors[short])
            ratio = chance.choice(LAST_RATIOS)
            annotations[f"{word}_allocation_ratio"] = ratio
            annotations[f"allocatable_floor_{id_}"] = str(floor)
            amplified = max(math.floor(own * Fraction(ratio)), floor)
            kept = ratio == "1.0" and amplified == own
            expected[short] = own if kept else (own, amplified)
        subject = Subject(api, each.name)
        Annotate(annotations).do(subject)
        Heartbeat("settled").do(subject)
        assert found(subject.read()) == expected
