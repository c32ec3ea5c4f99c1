"""The ledger: pod UID to what the pod takes off its host, and the table's use in step with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.state.ledger import Ledger
from tests.builders import host, table


def entry(uid: str, on: str = "a", **fields: Any) -> Contribution:
    """A pod's share: 1 core, 10 bytes of memory and 100 of disk, unless the fields say other."""
    namespace = fields.pop("namespace", "default")
    amounts = {"milli_vcpus": 1000, "memory": 10, "disk": 100}
    return Contribution(
        instance=Instance(uid, namespace, f"pod-{uid}"), host=on, **amounts | fields
    )


def use(hosts: HostTable, name: str = "a") -> tuple[int, ...]:
    """What the columns say is used on a host: CPU, memory, disk, pods, I/O operations."""
    row = hosts.index[name]
    columns = (
        hosts.cpu_used,
        hosts.ram_used,
        hosts.disk_used,
        hosts.num_instances,
        hosts.num_io_ops,
    )
    return tuple(int(column[row]) for column in columns)


@pytest.fixture
def hosts() -> HostTable:
    """Two hosts."""
    return table(host("a"), host("b"))


@pytest.fixture
def ledger(hosts: HostTable) -> Ledger:
    """A ledger over them."""
    return Ledger(hosts)


def test_entries_add_up(hosts: HostTable, ledger: Ledger) -> None:
    """Each pod's amounts are taken off its own host, in the columns and on the host."""
    ledger.put(entry("1"))
    ledger.put(entry("2", milli_vcpus=500, io_op=True))
    ledger.put(entry("3", on="b", disk=7))
    assert use(hosts) == (1500, 20, 200, 2, 1)
    assert use(hosts, "b") == (1000, 10, 7, 1, 0)
    state = hosts.host_state(0)
    assert (state.cpu.used, state.ram.used, state.disk.used) == (1500, 20, 200)
    assert set(state.instances) == {"1", "2"}
    assert len(ledger) == 3


def test_the_same_again_changes_nothing(hosts: HostTable, ledger: Ledger) -> None:
    """A pod told of twice counts once."""
    ledger.put(entry("1"))
    ledger.put(entry("1"))
    assert use(hosts) == (1000, 10, 100, 1, 0)


def test_changed_pod(hosts: HostTable, ledger: Ledger) -> None:
    """A pod whose amounts changed counts with the new ones only."""
    ledger.put(entry("1", io_op=True))
    ledger.put(entry("1", milli_vcpus=250))
    assert use(hosts) == (250, 10, 100, 1, 0)


def test_moved_pod(hosts: HostTable, ledger: Ledger) -> None:
    """A pod that is on another host now is no longer on the first."""
    ledger.put(entry("1", group="web"))
    ledger.put(entry("1", on="b", group="web"))
    assert use(hosts) == (0, 0, 0, 0, 0)
    assert use(hosts, "b") == (1000, 10, 100, 1, 0)
    assert list(ledger.on("a")) == []
    assert [e.instance.uuid for e in ledger.on("b")] == ["1"]
    assert ledger.group("default", "web") == {"1": "b"}


def test_removed_pod(hosts: HostTable, ledger: Ledger) -> None:
    """A pod struck out leaves its host as it was; the entry is handed back."""
    ledger.put(entry("1", group="web"))
    assert ledger.remove("1") == entry("1", group="web")
    assert use(hosts) == (0, 0, 0, 0, 0)
    assert ledger.remove("1") is None
    assert ledger.get("1") is None
    assert ledger.group("default", "web") == {}
    assert len(ledger) == 0


def test_pod_of_a_host_that_is_not_known_yet(hosts: HostTable, ledger: Ledger) -> None:
    """It is kept, and counts once the host appears."""
    ledger.put(entry("1", on="late"))
    assert len(ledger) == 1
    assert "late" not in hosts.index
    late = host("late")
    ledger.charge(late)
    hosts.put(late)
    assert use(hosts, "late") == (1000, 10, 100, 1, 0)
    ledger.remove("1")
    assert use(hosts, "late") == (0, 0, 0, 0, 0)


def test_host_that_goes_and_comes_back(hosts: HostTable, ledger: Ledger) -> None:
    """The pods of a host that is gone stay in the book and count when it is back."""
    ledger.put(entry("1"))
    ledger.put(entry("2", on="b"))
    hosts.remove("a")
    assert use(hosts, "b") == (1000, 10, 100, 1, 0)
    ledger.put(entry("3"))
    again = host("a")
    ledger.charge(again)
    hosts.put(again)
    assert use(hosts) == (2000, 20, 200, 2, 0)


def test_replace(hosts: HostTable, ledger: Ledger) -> None:
    """A whole set anew: what is missing goes, what is new comes, what changed moves."""
    for old in (entry("gone"), entry("moves"), entry("stays", group="web")):
        ledger.put(old)
    ledger.replace([entry("moves", on="b"), entry("stays", group="web"), entry("new", memory=1)])
    assert use(hosts) == (2000, 11, 200, 2, 0)
    assert use(hosts, "b") == (1000, 10, 100, 1, 0)
    assert ledger.get("gone") is None
    ledger.replace([])
    assert len(ledger) == 0
    assert use(hosts) == use(hosts, "b") == (0, 0, 0, 0, 0)


def test_replace_with_a_uid_twice(hosts: HostTable, ledger: Ledger) -> None:
    """Of two entries with one UID the later counts."""
    ledger.replace([entry("1"), entry("1", on="b")])
    assert use(hosts) == (0, 0, 0, 0, 0)
    assert use(hosts, "b") == (1000, 10, 100, 1, 0)


def test_groups_are_apart_by_namespace(ledger: Ledger) -> None:
    """Groups of one name in two namespaces have nothing to do with each other."""
    ledger.put(entry("1", group="web"))
    ledger.put(entry("2", on="b", group="web", namespace="other"))
    ledger.put(entry("3", on="b", group="web"))
    ledger.put(entry("4"))
    assert ledger.group("default", "web") == {"1": "a", "3": "b"}
    assert ledger.group("other", "web") == {"2": "b"}
    assert ledger.group("default", "none") == {}


def test_group_that_a_pod_leaves(ledger: Ledger) -> None:
    """A pod that changes its group is in the new one only."""
    ledger.put(entry("1", group="web"))
    ledger.put(entry("1", group="db"))
    assert ledger.group("default", "web") == {}
    assert ledger.group("default", "db") == {"1": "a"}


def test_find_by_name(ledger: Ledger) -> None:
    """People ask by namespace and name."""
    ledger.put(entry("1"))
    ledger.put(entry("2", namespace="other"))
    assert ledger.find("other", "pod-2") == entry("2", namespace="other")
    assert ledger.find("default", "pod-2") is None


def test_over_full_host(hosts: HostTable, ledger: Ledger) -> None:
    """More may be used than there is: free goes below 0 and comes back exactly."""
    ledger.put(entry("1", milli_vcpus=10**9, memory=10**15, disk=10**15))
    state = hosts.host_state(0)
    assert state.cpu.free == 8000 - 10**9
    assert state.free_ram_mb < 0
    ledger.remove("1")
    assert state.cpu.free == 8000


def test_amounts_no_column_holds(hosts: HostTable, ledger: Ledger) -> None:
    """Absurd amounts are cut in the column only; taken away again, nothing is left behind."""
    huge = 10**30
    ledger.put(entry("1", milli_vcpus=huge))
    ledger.put(entry("2", milli_vcpus=huge))
    ledger.put(entry("3", milli_vcpus=5))
    assert hosts.host_state(0).cpu.used == 2 * huge + 5
    assert use(hosts)[0] == 2**62 - 1
    ledger.remove("1")
    ledger.remove("2")
    assert use(hosts)[0] == 5


def test_charge_does_not_touch_the_table(hosts: HostTable, ledger: Ledger) -> None:
    """A host charged for one question only is not the table's."""
    ledger.put(entry("1"))
    sent = HostState(host="a")
    ledger.charge(sent)
    assert sent.cpu.used == 1000
    assert use(hosts) == (1000, 10, 100, 1, 0)


def test_entry_is_what_was_put(ledger: Ledger) -> None:
    """The entry of a pod is handed out as it came in."""
    one = entry("1", priority=7, terminating=True)
    ledger.put(one)
    assert ledger.get("1") == one
    assert ledger.get("1") != replace(one, priority=8)


def test_find_of_several(ledger: Ledger) -> None:
    """A pod made anew under its name is the one that is found, and the former when that goes."""
    former = replace(entry("1"), instance=Instance("1", "default", "p"))
    latter = replace(entry("2"), instance=Instance("2", "default", "p"))
    ledger.put(former)
    ledger.put(latter)
    ledger.put(replace(former, io_op=True))
    assert ledger.find("default", "p") == latter
    with ledger.apart(["2"]):
        assert ledger.find("default", "p") == replace(former, io_op=True)
    assert ledger.find("default", "p") == latter
    ledger.remove("2")
    assert ledger.find("default", "p") == replace(former, io_op=True)


def test_group_hosts(ledger: Ledger) -> None:
    """The hosts of a group with how many members each has, as it was when it was asked."""
    ledger.put(entry("1", group="web"))
    ledger.put(entry("2", group="web"))
    ledger.put(entry("3", on="b", group="web"))
    ledger.put(entry("4", on="b", group="web", namespace="other"))
    found = ledger.group_hosts("default", "web")
    ledger.remove("3")
    assert found == {"a": 2, "b": 1}
    assert ledger.group_hosts("default", "web") == {"a": 2}
    assert ledger.members("default", "web") == {"1", "2"}
    assert ledger.group_hosts("default", "db") == {}


def test_tenants(ledger: Ledger) -> None:
    """The hosts of a namespace's pods; a pod that moves is counted where it is."""
    ledger.put(entry("1"))
    ledger.put(entry("2", namespace="other"))
    ledger.claim(entry("3", on="b"))
    assert (ledger.tenant("default"), ledger.tenant("other")) == ({"a": 1, "b": 1}, {"a": 1})
    ledger.put(entry("3"))
    assert ledger.tenant("default") == {"a": 2}
    assert ledger.tenant("nobody") == {}


def test_owners(ledger: Ledger) -> None:
    """An owner's pods, and those that have yet to start."""
    ledger.put(entry("1", owner="o", started=5.0))
    ledger.put(entry("2", owner="o"))
    ledger.claim(entry("3", owner="o"))
    ledger.put(entry("4"))
    assert ledger.owned("o") == {"1", "2", "3"}
    assert ledger.unstarted("o") == {"2", "3"}
    ledger.put(entry("2", owner="o", started=6.0))
    ledger.remove("1")
    assert ledger.owned("o") == {"2", "3"}
    assert ledger.unstarted("o") == {"3"}
    assert ledger.owned("") == frozenset()


# -- claims -------------------------------------------------------------------------------


def test_claim_counts_as_a_pod(hosts: HostTable, ledger: Ledger) -> None:
    """A claimed pod takes what it takes, before the watch has shown anything."""
    assert ledger.claim(entry("1", group="web", io_op=True)) is None
    assert use(hosts) == (1000, 10, 100, 1, 1)
    assert ledger.get("1") == ledger.find("default", "pod-1") == entry("1", group="web", io_op=True)
    assert ledger.group_hosts("default", "web") == {"a": 1}
    assert (ledger.claims, len(ledger)) == (1, 1)


def test_watch_takes_the_place_of_a_claim(hosts: HostTable, ledger: Ledger) -> None:
    """What the watch shows counts, and once only; what becomes of the bind matters no more."""
    ledger.claim(entry("1"))
    ledger.put(entry("1", on="b", milli_vcpus=700))
    assert (use(hosts), use(hosts, "b")) == ((0, 0, 0, 0, 0), (700, 10, 100, 1, 0))
    assert ledger.claims == 0
    assert not ledger.confirm("1")
    assert not ledger.doubt("1", 0.0)
    assert not ledger.drop("1")
    assert ledger.lapse(1e9) == []
    assert use(hosts, "b") == (700, 10, 100, 1, 0)


def test_what_is_bound_is_not_claimed(ledger: Ledger) -> None:
    """Whoever asks is told where it is: by the watch, or by the answer to an earlier bind."""
    ledger.put(entry("1"))
    ledger.claim(entry("2"))
    ledger.confirm("2")
    assert ledger.claim(entry("1", on="b")) == entry("1")
    assert ledger.claim(entry("2", on="b")) == entry("2")
    assert (ledger.get("1"), ledger.get("2")) == (entry("1"), entry("2"))
    assert ledger.claims == 1


@pytest.mark.parametrize("doubted", [False, True])
def test_claimed_anew(hosts: HostTable, ledger: Ledger, doubted: bool) -> None:
    """The later claim counts in the place of the earlier one, which cannot lapse any more."""
    ledger.claim(entry("1"))
    if doubted:
        ledger.doubt("1", 10.0)
    assert ledger.claim(entry("1", on="b")) is None
    assert (use(hosts), use(hosts, "b")) == ((0, 0, 0, 0, 0), (1000, 10, 100, 1, 0))
    assert ledger.lapse(1e9) == []


def test_bind_that_failed(hosts: HostTable, ledger: Ledger) -> None:
    """The claim is struck out; a watched pod stays, and no claim is no error."""
    ledger.claim(entry("1"))
    ledger.put(entry("2"))
    assert ledger.drop("1")
    assert not ledger.drop("1")
    assert not ledger.drop("2")
    assert use(hosts) == (1000, 10, 100, 1, 0)
    assert ledger.claims_expired == 0


def test_word_of_an_earlier_bind(ledger: Ledger) -> None:
    """What becomes of a bind whose claim another one has replaced leaves that alone."""
    former, latter = entry("1"), entry("1")
    ledger.claim(former)
    ledger.claim(latter)
    assert not ledger.confirm("1", former)
    assert not ledger.doubt("1", 0.0, former)
    assert not ledger.drop("1", former)
    assert ledger.get("1") is latter
    assert ledger.lapse(1e9) == []
    assert ledger.drop("1", latter)


def test_doubted_claim_lapses(hosts: HostTable, ledger: Ledger) -> None:
    """When the watch has said something later; who is given up is told and counted."""
    ledger.claim(entry("1"))
    ledger.claim(entry("2", on="b"))
    assert ledger.doubt("1", 10.0)
    assert ledger.lapse(10.0) == []
    assert ledger.lapse(10.1) == [entry("1")]
    assert (use(hosts), use(hosts, "b")) == ((0, 0, 0, 0, 0), (1000, 10, 100, 1, 0))
    assert (ledger.claims, ledger.claims_expired) == (1, 1)


def test_pending_again(hosts: HostTable, ledger: Ledger) -> None:
    """What the watch shows pending counts no longer, but for a claim: that is news to the watch."""
    ledger.put(entry("1"))
    ledger.claim(entry("2"))
    ledger.claim(entry("3"))
    ledger.confirm("3")
    for uid in ("1", "2", "3", "4"):
        ledger.unbound(uid)
    assert use(hosts) == (2000, 20, 200, 2, 0)
    assert ledger.get("1") is None


def test_deleted_while_it_is_bound(hosts: HostTable, ledger: Ledger) -> None:
    """The claim goes with the pod, in flight or not, and does not come back with the answer."""
    ledger.claim(entry("1"))
    assert ledger.remove("1") == entry("1")
    assert not ledger.confirm("1")
    assert use(hosts) == (0, 0, 0, 0, 0)
    assert (ledger.claims, ledger.claims_expired) == (0, 0)


def test_claims_and_a_list(hosts: HostTable, ledger: Ledger) -> None:
    """Of those that the list does not have, the older ones end; who is in flight has to wait."""
    for uid in ("older", "in flight", "pending", "bound"):
        ledger.claim(entry(uid))
    for uid in ("older", "pending"):
        ledger.doubt(uid, 1e9)
    mark = ledger.mark()
    ledger.claim(entry("younger"))
    ledger.confirm("younger")
    ledger.replace([entry("bound", on="b")], mark, {"pending"})
    assert {found.instance.uuid for found in ledger.on("a")} == {"in flight", "pending", "younger"}
    assert use(hosts)[0] == 3000
    assert (ledger.claims, ledger.claims_expired) == (3, 1)
    assert not ledger.confirm("in flight")
    assert use(hosts)[0] == 2000
    assert ledger.claims_expired == 2


def test_claim_and_a_list_without_a_mark(ledger: Ledger) -> None:
    """A whole set of nobody knows when ends no claim."""
    ledger.claim(entry("1"))
    ledger.confirm("1")
    ledger.replace([])
    assert ledger.get("1") == entry("1")


def test_claim_that_the_watch_had_shown(ledger: Ledger) -> None:
    """A pod that was pending before the list began, and is not in it, is gone, however young."""
    mark = ledger.mark()
    ledger.claim(entry("1"))
    ledger.doubt("1", 1e9)
    ledger.replace([], mark, (), {"1"})
    assert ledger.get("1") is None


# -- for one judgement --------------------------------------------------------------------


def test_apart(hosts: HostTable, ledger: Ledger) -> None:
    """As if the pods were nowhere, known or not; afterwards as before, claims included."""
    ledger.put(entry("1", group="web"))
    ledger.claim(entry("2", on="b", group="web"))
    ledger.doubt("2", 5.0)
    with ledger.apart(["1", "2", "never seen"]):
        assert (use(hosts), use(hosts, "b")) == ((0,) * 5, (0,) * 5)
        assert ledger.get("1") is ledger.get("2") is ledger.find("default", "pod-1") is None
        assert ledger.group("default", "web") == {}
        assert ledger.on("a") == []
        assert list(ledger.entries()) == []
        assert len(ledger) == 2
    assert (use(hosts), use(hosts, "b")) == ((1000, 10, 100, 1, 0),) * 2
    assert ledger.group("default", "web") == {"1": "a", "2": "b"}
    assert ledger.claims == 1
    assert ledger.lapse(6.0) == [entry("2", on="b", group="web")]


def test_apart_twice(hosts: HostTable, ledger: Ledger) -> None:
    """A pod comes back where it was set apart first, also past an error."""
    ledger.put(entry("1"))
    with ledger.apart(["1"]):
        with pytest.raises(KeyError), ledger.apart(["1", "1"]):
            raise KeyError
        assert use(hosts) == (0, 0, 0, 0, 0)
    assert use(hosts) == (1000, 10, 100, 1, 0)


def test_claim_of_a_pod_apart(hosts: HostTable, ledger: Ledger) -> None:
    """It counts when the judgement is over, in the place of what was there."""
    ledger.claim(entry("1"))
    with ledger.apart(["1"]):
        assert ledger.claim(entry("1", on="b")) is None
        assert use(hosts, "b") == (0, 0, 0, 0, 0)
    assert (use(hosts), use(hosts, "b")) == ((0, 0, 0, 0, 0), (1000, 10, 100, 1, 0))


def test_watched_pod_apart_is_not_claimed(ledger: Ledger) -> None:
    """That it is bound is true all the same."""
    ledger.put(entry("1"))
    with ledger.apart(["1"]):
        assert ledger.claim(entry("1", on="b")) == entry("1")


def test_along(hosts: HostTable, ledger: Ledger) -> None:
    """As if the pods were there, too; who is in the book stays where it is."""
    ledger.put(entry("1"))
    with ledger.along([entry("1", on="b"), entry("2", on="b", io_op=True, group="web")]):
        assert (use(hosts), use(hosts, "b")) == ((1000, 10, 100, 1, 0), (1000, 10, 100, 1, 1))
        assert ledger.group_hosts("default", "web") == {"b": 1}
    assert (use(hosts), use(hosts, "b")) == ((1000, 10, 100, 1, 0), (0, 0, 0, 0, 0))
    assert ledger.get("2") is None


def test_along_of_who_is_apart(hosts: HostTable, ledger: Ledger) -> None:
    """Who is judged itself counts nowhere, by any way, in either order."""
    with ledger.apart(["1"]), ledger.along([entry("1")]):
        assert use(hosts) == (0, 0, 0, 0, 0)
    with ledger.along([entry("1")]), ledger.apart(["1"]):
        assert use(hosts) == (0, 0, 0, 0, 0)


def test_along_twice(hosts: HostTable, ledger: Ledger) -> None:
    """Who is along already stays as it is, until that is over."""
    with ledger.along([entry("1")]):
        with ledger.along([entry("1", on="b"), entry("2", on="b")]):
            assert (use(hosts), use(hosts, "b")) == ((1000, 10, 100, 1, 0),) * 2
        assert (use(hosts), use(hosts, "b")) == ((1000, 10, 100, 1, 0), (0,) * 5)
    assert use(hosts) == (0, 0, 0, 0, 0)


def test_error_while_pods_are_along(hosts: HostTable, ledger: Ledger) -> None:
    """They go all the same, also where the pods themselves cannot be told."""
    with pytest.raises(KeyError), ledger.along([entry("1"), entry("2", on="b")]):
        raise KeyError
    broken = (entry(str(1 // number)) for number in (1, 0))
    with pytest.raises(ZeroDivisionError), ledger.along(broken):
        pass
    assert (use(hosts), use(hosts, "b")) == ((0,) * 5, (0,) * 5)


def test_host_that_changes_during_a_judgement(hosts: HostTable, ledger: Ledger) -> None:
    """A node translated anew is charged with what counts at the moment, and follows the rest."""
    ledger.put(entry("1"))
    with ledger.apart(["1"]), ledger.along([entry("2", io_op=True)]):
        again = host("a")
        ledger.charge(again)
        hosts.put(again)
        assert use(hosts) == (1000, 10, 100, 1, 1)
    assert use(hosts) == (1000, 10, 100, 1, 0)


@pytest.mark.parametrize(("on", "rows"), [("a", {"a"}), ("b", {"a", "b"})])
def test_rows_that_an_event_touches(
    hosts: HostTable, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, on: str, rows: set[str]
) -> None:
    """The pod's host, and the one that it moved from; each once."""
    ledger.put(entry("1"))
    touched: list[str] = []
    monkeypatch.setattr(hosts, "usage_changed", lambda state: touched.append(state.host))
    ledger.put(entry("1", on=on, milli_vcpus=1))
    assert sorted(touched) == sorted(rows)


def test_claimed(ledger: Ledger) -> None:
    """A pod counts by a claim from the claim until the watch shows it or it is dropped."""
    assert not ledger.claimed("1")
    ledger.claim(entry("1"))
    assert ledger.claimed("1")
    ledger.confirm("1")
    assert ledger.claimed("1")
    ledger.put(entry("1"))
    assert not ledger.claimed("1")
    ledger.claim(entry("2"))
    ledger.drop("2")
    assert not ledger.claimed("2")
