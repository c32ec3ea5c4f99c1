"""Pods that others have bound while our watch did not show it yet."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from extender.kube.errors import KubeError, TransportError
from extender.verbs.engine import Engine
from extender.verbs.refresh import FRESH, SOON, Refresher, adopt
from tests.unit.verbs.making import Object, engine, node, pod


def raws(*pods: Object) -> list[bytes]:
    """A list as it comes."""
    return [json.dumps(value).encode() for value in pods]


def used(made: Engine) -> list[int]:
    """Milli-cores used by host."""
    found: list[int] = made.cluster.table.cpu_used.tolist()
    return found


def test_unknown_pods_count() -> None:
    """Those that the watch has not shown; others are left as they are known."""
    made = engine([node("a")], [pod("known", cpu=1, on="a")])
    changed = pod("known", cpu=3, on="a")
    assert adopt(made, raws(changed, pod("new", cpu=2, on="a")), 50.0) == 1
    assert used(made) == [3000]
    assert adopt(made, raws(pod("new", cpu=2, on="a")), 50.0) == 0


def test_what_does_not_count_is_not_taken_in() -> None:
    """Pending pods, ended ones, and those that cannot be read."""
    made = engine([node("a")])
    ended = pod("ended", cpu=1, on="a", status={"phase": "Failed"})
    assert adopt(made, [*raws(pod("pending", cpu=1), ended), b'{"metadata": 1}'], 50.0) == 0
    assert used(made) == [0]


def test_they_lapse() -> None:
    """A pod that was deleted while the list was on its way does not stay for ever."""
    made = engine([node("a")])
    adopt(made, raws(pod("new", cpu=2, on="a")), 50.0)
    assert made.cluster.ledger.lapse(50.0 + SOON) == []
    assert len(made.cluster.ledger.lapse(50.1 + SOON)) == 1
    assert used(made) == [0]


class Lists:
    """A server of lists that counts them."""

    def __init__(self, fault: Callable[[], KubeError | None] = lambda: None) -> None:
        self.asked = 0
        self.fault = fault
        self.go = threading.Event()
        self.go.set()

    def __call__(self) -> list[bytes]:
        """One list."""
        self.asked += 1
        assert self.go.wait(5)
        error = self.fault()
        if error is not None:
            raise error
        return raws(pod("theirs", cpu=2, on="a"))


@pytest.fixture
def made() -> Engine:
    """One node."""
    return engine([node("a")])


def test_one_list_serves_many(made: Engine) -> None:
    """Binds that come while a list is under way, or shortly after it began, share it."""
    now = [100.0]
    refresher, lists = Refresher(made, lambda: now[0]), Lists()
    lists.go.clear()
    threads = [
        threading.Thread(target=refresher.look, args=("node", "a", lists, 5.0)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    lists.go.set()
    for thread in threads:
        thread.join()
    assert lists.asked == 1
    assert used(made) == [2000]
    now[0] += FRESH
    refresher.look("node", "a", lists, 5.0)
    assert lists.asked == 1
    now[0] += 0.1
    refresher.look("node", "a", lists, 5.0)
    assert lists.asked == 2


def test_lists_of_other_things_are_apart(made: Engine) -> None:
    """A node and a namespace of the same name are not the same list."""
    refresher, lists = Refresher(made), Lists()
    for what, name in (("node", "a"), ("namespace", "a"), ("node", "b")):
        refresher.look(what, name, lists, 5.0)
    assert lists.asked == 3


def test_list_that_fails(made: Engine) -> None:
    """Everybody who waited for it is told; the next one asks anew."""
    errors: list[KubeError | None] = [TransportError("cut", "connection"), None]
    refresher, lists = Refresher(made), Lists(lambda: errors.pop(0))
    with pytest.raises(TransportError, match="cut"):
        refresher.look("node", "a", lists, 5.0)
    refresher.look("node", "a", lists, 5.0)
    assert lists.asked == 2


def test_list_that_takes_too_long(made: Engine) -> None:
    """Who waits for somebody else's list waits no longer than there is time."""
    refresher, lists = Refresher(made), Lists()
    lists.go.clear()
    first = threading.Thread(target=refresher.look, args=("node", "a", lists, 5.0))
    first.start()
    while not lists.asked:
        pass
    with pytest.raises(TransportError, match="node a in time"):
        refresher.look("node", "a", lists, 0.05)
    lists.go.set()
    first.join()


def test_broken_list_leaves_nobody_waiting(made: Engine) -> None:
    """An error of ours ends the list, too."""

    def broken() -> list[bytes]:
        raise RuntimeError("broken")

    refresher = Refresher(made)
    with pytest.raises(RuntimeError):
        refresher.look("node", "a", broken, 5.0)
    refresher.look("node", "a", Lists(), 5.0)
    assert used(made) == [2000]
