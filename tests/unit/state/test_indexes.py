"""The ways to find pods of the ledger."""

from __future__ import annotations

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.state.indexes import Index, Indexes, Tally


def test_index_keeps_the_order() -> None:
    """UIDs stand as they came, once each; one that came again has its old place."""
    index: Index[str] = Index()
    for uid in ("2", "1", "3", "2"):
        index.add("k", uid)
    assert list(index.of("k")) == ["2", "1", "3"]
    assert list(index.of("other")) == []


def test_index_shrinks() -> None:
    """From many to one to none, and what was never there is no error."""
    index: Index[str] = Index()
    index.discard("k", "1")
    for uid in ("1", "2", "3"):
        index.add("k", uid)
    index.discard("k", "2")
    index.discard("k", "2")
    assert list(index.of("k")) == ["1", "3"]
    index.discard("k", "1")
    assert list(index.of("k")) == ["3"]
    index.discard("k", "1")
    assert list(index.of("k")) == ["3"]
    index.add("k", "3")
    index.add("k", "1")
    assert list(index.of("k")) == ["3", "1"]
    index.discard("k", "3")
    index.discard("k", "1")
    assert list(index.of("k")) == []


def test_one_uid_is_no_text_of_letters() -> None:
    """A single UID is found whole, not by its parts."""
    index: Index[str] = Index()
    index.add("k", "uid-1")
    assert "uid-1" in index.of("k")
    assert "uid" not in index.of("k")


def test_tally() -> None:
    """Hosts with their numbers; who has none is not named, and a copy is handed out."""
    tally: Tally[str] = Tally()
    tally.add("k", "a", 1)
    tally.add("k", "a", 1)
    tally.add("k", "b", 1)
    copy = tally.of("k")
    tally.add("k", "b", -1)
    assert (tally.of("k"), copy) == ({"a": 2}, {"a": 2, "b": 1})
    assert (tally.count("k", "a"), tally.count("k", "b"), tally.count("x", "a")) == (2, 0, 0)
    tally.add("k", "a", -2)
    assert tally.of("k") == {}


def test_a_pod_in_all_of_them() -> None:
    """A pod is found by all that it has, and by nothing once it is struck out."""
    indexes = Indexes()
    pod = Contribution(instance=Instance("1", "ns", "p"), host="a", group="web", owner="o")
    indexes.add(pod)
    found = (
        list(indexes.host.of("a")),
        list(indexes.group.of(("ns", "web"))),
        indexes.group_hosts.of(("ns", "web")),
        indexes.tenant.of("ns"),
        list(indexes.owner.of("o")),
        list(indexes.unstarted.of("o")),
    )
    assert found == (["1"], ["1"], {"a": 1}, {"a": 1}, ["1"], ["1"])
    indexes.remove(pod)
    assert not list(indexes.host.of("a"))
    assert not list(indexes.group.of(("ns", "web")))
    assert not indexes.group_hosts.of(("ns", "web"))
    assert not indexes.tenant.of("ns")
    assert not list(indexes.owner.of("o"))
    assert not list(indexes.unstarted.of("o"))


def test_a_pod_that_has_started() -> None:
    """It is its owner's, but not one of those that have yet to start."""
    indexes = Indexes()
    indexes.add(Contribution(instance=Instance("1", "ns", "p"), host="a", owner="o", started=0.0))
    assert list(indexes.owner.of("o")) == ["1"]
    assert list(indexes.unstarted.of("o")) == []


def test_a_pod_without_owner_and_group() -> None:
    """Nothing stands under an empty name."""
    indexes = Indexes()
    indexes.add(Contribution(instance=Instance("1", "ns", "p"), host="a"))
    assert list(indexes.owner.of("")) == list(indexes.unstarted.of("")) == []
    assert list(indexes.group.of(("ns", ""))) == []
