"""What the table says is used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.state.usage import Usage, charge
from tests.builders import host, table


def entry(uid: str, on: str = "a") -> Contribution:
    """A pod of 1 core, 10 bytes of memory and 100 of disk."""
    instance = Instance(uid, "default", uid)
    return Contribution(instance=instance, host=on, milli_vcpus=1000, memory=10, disk=100)


class Counted(HostTable):
    """A table that remembers which rows were brought into step."""

    def __init__(self, *hosts: HostState) -> None:
        self.rows_changed: list[str] = []
        super().__init__(hosts)

    def usage_changed(self, host: HostState) -> None:
        """As of any table."""
        self.rows_changed.append(host.host)
        super().usage_changed(host)


def test_columns_follow_once() -> None:
    """However many pods of a host change, its row is written once, and the others not at all."""
    hosts = Counted(host("a"), host("b"))
    usage = Usage(hosts)
    usage.add(entry("1"))
    usage.add(entry("2"))
    usage.subtract(entry("1"))
    assert hosts.cpu_used.tolist() == [0, 0]
    usage.refresh()
    usage.refresh()
    assert hosts.rows_changed == ["a"]
    assert hosts.cpu_used.tolist() == [1000, 0]
    assert hosts.num_instances.tolist() == [1, 0]


def test_host_that_is_not_known() -> None:
    """Its pods are no concern of the table."""
    hosts = table(host("a"))
    usage = Usage(hosts)
    usage.add(entry("1", "late"))
    usage.subtract(entry("2", "late"))
    usage.refresh()
    assert hosts.cpu_used.tolist() == [0]


def test_host_that_goes_before_its_columns_follow() -> None:
    """There is no row to write any more."""
    hosts = table(host("a"), host("b"))
    usage = Usage(hosts)
    usage.add(entry("1"))
    hosts.remove("a")
    usage.refresh()
    assert hosts.cpu_used.tolist() == [0]


@pytest.mark.parametrize("io_op", [False, True])
def test_charge(io_op: bool) -> None:
    """All that a pod takes, on a host that need not be in a table."""
    state = host("a")
    instance = Instance("1", "default", "p")
    charge(
        state,
        Contribution(instance=instance, host="a", milli_vcpus=5, memory=6, disk=7, io_op=io_op),
    )
    assert (state.cpu.used, state.ram.used, state.disk.used) == (5, 6, 7)
    assert state.num_io_ops == int(io_op)
    assert state.instances == {"1": instance}


VIRTUAL = (750, 10, -50)


def test_virtual_amounts_go_up_and_down() -> None:
    """What only the extender counts of a pod, put on and taken off with it, and with it only."""
    hosts = table(host("a"), host("b"))
    usage = Usage(hosts)
    state, other = hosts.host_state(0), hosts.host_state(1)
    usage.add(entry("1"))
    usage.add(replace(entry("2"), virtual=VIRTUAL))
    usage.add(replace(entry("3"), virtual=VIRTUAL))
    assert (state.cpu.used, state.ram.used, state.disk.used) == (3000, 30, 300)
    assert (state.cpu.virtual, state.ram.virtual, state.disk.virtual) == (1500, 20, -100)
    assert (state.cpu.requested, state.ram.requested, state.disk.requested) == (1500, 10, 400)
    usage.subtract(replace(entry("2"), virtual=VIRTUAL))
    usage.subtract(entry("1"))
    assert (state.cpu.requested, state.ram.requested, state.disk.requested) == (250, 0, 150)
    usage.subtract(replace(entry("3"), virtual=VIRTUAL))
    for one in (state.cpu, state.ram, state.disk, other.cpu, other.ram, other.disk):
        assert (one.used, one.virtual, one.requested) == (0, 0, 0)


def test_charge_a_virtual_pod() -> None:
    """Likewise on a host that is in no table."""
    state = host("a")
    charge(state, replace(entry("1"), virtual=VIRTUAL))
    assert (state.cpu.requested, state.ram.requested, state.disk.requested) == (250, 0, 150)
