"""The law of floors: whatever becomes of ratios, allocatable covers the pods that were admitted."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from extender.model.host_parts import Inventory
from extender.state.floors import overcommitted
from extender.verbs.overcommit import MOST_WRITES
from tests.unit.verbs.amplifying import Nodes

NAMES = ("a", "b", "c")
RATIOS = (None, "1", "1.05", "2", "4", "16.0", "0.5", "nan")

Act = tuple[str, str | None, object]
Script = list[Act]

acts = st.one_of(
    st.tuples(st.just("ratio"), st.sampled_from(NAMES), st.sampled_from(RATIOS)),
    st.tuples(st.just("bind"), st.sampled_from(NAMES), st.sampled_from(["500m", "3", "1111m"])),
    st.tuples(st.just("end"), st.sampled_from(NAMES), st.none()),
    st.tuples(st.just("kubelet"), st.sampled_from(NAMES), st.sampled_from(["4", "3900m", "8"])),
    st.tuples(st.just("wait"), st.none(), st.sampled_from([0.5, 2.0, 7.0, 61.0])),
)


def admit(nodes: Nodes, number: int, name: str, milli: str) -> None:
    """Bind a pod as kube-scheduler would: where there is room."""
    nodes.bind(f"p{number}", name, milli)
    after = cpu(nodes, name)
    if after.requested > after.held:
        nodes.end(f"p{number}")


def do(nodes: Nodes, number: int, act: Act) -> None:
    """One thing that somebody does."""
    what, name, value = act
    match what, name, value:
        case "ratio", str(), str() | None:
            nodes.set(name, cpu_allocation_ratio=value)
        case "bind", str(), str():
            admit(nodes, number, name, value)
        case "end", str(), _:
            on = [pod for pod, made in nodes.pods.items() if made["spec"]["nodeName"] == name]
            if on:
                nodes.end(on[0])
        case "kubelet", str(), str():
            nodes.restart(name, value)
        case _, _, float():
            before = len(nodes.writes)
            nodes.round(value)
            assert len(nodes.writes) - before <= min(MOST_WRITES, len(NAMES))


def played(script: Script) -> Nodes:
    """Nodes to which all of this has happened, and then nothing for a while.

    Long enough for each kind of write, and for what a kubelet may have refused.
    """
    nodes = Nodes(*NAMES)
    for number, act in enumerate(script):
        do(nodes, number, act)
    for _ in range(3):
        nodes.round(10.0)
    return nodes


def cpu(nodes: Nodes, name: str) -> Inventory:
    """A node's CPU as the extender sees it."""
    table = nodes.engine.cluster.table
    return table.host_state(table.index[name]).cpu


@settings(max_examples=150, deadline=None)
@given(st.lists(acts, max_size=60), st.sampled_from(["1", "0.5", "x", None]))
def test_floors_cover_what_runs(script: Script, ratio: str | None) -> None:
    """A node's own amount or its floor is at least what its pods request, when writing has ended.

    So no ratio, and no kubelet that writes its own amount back, takes allocatable below that.
    """
    nodes = played(script)
    for name in NAMES:
        before = cpu(nodes, name)
        if not overcommitted(before):
            continue
        assert max(before.raw, before.floor) >= before.requested
        nodes.set(name, cpu_allocation_ratio=ratio)
        nodes.restart(name, f"{before.raw}m")
        after = cpu(nodes, name)
        assert after.held >= after.requested


@settings(max_examples=150, deadline=None)
@given(st.lists(acts, max_size=60))
def test_nothing_is_left(script: Script) -> None:
    """When all ratios and pods are gone, so is everything of ours, within 16 s; writing ends."""
    nodes = played(script)
    for name in NAMES:
        nodes.set(name, cpu_allocation_ratio=None)
    for pod in list(nodes.pods):
        nodes.end(pod)
    for _ in range(8):
        nodes.round()
    for name, made in nodes.objects.items():
        assert made["metadata"]["annotations"] == {}
        assert cpu(nodes, name).held == cpu(nodes, name).raw
    assert nodes.round(600.0) == []
