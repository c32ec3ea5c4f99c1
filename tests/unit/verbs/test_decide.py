"""placement: decide. One host is named, and claimed until bind claims it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from extender.kube.binding import Outcome
from extender.model.attempt import Attempt
from extender.verbs.bind import PodBinder
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.handover import HandOver
from tests.unit.verbs.making import Object, body, decoded, engine, kind, node, nodes_body, pod
from tests.unit.verbs.test_bind import Api

DECIDE = """
kubernetes: {placement: decide}
filter_scheduler:
  enabled_filters: [RetryFilter, CoreFilter, ServerGroupAntiAffinityFilter]
  weight_classes: [nova.scheduler.weights.cpu.CPUWeigher]
"""
CACHING = DECIDE + "scheduler: {driver: caching_scheduler}\n"
NODES = [node("small", cpu="2"), node("middle", cpu="4"), node("large", cpu="8")]
NAMES = ["small", "middle", "large"]


def ask(made: Engine, value: Object, names: Iterable[str] = NAMES) -> Any:
    """The answer to filter."""
    return decoded(filter_pod(made, body(value, *names)))


def used(made: Engine) -> dict[str, int]:
    """Milli-cores by host."""
    table = made.cluster.table
    return dict(zip(table.name.tolist(), table.cpu_used.tolist(), strict=True))


def binder(made: Engine, outcome: Outcome = Outcome.BOUND) -> PodBinder:
    """Bind, against an API server that answers so."""
    api = Api(outcome, "" if outcome is Outcome.BOUND else "as told")
    return PodBinder(made, api, HandOver(), 4.0, lambda _failed: None)


def bind(call: PodBinder, value: Object, host: str) -> str:
    """The error that bind answers; empty where the pod is bound."""
    meta = value["metadata"]
    args = {
        "PodName": meta["name"],
        "PodNamespace": meta["namespace"],
        "PodUID": meta["uid"],
        "Node": host,
    }
    return str(json.loads(call(json.dumps(args).encode()).body)["Error"])


def test_names_the_one_host() -> None:
    """The best one; the others are in neither of the failed maps."""
    recorded: list[Attempt] = []
    made = engine(NODES, settings=DECIDE, recorded=recorded)
    found = ask(made, pod(cpu="1"))
    assert (found["NodeNames"], found["Error"]) == (["large"], "")
    assert not found["FailedNodes"]
    assert not found["FailedAndUnresolvableNodes"]
    [attempt] = made.attempts
    assert attempt.chosen == "large"
    assert attempt.weighed is not None
    assert len(recorded) == 2


def test_what_was_chosen_counts_at_once() -> None:
    """Each pod is judged beside those chosen before it: 8, 7, 6, 5, then 4 and 4 in turn."""
    made = engine(NODES, settings=DECIDE)
    hosts = [ask(made, pod(f"p{n}", cpu="1"))["NodeNames"][0] for n in range(7)]
    # Free: large 8 → 4 after four pods; then middle and large tie at 4, and the first asked wins.
    assert hosts == ["large"] * 4 + ["middle", "large", "middle"]
    assert used(made) == {"small": 0, "middle": 2000, "large": 5000}


def test_asking_again_replaces_the_choice() -> None:
    """The pod's own choice never counts against itself, and is not kept twice."""
    made = engine([node("a", cpu="1")], settings=DECIDE)
    for _ in range(3):
        assert ask(made, pod(cpu="1"), ["a"])["NodeNames"] == ["a"]
    assert used(made) == {"a": 1000}


def test_nobody_passes() -> None:
    """All reasons are given, as otherwise; what was chosen before is given up."""
    made = engine(NODES, settings=DECIDE)
    ask(made, pod(cpu="1"))
    found = ask(made, pod(cpu="9"))
    assert found["NodeNames"] == []
    assert set(found["FailedAndUnresolvableNodes"]) == set(NAMES)
    assert used(made) == {"small": 0, "middle": 0, "large": 0}
    assert made.attempts.of("default", "new")[0].chosen is None


def test_alternates_come_first() -> None:
    """A pod that comes again gets what was second best, then third, then the best anew."""
    made = engine(NODES, settings=DECIDE)
    hosts = [ask(made, pod(cpu="1"))["NodeNames"][0] for _ in range(4)]
    assert hosts == ["large", "middle", "small", "large"]


def test_alternates_must_still_pass() -> None:
    """One that does not is passed over, one that is not asked about likewise."""
    made = engine(NODES, settings=DECIDE)
    ask(made, pod(cpu="2"))
    ask(made, pod("other", cpu="3"), ["middle"])
    assert ask(made, pod(cpu="2"))["NodeNames"] == ["small"]
    again = engine(NODES, settings=DECIDE)
    ask(again, pod(cpu="1"))
    assert ask(again, pod(cpu="1"), ["small", "large"])["NodeNames"] == ["small"]


def test_no_alternates_where_there_is_one_attempt() -> None:
    """max_attempts 1: the best is named again."""
    made = engine(NODES, settings=DECIDE + "scheduler: {max_attempts: 1}\n")
    assert [ask(made, pod(cpu="1"))["NodeNames"][0] for _ in range(2)] == ["large"] * 2


def test_alternates_are_of_the_same_cell() -> None:
    """As Nova's."""
    nodes = [node("a", cpu="8"), node("b", cpu="4"), node("c", cpu="2")]
    for each, cell in zip(nodes, ("one", "two", "one"), strict=True):
        each["metadata"]["labels"]["nova-extender.io/cell"] = cell
    made = engine(nodes, settings=DECIDE)
    assert [ask(made, pod(cpu="1"), "abc")["NodeNames"][0] for _ in range(2)] == ["a", "c"]


def test_whole_nodes_decide_nothing() -> None:
    """A question about no cluster: all that pass are named, and nothing is claimed."""
    made = engine(NODES, settings=DECIDE)
    found = decoded(filter_pod(made, nodes_body(pod(cpu="1"), *NODES)))
    assert [item["metadata"]["name"] for item in found["Nodes"]["items"]] == NAMES
    assert sum(used(made).values()) == 0


def test_scheduling_groups_decide_nothing() -> None:
    """Pods that are placed together: kube-scheduler needs to see all that pass."""
    made = engine(NODES, settings=DECIDE)
    grouped = pod(cpu="1", schedulingGroup={"podGroupName": "gang"})
    assert ask(made, grouped)["NodeNames"] == NAMES
    assert sum(used(made).values()) == 0


def test_advise_decides_nothing() -> None:
    """The default."""
    made = engine(NODES)
    assert ask(made, pod(cpu="1"))["NodeNames"] == NAMES
    assert sum(used(made).values()) == 0


def test_bind_confirms_the_choice() -> None:
    """The pod is counted once, and its alternates are forgotten."""
    value = pod(cpu="1")
    made = engine(NODES, [value], settings=DECIDE)
    ask(made, value)
    assert bind(binder(made), value, "large") == ""
    assert used(made)["large"] == 1000
    assert made.cluster.provisional.expire(1e9) == []
    assert len(made.cluster.alternates) == 0
    assert made.cluster.ledger.claimed("uid-new")


def test_failed_bind_gives_the_choice_up() -> None:
    """Whatever it failed by; the alternates stay for the next attempt."""
    value = pod(cpu="1")
    for outcome in (Outcome.REFUSED, Outcome.GONE):
        made = engine(NODES, [value], settings=DECIDE)
        ask(made, value)
        assert bind(binder(made, outcome), value, "large")
        assert sum(used(made).values()) == 0
        assert ask(made, value)["NodeNames"] == ["middle"]


def test_bind_that_never_came_to_its_claim() -> None:
    """A node that is gone: the choice ends with the bind, not half a minute later."""
    value = pod(cpu="1")
    made = engine(NODES, [value], settings=DECIDE)
    ask(made, value)
    made.cluster.remove_host("large")
    assert "does not exist" in bind(binder(made), value, "large")
    assert len(made.cluster.provisional) == 0


def test_doubted_bind_is_left_alone() -> None:
    """Nobody knows whether the pod is bound: it counts there, and nothing is chosen beside it."""
    value = pod(cpu="1")
    made = engine(NODES, [value], settings=DECIDE)
    ask(made, value)
    assert bind(binder(made, Outcome.UNKNOWN), value, "large")
    assert used(made) == {"small": 0, "middle": 0, "large": 1000}
    ask(made, value)
    assert used(made) == {"small": 0, "middle": 0, "large": 1000}


def test_group_members_are_kept_apart() -> None:
    """A choice counts as a member of its server group for the pods after it."""
    group = kind("web", "ServerGroup", "default", policy="anti-affinity")
    made = engine(NODES, kinds=[group], settings=DECIDE)
    members = [pod(f"w{n}", cpu="1", annotations={"server_group": "web"}) for n in range(4)]
    found = [ask(made, member)["NodeNames"] for member in members]
    assert found == [["large"], ["middle"], ["small"], []]


def test_caching_judges_a_snapshot() -> None:
    """What others take meanwhile does not show, what was chosen here does."""
    made = engine([node("a", cpu="4"), node("b", cpu="3")], settings=CACHING)
    assert ask(made, pod("p1", cpu="2"), "ab")["NodeNames"] == ["a"]
    from_elsewhere = pod("other", cpu="3", on="b")
    other = engine([node("b")], [from_elsewhere]).cluster.ledger.get("uid-other")
    assert other is not None
    made.cluster.put_pod(other)
    assert ask(made, pod("p2", cpu="2"), "ab")["NodeNames"] == ["b"]
    # Bind looks at what is so now, and refuses; the snapshot then knows of the pod no longer.
    value = pod("p2", cpu="2")
    assert "no longer suits" in bind(binder_of(made, value), value, "b")
    assert made.snapshot is not None
    assert made.snapshot.table.cpu_used.tolist() == [2000, 0]


def binder_of(made: Engine, value: Object) -> PodBinder:
    """Bind, with an API server that has the pod."""
    call = binder(made)
    api = call._api
    assert isinstance(api, Api)
    api.pods[value["metadata"]["namespace"], value["metadata"]["name"]] = value
    return call


@pytest.mark.parametrize("driver", ["filter_scheduler", "caching_scheduler"])
def test_own_choice_is_apart(driver: str) -> None:
    """On the cluster's table and on the snapshot alike."""
    settings = DECIDE + f"scheduler: {{driver: {driver}}}\n"
    made = engine([node("a", cpu="1")], settings=settings)
    for _ in range(2):
        assert ask(made, pod(cpu="1"), "a")["NodeNames"] == ["a"]
    assert ask(made, pod("late", cpu="1"), "a")["NodeNames"] == []


def test_changing_the_driver_back() -> None:
    """Live hosts again, and no snapshot."""
    made = engine([node("a", cpu="1")], settings=CACHING)
    ask(made, pod(cpu="1"), "a")
    assert made.snapshot is not None
    made.scheduler = engine(settings=DECIDE).scheduler
    ask(made, pod(cpu="1"), "a")
    assert made.snapshot is None
