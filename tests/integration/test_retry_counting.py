"""ReplicaSets whose pods are rejected: how many fail before they run, or before nobody is tried.

A small world: pods are bound where the history and ``max_attempts`` let them, kubelets take them or
reject them, and every rejected pod is replaced at once by a new one of the same ReplicaSet. The
scheduler is at its worst: it likes broken nodes best, for nothing runs there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.flavor import Flavor
from extender.model.groups import InstanceGroup
from extender.model.options import TranslateOptions
from extender.model.request_spec import SchedulerRetries
from extender.state.failed_feed import read_failed
from extender.state.retry_history import RetryHistory
from extender.translate.objects import Pod, decode_pod
from extender.translate.pod import request_spec
from extender.translate.share import contribution

TTL = 600.0
START = 946684800
"""The year 2000, in seconds since the epoch."""

Json = dict[str, Any]


def text(second: int) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(START + second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """One ReplicaSet, its nodes, and the extender's history of it.

    Args:
        replicas: how many pods are wanted.
        nodes: all of them, those that the scheduler likes best first.
        broken: those that reject every pod.
        parallel: how many pods are bound within a second, before any kubelet answers.
        unlucky: numbers of bindings, from 1, that are rejected wherever they go.
        takes: seconds until a container starts.
    """

    def __init__(
        self,
        replicas: int,
        nodes: Iterable[str],
        broken: Iterable[str] = (),
        parallel: int = 1,
        unlucky: Iterable[int] = (),
        takes: int = 1,
    ) -> None:
        self.nodes, self.broken = list(nodes), set(broken)
        self.parallel, self.unlucky, self.takes = parallel, set(unlucky), takes
        self.history = RetryHistory(TTL)
        self.second = 0
        self.bindings = 0
        self.made = 0
        self.pods: dict[str, Json] = {}
        self.starting: dict[str, int] = {}
        self.running: set[str] = set()
        self.failed: list[str] = []
        self.refusals: dict[str, str] = {}
        for _ in range(replicas):
            self.create()

    # -- the API ---------------------------------------------------------------------------

    def create(self) -> None:
        """One more pod, pending."""
        self.made += 1
        owner = {"kind": "ReplicaSet", "name": "rs", "uid": "rs", "controller": True}
        name = f"p{self.made}"
        self.pods[name] = {
            "metadata": {
                "name": name,
                "namespace": "default",
                "uid": name,
                "creationTimestamp": text(self.second),
                "ownerReferences": [owner],
            },
            "spec": {"containers": [{"name": "main"}]},
            "status": {"phase": "Pending"},
        }

    def raw(self, name: str) -> bytes:
        """A pod's JSON."""
        return json.dumps(self.pods[name]).encode()

    def pending(self) -> list[str]:
        """Pods that are not bound."""
        return [name for name, pod in self.pods.items() if "nodeName" not in pod["spec"]]

    # -- model.lookup.Lookup ---------------------------------------------------------------

    def flavor(self, name: str) -> Flavor | None:
        """None."""

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """None."""

    def instance_hosts(self, namespace: str, names: tuple[str, ...]) -> frozenset[str]:
        """No hint names any."""
        del namespace, names
        return frozenset()

    def supports_policy(self, policy: str) -> bool:
        """None."""
        return not policy

    def retries(
        self, instance_uuid: str, owner: str, noted: SchedulerRetries | None
    ) -> SchedulerRetries:
        """From the history, as ``ClusterLookup`` does."""
        unstarted = sum(n not in self.failed and n not in self.running for n in self.pods)
        return self.history.retries(instance_uuid, owner, unstarted, noted)

    # -- what happens ----------------------------------------------------------------------

    def choose(self, pod: Pod) -> str | None:
        """The node for a pod, by RetryFilter and max_attempts; ``None`` where it must wait."""
        spec = request_spec(pod, TranslateOptions(), self)
        if spec.refusal is not None:
            self.refusals[pod.name] = spec.refusal.detail
            return None
        tried = {host for host, _ in spec.retry.hosts} if spec.retry else set()
        return next((node for node in self.nodes if node not in tried), None)

    def step(self) -> bool:
        """One second: containers start, some pods are bound and kubelets answer. Was there any?"""
        due = [name for name, second in self.starting.items() if second <= self.second]
        for name in due:
            self.start(name)
        bound: list[str] = []
        for name in self.pending():
            if len(bound) == self.parallel:
                break
            node = self.choose(decode_pod(self.raw(name)))
            if node is not None:
                self.pods[name]["spec"]["nodeName"] = node
                condition = {"type": "PodScheduled", "lastTransitionTime": text(self.second)}
                self.pods[name]["status"]["conditions"] = [condition]
                bound.append(name)
        for name in bound:
            self.bindings += 1
            if self.pods[name]["spec"]["nodeName"] in self.broken or self.bindings in self.unlucky:
                self.reject(name)
            else:
                self.starting[name] = self.second + self.takes
        self.second += 1
        self.history.prune(START + self.second)
        return bool(bound or due or self.starting)

    def reject(self, name: str) -> None:
        """The kubelet does not take the pod, and the ReplicaSet makes another one at once."""
        self.pods[name]["status"] |= {"phase": "Failed", "reason": "OutOfcpu"}
        self.failed.append(name)
        found = read_failed(self.raw(name))
        assert found is not None
        assert self.history.rejected(found, START + self.second)
        self.create()

    def start(self, name: str) -> None:
        """The pod's container starts."""
        state = {"running": {"startedAt": text(self.starting.pop(name))}}
        self.pods[name]["status"] |= {
            "phase": "Running",
            "containerStatuses": [{"name": "main", "state": state}],
        }
        self.running.add(name)
        found = contribution(decode_pod(self.raw(name)))
        assert found is not None
        assert found.started is not None
        self.history.note_start(found.owner, found.started)

    def run(self) -> World:
        """On until nothing is bound any more."""
        while self.step():
            assert self.bindings < 10_000
        return self

    def restart(self) -> None:
        """A new extender, which knows what the API tells."""
        self.history = RetryHistory(TTL)
        for name in reversed(self.pods):
            if name in self.failed:
                found = read_failed(self.raw(name))
                assert found is not None
                self.history.rejected(found, START + self.second)
            elif (entry := contribution(decode_pod(self.raw(name)))) and entry.started:
                self.history.note_start(entry.owner, entry.started)


def nodes(number: int, prefix: str = "n") -> list[str]:
    """So many names."""
    return [f"{prefix}{index}" for index in range(number)]


# -- nobody takes them ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replicas", "parallel", "failed"),
    [
        # One replica: as in Nova, three attempts and no fourth.
        (1, 1, 3),
        # One after the other: with r rejections each has made ⌈r/3⌉ attempts, so the last one to be
        # bound is that after six, which is the seventh.
        (3, 1, 7),
        # All at once: three rounds of three.
        (3, 3, 9),
        # ⌈r/10⌉ ≤ 2 up to r = 20: rounds of five after 0, 5, 10, 15 and 20.
        (10, 5, 25),
        (200, 200, 600),
        (200, 1, 401),
    ],
)
def test_all_nodes_reject(replicas: int, parallel: int, failed: int) -> None:
    """At most max_attempts Failed pods for each replica, however many nodes are left to try."""
    bad = nodes(1000)
    world = World(replicas, bad, bad, parallel).run()
    assert len(world.failed) == failed
    assert failed <= 3 * replicas
    assert len(world.pending()) == replicas
    assert set(world.refusals) == set(world.pending())


def test_nodes_run_out_first() -> None:
    """With two nodes there is nowhere to go after two attempts; the pod just waits."""
    world = World(1, ["a", "b"], ["a", "b"]).run()
    assert (len(world.failed), world.refusals) == (2, {})


def test_the_refusal_is_novas() -> None:
    """Who waits in vain is told why."""
    world = World(1, nodes(9), nodes(9)).run()
    assert world.refusals == {
        "p4": "Exceeded max scheduling attempts 3 for instance p4. Last exception: OutOfcpu"
    }


def test_it_ends_with_the_ttl() -> None:
    """After ten minutes nodes may have recovered, and so they are tried again."""
    world = World(1, nodes(9), nodes(9)).run()
    world.broken.clear()
    assert not world.step()
    world.second += 601
    world.step()
    world.run()
    assert len(world.running) == 1
    assert len(world.failed) == 3


# -- somebody does -------------------------------------------------------------------------------


@pytest.mark.parametrize("parallel", [1, 3, 50, 200])
@pytest.mark.parametrize("first", [1, 100, 198])
def test_three_rejections_among_200(first: int, parallel: int) -> None:
    """At the start, in the middle or at the end: three replacements, none of them locked out."""
    world = World(200, nodes(10), parallel=parallel, unlucky=range(first, first + 3)).run()
    assert (len(world.failed), len(world.running)) == (3, 200)
    assert world.refusals == {}


@pytest.mark.parametrize("parallel", [1, 2, 7, 200])
@pytest.mark.parametrize("replicas", [1, 2, 3, 20, 200])
def test_two_nodes_of_four_are_broken(replicas: int, parallel: int) -> None:
    """All replicas run in the end, and no more than two Failed pods were made for each."""
    world = World(replicas, ["bad1", "bad2", "good1", "good2"], ["bad1", "bad2"], parallel).run()
    assert len(world.running) == replicas
    assert world.refusals == {}
    assert len(world.failed) == 2 * replicas


def test_a_node_too_many_is_broken() -> None:
    """With three of four broken, one replica has used up its attempts, as in Nova."""
    world = World(1, ["bad1", "bad2", "bad3", "good"], ["bad1", "bad2", "bad3"]).run()
    assert (len(world.failed), len(world.running), len(world.refusals)) == (3, 0, 1)


def test_starts_in_the_second_of_the_rejections() -> None:
    """Known limit: such rejections still count, for ten minutes, and may be one too many."""
    # Three are rejected in second 0. Two replacements start in that second and one is left: with
    # three rejections to itself it has used up its attempts.
    world = World(3, nodes(9), parallel=3, unlucky=[1, 2, 3], takes=0)
    world.step()
    world.second, world.parallel = 0, 2
    world.step()
    world.second = 0
    world.run()
    assert (len(world.running), len(world.refusals)) == (2, 1)
    world.second += 601
    world.step()
    world.run()
    assert len(world.running) == 3


@given(
    replicas=st.integers(1, 12),
    parallel=st.integers(1, 12),
    good=st.integers(0, 3),
    broken=st.integers(0, 2),
    unlucky=st.integers(0, 30),
    takes=st.integers(1, 60),
)
def test_any_replica_set(
    replicas: int, parallel: int, good: int, broken: int, unlucky: int, takes: int
) -> None:
    """With two broken nodes at most every pod runs where one is good, and few fail for it."""
    bad = nodes(broken, "bad")
    world = World(replicas, bad + nodes(good, "good"), bad, parallel, takes=takes).run()
    assert len(world.failed) <= 3 * replicas
    assert len(world.running) == (replicas if good else 0)
    one_off = World(replicas, nodes(good + 1), parallel=parallel, unlucky=[unlucky]).run()
    assert len(one_off.failed) == (1 <= unlucky <= replicas)


@pytest.mark.parametrize("steps", range(1, 12))
def test_a_restart_in_between(steps: int) -> None:
    """A new extender decides as the old one would have, from what the API tells."""
    bad = nodes(2, "bad")

    def world() -> World:
        return World(4, bad + nodes(2), bad, parallel=2)

    went_on, restarted = world(), world()
    for _ in range(steps):
        went_on.step()
        restarted.step()
    restarted.restart()
    went_on.run()
    restarted.run()
    assert restarted.failed == went_on.failed
    assert restarted.running == went_on.running
