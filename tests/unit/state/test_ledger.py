"""The ledger: pod UID to what the pod takes off its host, and the table's use in step with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from extender.model.contribution import Contribution
from extender.model.host_state import HostState, Instance
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
