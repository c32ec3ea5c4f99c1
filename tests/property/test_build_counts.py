"""Failed builds under any interleaving of failures, starts, nodes and lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.model.rejection import Rejection
from extender.state.cluster import Cluster
from extender.state.failed_builds import FailedBuilds
from extender.state.failed_feed import FailedPodSink
from extender.state.pod_feed import PodRecord, PodSink
from extender.state.recount import recount
from tests.builders import host

NOW = 100.0
HOSTS = ("a", "b")

hosts = st.sampled_from(HOSTS)
seconds = st.integers(0, 9)
examples = settings(max_examples=100, deadline=None)


@dataclass(frozen=True)
class Failure:
    """A pod that was rejected; its number tells it apart."""

    number: int
    on: str
    at: float


@dataclass(frozen=True)
class Start:
    """A container of a pod that started."""

    number: int
    on: str
    at: float


failures = st.lists(st.tuples(hosts, seconds), max_size=8).map(
    lambda found: [Failure(n, on, float(at)) for n, (on, at) in enumerate(found)]
)
starts = st.lists(st.tuples(hosts, st.floats(0, 10)), max_size=4).map(
    lambda found: [Start(n, on, at) for n, (on, at) in enumerate(found)]
)


def naive(failed: Sequence[Failure], started: Sequence[Start]) -> dict[str, int]:
    """By host, the failures that are not before the latest start, in whole seconds."""
    counts = {}
    for name in HOSTS:
        latest = max((math.floor(s.at) for s in started if s.on == name), default=-math.inf)
        counts[name] = len({f.number for f in failed if f.on == name and f.at >= latest})
    return counts


def rejection(failure: Failure) -> Rejection:
    """The failure as the watch tells it."""
    uid = f"failed-{failure.number}"
    return Rejection(
        uid=uid, owner="o", namespace="ns", name=uid, host=failure.on, reason="r", at=failure.at
    )


def record(number: int, on: str, started: float | None) -> PodRecord:
    """A pod on a host as the watch tells it."""
    uid = f"pod-{number}"
    entry = Contribution(instance=Instance(uid, "ns", uid), host=on, started=started)
    return PodRecord(uid, "ns", uid, entry, None)


class World:
    """A cluster, and what its watches deliver."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.pods = PodSink(self.cluster, nullcontext())
        self.failed = FailedPodSink(
            self.cluster.retries,
            nullcontext(),
            lambda: NOW,
            lambda _: None,
            self.cluster.build_failed,
        )

    def counts(self) -> dict[str, int]:
        """By host, as the table has it, columns and hosts alike; 0 for one it lacks."""
        table = self.cluster.table
        assert table.failed_builds.tolist() == [state.failed_builds for state in table.hosts]
        return {
            name: 0 if (row := table.row(name)) is None else int(table.failed_builds[row])
            for name in HOSTS
        }


@examples
@given(failures, starts, st.data())
def test_the_order_does_not_matter(
    failed: list[Failure], started: list[Start], data: st.DataObject
) -> None:
    """Pods, failures and nodes in any order, each any number of times: one answer."""
    events: list[Failure | Start | str] = [*failed, *started, *HOSTS]
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    world = World()
    for event in data.draw(st.permutations([*events, *again])):
        if isinstance(event, Failure):
            world.failed.upsert(rejection(event))
        elif isinstance(event, Start):
            world.pods.upsert(record(event.number, event.on, event.at))
        else:
            world.cluster.put_host(host(event))
        assert recount(world.cluster, HOSTS) == []
    assert world.counts() == naive(failed, started)


@examples
@given(failures, starts, st.booleans())
def test_a_restart_loses_nothing_that_is_there(
    failed: list[Failure], started: list[Start], pods_first: bool
) -> None:
    """What the lists have of Failed and of running pods makes the same count again."""
    world = World()
    for name in HOSTS:
        world.cluster.put_host(host(name))
    lists: list[Callable[[], None]] = [
        lambda: world.pods.replace([record(s.number, s.on, s.at) for s in started]),
        lambda: world.failed.replace([rejection(f) for f in failed]),
    ]
    for deliver in lists if pods_first else reversed(lists):
        deliver()
    assert world.counts() == naive(failed, started)
    for deliver in lists:
        deliver()
    assert world.counts() == naive(failed, started)


@examples
@given(failures, starts, st.data())
def test_what_goes_takes_nothing_back(
    failed: list[Failure], started: list[Start], data: st.DataObject
) -> None:
    """Failed pods and started ones that are deleted leave the count as it is."""
    world = World()
    for name in HOSTS:
        world.cluster.put_host(host(name))
    world.failed.replace([rejection(f) for f in failed])
    for start in started:
        world.pods.upsert(record(start.number, start.on, None))
        world.pods.upsert(record(start.number, start.on, start.at))
        if data.draw(st.booleans()):
            world.pods.delete(record(start.number, start.on, start.at))
    for failure in failed:
        if data.draw(st.booleans()):
            world.failed.delete(rejection(failure))
    world.failed.replace([])
    world.pods.replace([])
    world.cluster.count_failed_builds(False)
    assert set(world.counts().values()) == {0}
    world.cluster.count_failed_builds(True)
    assert world.counts() == naive(failed, started)


@examples
@given(failures, st.lists(st.floats(0, 10), max_size=4), st.data())
def test_the_newest_are_kept(
    failed: list[Failure], started: list[float], data: st.DataObject
) -> None:
    """Beyond the bound the oldest go, in whatever order they and the starts come."""
    bound = 3
    events: list[Failure | float] = [*failed, *started]
    builds = FailedBuilds(bound)
    builds.failed("a", "first", -1.0)
    for event in data.draw(st.permutations(events)):
        if isinstance(event, Failure):
            builds.failed("a", str(event.number), event.at)
        else:
            builds.started("a", event)
    latest = max((math.floor(at) for at in started), default=-math.inf)
    times = [-1.0, *(f.at for f in failed)]
    assert builds.count("a") == min(bound, sum(at >= latest for at in times))
