"""What metrics.k8s.io tells, into the cluster."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.host_state import HostState
from extender.model.measured import measured
from extender.model.metrics import Capacity, HostMetric, NodeUsage
from extender.state.cluster import Cluster
from extender.state.observed_metrics import AT_ONCE, ObservedMetricsSink
from tests.builders import host

TEN = Capacity(milli_vcpus=10_000, memory=1000)


class Lock:
    """A lock that knows whether it is held, and how often it was taken."""

    held = False
    taken = 0

    def __enter__(self) -> None:
        self.held = True
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self.held = False


class Feed:
    """A sink with its cluster."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.lock = Lock()
        self.pauses = 0
        self.sink = ObservedMetricsSink(self.cluster, self.lock, self.pause)

    def pause(self) -> None:
        """Between two lots, with the lock free."""
        assert not self.lock.held
        self.pauses += 1

    def put(self, *names: str, capacity: Capacity = TEN) -> None:
        """Nodes, new or changed."""
        for name in names:
            self.cluster.put_host(host(name, capacity=capacity))

    def of(self, name: str) -> dict[str, float]:
        """The metrics of a host."""
        row = self.cluster.table.index[name]
        return {m.name: m.value for m in self.cluster.table.host_state(row).metrics}

    def column(self) -> list[float]:
        """cpu.percent of all hosts, -1 where it is missing."""
        values = measured(self.cluster.table, "cpu.percent", None, 0)
        found: list[float] = np.nan_to_num(values, nan=-1.0).tolist()
        return found


@pytest.fixture
def feed() -> Feed:
    """One with hosts a and b."""
    made = Feed()
    made.put("a", "b")
    return made


def usage(name: str, cores: int | None = None, memory: int | None = None) -> NodeUsage:
    """So many cores and bytes in use, in second 5."""
    nano = 10**9
    return NodeUsage(
        name,
        5.0,
        None if cores is None else cores * nano,
        None if memory is None else memory * nano,
    )


def test_metrics_of_hosts(feed: Feed) -> None:
    """Shares of what each node has; columns that exist follow."""
    assert feed.column() == [-1.0, -1.0]
    feed.sink.replace([usage("a", 2, 500), usage("b", 1)])
    assert feed.of("a") == {"cpu.percent": 20.0, "memory.percent": 50.0}
    assert feed.of("b") == {"cpu.percent": 10.0}
    assert feed.column() == [20.0, 10.0]
    feed.sink.replace([usage("a", 3), usage("b", 1)])
    assert feed.of("a") == {"cpu.percent": 30.0}
    assert feed.column() == [30.0, 10.0]


def test_hosts_that_are_not_told_of_any_more(feed: Feed) -> None:
    """Their metrics go."""
    feed.sink.replace([usage("a", 2), usage("b", 1)])
    feed.sink.replace([usage("b", 1)])
    assert (feed.of("a"), feed.column()) == ({}, [-1.0, 10.0])
    feed.sink.replace([])
    assert (feed.of("b"), feed.cluster.usages) == ({}, {})


def test_a_node_translated_anew_keeps_them(feed: Feed) -> None:
    """Its own object tells nothing of them, but how much it has."""
    feed.sink.replace([usage("a", 2)])
    feed.put("a")
    assert feed.of("a") == {"cpu.percent": 20.0}
    feed.put("a", capacity=Capacity(milli_vcpus=4000))
    assert feed.of("a") == {"cpu.percent": 50.0}
    assert feed.column() == [50.0, -1.0]


def test_a_node_that_comes_later(feed: Feed) -> None:
    """Metrics may be told before the node, and a node may go and come back."""
    feed.sink.replace([usage("late", 2), usage("a", 2)])
    feed.put("late")
    assert feed.of("late") == {"cpu.percent": 20.0}
    feed.cluster.remove_host("a")
    feed.sink.replace([usage("a", 4)])
    feed.put("a")
    assert feed.of("a") == {"cpu.percent": 40.0}


def test_the_annotation_wins(feed: Feed) -> None:
    """What the node itself reports of a name is left in force."""
    own = (HostMetric("cpu.percent", 99.0),)
    feed.cluster.put_host(host("a", capacity=TEN, reported_metrics=own))
    feed.sink.replace([usage("a", 2, 500)])
    assert feed.of("a") == {"cpu.percent": 99.0, "memory.percent": 50.0}


def test_changed_aggregates_leave_them(feed: Feed) -> None:
    """And so does use that changes."""
    feed.sink.replace([usage("a", 2)])
    feed.cluster.replace_aggregates([])
    row = feed.cluster.table.index["a"]
    feed.cluster.table.usage_changed(feed.cluster.table.host_state(row))
    assert feed.of("a") == {"cpu.percent": 20.0}
    copied: HostState = feed.cluster.table.copy().host_state(row)
    assert copied.metrics == feed.cluster.table.host_state(row).metrics


def test_says_whether_a_host_gained_one(feed: Feed) -> None:
    """A metric of a name that it lacked; another value, or one less, is no gain."""
    assert feed.sink.replace([usage("a", 2)])
    assert not feed.sink.replace([usage("a", 3)])
    assert not feed.sink.replace([usage("unknown", 3), usage("a", 3)])
    assert feed.sink.replace([usage("a", 3, 500)])
    assert not feed.sink.replace([usage("a", 3)])
    assert feed.sink.replace([usage("a", 3), usage("b", 3)])
    assert not feed.sink.replace([])
    assert feed.sink.replace([usage("b", 3)])


def test_a_node_named_twice(feed: Feed) -> None:
    """The last one counts."""
    feed.sink.replace([usage("a", 2), usage("a", 5)])
    assert feed.of("a") == {"cpu.percent": 50.0}


def test_the_lock_is_not_held_for_long(feed: Feed) -> None:
    """Many hosts are written a lot at a time, with a pause after each."""
    names = [f"n{number}" for number in range(3 * AT_ONCE)]
    feed.put(*names)
    feed.lock.taken = 0
    feed.sink.replace([usage(name, 1) for name in names])
    assert (feed.lock.taken, feed.pauses) == (4, 3)
    assert feed.of(names[-1]) == {"cpu.percent": 10.0}
