"""Looking after what is known."""

from __future__ import annotations

import pytest

from extender.model.request_spec import SchedulerRetries
from extender.translate.objects import decode_pod
from extender.translate.share import claimed
from extender.verbs.engine import Engine
from extender.verbs.upkeep import Upkeep
from tests.unit.verbs.making import engine, node, pod, raw


class Scene:
    """An engine, and what was told of it."""

    def __init__(self, made: Engine) -> None:
        self.engine = made
        self.heard: float | None = None
        self.expired: list[int] = []
        self.drifts: list[int] = []
        self.aged: list[str] = []
        self.told: list[str] = []
        self.upkeep = Upkeep(
            made,
            lambda: self.heard,
            expired=self.expired.append,
            drifted=self.drifts.append,
            aged=self.aged.append,
            tell=self.told.append,
        )

    def claim(self, until: float) -> None:
        """A bind whose answer never came."""
        ledger = self.engine.cluster.ledger
        ledger.claim(claimed(decode_pod(raw(pod("new", cpu=2))), "a"))
        ledger.doubt("uid-new", until)

    @property
    def used(self) -> list[int]:
        """Milli-cores used by host."""
        used: list[int] = self.engine.cluster.table.cpu_used.tolist()
        return used


@pytest.fixture
def scene() -> Scene:
    """One node, nothing on it."""
    return Scene(engine([node("a")]))


def test_claims_lapse_by_the_watch_alone(scene: Scene) -> None:
    """However late it is: as long as the watch is silent, a claim stays."""
    scene.claim(until=100.0)
    for heard in (None, 50.0, 100.0):
        scene.heard = heard
        scene.upkeep.run()
        assert scene.used == [2000]
    scene.heard = 100.5
    scene.upkeep.run()
    assert scene.used == [0]
    (told,) = scene.told
    assert told == (
        "the claim of pod default/new on node a was given up: its Binding was never answered, and "
        "the watch does not show it"
    )
    assert scene.expired == [0, 0, 0, 1]


def test_nothing_is_told_twice(scene: Scene) -> None:
    """What expired is counted once."""
    scene.claim(until=100.0)
    scene.heard = 200.0
    for _ in range(3):
        scene.upkeep.run()
    assert scene.expired == [1, 0, 0]
    assert len(scene.told) == 1


def test_history_that_ages_out(scene: Scene) -> None:
    """Pods that waited for it are to be woken, once."""
    retries = scene.engine.cluster.retries
    retries.bind_failed("u", "u", "a", "no", 0.0)
    assert retries.retries("u", "u", 1) == SchedulerRetries(1, (("a", "a"),), "no")
    for _ in range(2):
        scene.upkeep.run()
    assert scene.aged == ["retry history aged out"]
    assert retries.retries("u", "u", 1).hosts == ()


def test_recount(scene: Scene) -> None:
    """A wrong sum is counted, told of and mended; a right one is not."""
    scene.upkeep.recount()
    assert (scene.drifts, scene.told) == ([], [])
    scene.engine.cluster.table.host_state(0).cpu.used = 1500
    scene.upkeep.recount()
    assert scene.drifts == [1]
    assert len(scene.told) == 1
    assert scene.told[0].startswith("recount: ")
    assert "a" in scene.told[0]
    scene.upkeep.recount()
    assert scene.drifts == [1]
    assert scene.engine.cluster.table.host_state(0).cpu.used == 0


def test_choices_run_out(scene: Scene) -> None:
    """A host chosen for a pod that nobody bound: free again, counted, and others are woken."""
    made = scene.engine
    entry = claimed(decode_pod(raw(pod("new", cpu=2))), "a")
    made.cluster.provisional.claim(entry, made.scheduler.clock())
    scene.upkeep.run()
    assert (scene.used, scene.expired, scene.aged) == ([2000], [0], [])
    for _ in range(30):
        made.scheduler.clock()
    scene.upkeep.run()
    assert (scene.used, scene.expired) == ([0], [0, 1])
    assert scene.aged == ["a chosen host was not bound to in time"]
    assert scene.told == []
