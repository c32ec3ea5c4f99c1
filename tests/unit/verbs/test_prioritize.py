"""The verb prioritize: which of the nodes that passed would the pod rather have."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.attempt import Attempt
from extender.translate.errors import TranslateError
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.prioritize import prioritize_pod
from tests.unit.verbs.making import Object, body, decoded, engine, node, nodes_body, pod

# CPU 0.5, 1 and 0.25 of the most; memory and disk are equal, which is 1 each.
THREE = [node("a", cpu="4"), node("b", cpu="8"), node("c", cpu="2")]


def asked(made: Engine, value: Object, *names: str) -> list[tuple[str, Any]]:
    """Host and score of each entry."""
    return entries(decoded(prioritize_pod(made, body(value, *names))))


def entries(found: Any) -> list[tuple[str, Any]]:
    """Host and score of each entry, which has nothing else."""
    assert isinstance(found, list)
    assert all(list(entry) == ["Host", "Score"] for entry in found)
    return [(entry["Host"], entry["Score"]) for entry in found]


def test_scores_by_rank() -> None:
    """Best 100, worst 0, the middle one between, whatever the distances."""
    found = asked(engine(THREE), pod(cpu=1), "c", "a", "b")
    assert found == [("c", 0), ("a", 50), ("b", 100)]
    assert all(type(score) is int for _, score in found)


def test_max_score() -> None:
    """The best score is configured."""
    made = engine(THREE, settings="kubernetes: {max_score: 10}")
    assert asked(made, pod(), "a", "b", "c") == [("a", 5), ("b", 10), ("c", 0)]


def test_all_equal() -> None:
    """Hosts that are alike score 0, one entry each."""
    made = engine([node(n) for n in "abc"])
    assert asked(made, pod(), "c", "b", "a") == [("c", 0), ("b", 0), ("a", 0)]


def test_use_counts() -> None:
    """What runs on a node, and what starts there, makes it less wanted: 3 of 4 GiB, 2 starting."""
    made = engine(
        [node(n, memory="4Gi") for n in "abc"],
        [
            pod("1", memory="1Gi", on="a"),
            pod("2", on="b", status={"phase": "Pending"}),
        ],
    )
    # a: RAM ¾; b: −1 for the only I/O operation; c: untouched
    assert asked(made, pod(), "a", "b", "c") == [("a", 50), ("b", 0), ("c", 100)]


def test_unknown_names() -> None:
    """A name nobody knows gets 0 and moves nobody else."""
    found = asked(engine(THREE), pod(), "x", "a", "y", "b", "c")
    assert found == [("x", 0), ("a", 50), ("y", 0), ("b", 100), ("c", 0)]
    assert asked(engine(), pod(), "x", "y") == [("x", 0), ("y", 0)]


def test_one_known_name() -> None:
    """With nothing to compare the score is 0."""
    assert asked(engine(THREE), pod(), "x", "b") == [("x", 0), ("b", 0)]


def test_nothing_asked() -> None:
    """No names, no entries."""
    made = engine(THREE)
    assert asked(made, pod()) == []
    assert decoded(prioritize_pod(made, body(pod(), NodeNames=None))) == []


def test_each_name_once() -> None:
    """kube-scheduler would add up two entries of one node."""
    assert asked(engine(THREE), pod(), "b", "a", "b", "x", "x") == [("b", 100), ("a", 0), ("x", 0)]


def test_own_use_never_counts_against_itself() -> None:
    """The pod that is judged takes nothing off the node it is on."""
    made = engine([node("a"), node("b")], [pod("p", cpu=4, memory="8Gi", on="a")])
    assert asked(made, pod("p", cpu=4), "a", "b") == [("a", 0), ("b", 0)]
    assert asked(made, pod("q", cpu=4), "a", "b") == [("a", 0), ("b", 100)]
    assert made.cluster.table.cpu_used.tolist() == [4000, 0]


def test_whole_nodes() -> None:
    """Totals as sent, use from what is known; nothing is remembered."""
    recorded: list[Attempt] = []
    made = engine([node("a")], [pod("p", cpu=2, on="a")], recorded=recorded)
    data = nodes_body(pod(), node("a", cpu="4"), node("new", cpu="3"))
    assert entries(decoded(prioritize_pod(made, data))) == [("a", 0), ("new", 100)]
    assert (recorded, len(made.attempts)) == ([], 0)


def test_joins_the_attempt() -> None:
    """The weights join what filter remembered of the pod, and it is told once more."""
    recorded: list[Attempt] = []
    made = engine(THREE, recorded=recorded)
    filter_pod(made, body(pod("p", cpu=1), "a", "b", "c"))
    asked(made, pod("p", cpu=1), "a", "b", "c")
    first, again = recorded
    assert first is again
    assert first.weighed is not None
    assert first.weighed.scores.tolist() == [50, 100, 0]
    assert [step.name for step in first.weighed.steps] == [
        w.name() for w in made.scheduler.weighers
    ]


def test_without_a_filter_call_before() -> None:
    """A weighing that belongs to no attempt is answered, and not remembered."""
    recorded: list[Attempt] = []
    made = engine(THREE, recorded=recorded)
    assert len(asked(made, pod("p"), "a", "b")) == 2
    filter_pod(made, body(pod("other"), "a", "b"))
    asked(made, pod("p"), "a", "b")
    assert len(recorded) == 1
    assert recorded[0].weighed is None


def test_repeated_weighing() -> None:
    """A second weighing of one attempt changes nothing that is remembered."""
    recorded: list[Attempt] = []
    made = engine(THREE, recorded=recorded)
    filter_pod(made, body(pod("p"), "a", "b", "c"))
    asked(made, pod("p"), "a", "b", "c")
    asked(made, pod("p"), "a", "b")
    assert len(recorded) == 2
    assert recorded[0].weighed is not None
    assert len(recorded[0].weighed.hosts) == 3


def test_whole_nodes_do_not_join() -> None:
    """A stateless question in between leaves the attempt as it was."""
    made = engine(THREE)
    filter_pod(made, body(pod("p"), "a", "b"))
    prioritize_pod(made, nodes_body(pod("p"), node("a"), node("b")))
    (attempt,) = made.attempts
    assert attempt.weighed is None


def test_pod_whose_requests_cannot_be_read() -> None:
    """The call fails with the place; the pod's own use is where it was."""
    made = engine([node("a"), node("b")], [pod("p", cpu=1, on="a")])
    with pytest.raises(TranslateError, match="accepted: a decimal number"):
        asked(made, pod("p", memory="-"), "a", "b")
    assert made.cluster.table.cpu_used.tolist() == [1000, 0]
