"""Choices that count until bind comes, or for half a minute."""

from __future__ import annotations

from extender.model.contribution import Contribution
from extender.model.host_table import HostTable
from extender.state.ledger import Ledger
from extender.state.provisional import Provisional
from tests.builders import host, instance


def entry(uid: str = "p", on: str = "a", milli: int = 1000) -> Contribution:
    """A pod that takes a core."""
    return Contribution(instance=instance(uid), host=on, milli_vcpus=milli)


def book() -> tuple[HostTable, Ledger, Provisional]:
    """Two hosts with nothing on them."""
    hosts = HostTable([host("a"), host("b")])
    ledger = Ledger(hosts)
    return hosts, ledger, Provisional(ledger)


def used(hosts: HostTable) -> dict[str, int]:
    """Milli-cores by host."""
    return dict(zip(hosts.name.tolist(), hosts.cpu_used.tolist(), strict=True))


def test_counts_like_any_claim() -> None:
    """On its host, and among the claims."""
    hosts, ledger, choices = book()
    assert choices.claim(entry(), 0.0)
    assert used(hosts) == {"a": 1000, "b": 0}
    assert (ledger.claims, len(choices)) == (1, 1)


def test_a_new_choice_replaces_the_old_one() -> None:
    """And starts its time anew."""
    hosts, _, choices = book()
    choices.claim(entry(on="a"), 0.0)
    choices.claim(entry(on="b"), 20.0)
    assert used(hosts) == {"a": 0, "b": 1000}
    assert choices.expire(49.0) == []
    assert choices.expire(50.0) == ["p"]
    assert used(hosts) == {"a": 0, "b": 0}


def test_ends_after_half_a_minute() -> None:
    """Not before; in the order of their age."""
    hosts, _, choices = book()
    choices.claim(entry("p"), 0.0)
    choices.claim(entry("q"), 10.0)
    assert choices.expire(29.9) == []
    assert choices.expire(30.0) == ["p"]
    assert used(hosts)["a"] == 1000
    assert choices.expire(1000.0) == ["q"]
    assert choices.expire(1000.0) == []


def test_a_refreshed_choice_does_not_hide_an_older_one() -> None:
    """The first pod is chosen for anew, the second runs out first."""
    _, _, choices = book()
    choices.claim(entry("p"), 0.0)
    choices.claim(entry("q"), 5.0)
    choices.claim(entry("p"), 20.0)
    assert choices.expire(36.0) == ["q"]


def test_bind_takes_it_over() -> None:
    """The claim of bind is another one, that no time ends."""
    hosts, ledger, choices = book()
    choices.claim(entry(), 0.0)
    assert ledger.claim(entry(on="b")) is None
    assert choices.expire(1000.0) == []
    assert used(hosts) == {"a": 0, "b": 1000}
    assert not choices.drop("p")


def test_the_watch_takes_it_over() -> None:
    """A pod that is shown bound counts where it is shown, for good."""
    hosts, ledger, choices = book()
    choices.claim(entry(), 0.0)
    ledger.put(entry(on="b"))
    assert choices.expire(1000.0) == []
    assert not choices.claim(entry(on="a"), 1001.0)
    assert used(hosts) == {"a": 0, "b": 1000}


def test_a_bind_under_way_is_left_alone() -> None:
    """Nor is one confirmed, or without an answer: the pod counts there already."""
    for settle in (
        lambda _ledger: None,
        lambda ledger: ledger.confirm("p"),
        lambda ledger: ledger.doubt("p", 60.0),
    ):
        hosts, ledger, choices = book()
        ledger.claim(entry(on="b"))
        settle(ledger)
        assert not choices.claim(entry(on="a"), 0.0)
        assert used(hosts) == {"a": 0, "b": 1000}
        assert not choices.drop("p")
        assert choices.expire(1000.0) == []


def test_a_pod_that_is_gone() -> None:
    """What was chosen for it ends with it."""
    hosts, ledger, choices = book()
    choices.claim(entry(), 0.0)
    ledger.remove("p")
    assert used(hosts) == {"a": 0, "b": 0}
    assert choices.expire(1000.0) == []


def test_drop() -> None:
    """Given up before its time, once."""
    hosts, _, choices = book()
    choices.claim(entry(), 0.0)
    assert choices.drop("p")
    assert not choices.drop("p")
    assert used(hosts) == {"a": 0, "b": 0}
    assert len(choices) == 0
