"""Pods into the cluster, as list/watch and files deliver them."""

from __future__ import annotations

import pytest

from extender.model.contribution import Contribution
from extender.model.host_state import Instance
from extender.state.pod_feed import PodRecord, read_pod
from extender.translate.errors import TranslateError
from tests.unit.state.making import Feed
from tests.unit.verbs.making import pod, raw


@pytest.fixture
def feed() -> Feed:
    """An empty one."""
    return Feed()


# -- reading pods -------------------------------------------------------------------------


def test_bound_pod() -> None:
    """A pod on a node is its share of it, and is not kept otherwise."""
    told: list[str] = []
    record = read_pod(raw(pod("p", cpu="1500m", memory="1Mi", disk="1k", on="a")), told.append)
    assert record == PodRecord(
        "uid-p",
        "default",
        "p",
        Contribution(
            instance=Instance("uid-p", "default", "p"),
            host="a",
            milli_vcpus=1500,
            memory=1 << 20,
            disk=1000,
        ),
        None,
    )
    assert told == []


def test_pending_pod() -> None:
    """A pod without a node is its JSON, to be judged when somebody asks."""
    data = raw(pod("p", cpu=1))
    record = read_pod(data, print)
    assert (record.entry, record.pending) == (None, bytes(data))


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
@pytest.mark.parametrize("on", [None, "a"])
def test_ended_pod(phase: str, on: str | None) -> None:
    """A pod that has ended takes nothing and waits for nothing."""
    record = read_pod(raw(pod("p", cpu=1, on=on, status={"phase": phase})), print)
    assert (record.entry, record.pending) == (None, None)


def test_pod_without_uid() -> None:
    """Only in files written by hand: namespace and name stand in, in the ledger too."""
    record = read_pod(raw(pod("p", on="a", uid="")), print)
    assert record.uid == "default/p"
    assert record.entry is not None
    assert record.entry.instance.uuid == "default/p"


def test_pod_with_amounts_that_cannot_be_read() -> None:
    """A bound pod's bad amount counts as 0 and is told of, with its place and what is right."""
    told: list[str] = []
    record = read_pod(raw(pod("p", cpu="many", memory="1Mi", on="a")), told.append)
    assert record.entry is not None
    assert (record.entry.milli_vcpus, record.entry.memory) == (0, 1 << 20)
    (text,) = told
    assert text.startswith("pod default/p: spec.containers['main'].resources.requests.cpu: 'many'")
    assert "accepted: a decimal number" in text
    assert text.endswith("counted as absent")


def test_pod_that_cannot_be_read_at_all() -> None:
    """A wrong type is an error that names the pod and the place."""
    with pytest.raises(TranslateError, match=r"Pod 'default/p': spec is a whole number; accepted"):
        read_pod(raw({**pod("p"), "spec": 5}), print)


# -- pods into the ledger -----------------------------------------------------------------


def test_life_of_a_pod(feed: Feed) -> None:
    """Pending, bound, ended, deleted: where it stands follows each event."""
    feed.put_node("a")
    feed.pods.upsert(feed.pod("p", cpu=1))
    assert set(feed.cluster.pending) == {("default", "p")}
    assert feed.used("a") == 0
    feed.pods.upsert(feed.pod("p", cpu=1, on="a"))
    assert feed.cluster.pending == {}
    assert feed.used("a") == 1000
    feed.pods.upsert(feed.pod("p", cpu=1, on="a", status={"phase": "Succeeded"}))
    assert feed.used("a") == 0
    feed.pods.delete(feed.pod("p", cpu=1, on="a"))
    assert feed.used("a") == 0
    assert len(feed.cluster.ledger) == 0


def test_deleted_pods(feed: Feed) -> None:
    """A deleted pod is gone whether it waited or was bound; once more is no error."""
    feed.put_node("a")
    feed.pods.upsert(feed.pod("waits", cpu=1))
    feed.pods.upsert(feed.pod("runs", cpu=1, on="a"))
    for name in ("waits", "runs", "never-there", "waits"):
        feed.pods.delete(feed.pod(name, on="a"))
    assert feed.cluster.pending == {}
    assert feed.used("a") == 0


def test_changed_pending_pod(feed: Feed) -> None:
    """The newest JSON counts."""
    feed.pods.upsert(feed.pod("p", cpu=1))
    feed.pods.upsert(feed.pod("p", cpu=2))
    assert b'"cpu": 2' in feed.cluster.pending["default", "p"]


def test_pod_made_anew_under_its_name(feed: Feed) -> None:
    """Deleted and created again with another UID: the new one waits."""
    feed.pods.upsert(feed.pod("p", uid="1"))
    feed.pods.delete(feed.pod("p", uid="1"))
    feed.pods.upsert(feed.pod("p", uid="2"))
    assert b'"uid": "2"' in feed.cluster.pending["default", "p"]


def test_late_news_of_a_former_pod(feed: Feed) -> None:
    """What happens to the pod that bore the name before takes nothing from the one that has it."""
    feed.pods.upsert(feed.pod("p", uid="1"))
    feed.pods.upsert(feed.pod("p", uid="2"))
    feed.pods.delete(feed.pod("p", uid="1"))
    assert b'"uid": "2"' in feed.cluster.pending["default", "p"]
    feed.pods.delete(feed.pod("p", uid="2"))
    assert feed.cluster.pending == {}


def test_replaced_pods(feed: Feed) -> None:
    """A whole list anew: whoever is not in it is gone, bound or pending."""
    feed.put_node("a")
    for record in (feed.pod("1", on="a", cpu=1), feed.pod("2", on="a", cpu=2), feed.pod("3")):
        feed.pods.upsert(record)
    feed.pods.replace([feed.pod("2", on="a", cpu=3), feed.pod("4")])
    assert feed.used("a") == 3000
    assert set(feed.cluster.pending) == {("default", "4")}
    feed.pods.delete(feed.pod("4"))
    assert feed.cluster.pending == {}
    feed.pods.replace([])
    assert feed.used("a") == 0


# -- nodes into the table -----------------------------------------------------------------
