"""Pods that are not bound yet."""

from __future__ import annotations

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.state.pending import PendingPod, PendingPods


def pod(uid: str, owner: str = "", on: str | None = None) -> PendingPod:
    """A pending pod, nominated to a node or not."""
    nominated = None
    if on is not None:
        nominated = Contribution(instance=Instance(uid, "ns", uid), host=on)
    return PendingPod(uid, f"JSON of {uid}".encode(), owner, nominated)


@pytest.fixture
def pods() -> PendingPods:
    """None."""
    return PendingPods()


def test_json_by_name(pods: PendingPods) -> None:
    """A mapping of names to JSON."""
    pods.put("ns", "p", pod("1"))
    pods.put("ns", "q", pod("2"))
    assert dict(pods) == {("ns", "p"): b"JSON of 1", ("ns", "q"): b"JSON of 2"}
    assert pods.get(("ns", "r")) is None
    assert (pods.uid("ns", "p"), pods.uid("ns", "r")) == ("1", None)
    assert pods.uids() == {"1", "2"}


def test_owners(pods: PendingPods) -> None:
    """Whose pods wait; of nobody's nothing is kept."""
    pods.put("ns", "p", pod("1", owner="o"))
    pods.put("ns", "q", pod("2", owner="o"))
    pods.put("ns", "r", pod("3"))
    assert pods.waiting == {"o": {"1", "2"}}
    pods.put("ns", "q", pod("2", owner="other"))
    assert pods.waiting == {"o": {"1"}, "other": {"2"}}
    pods.remove("ns", "p", "1")
    assert pods.waiting == {"other": {"2"}}


def test_nominated(pods: PendingPods) -> None:
    """What pods would take on the nodes that are being made free for them."""
    first, second = pod("1", on="a"), pod("2", on="a")
    pods.put("ns", "p", first)
    pods.put("ns", "q", second)
    assert pods.nominated == {"a": {"1": first.nominated, "2": second.nominated}}
    moved = pod("2", on="b")
    pods.put("ns", "q", moved)
    assert pods.nominated == {"a": {"1": first.nominated}, "b": {"2": moved.nominated}}
    pods.put("ns", "q", pod("2"))
    pods.remove("ns", "p", "1")
    assert pods.nominated == {}


def test_made_anew_under_its_name(pods: PendingPods) -> None:
    """The later pod counts, and late news of the former takes nothing from it."""
    pods.put("ns", "p", pod("1", owner="o", on="a"))
    pods.put("ns", "p", pod("2"))
    assert (pods.waiting, pods.nominated) == ({}, {})
    pods.remove("ns", "p", "1")
    assert pods.uid("ns", "p") == "2"
    pods.remove("ns", "p", "2")
    pods.remove("ns", "p", "2")
    assert len(pods) == 0


def test_clear(pods: PendingPods) -> None:
    """Nothing is left of any."""
    pods.put("ns", "p", pod("1", owner="o", on="a"))
    pods.clear()
    assert (dict(pods), pods.waiting, pods.nominated) == ({}, {}, {})
