"""Asking what became of binds that were never answered."""

from __future__ import annotations

import json

import pytest

from extender.kube.errors import TransportError
from extender.translate.objects import decode_pod
from extender.translate.share import claimed
from extender.verbs.doubts import PAUSE, Doubts
from tests.unit.verbs.making import Object, engine, node, pod, raw


class Scene:
    """Claims in doubt, and an API server that can be asked about them."""

    def __init__(self, *names: str) -> None:
        self.engine = engine([node("a"), node("b")])
        self.now = 100.0
        self.pods: dict[str, Object] = {}
        self.asked: list[str] = []
        self.away = False
        self.doubts = Doubts(self.engine, self.get_pod, lambda: self.now)
        for name in names or ("new",):
            self.claim(name)

    def claim(self, name: str) -> None:
        """A bind without an answer."""
        ledger = self.engine.cluster.ledger
        entry = claimed(decode_pod(raw(pod(name, cpu=1))), "a")
        ledger.claim(entry)
        ledger.doubt(f"uid-{name}", 1000.0, entry)

    def get_pod(self, namespace: str, name: str, timeout: float) -> bytes | None:
        """Of the API server."""
        assert namespace == "default"
        assert timeout > 0
        self.asked.append(name)
        if self.away:
            raise TransportError("cut", "connection")
        found = self.pods.get(name)
        return None if found is None else json.dumps(found).encode()

    @property
    def used(self) -> list[int]:
        """Milli-cores used by host."""
        found: list[int] = self.engine.cluster.table.cpu_used.tolist()
        return found


def test_pod_that_was_bound() -> None:
    """The claim stays for the watch, and nobody asks again."""
    scene = Scene()
    scene.pods["new"] = pod("new", cpu=1, on="a")
    for _ in range(3):
        scene.doubts.run()
    assert scene.used == [1000, 0]
    assert scene.asked == ["new"]
    assert scene.engine.cluster.ledger.claims == 1


def test_pod_that_is_not_bound() -> None:
    """Seen unbound once it may be bound in a moment; seen so again later it will not be."""
    scene = Scene()
    scene.pods["new"] = pod("new", cpu=1)
    scene.doubts.run()
    scene.now += PAUSE - 0.1
    scene.doubts.run()
    assert scene.used == [1000, 0]
    scene.now += 0.1
    scene.doubts.run()
    assert scene.used == [0, 0]
    assert scene.engine.cluster.ledger.claims == 0


def test_pod_that_is_bound_after_all() -> None:
    """The request that was given up was carried out between two looks."""
    scene = Scene()
    scene.pods["new"] = pod("new", cpu=1)
    scene.doubts.run()
    scene.pods["new"] = pod("new", cpu=1, on="a")
    scene.now += 10
    scene.doubts.run()
    assert scene.used == [1000, 0]


@pytest.mark.parametrize(
    "found",
    [
        None,
        pod("new", cpu=1, uid="another"),
        pod("new", cpu=1, on="b"),
        pod("new", cpu=1, on="a", status={"phase": "Failed"}),
    ],
)
def test_pod_that_is_gone_or_elsewhere(found: Object | None) -> None:
    """It does not take anything from this host, nor will it."""
    scene = Scene()
    if found is not None:
        scene.pods["new"] = found
    scene.doubts.run()
    assert scene.used == [0, 0]


def test_api_server_that_is_away() -> None:
    """Nobody is asked about the others; all claims stay."""
    scene = Scene("one", "two")
    scene.away = True
    scene.doubts.run()
    assert scene.asked == ["one"]
    assert scene.used == [2000, 0]


def test_claimed_anew() -> None:
    """A look at an earlier claim says nothing about a later one of the same pod."""
    scene = Scene()
    scene.pods["new"] = pod("new", cpu=1)
    scene.doubts.run()
    scene.now += 10
    scene.claim("new")
    scene.doubts.run()
    assert scene.used == [1000, 0]
    scene.now += PAUSE
    scene.doubts.run()
    assert scene.used == [0, 0]


def test_pod_that_cannot_be_read() -> None:
    """It is left to the watch, and does not keep the others from being settled."""
    scene = Scene("one", "two")
    scene.pods["one"] = {"metadata": 1}
    scene.doubts.run()
    assert scene.used == [1000, 0]
    assert scene.asked == ["one", "two"]


def test_nothing_in_doubt() -> None:
    """Nobody is asked."""
    scene = Scene()
    scene.engine.cluster.ledger.confirm("uid-new")
    scene.doubts.run()
    assert scene.asked == []
