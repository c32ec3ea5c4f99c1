"""Two extenders, of which the holder of the Lease answers: it is killed, the other takes over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.e2e import objects, recount, verbs
from tests.e2e.bulk import Bulk
from tests.e2e.extender_process import Extender, start_extender
from tests.e2e.forwarder import Forwarder
from tests.e2e.objects import pod
from tests.e2e.pod_history import PodHistory
from tests.e2e.scene import Scene
from tests.e2e.scheduler_config import scheduler_config
from tests.e2e.waiting import wait_until

NODES = 40
LIMIT = 10
PLACES = NODES * LIMIT
MORE = 20
# At the default duration of the Lease.
TAKEN_OVER_WITHIN = 20.0
CONFIG = {
    "server": {"mode": "standalone"},
    "filter_scheduler": {
        "max_instances_per_host": LIMIT,
        "ram_weight_multiplier": -1.0,
        "cpu_weight_multiplier": 0.0,
        "enabled_filters": ["CoreFilter", "RamFilter", "ComputeFilter", "NumInstancesFilter"],
    },
}


class Replicas:
    """Two extenders behind one address, and a kube-scheduler that knows no other."""

    def __init__(self, scene: Scene, workdir: Path) -> None:
        self.both = [
            start_extender(
                workdir,
                scene.control_plane.kubeconfig,
                CONFIG,
                name=name,
                wait=False,
                env={"POD_NAME": name, "POD_NAMESPACE": "default"},
            )
            for name in ("replica-a", "replica-b")
        ]

    def leader(self) -> Extender | None:
        """The one that answers the verbs."""
        found = [each for each in self.both if self.answers(each)]
        assert len(found) < 2, "both answer"
        return found[0] if found else None

    def other(self, one: Extender) -> Extender:
        """The one that is not `one`."""
        return next(each for each in self.both if each is not one)

    @staticmethod
    def answers(extender: Extender) -> bool:
        """Whether it answers filter rather than 503, or nothing at all."""
        body = verbs.filter_body(
            {"metadata": {"name": "x", "namespace": "default", "uid": "x"}}, []
        )
        try:
            status, _, _ = verbs.ask(extender.url, "filter", body, timeout=5)
        except OSError:
            return False
        assert status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}
        return status == HTTPStatus.OK

    def stop(self) -> None:
        """Stop both."""
        for each in self.both:
            each.stop()


@pytest.fixture
def replicas(scene: Scene, tmp_path: Path) -> Iterator[Replicas]:
    """Two replicas of which one leads."""
    scene.nodes(*(objects.node(f"n{number:02}", "64", "256Gi") for number in range(NODES)))
    made = Replicas(scene, tmp_path)
    try:
        wait_until(made.leader, 60, "one of the two answering")
        yield made
    finally:
        made.stop()
        scene.control_plane.stop("kube-scheduler")
        scene.api.delete("Lease", "nova-extender")


@pytest.mark.timeout(300)
def test_the_other_takes_over_from_one_that_was_killed(scene: Scene, replicas: Replicas) -> None:
    """Killed amid 420 pods for 400 places: answered again within 20 s, and no limit is broken."""
    leader = replicas.leader()
    assert leader is not None
    follower = replicas.other(leader)
    with (
        Forwarder(replicas.both) as forwarder,
        PodHistory(scene.api) as history,
        Bulk(scene.api) as bulk,
    ):
        scene.control_plane.start_scheduler(scheduler_config(forwarder.url, bind=True))
        created = bulk.begin(
            pod(f"p{number:03}", "100m", "64Mi") for number in range(PLACES + MORE)
        )
        history.wait_bound(PLACES // 4, 60)
        leader.kill()
        killed = time.monotonic()
        wait_until(lambda: replicas.answers(follower), TAKEN_OVER_WITHIN, "the other answering")
        took = time.monotonic() - killed
        list(created)
        history.wait_bound(PLACES, 120)
        # Whoever comes back is not the leader any more.
        leader.process.start()
        wait_until(lambda: leader.process.alive, 5, "the killed one started again")
        time.sleep(5)
        assert not replicas.answers(leader)
        assert replicas.answers(follower)
        pods = history.latest()
        assert len(pods) == PLACES + MORE
        assert sum(bool(state.node) for state in pods.values()) == PLACES
        assert history.excesses(LIMIT) == []
        assert history.moved() == []
    recount.wait_equal(scene.api, follower.debug_url)
    print(f"\nhand-over after a crash: {took:.1f} s")


@pytest.mark.timeout(300)
def test_one_that_is_asked_to_end_hands_over_at_once(scene: Scene, replicas: Replicas) -> None:
    """A leader that ends in order gives its Lease back: nobody waits until it has run out."""
    leader = replicas.leader()
    assert leader is not None
    follower = replicas.other(leader)
    held = scene.api.get("Lease", "nova-extender")["spec"]["holderIdentity"]
    assert held
    began = time.monotonic()
    leader.stop()
    wait_until(lambda: replicas.answers(follower), TAKEN_OVER_WITHIN, "the other answering")
    print(f"\nhand-over in order: {time.monotonic() - began:.1f} s")
    assert scene.api.get("Lease", "nova-extender")["spec"]["holderIdentity"] != held
