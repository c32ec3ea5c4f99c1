"""What the verbs share."""

from __future__ import annotations

import json
from threading import Thread

import pytest

from extender.translate.objects import Pod, decode_pod
from extender.verbs.filter import filter_pod
from tests.unit.verbs.making import Object, body, engine, kind, node, pod


def test_spec_knows_what_is_enabled() -> None:
    """A server group whose policy nobody serves is refused, as Nova does."""
    made = engine(kinds=[kind("web", "ServerGroup", "default", policy="affinity")])
    value = pod(annotations={"server_group": "web"})
    spec = made.spec(decode_pod(json.dumps(value).encode()))
    assert spec.instance_group is not None
    served = "ServerGroupAffinityFilter" in {f.name() for f in made.scheduler.filters}
    assert (spec.refusal is None) == served


def judged(value: Object) -> Pod:
    """A pod as it is judged."""
    return decode_pod(json.dumps(value).encode())


def test_own_use_is_gone_while_the_pod_is_judged() -> None:
    """Within, the pod is nowhere; afterwards it is back, whatever happened."""
    made = engine([node("a")], [pod("p", cpu=2, on="a")])
    table = made.cluster.table
    with made.judging(judged(pod("p", cpu=2))):
        assert table.cpu_used.tolist() == [0]
        assert table.num_instances.tolist() == [0]
    assert table.cpu_used.tolist() == [2000]
    with pytest.raises(ZeroDivisionError), made.judging(judged(pod("p", cpu=2))):
        raise ZeroDivisionError
    assert table.cpu_used.tolist() == [2000]


@pytest.mark.parametrize("uid", ["uid-q", ""])
def test_pod_that_is_nowhere(uid: str) -> None:
    """An unknown pod, or one without a UID, is no other pod."""
    pods: list[Object] = [pod("p", cpu=2, on="a"), pod("nameless", cpu=1, on="a", uid="")]
    made = engine([node("a")], pods)
    with made.judging(judged(pod("q", uid=uid))):
        assert made.cluster.table.cpu_used.tolist() == [3000]
    assert len(made.cluster.ledger) == 2


def waiting(name: str, priority: int, on: str, cpu: int = 1) -> Object:
    """A pod that others were evicted for, and that waits for them to go."""
    return pod(name, cpu=cpu, status={"nominatedNodeName": on}, priority=priority)


@pytest.mark.parametrize(
    ("priority", "used"), [(0, [3000, 2000]), (5, [3000, 2000]), (6, [2000, 0]), (10, [0, 0])]
)
def test_nominated_pods(priority: int, used: list[int]) -> None:
    """They count on the node they wait for, but not against pods that matter more."""
    rivals = [waiting("low", 5, "a"), waiting("high", 9, "a", cpu=2), waiting("other", 5, "b", 2)]
    made = engine([node("a"), node("b")], rivals)
    with made.judging(judged(pod("new", priority=priority))):
        assert made.cluster.table.cpu_used.tolist() == used
    assert made.cluster.table.cpu_used.tolist() == [0, 0]


def test_nominated_pod_is_no_rival_of_itself() -> None:
    """The pod that waits is judged without its own nomination."""
    made = engine([node("a")], [waiting("new", 5, "a", cpu=4)])
    with made.judging(judged(waiting("new", 5, "a", cpu=4))):
        assert made.cluster.table.cpu_used.tolist() == [0]


def test_node_that_a_pod_waits_for() -> None:
    """What terminates on the pod's nominated node counts as gone; nothing else does."""
    gone = {"deletionTimestamp": "2026-01-02T03:04:05Z"}
    pods = [pod("stays", cpu=1, on="a"), pod("goes", cpu=2, on="a"), pod("there", cpu=1, on="b")]
    for value in pods[1:]:
        value["metadata"].update(gone)
    made = engine([node("a"), node("b")], pods)
    with made.judging(judged(waiting("new", 5, "a"))):
        assert made.cluster.table.cpu_used.tolist() == [1000, 1000]
    with made.judging(judged(pod("new"))):
        assert made.cluster.table.cpu_used.tolist() == [3000, 1000]
    assert made.cluster.table.cpu_used.tolist() == [3000, 1000]


def test_calls_side_by_side() -> None:
    """While a bound pod is judged its use is gone, but no other call ever sees it gone."""
    made = engine([node("a", cpu="4"), node("b")], [pod("p", cpu=3, on="a")])
    own, other = body(pod("p", cpu=4), "a", "b"), body(pod("q", cpu=4), "a", "b")
    seen: dict[str, set[bytes]] = {"p": set(), "q": set()}

    def ask(name: str, data: bytes) -> None:
        for _ in range(100):
            seen[name].add(filter_pod(made, data).body)

    threads = [Thread(target=ask, args=("pq"[n % 2], (own, other)[n % 2])) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(bodies) for bodies in seen.values()] == [1, 1]
    assert b'"NodeNames":["a","b"]' in seen["p"].pop()
    assert b'"NodeNames":["b"]' in seen["q"].pop()
    assert made.cluster.table.cpu_used.tolist() == [3000, 0]


def test_judging_holds_the_lock_with_the_pods_own_use_gone() -> None:
    """Whoever else wants the cluster waits meanwhile; afterwards all is as it was."""
    made = engine([node("a")], [pod("p", cpu=2, on="a")])
    taken: list[bool] = []

    def try_lock() -> None:
        taken.append(made.lock.acquire(blocking=False))

    with made.judging(decode_pod(json.dumps(pod("p", cpu=2)).encode())) as spec:
        assert spec.instance_uuid == "uid-p"
        assert made.cluster.table.cpu_used.tolist() == [0]
        other = Thread(target=try_lock)
        other.start()
        other.join()
    assert taken == [False]
    assert made.cluster.table.cpu_used.tolist() == [2000]
