"""The leader's writes to nodes: floors in time, nudges where they help, and few of both."""

from __future__ import annotations

from itertools import pairwise

import pytest

from extender.kube.errors import ApiError, TransportError
from tests.unit.verbs.amplifying import Nodes

NUDGE = [("a", "nudge")]
FLOORS = [("a", "floors")]


@pytest.fixture
def nodes() -> Nodes:
    """Two nodes of four CPUs, with the policy there."""
    return Nodes("a", "b")


def overfull(nodes: Nodes, name: str = "a") -> None:
    """Ratio 4, and three pods of 3 CPUs on 4; the floor of 9 is there, and has been for a while."""
    nodes.set(name, cpu_allocation_ratio="4")
    nodes.round()
    for number in range(3):
        nodes.bind(f"{name}-{number}", name, "3")
    nodes.round()
    assert nodes.floor(name) == "9000"
    nodes.clock += 20.0


def test_a_new_ratio_is_nudged_once(nodes: Nodes) -> None:
    """And nothing more is written, whatever pods come below the node's own amount."""
    assert nodes.round() == []
    nodes.set("a", cpu_allocation_ratio="4")
    assert nodes.round() == NUDGE
    assert nodes.cpu("a") == "16000m"
    nodes.bind("p", "a", "4")
    assert [nodes.round() for _ in range(100)] == [[]] * 100


def test_the_floor_follows_the_pods(nodes: Nodes) -> None:
    """Raised at once, but every five seconds at most."""
    overfull(nodes)
    nodes.bind("more", "a", "200m")
    assert nodes.round() == FLOORS
    nodes.bind("most", "a", "300m")
    assert nodes.round() == []
    assert nodes.round() == []
    assert nodes.round() == FLOORS
    assert nodes.floor("a") == "9500"


def test_a_floor_that_holds_nothing_is_put_right_in_a_minute(nodes: Nodes) -> None:
    """Pods come and go all the time, and each write wakes all who watch nodes."""
    overfull(nodes)
    nodes.end("a-0")
    assert [nodes.round() for _ in range(19)] == [[]] * 19
    assert nodes.round() == FLOORS
    assert nodes.floor("a") == "6000"
    nodes.end("a-1")
    assert nodes.round(59.9) == []
    assert nodes.round(0.1) == FLOORS
    assert nodes.floor("a") is None


def test_a_lowered_ratio_leaves_what_runs(nodes: Nodes) -> None:
    """Then the floor holds and is exact, until nothing needs it."""
    overfull(nodes)
    nodes.set("a", cpu_allocation_ratio="2")
    assert nodes.round() == NUDGE
    assert nodes.cpu("a") == "9000m"
    nodes.end("a-0")
    assert nodes.round() == FLOORS
    assert [nodes.round(), nodes.round()] == [[], NUDGE]
    # 4 × 2, which is more than the 6 that are requested.
    assert nodes.cpu("a") == "8000m"


def test_back_to_raw_within_fifteen_seconds(nodes: Nodes) -> None:
    """The ratio removed and all pods gone at the worst moment: just after a floor was written."""
    overfull(nodes)
    nodes.set("a", cpu_allocation_ratio=None)
    nodes.round()
    assert nodes.cpu("a") == "9000m"
    nodes.end("a-0")
    nodes.round(5.0)
    for name in ("a-1", "a-2"):
        nodes.end(name)
    start = nodes.clock
    while nodes.cpu("a") != "4000m":
        nodes.round()
    # Five seconds after the last floor is the third round, then the nudge.
    assert nodes.clock - start <= 10.0
    annotations = nodes.objects["a"]["metadata"]["annotations"]
    assert annotations == {}
    assert nodes.round(600.0) == []


def test_no_nudge_before_the_floor(nodes: Nodes) -> None:
    """Admission would go by the floor there is; and a floor that cannot be written keeps nudges."""
    nodes.set("a", cpu_allocation_ratio="4")
    nodes.round()
    nodes.bind("p", "a", "9")
    nodes.set("a", cpu_allocation_ratio="1")
    assert nodes.round(9.0) == FLOORS
    assert nodes.round() == NUDGE
    assert nodes.cpu("a") == "9000m"

    nodes.bind("q", "a", "1")
    nodes.set("a", cpu_allocation_ratio="1.5")
    nodes.failing["a"] = ApiError(403, "Forbidden", "no")
    written = [each for _ in range(60) for each in nodes.round()]
    assert set(written) == set(FLOORS)


def test_pods_that_the_kubelet_refuses_get_no_floor(nodes: Nodes) -> None:
    """Bound past kube-scheduler, they end within the seconds for which nobody believes in them."""
    overfull(nodes)
    nodes.bind("too-much", "a", "8")
    assert nodes.round() == FLOORS
    assert nodes.floor("a") == "16000"
    assert nodes.round() == []
    nodes.end("too-much")
    nodes.round(60.0)
    assert nodes.floor("a") == "9000"
    # Those that do not end were admitted earlier.
    nodes.bind("admitted", "a", "8")
    nodes.round(6.0)
    assert nodes.floor("a") == "16000"
    nodes.round(6.0)
    assert nodes.floor("a") == "17000"


def test_nudges_in_vain_become_rare(nodes: Nodes) -> None:
    """Twice the time between two of them, up to five minutes; a new ratio starts anew."""
    nodes.amplifies = False
    nodes.set("a", cpu_allocation_ratio="4")
    times = []
    for _ in range(1000):
        if nodes.round(1.0):
            times.append(nodes.clock)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == [5, 10, 20, 40, 80, 160, 300, 300]
    nodes.set("a", cpu_allocation_ratio="3")
    assert nodes.round(5.0) == NUDGE
    nodes.clock += 1e6
    assert nodes.round() == NUDGE
    nodes.amplifies = True
    assert nodes.round(400.0) == NUDGE
    assert nodes.cpu("a") == "12000m"


def test_a_host_in_vain_for_days(nodes: Nodes) -> None:
    """The pause stays at its longest, however often."""
    nodes.amplifies = False
    nodes.set("a", cpu_allocation_ratio="4")
    assert sum(len(nodes.round(300.0)) for _ in range(1200)) == 1200


def test_whether_a_first_nudge_is_outstanding(nodes: Nodes) -> None:
    """Until then nobody can say that a ratio has no effect."""
    nodes.amplifies = False
    assert not nodes.writer.waiting("a")
    assert not nodes.writer.waiting("unknown")
    nodes.set("a", cpu_allocation_ratio="4")
    assert nodes.writer.waiting("a")
    nodes.round()
    assert not nodes.writer.waiting("a")


def test_nothing_before_all_is_known(nodes: Nodes) -> None:
    """Without the pods every floor would seem needless."""
    overfull(nodes)
    nodes.ready = False
    for name in ("a-0", "a-1", "a-2"):
        nodes.end(name)
    assert nodes.round(600.0) == []


@pytest.mark.parametrize("mode", ["virtual", "advisory"])
def test_other_modes_write_nothing(mode: str) -> None:
    """Nodes are not theirs."""
    nodes = Nodes("a", settings=f"kubernetes: {{overcommit: {mode}}}")
    nodes.set("a", cpu_allocation_ratio="4")
    nodes.bind("p", "a", "9")
    assert nodes.round(60.0) == []
    assert not nodes.writer.waiting("a")


def test_a_round_is_bounded() -> None:
    """Fifty writes, those that pods depend on first."""
    nodes = Nodes(*(f"n{number:03}" for number in range(120)))
    for name in nodes.objects:
        nodes.set(name, cpu_allocation_ratio="4")
    assert [len(nodes.round()) for _ in range(4)] == [50, 50, 20, 0]
    for name in list(nodes.objects)[60:]:
        nodes.bind(f"p-{name}", name, "9")
    for name in list(nodes.objects)[:60]:
        nodes.set(name, cpu_allocation_ratio="2")
    first, second, third = nodes.round(10.0), nodes.round(), nodes.round()
    assert {what for _, what in first} == {"floors"}
    assert [what for _, what in second].count("floors") == 10
    assert (len(first), len(second), len(third)) == (50, 50, 20)


def test_a_watch_that_lags(nodes: Nodes) -> None:
    """The same is written again after five seconds at the earliest."""
    overfull(nodes)
    nodes.watching = False
    nodes.bind("more", "a", "1")
    assert nodes.round(6.0) == FLOORS
    assert nodes.round() == []
    assert nodes.round() == []
    assert nodes.round() == FLOORS
    nodes.watching = True
    nodes.show("a")
    assert nodes.round(6.0) == []


def test_a_refusal_is_told_once(nodes: Nodes) -> None:
    """With what is missing; it is tried again after half a minute, the others go on meanwhile."""
    for name in ("a", "b"):
        nodes.set(name, cpu_allocation_ratio="4")
        nodes.failing[name] = ApiError(403, "Forbidden", f'nodes "{name}" is forbidden')
    assert nodes.round() == [("a", "nudge"), ("b", "nudge")]
    (told,) = nodes.told
    assert told == (
        "node a: its status cannot be nudged, so that its ratios take effect: 403 Forbidden: nodes"
        ' "a" is forbidden; the extender\'s service account needs the verb patch on nodes/status'
    )
    assert nodes.round(29.0) == []
    del nodes.failing["b"]
    assert nodes.round() == [("a", "nudge"), ("b", "nudge")]
    assert nodes.cpu("b") == "16000m"
    assert len(nodes.told) == 1
    del nodes.failing["a"]
    assert nodes.round(31.0) == NUDGE
    # All is well: the next one is news.
    nodes.set("a", cpu_allocation_ratio="2")
    nodes.failing["a"] = ApiError(403, "Forbidden", "again")
    nodes.round(6.0)
    assert len(nodes.told) == 2


def test_a_conflict_is_nobodys_concern(nodes: Nodes) -> None:
    """Somebody wrote at the same time; it is tried again as if it had been written."""
    nodes.set("a", cpu_allocation_ratio="4")
    nodes.failing["a"] = ApiError(409, "Conflict", "modified")
    assert nodes.round() == NUDGE
    del nodes.failing["a"]
    assert nodes.round(5.0) == NUDGE
    assert nodes.told == []


def test_a_node_that_is_gone_is_not_told_of(nodes: Nodes) -> None:
    """The watch will say so."""
    nodes.set("a", cpu_allocation_ratio="4")
    nodes.failing["a"] = ApiError(404, "NotFound", "gone")
    assert nodes.round() == NUDGE
    nodes.engine.cluster.remove_host("a")
    assert nodes.round(60.0) == []
    assert nodes.told == []
    # One of that name that comes later has no past.
    nodes.objects["a"]["metadata"]["annotations"].clear()
    nodes.failing.clear()
    nodes.set("a", cpu_allocation_ratio="4")
    assert nodes.round(0.1) == NUDGE


def test_an_api_server_that_does_not_answer_ends_the_round() -> None:
    """Fifty time-outs would hold the leader up for minutes; what failed comes last next time."""
    nodes = Nodes("a", "b", "c")
    for name in nodes.objects:
        nodes.set(name, cpu_allocation_ratio="4")
    nodes.failing["a"] = TransportError("no whole answer in 10 s", "timeout")
    assert nodes.round() == [("a", "nudge")]
    assert nodes.round() == [("b", "nudge"), ("c", "nudge")]
    assert nodes.round(30.0) == [("a", "nudge")]
    assert len(nodes.told) == 1
    assert "no whole answer in 10 s" in nodes.told[0]


def test_an_error_of_our_own_stops_nobody(nodes: Nodes) -> None:
    """It is told of by its type where it says nothing."""
    for name in ("a", "b"):
        nodes.set(name, cpu_allocation_ratio="4")
    nodes.failing["a"] = RuntimeError()
    assert nodes.round() == [("a", "nudge"), ("b", "nudge")]
    assert "RuntimeError" in nodes.told[0]


def test_a_pod_bound_meanwhile_makes_the_next_round_write(nodes: Nodes) -> None:
    """Between the look and the write; nothing is lost but some seconds."""
    nodes.set("a", cpu_allocation_ratio="4")
    nodes.round()
    annotate = nodes.annotate

    def late(name: str, annotations: dict[str, str | None]) -> None:
        nodes.bind("late", "a", "1")
        annotate(name, annotations)

    nodes.bind("p", "a", "9")
    nodes.writer._annotate = late  # type: ignore[assignment]  # a dict is a mapping
    nodes.round()
    assert nodes.floor("a") == "9000"
    nodes.writer._annotate = annotate
    nodes.round(5.0)
    assert nodes.floor("a") == "10000"
