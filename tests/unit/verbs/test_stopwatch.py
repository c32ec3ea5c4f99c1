"""Tests of extender.verbs.stages, and of the stages that the verbs tell of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extender.model.attempt import Attempt
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.prioritize import prioritize_pod
from extender.verbs.stages import Stages
from tests.unit.verbs.making import body, engine, node, nodes_body, pod


def test_each_stage_from_the_end_of_the_one_before() -> None:
    """Read at 10, 11, 13.5 and 13.5: one, two and a half, nothing."""
    stages = Stages(iter([10.0, 11.0, 13.5, 13.5]).__next__)
    for name in ("decode", "filter", "encode"):
        stages.end(name)
    assert stages.seconds == {"decode": 1.0, "filter": 2.5, "encode": 0.0}


def told(settings: str = "") -> tuple[Engine, list[dict[str, float]]]:
    """An engine of two hosts, and the stages of each record it makes."""
    made = engine([node("a"), node("b")], settings=settings)
    found: list[dict[str, float]] = []

    def record(attempt: Attempt) -> None:
        found.append(dict(attempt.stages))

    made.record = record
    return made, found


@pytest.mark.parametrize(
    ("verb", "stages"),
    [
        (filter_pod, ["decode", "wait", "translate", "filter", "encode"]),
        (prioritize_pod, ["decode", "wait", "translate", "weigh", "encode"]),
    ],
)
def test_stages_of_a_call(verb: Callable[[Engine, bytes], object], stages: list[str]) -> None:
    """A call's record has its own stages, each of some time, and no stage of the call before."""
    made, found = told()
    filter_pod(made, body(pod(), "a", "b"))
    verb(made, body(pod(), "a", "b"))
    assert list(found[-1]) == stages
    assert all(seconds >= 0 for seconds in found[-1].values())
    assert sum(found[-1].values()) > 0


def test_where_the_extender_decides() -> None:
    """Filtering and weighing are one stage, counted once though there are two records."""
    made, found = told("kubernetes: {placement: decide}")
    filter_pod(made, body(pod(), "a", "b"))
    assert [list(each) for each in found] == [
        ["decode", "wait", "translate", "choose", "encode"],
        [],
    ]


def test_nodes_sent_whole() -> None:
    """Nothing is remembered of them, and so nothing is timed."""
    made, found = told()
    filter_pod(made, nodes_body(pod(), node("a")))
    assert found == []
