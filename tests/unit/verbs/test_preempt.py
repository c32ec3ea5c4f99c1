"""The verb preempt: on which nodes would evictions help the pod."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from extender.model.attempt import Attempt
from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.protocol.errors import ProtocolError
from extender.translate.errors import TranslateError
from extender.verbs.engine import Engine
from extender.verbs.preempt import preempt_pod
from tests.unit.verbs.making import Object, decoded, engine, kind, node, pod

GROUPS = """
filter_scheduler:
  enabled_filters: [CoreFilter, ServerGroupAntiAffinityFilter, ServerGroupAffinityFilter]
"""


def victims(*names: str, violations: int = 0) -> Object:
    """MetaVictims of the pods of these names."""
    return {"Pods": [{"UID": f"uid-{n}"} for n in names], "NumPDBViolations": violations}


def asking(value: Object, by_node: Mapping[str, Object | None]) -> bytes:
    """A request as kube-scheduler writes it."""
    whole = {"Pod": value, "NodeNameToVictims": None, "NodeNameToMetaVictims": by_node}
    return json.dumps(whole, separators=(",", ":")).encode()


def answered(made: Engine, value: Object, by_node: Mapping[str, Object | None]) -> dict[str, Any]:
    """The nodes that are left, each with its victims."""
    found = decoded(preempt_pod(made, asking(value, by_node)))
    assert list(found) == ["NodeNameToMetaVictims"]
    left: dict[str, Any] = found["NodeNameToMetaVictims"]
    return left


def vip(cpu: Any = 4, priority: int = 100, **more: Any) -> Object:
    """A pod that may evict others."""
    return pod("vip", cpu=cpu, priority=priority, **more)


def running(name: str, on: str, cpu: Any = 1, priority: int = 0, **more: Any) -> Object:
    """A pod that may be evicted."""
    return pod(name, cpu=cpu, on=on, priority=priority, **more)


def filled(made: Engine, value: Object, name: str = "a") -> list[str]:
    """The names of the victims found for a node that was sent without any."""
    left = answered(made, value, {name: victims()})
    if not left:
        return []
    assert list(left) == [name]
    assert left[name]["NumPDBViolations"] == 0
    return [entry["UID"].removeprefix("uid-") for entry in left[name]["Pods"]]


# -- victims that are named -------------------------------------------------------------------


def test_keeps_what_helps() -> None:
    """Free without its victims is a; b keeps 3 of 4 cores in use, c is too small, d is down."""
    nodes = [node("a"), node("b"), node("c", cpu="1"), node("d", ready="False")]
    pods = [running("p", "a", 4), running("q", "b", 1), running("r", "b", 3), running("s", "c", 1)]
    asked = {"d": victims("x"), "c": victims("s"), "b": victims("q"), "a": victims("p")}
    assert answered(engine(nodes, pods), vip(2), asked) == {"a": victims("p")}


def test_boundary_to_the_milli_core() -> None:
    """4 cores, of which 1500 m are not evicted: 2500 m fit, 2501 m do not."""
    made = engine([node("a")], [running("stays", "a", "1500m"), running("goes", "a", "2500m")])
    asked = {"a": victims("goes")}
    assert answered(made, vip("2500m"), asked) == asked
    assert answered(made, vip("2501m"), asked) == {}


def test_overcommitted_node_counts_by_its_ratio() -> None:
    """kube-scheduler's plugins see 4 cores, the extender half of them: 3 do not fit."""
    made = engine([node("a", annotations={"cpu_allocation_ratio": "0.5"})], [running("p", "a", 4)])
    assert answered(made, vip(2), {"a": victims("p")}) == {"a": victims("p")}
    assert answered(made, vip(3), {"a": victims("p")}) == {}


def test_goes_back_as_it_came() -> None:
    """Nodes, victims and violations are those of the request, in its order, strangers included."""
    made = engine([node(n) for n in "abc"], [running(n, n, 4) for n in "abc"])
    asked = {
        "c": victims("unknown", "c", violations=2),
        "a": victims("a"),
        "b": victims("b", "unknown", "b", violations=-1),
    }
    left = answered(made, vip(), asked)
    assert left == asked
    assert list(left) == ["c", "a", "b"]


def test_whole_pods_go_back_by_uid() -> None:
    """The other form of the question has the same answer."""
    made = engine([node("a"), node("b")], [running("p", "a", 4), running("q", "b", 4)])
    sent = {"a": {"Pods": [running("p", "a", 4)], "NumPDBViolations": 1}, "b": None}
    whole = {"Pod": vip(), "NodeNameToVictims": sent, "NodeNameToMetaVictims": None}
    left = decoded(preempt_pod(made, json.dumps(whole).encode()))["NodeNameToMetaVictims"]
    assert left == {"a": victims("p", violations=1), "b": victims("q")}


def test_unknown_victim_is_watch_lag() -> None:
    """It takes nothing off the node that we know of, and stands in the answer all the same."""
    made = engine([node("a")], [running("p", "a", 1)])
    assert answered(made, vip(3), {"a": victims("lag")}) == {"a": victims("lag")}
    assert answered(made, vip(4), {"a": victims("lag")}) == {}


def test_unknown_node_is_left_out() -> None:
    """With victims and without."""
    asked = {"x": victims("p"), "y": victims()}
    assert answered(engine([node("a")], [running("p", "a")]), vip(), asked) == {}


def test_victim_known_on_another_node() -> None:
    """It takes nothing off the node it is named for, and is still on its own for the others."""
    made = engine([node("a"), node("b")], [running("p", "a", 4), running("q", "b", 4)])
    assert answered(made, vip(), {"a": victims("q"), "b": victims("p")}) == {}
    assert answered(made, vip(), {"a": victims("q"), "b": victims("q")}) == {"b": victims("q")}


def test_victims_of_other_nodes_are_theirs_alone() -> None:
    """Each node is judged without its own victims: p is not b's."""
    made = engine([node("a"), node("b")], [running("p", "a", 4), running("q", "b", 4)])
    asked = {"a": victims("p"), "b": victims("lag")}
    assert answered(made, vip(), asked) == {"a": victims("p")}


@pytest.mark.parametrize("asked", [{}, None])
def test_nothing_asked(asked: Any) -> None:
    """No nodes, no preemption."""
    assert answered(engine([node("a")]), vip(), asked) == {}


def test_refused_pod() -> None:
    """A pod that cannot be judged gets no node, whatever is evicted."""
    made = engine([node("a"), node("b")], [running("p", "a", 4), running("q", "b", 4)])
    bad = vip(annotations={"requested_destination": "{"})
    assert answered(made, bad, {"a": victims("p"), "b": victims()}) == {}


def test_pre_stage() -> None:
    """What is judged before the filters is judged here too."""
    made = engine([node("a"), node("b")], [running("p", "a", 4), running("q", "b", 4)])
    asked = {"a": victims("p"), "b": victims("q")}
    assert answered(made, vip(annotations={"ignore_hosts": "a"}), asked) == {"b": victims("q")}


def test_own_use_never_counts_against_itself() -> None:
    """A pod that is bound already is judged as if it were nowhere, here as in filter."""
    made = engine([node("a")], [pod("vip", cpu=2, on="a"), running("p", "a", 2)])
    assert answered(made, vip(4), {"a": victims("p")}) == {"a": victims("p")}


def test_nothing_is_changed_and_nothing_remembered() -> None:
    """Neither use, nor attempts, nor the lock; also when the call fails halfway."""
    recorded: list[Attempt] = []
    made = engine(
        [node("a"), node("b")], [running("p", "a", 3), running("q", "b", 2)], recorded=recorded
    )
    answered(made, vip(), {"a": victims("p"), "b": victims()})
    unreadable = pod("vip", priority=1, cpu="many")
    with pytest.raises(TranslateError):
        preempt_pod(made, asking(unreadable, {"a": victims("p")}))
    with pytest.raises(ProtocolError, match="expected ExtenderPreemptionArgs"):
        preempt_pod(made, b"{}")
    assert made.cluster.table.cpu_used.tolist() == [3000, 2000]
    assert made.cluster.table.num_instances.tolist() == [1, 1]
    assert (recorded, len(made.attempts)) == ([], 0)


# -- victims that are left to us --------------------------------------------------------------


def test_finds_the_least_important() -> None:
    """Of 4 × 1 core 2 are needed: the two of the lowest priority, the higher one first."""
    priorities = {"p30": 30, "p10": 10, "p40": 40, "p20": 20}
    made = engine([node("a")], [running(n, "a", 1, p) for n, p in priorities.items()])
    assert filled(made, vip(2)) == ["p20", "p10"]
    assert filled(made, vip(4)) == ["p40", "p30", "p20", "p10"]


def test_gives_back_whoever_fits() -> None:
    """Less important pods stay where a more important one must go.

    6 cores, 4 for the pod, so 2 are left to give back: to p50 (2). Then p40 (3) goes, as do p30 (1)
    and p20 (1). With 5 for the pod 1 is left: p50 goes, p40 goes, p30 stays, p20 goes.
    """
    made = engine(
        [node("a", cpu="7")],
        [
            running("p50", "a", 2, 50),
            running("p40", "a", 3, 40),
            running("p30", "a", 1, 30),
            running("p20", "a", 1, 20),
        ],
    )
    assert filled(made, vip(5)) == ["p40", "p30", "p20"]
    assert filled(made, vip(6)) == ["p50", "p40", "p20"]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9])
@pytest.mark.parametrize("needed", [1, 2, 5, 9])
def test_any_number_of_pods(count: int, needed: int) -> None:
    """Of n pods of 1 core the least important go, as many as needed; too few help nobody."""
    made = engine([node("a", cpu=str(count))], [running(f"p{n}", "a", 1, n) for n in range(count)])
    found = filled(made, vip(needed))
    assert found == [f"p{n}" for n in reversed(range(needed))] * (needed <= count)


@pytest.mark.parametrize("priority", [100, 101, 2**31 - 1])
def test_never_of_equal_or_higher_priority(priority: int) -> None:
    """Such a pod counts, and no eviction helps where it is in the way."""
    pods = [running("high", "a", 2, priority), running("low", "a", 2, 99)]
    made = engine([node("a")], pods)
    assert filled(made, vip(2)) == ["low"]
    assert filled(made, vip(3)) == []


def test_priority_zero_by_default() -> None:
    """A pod without a priority has 0: it evicts those below and none of its kind."""
    made = engine([node("a")], [running("p", "a", 4, -1)])
    plain = pod("plain", cpu=4)
    assert filled(made, plain) == ["p"]
    assert filled(engine([node("a")], [pod("p", cpu=4, on="a")]), plain) == []


def test_never_a_terminating_pod() -> None:
    """It goes by itself, and until then it counts."""
    leaving = running("leaving", "a", 2)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    made = engine([node("a")], [leaving, running("p", "a", 2)])
    assert filled(made, vip(2)) == ["p"]
    assert filled(made, vip(3)) == []


def test_never_a_claim() -> None:
    """A pod whose Binding the watch has not shown yet counts, and is nobody's victim."""
    made = engine([node("a")], [running("p", "a", 2), pod("claimed", cpu=2)])
    instance = Instance("uid-claimed", "default", "claimed")
    made.cluster.ledger.claim(Contribution(instance=instance, host="a", milli_vcpus=2000))
    assert made.cluster.table.cpu_used.tolist() == [4000]
    assert filled(made, vip(2)) == ["p"]
    assert filled(made, vip(3)) == []


def test_equal_priorities() -> None:
    """The longer running stays, then the one that runs at all, then the first by name."""
    made = engine([node("a")], [running(n, "a") for n in ("new", "old", "b", "a")])
    for name, started in {"new": 2000.0, "old": 1000.0, "b": None, "a": None}.items():
        entry = made.cluster.ledger.get(f"uid-{name}")
        assert entry is not None
        made.cluster.put_pod(replace(entry, started=started))
    assert filled(made, vip(1)) == ["b"]
    assert filled(made, vip(4)) == ["old", "new", "a", "b"]


def test_no_victim_needed_any_more() -> None:
    """A node that suits as it is, empty or not, is left out: without victims it is an error."""
    made = engine([node("a"), node("b")], [running("p", "a", 1)])
    assert answered(made, vip(3), {"a": victims(), "b": victims()}) == {}
    assert answered(made, vip(3), {"a": None, "b": {}}) == {}


def test_no_eviction_helps() -> None:
    """A node that is too small or down loses no pods for nothing."""
    made = engine(
        [node("small", cpu="2"), node("down", ready="False")],
        [running("p", "small", 2), running("q", "down", 4)],
    )
    assert answered(made, vip(3), {"small": victims(), "down": victims()}) == {}


def test_many_nodes_at_once() -> None:
    """Each node's own pods are weighed up, whatever goes on at the others; named ones beside."""
    sizes = {"a": 1, "b": 2, "c": 3, "d": 5}
    pods = [running(f"{n}{i}", n, 1, i) for n, size in sizes.items() for i in range(size)]
    made = engine([node(n, cpu=str(size)) for n, size in sizes.items()], pods)
    asked = {
        "d": victims(),
        "b": victims(),
        "a": victims("a0"),
        "c": victims("c0", "c1"),
        "x": None,
    }
    left = answered(made, vip(2), asked)
    assert left == {"d": victims("d1", "d0"), "b": victims("b1", "b0"), "c": victims("c0", "c1")}
    assert list(left) == ["d", "b", "c"]


# -- server groups ----------------------------------------------------------------------------


def grouped(nodes: Sequence[Object], pods: Sequence[Object], policy: str, **spec: Any) -> Engine:
    """An engine with a server group of this policy."""
    group = kind("web", "ServerGroup", "default", policy=policy, **spec)
    return engine(nodes, pods, [group], settings=GROUPS)


WEB = {"server_group": "web"}


def test_anti_affinity() -> None:
    """Without its member the node suits; evicting somebody else does not help."""
    pods = [running("member", "a", 1, annotations=WEB), running("other", "a", 1)]
    made = grouped([node("a")], pods, "anti-affinity")
    member = vip(2, annotations=WEB)
    assert answered(made, member, {"a": victims("member")}) == {"a": victims("member")}
    assert answered(made, member, {"a": victims("other")}) == {}
    assert filled(made, member) == ["member"]
    assert filled(made, vip(2)) == []


def test_anti_affinity_with_two_to_a_host() -> None:
    """Of three members where two may be, two must go: the less important ones."""
    pods = [running(f"m{n}", "a", 1, n, annotations=WEB) for n in range(3)]
    made = grouped([node("a")], pods, "anti-affinity", rules={"max_server_per_host": 2})
    assert filled(made, vip(1, annotations=WEB)) == ["m1", "m0"]


def test_members_elsewhere_stay_where_they_are() -> None:
    """The group is on a: only there does the eviction of its one member set the pod free to go.

    Were both nodes judged without the victims of both, the group would be nowhere and b suit too.
    """
    pods = [running("member", "a", 4, annotations=WEB), running("other", "b", 4)]
    made = grouped([node("a"), node("b")], pods, "affinity")
    asked = {"b": victims("other"), "a": victims("member")}
    member = vip(annotations=WEB)
    assert answered(made, member, asked) == {"a": victims("member")}
    assert answered(made, member, {"b": victims("other")}) == {}


def test_affinity_needs_somebody_to_stay_with() -> None:
    """With members on a and b, evicting all those on a turns a into another host."""
    pods = [running("m1", "a", 4, annotations=WEB), running("m2", "b", 4, annotations=WEB)]
    made = grouped([node("a"), node("b")], pods, "affinity")
    asked = {"a": victims("m1"), "b": victims("m2")}
    assert answered(made, vip(annotations=WEB), asked) == {}


def test_affinity_with_victims_found_by_us() -> None:
    """The member that is given back first makes the node suit; the other pod is the victim."""
    pods = [
        running("member", "a", 2, 10, annotations=WEB),
        running("there", "b", 4, 10, annotations=WEB),
        running("other", "a", 2, 5),
    ]
    made = grouped([node("a"), node("b")], pods, "affinity")
    # Without member and other a has nobody of the group, while b has: nothing to be done.
    assert filled(made, vip(2, annotations=WEB)) == []
    made.cluster.remove_pod("uid-there")
    assert filled(made, vip(2, annotations=WEB)) == ["other"]


# -- hints ------------------------------------------------------------------------------------


def test_an_instance_to_avoid() -> None:
    """The pod that a hint names is the victim: without it the node suits."""
    settings = "filter_scheduler: {enabled_filters: [CoreFilter, DifferentHostFilter]}"
    pods = [running("enemy", "a", 1), running("other", "a", 1)]
    made = engine([node("a")], pods, settings=settings)
    avoiding = vip(1, annotations={"scheduler_hints": '{"different_host": "enemy"}'})
    assert answered(made, avoiding, {"a": victims("enemy")}) == {"a": victims("enemy")}
    assert answered(made, avoiding, {"a": victims("other")}) == {}
