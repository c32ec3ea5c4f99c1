"""Failed pods into the retry history."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import msgspec
import pytest

from extender.kube.sink import Sink
from extender.model.rejection import Rejection
from extender.model.request_spec import SchedulerRetries
from extender.state.failed_feed import FailedPodSink, read_failed
from extender.state.retry_history import RetryHistory
from extender.translate.errors import TranslateError

NOW = 946684900.0
"""100 seconds into the year 2000."""


def failed(name: str, host: str = "a", reason: str = "OutOfcpu", second: int = 40) -> bytes:
    """A Failed pod of ReplicaSet o1, bound in that second of the year's first minute."""
    condition = {"type": "PodScheduled", "lastTransitionTime": f"2000-01-01T00:00:{second:02}Z"}
    return json.dumps(
        {
            "metadata": {
                "name": name,
                "namespace": "ns",
                "uid": f"uid-{name}",
                "ownerReferences": [{"kind": "ReplicaSet", "uid": "o1", "controller": True}],
            },
            "spec": {"nodeName": host},
            "status": {"phase": "Failed", "reason": reason, "conditions": [condition]},
        }
    ).encode()


class Lock:
    """A lock that knows whether it is held."""

    held = False

    def __enter__(self) -> None:
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False


class Feed:
    """A sink with its history, and what was told of."""

    def __init__(self) -> None:
        self.history = RetryHistory(600.0)
        self.now = NOW
        self.told: list[Rejection] = []
        self.lock = Lock()
        self.sink = FailedPodSink(self.history, self.lock, lambda: self.now, self.tell)

    def tell(self, rejection: Rejection) -> None:
        """One more, told of without the lock."""
        assert not self.lock.held
        self.told.append(rejection)

    @property
    def names(self) -> list[str]:
        """Of the pods told of."""
        return [rejection.name for rejection in self.told]

    def made(self) -> SchedulerRetries:
        """What came before for the one pod of the ReplicaSet that waits."""
        return self.history.retries("new", "ns/o1", 1)


@pytest.fixture
def feed() -> Feed:
    """An empty one."""
    return Feed()


# -- reading -------------------------------------------------------------------------------------


def test_reads_a_rejection() -> None:
    """Who, where, why and when."""
    assert read_failed(failed("p")) == Rejection(
        uid="uid-p",
        owner="ns/o1",
        namespace="ns",
        name="p",
        host="a",
        reason="OutOfcpu",
        at=NOW - 60,
    )


def test_reads_other_failures_as_nothing() -> None:
    """An eviction is not the node's refusal."""
    assert read_failed(failed("p", reason="Evicted")) is None


def test_what_cannot_be_read() -> None:
    """The error names the pod and the place."""
    with pytest.raises(TranslateError, match="Pod 'ns/p': status is a whole number"):
        read_failed(b'{"metadata": {"name": "p", "namespace": "ns"}, "status": 5}')


def test_keeps_nothing_of_the_page() -> None:
    """A rejection lives for minutes; the page of a list that it came in must not."""

    class Page(bytearray):
        """Bytes that can be watched."""

    page = Page(b'{"items": [' + failed("p") + b"]}")
    watched = weakref.ref(page)
    items = msgspec.json.decode(page, type=dict[str, list[msgspec.Raw]])["items"]
    found = read_failed(items[0])
    del page
    assert watched() is not None
    del items
    gc.collect()
    assert watched() is None
    assert found is not None


# -- the sink ------------------------------------------------------------------------------------


def test_is_a_sink(feed: Feed) -> None:
    """A reflector can be given it, and nothing happens when a list begins."""
    sink: Sink[Rejection | None] = feed.sink
    sink.listing()
    assert len(feed.history) == 0


def test_rejections_count(feed: Feed) -> None:
    """From a list and from single events; what is no rejection is passed over."""
    feed.sink.replace([read_failed(failed("1")), None, read_failed(failed("2", "b", second=41))])
    feed.sink.upsert(read_failed(failed("3", "c", second=42)))
    feed.sink.upsert(None)
    feed.sink.delete(None)
    assert feed.made() == SchedulerRetries(3, (("a", "a"), ("b", "b"), ("c", "c")), "OutOfcpu")
    assert feed.names == ["1", "2", "3"]


@pytest.mark.parametrize("way", ["upsert", "replace", "delete"])
def test_nothing_counts_twice(feed: Feed, way: str) -> None:
    """The same pod comes again with each relist and each change of its object."""
    one = read_failed(failed("1"))
    feed.sink.upsert(one)
    arrival: dict[str, Callable[[], None]] = {
        "upsert": lambda: feed.sink.upsert(one),
        "replace": lambda: feed.sink.replace([one, one]),
        "delete": lambda: feed.sink.delete(one),
    }
    arrival[way]()
    assert feed.made().num_attempts == 1
    assert feed.names == ["1"]


@pytest.mark.parametrize("listed", [[], [None], [read_failed(failed("2", "b"))]])
def test_a_deleted_pod_stays_in_the_history(feed: Feed, listed: Sequence[Any]) -> None:
    """StatefulSets delete theirs at once; only the ttl makes a rejection go."""
    one = read_failed(failed("1"))
    feed.sink.upsert(one)
    feed.sink.delete(one)
    feed.sink.replace(listed)
    assert ("a", "a") in feed.made().hosts
    # It was bound 60 seconds before now.
    feed.history.prune(NOW + 540)
    assert ("a", "a") in feed.made().hosts
    feed.history.prune(NOW + 541)
    assert ("a", "a") not in feed.made().hosts


def test_a_pod_first_seen_when_it_goes(feed: Feed) -> None:
    """It was rejected all the same."""
    feed.sink.delete(read_failed(failed("1")))
    assert feed.made().num_attempts == 1
    assert feed.names == ["1"]


def test_pods_that_failed_long_ago(feed: Feed) -> None:
    """They stay in the API for days and are neither counted nor told of."""
    feed.now = NOW + 86_400
    feed.sink.replace([read_failed(failed("1"))])
    assert (len(feed.history), feed.told) == (0, [])


def test_listener_that_fails(feed: Feed) -> None:
    """The reflector lists again, and what was taken in stays counted once."""

    def fail(_: Rejection) -> None:
        raise RuntimeError("no")

    sink = FailedPodSink(feed.history, nullcontext(), lambda: NOW, fail)
    with pytest.raises(RuntimeError):
        sink.upsert(read_failed(failed("1")))
    sink.replace([read_failed(failed("1"))])
    assert feed.made().num_attempts == 1


def test_every_rejection_is_counted(feed: Feed) -> None:
    """Also one too old for the history, and one that comes again: whoever counts knows which."""
    counted: list[tuple[str, float]] = []

    def count(rejection: Rejection, now: float) -> None:
        assert feed.lock.held
        counted.append((rejection.name, now))

    later = NOW + 86_400
    sink = FailedPodSink(feed.history, feed.lock, lambda: later, feed.tell, count)
    sink.replace([read_failed(failed("1")), None])
    sink.upsert(read_failed(failed("1")))
    sink.delete(read_failed(failed("2")))
    sink.delete(None)
    assert counted == [("1", later), ("1", later), ("2", later)]
    assert feed.told == []
