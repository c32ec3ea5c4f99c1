"""What holds of preempt for any cluster, any pod and any victims."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from extender.verbs.filter import filter_pod
from extender.verbs.preempt import preempt_pod
from tests.unit.verbs.making import Object, body, decoded, engine, kind, node, pod

NAMES = ["node-a", "node-b", "node-c"]
SETTINGS = """
filter_scheduler:
  enabled_filters: [CoreFilter, NumInstancesFilter, ServerGroupAntiAffinityFilter,
    ServerGroupAffinityFilter]
  max_instances_per_host: 4
"""
GROUPS = [
    kind("apart", "ServerGroup", "default", policy="anti-affinity"),
    kind(
        "pairs",
        "ServerGroup",
        "default",
        policy="anti-affinity",
        rules={"max_server_per_host": 2},
    ),
    kind("close", "ServerGroup", "default", policy="affinity"),
]
groups = st.sampled_from([None, "apart", "pairs", "close"])
Cluster = tuple[list[Object], list[Object]]
Asked = dict[str, list[str] | None]


def in_group(name: str | None) -> dict[str, str]:
    """The annotation of a member, if it is one."""
    return {} if name is None else {"server_group": name}


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Small nodes, full of pods of all priorities, some of them members, some going."""
    nodes = [node(name, cpu=str(draw(st.integers(1, 5)))) for name in NAMES]
    pods = []
    for number in range(draw(st.integers(0, 9))):
        made = pod(
            f"p{number}",
            cpu=draw(st.integers(0, 3)),
            on=draw(st.sampled_from([*NAMES, "gone"])),
            annotations=in_group(draw(groups)),
            priority=draw(st.integers(-1, 6)),
        )
        if draw(st.integers(0, 9)) == 0:
            made["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        pods.append(made)
    return nodes, pods


newcomers = st.builds(
    lambda cpu, priority, group: pod(
        "vip", cpu=cpu, priority=priority, annotations=in_group(group)
    ),
    st.integers(0, 5),
    st.integers(0, 6),
    groups,
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Cluster, Object, Asked]:
    """A cluster, a pod and the victims of some nodes: theirs, somebody's, or none."""
    cluster = draw(clusters())
    asked: Asked = {}
    for name in draw(st.permutations([*NAMES, "unknown"]))[: draw(st.integers(0, 4))]:
        everybodys = [p["metadata"]["uid"] for p in cluster[1]]
        own = [p["metadata"]["uid"] for p in cluster[1] if p["spec"]["nodeName"] == name]
        whose = draw(st.sampled_from(["own", "own", "own", "nobody's", "somebody's"]))
        if whose == "nobody's":
            asked[name] = draw(st.sampled_from([None, []]))
        else:
            from_ = own if own and whose == "own" else [*everybodys, "uid-lag"]
            asked[name] = draw(st.lists(st.sampled_from(from_), max_size=4, unique=True))
    return cluster, draw(newcomers), asked


def answered(cluster: Cluster, value: Object, asked: Asked) -> dict[str, list[str]]:
    """The victims by node, in an answer kube-scheduler would take for what it means."""
    sent = {
        node: uids and {"Pods": [{"UID": uid} for uid in uids], "NumPDBViolations": len(uids)}
        for node, uids in asked.items()
    }
    sent = {node: victims or None for node, victims in sent.items()}
    question = {"Pod": value, "NodeNameToVictims": None, "NodeNameToMetaVictims": sent}
    made = engine(*cluster, kinds=GROUPS, settings=SETTINGS)
    before = made.cluster.table.cpu_used.tolist()
    reply = preempt_pod(made, json.dumps(question).encode())
    assert made.cluster.table.cpu_used.tolist() == before
    assert b"null" not in reply.body
    left: dict[str, Any] = decoded(reply)["NodeNameToMetaVictims"]
    assert list(left) == [node for node in asked if node in left]
    for name, victims in left.items():
        assert list(victims) == ["Pods", "NumPDBViolations"]
        assert victims["Pods"]
        assert victims["NumPDBViolations"] == len(asked[name] or [])
    return {name: [p["UID"] for p in victims["Pods"]] for name, victims in left.items()}


def suits(cluster: Cluster, value: Object, name: str, gone: list[str]) -> bool:
    """What filter says of the node in a cluster that never had these pods on it."""
    nodes, pods = cluster
    left = [p for p in pods if p["metadata"]["uid"] not in gone or p["spec"]["nodeName"] != name]
    made = engine(nodes, left, kinds=GROUPS, settings=SETTINGS)
    passed: list[str] = decoded(filter_pod(made, body(value, name)))["NodeNames"]
    return passed == [name]


def needed(cluster: Cluster, value: Object, name: str) -> list[str]:
    """Whom the node must lose, found one pod after the other, each time in a new cluster."""
    evictable = [
        p
        for p in cluster[1]
        if p["spec"]["nodeName"] == name
        and p["spec"]["priority"] < value["spec"]["priority"]
        and "deletionTimestamp" not in p["metadata"]
    ]
    evictable.sort(key=lambda p: (-p["spec"]["priority"], p["metadata"]["name"]))
    uids = [p["metadata"]["uid"] for p in evictable]
    if not suits(cluster, value, name, uids):
        return []
    victims: list[str] = []
    for rank, uid in enumerate(uids):
        if not suits(cluster, value, name, [*victims, *uids[rank + 1 :]]):
            victims.append(uid)
    return victims


@settings(max_examples=150, deadline=None)
@given(questions())
def test_verdicts_are_filters_own(question: tuple[Cluster, Object, Asked]) -> None:
    """A node is left exactly where filter would pass it, were its victims really deleted.

    Victims named go back as they came; those left to us are what a slow search by hand finds.
    """
    cluster, value, asked = question
    expected = {}
    for name, uids in asked.items():
        if name not in NAMES:
            continue
        if not uids:
            if victims := needed(cluster, value, name):
                expected[name] = victims
        elif suits(cluster, value, name, uids):
            expected[name] = uids
    assert answered(cluster, value, asked) == expected
