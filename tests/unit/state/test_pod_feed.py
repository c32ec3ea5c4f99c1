"""Pods into the cluster, as list/watch and files deliver them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.model.rejection import Rejection
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
            owner="uid-p",
        ),
        None,
        owner="uid-p",
    )
    assert told == []


def test_pending_pod() -> None:
    """A pod without a node is its JSON, to be judged when somebody asks."""
    data = raw(pod("p", cpu=1))
    record = read_pod(data, print)
    assert (record.entry, record.pending) == (None, bytes(data))


def test_nominated_pod() -> None:
    """A pending pod counts on the node that is being made free for it as if it were there."""
    value = pod("p", cpu=1, status={"nominatedNodeName": "a"})
    record = read_pod(raw(value), print)
    assert record.entry is None
    assert record.nominated is not None
    assert (record.nominated.host, record.nominated.milli_vcpus) == ("a", 1000)
    assert record.nominated.io_op
    assert read_pod(raw(pod("p", cpu=1)), print).nominated is None


def test_nominated_pod_that_is_bound_or_has_ended() -> None:
    """Then the nomination is history."""
    bound = pod("p", cpu=1, on="a", status={"nominatedNodeName": "b"})
    assert read_pod(raw(bound), print).nominated is None
    ended = pod("p", cpu=1, status={"nominatedNodeName": "b", "phase": "Failed"})
    assert read_pod(raw(ended), print).nominated is None


def test_nominated_pod_with_amounts_that_cannot_be_read() -> None:
    """What counts as absent is told of."""
    told: list[str] = []
    value = pod("p", cpu="many", memory="1Mi", status={"nominatedNodeName": "a"})
    record = read_pod(raw(value), told.append)
    assert record.nominated is not None
    assert (record.nominated.milli_vcpus, record.nominated.memory) == (0, 1 << 20)
    (text,) = told
    assert text.endswith("counted as absent")


def test_owner() -> None:
    """A pod's controller is whose it is, pending or bound."""
    owner = {"kind": "ReplicaSet", "name": "web", "uid": "u", "controller": True}
    value = pod("p")
    value["metadata"]["ownerReferences"] = [owner]
    assert read_pod(raw(value), print).owner == "default/u"
    value["spec"]["nodeName"] = "a"
    record = read_pod(raw(value), print)
    assert record.entry is not None
    assert record.owner == record.entry.owner == "default/u"


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
    waits = read_pod(raw(pod("p", uid="", status={"nominatedNodeName": "a"})), print)
    assert waits.nominated is not None
    assert waits.nominated.instance.uuid == "default/p"


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


# -- claims -------------------------------------------------------------------------------


def claim(feed: Feed, name: str = "p", on: str = "a") -> None:
    """What bind does before it asks the API server: the pod, one core, is claimed."""
    entry = feed.pod(name, cpu=1, on=on).entry
    assert entry is not None
    assert feed.cluster.ledger.claim(entry) is None


def test_pending_pod_that_is_claimed(feed: Feed) -> None:
    """What the watch says of it is older than the Binding: it waits, and counts nevertheless."""
    feed.put_node("a")
    feed.pods.upsert(feed.pod("p", cpu=1))
    claim(feed)
    feed.cluster.ledger.confirm("uid-p")
    feed.pods.upsert(feed.pod("p", cpu=1, annotations={"flavor": "small"}))
    assert feed.used("a") == 1000
    assert feed.cluster.pending_uid("default", "p") == "uid-p"
    feed.pods.upsert(feed.pod("p", cpu=1, on="a"))
    assert (feed.used("a"), feed.cluster.ledger.claims) == (1000, 0)
    assert feed.cluster.pending == {}


def test_bound_pod_that_is_shown_pending(feed: Feed) -> None:
    """No real cluster does it; what was shown last counts."""
    feed.put_node("a")
    feed.pods.upsert(feed.pod("p", cpu=1, on="a"))
    feed.pods.upsert(feed.pod("p", cpu=1))
    assert feed.used("a") == 0
    assert feed.cluster.pending_uid("default", "p") == "uid-p"


@pytest.mark.parametrize("ended", [False, True])
def test_claimed_pod_that_goes(feed: Feed, ended: bool) -> None:
    """Deleted, or ended before it was bound: nothing is left of the claim."""
    feed.put_node("a")
    claim(feed)
    if ended:
        feed.pods.upsert(feed.pod("p", cpu=1, status={"phase": "Failed"}))
    else:
        feed.pods.delete(feed.pod("p", cpu=1))
    assert (feed.used("a"), feed.cluster.ledger.claims) == (0, 0)


def test_list_and_claims(feed: Feed) -> None:
    """A list ends the claims of pods that were there when it began, and are not in it."""
    feed.put_node("a")
    feed.pods.upsert(feed.pod("shown", cpu=1))
    claim(feed, "before")
    claim(feed, "pending")
    feed.pods.listing()
    claim(feed, "after")
    claim(feed, "shown")
    for name in ("before", "pending", "after", "shown"):
        feed.cluster.ledger.doubt(f"uid-{name}", 1e9)
    feed.pods.replace([feed.pod("pending", cpu=1)])
    found = feed.cluster.ledger.on("a")
    assert {entry.instance.name for entry in found} == {"pending", "after"}
    assert feed.used("a") == 2000


def test_pod_that_a_list_has_ended(feed: Feed) -> None:
    """The claim goes, in flight or not."""
    feed.put_node("a")
    claim(feed)
    feed.pods.replace([feed.pod("p", cpu=1, status={"phase": "Succeeded"})])
    assert feed.used("a") == 0
    assert feed.cluster.ledger.claims == 0


def test_list_that_nobody_announced(feed: Feed) -> None:
    """A file's, for instance: it ends no claim."""
    feed.put_node("a")
    claim(feed)
    feed.cluster.ledger.confirm("uid-p")
    feed.pods.replace([])
    assert feed.used("a") == 1000


# -- pending pods, and what came before ---------------------------------------------------


def test_nominated_pods(feed: Feed) -> None:
    """They stand by the node that is made free for them until they are bound, or elsewhere."""
    nominated = {"nominatedNodeName": "a"}
    feed.pods.upsert(feed.pod("p", cpu=1, status=nominated))
    assert list(feed.cluster.nominated["a"]) == ["uid-p"]
    feed.pods.upsert(feed.pod("p", cpu=1))
    assert feed.cluster.nominated == {}
    feed.pods.replace([feed.pod("p", cpu=1, status=nominated)])
    assert list(feed.cluster.nominated["a"]) == ["uid-p"]
    feed.pods.upsert(feed.pod("p", cpu=1, on="a"))
    assert feed.cluster.nominated == {}


@pytest.mark.parametrize("listed", [False, True])
def test_start_of_a_pod(feed: Feed, listed: bool) -> None:
    """A start outdates what its siblings were rejected for before, told by event or by list."""
    began = "2026-01-02T03:04:05Z"
    running = {"containerStatuses": [{"name": "main", "state": {"running": {"startedAt": began}}}]}
    started = feed.pod("p", on="a", status=running)
    history = feed.cluster.retries
    rejected = Rejection(
        uid="uid-x",
        owner=started.owner,
        namespace="default",
        name="x",
        host="b",
        reason="OutOfcpu",
        at=100.0,
    )
    assert history.rejected(rejected, 200.0)
    assert history.retries("uid-p", started.owner, 1).num_attempts == 1
    if listed:
        feed.pods.replace([started])
    else:
        feed.pods.upsert(started)
    assert history.retries("uid-p", started.owner, 1).num_attempts == 0


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("owner", [None, "o1"])
def test_start_on_a_host(feed: Feed, listed: bool, owner: str | None) -> None:
    """It is a success of the host, whoever's pod it is; one that only waits there is none."""
    feed.put_node("a")
    rejected = Rejection(
        uid="uid-x", owner="o", namespace="default", name="x", host="a", reason="r", at=100.0
    )
    feed.cluster.build_failed(rejected, 200.0)
    running = {"containerStatuses": [{"state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}}}]}
    waits = feed.pod("w", on="a")
    starts = feed.pod("p", on="a", status=running)
    if owner is None and starts.entry is not None:
        starts = replace(starts, entry=replace(starts.entry, owner=""))
    for records, failed in (([waits], 1), ([waits, starts], 0)):
        if listed:
            feed.pods.replace(records)
        else:
            feed.pods.upsert(records[-1])
        assert feed.cluster.table.failed_builds.tolist() == [failed]


def test_history_of_a_pod_that_is_gone(feed: Feed) -> None:
    """It is forgotten with a deletion, and when a list has the pod no more; not before."""
    history = feed.cluster.retries
    names = ("deleted", "missing", "bound", "stays", "ended")
    for name in names:
        feed.pods.upsert(feed.pod(name, on="a" if name == "bound" else None))
        history.bind_failed(f"uid-{name}", "o", "b", "why", 100.0)
    claim(feed, "young")
    history.bind_failed("uid-young", "o", "b", "why", 100.0)
    feed.pods.delete(feed.pod("deleted"))
    ended = feed.pod("ended", status={"phase": "Failed"})
    feed.pods.replace([feed.pod("stays"), ended])
    left = {
        name for name in (*names, "young") if history.retries(f"uid-{name}", "o", 1).num_attempts
    }
    assert left == {"stays", "ended", "young"}
