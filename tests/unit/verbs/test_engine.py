"""What the verbs share."""

from __future__ import annotations

import json
from threading import Thread

import pytest

from extender.translate.objects import decode_pod
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


def test_without_a_pod() -> None:
    """Within, the pod is nowhere; afterwards it is back, whatever happened."""
    made = engine([node("a")], [pod("p", cpu=2, on="a")])
    table = made.cluster.table
    with made.without("uid-p"):
        assert table.cpu_used.tolist() == [0]
        assert table.num_instances.tolist() == [0]
    assert table.cpu_used.tolist() == [2000]
    with pytest.raises(ZeroDivisionError), made.without("uid-p"):
        raise ZeroDivisionError
    assert table.cpu_used.tolist() == [2000]


@pytest.mark.parametrize("uid", ["uid-q", ""])
def test_without_a_pod_that_is_not_there(uid: str) -> None:
    """An unknown pod, or one without a UID, is no other pod."""
    pods: list[Object] = [pod("p", cpu=2, on="a"), pod("nameless", cpu=1, on="a", uid="")]
    made = engine([node("a")], pods)
    with made.without(uid):
        assert made.cluster.table.cpu_used.tolist() == [3000]
    assert len(made.cluster.ledger) == 2


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
