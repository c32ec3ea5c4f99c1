"""Events of ratios: once each, in words that say what to do, and never too soon."""

from __future__ import annotations

from extender.kube.event_object import Event
from extender.verbs.ratio_events import INVALID, VOID, RatioEvents
from tests.builders import aggregate
from tests.unit.verbs.amplifying import Nodes


class Told:
    """What is told of nodes."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.emitted: list[Event] = []
        self.ready = True
        self.events = RatioEvents(
            nodes.engine,
            self.emitted.append,
            lambda resource, origin, mode: f"cure of {resource} by {origin} in {mode}",
            ready=lambda: self.ready,
            waiting=nodes.writer.waiting,
            clock=lambda: nodes.clock,
        )

    def after(self, seconds: float) -> list[tuple[str, str, str]]:
        """Some seconds later a round: node, reason and action of what it told."""
        self.nodes.clock += seconds
        before = len(self.emitted)
        count = self.events.run_once()
        found = [(each.name, each.reason, each.action) for each in self.emitted[before:]]
        assert count == len(found)
        return found


CPU_VOID = ("a", VOID, "OvercommitCpu")


def test_a_void_ratio_is_told_of_once() -> None:
    """After ten seconds without effect; again if it was cured in between."""
    nodes = Nodes("a", "b")
    nodes.amplifies = False
    told = Told(nodes)
    nodes.set("a", cpu_allocation_ratio="4")
    nodes.round()
    assert told.after(0) == []
    assert told.after(9.9) == []
    assert told.after(0.1) == [CPU_VOID]
    assert told.after(1000) == []
    (event,) = told.emitted
    assert (event.kind, event.namespace, event.uid, event.type) == ("Node", "", "uid-a", "Warning")
    assert event.note.startswith(
        "The cpu ratio 4, from node annotation nova-extender.io/cpu_allocation_ratio, allows"
        " requests of 16 vCPU, but kube-scheduler and the kubelet hold them to"
        " status.allocatable, 4 vCPU: "
    )
    assert event.note.endswith(": cure of cpu by annotation in native")

    nodes.set("a", cpu_allocation_ratio=None)
    assert told.after(2) == []
    nodes.set("a", cpu_allocation_ratio="2")
    nodes.round(300)
    assert told.after(0) == []
    assert told.after(10) == [CPU_VOID]


def test_a_ratio_that_takes_effect_is_not_told_of() -> None:
    """Nor one of a node that waits for its first nudge, however long."""
    nodes = Nodes("a")
    told = Told(nodes)
    nodes.set("a", cpu_allocation_ratio="4")
    assert told.after(0) == []
    assert told.after(3600) == []
    nodes.round()
    assert told.after(3600) == []


def test_each_resource_by_itself() -> None:
    """One Event each, which the recorder does not take for one another."""
    nodes = Nodes("a")
    nodes.amplifies = False
    told = Told(nodes)
    nodes.set("a", cpu_allocation_ratio="4", disk_allocation_ratio="2")
    nodes.round()
    told.after(0)
    assert told.after(10) == [CPU_VOID, ("a", VOID, "OvercommitEphemeralStorage")]
    assert len({event.key for event in told.emitted}) == 2


def test_an_aggregates_ratio_is_void_too() -> None:
    """It counts for the filters, and the policy does not know it."""
    nodes = Nodes("a", settings="filter_scheduler: {enabled_filters: [AggregateCoreFilter]}")
    told = Told(nodes)
    nodes.set("a", cpu_allocation_ratio="2")
    nodes.round()
    nodes.engine.cluster.put_aggregate(aggregate("fast", ["a"], cpu_allocation_ratio="8"))
    told.after(0)
    assert told.after(10) == [CPU_VOID]
    assert "by aggregate" in told.emitted[0].note
    assert "allows requests of 32 vCPU" in told.emitted[0].note


def test_modes() -> None:
    """Advisory raises nothing and says so; virtual keeps its promise without the nodes."""
    for mode, expected in (("advisory", [CPU_VOID]), ("virtual", [])):
        nodes = Nodes("a", settings=f"kubernetes: {{overcommit: {mode}}}")
        told = Told(nodes)
        nodes.set("a", cpu_allocation_ratio="4")
        told.after(0)
        assert told.after(10) == expected
        assert all("advisory" in event.note for event in told.emitted)


def test_what_is_no_ratio() -> None:
    """At once, with the value and what would be right; again for another wrong value."""
    nodes = Nodes("a")
    told = Told(nodes)
    nodes.set("a", cpu_allocation_ratio="viel\u0000 ☃")
    assert told.after(0) == [("a", INVALID, "OvercommitCpu")]
    note = told.emitted[0].note
    assert note.startswith("Node annotation nova-extender.io/cpu_allocation_ratio: ")
    assert "accepted: " in note
    assert note.endswith("It counts as 1.0 until it is mended")
    assert told.after(600) == []
    nodes.set("a", cpu_allocation_ratio="-1")
    assert told.after(0) == [("a", INVALID, "OvercommitCpu")]


def test_a_ratio_held_at_one() -> None:
    """Safety is told of, too, and what allows more."""
    nodes = Nodes("a")
    told = Told(nodes)
    nodes.set("a", ram_allocation_ratio="1.5")
    assert told.after(0) == [("a", INVALID, "OvercommitMemory")]
    note = told.emitted[0].note
    assert "kubernetes.allow_memory_overcommit is false" in note
    assert "Make it at most 1.0" in note
    # 1.5 counts as 1, so nothing of it is void.
    assert told.after(60) == []


def test_other_problems_are_not_ratios() -> None:
    """What else cannot be read of a node is told of elsewhere."""
    nodes = Nodes("a")
    told = Told(nodes)
    nodes.set("a", disabled="perhaps", allocatable_floor_cpu="low")
    assert told.after(0) == []


def test_a_round_is_bounded() -> None:
    """Events of pods have the same way; the rest is told in the next rounds."""
    nodes = Nodes(*(f"n{number}" for number in range(45)))
    told = Told(nodes)
    for name in nodes.objects:
        nodes.set(name, cpu_allocation_ratio="x")
    rounds = [told.after(2) for _ in range(4)]
    assert [len(found) for found in rounds] == [20, 20, 5, 0]
    assert len({name for found in rounds for name, _, _ in found}) == 45


def test_nothing_before_all_is_known() -> None:
    """A node that has gone is forgotten, and told of anew when it comes back."""
    nodes = Nodes("a")
    told = Told(nodes)
    nodes.set("a", cpu_allocation_ratio="x")
    told.ready = False
    assert told.after(60) == []
    told.ready = True
    assert len(told.after(0)) == 1
    nodes.engine.cluster.remove_host("a")
    assert told.after(2) == []
    nodes.show("a")
    assert len(told.after(2)) == 1
