"""HostTable: hosts as columns, and views of some of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extender.model.columns import LARGEST
from extender.model.host_parts import Inventory, Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable, Rows
from tests.builders import aggregate, flavor, host, instance, table


def rows(*numbers: int) -> Rows:
    """Row numbers as the table takes them."""
    return np.array(numbers, dtype=np.intp)


def names(hosts: HostTable) -> list[str]:
    """The hosts' names, row by row."""
    return [hosts.host_state(row).host for row in range(len(hosts))]


def in_step(hosts: HostTable) -> None:
    """Every column and every encoded column says what the hosts say."""
    states = [hosts.host_state(row) for row in range(len(hosts))]
    assert hosts.cpu_total.tolist() == [h.cpu.total for h in states]
    assert hosts.cpu_used.tolist() == [h.cpu.used for h in states]
    assert hosts.num_instances.tolist() == [h.num_instances for h in states]
    assert hosts.ready.tolist() == [h.service.ready for h in states]
    for attribute in ("zones", "host"):
        encoded = hosts.encoded(attribute)
        values = [encoded.vocabulary.values[code] for code in encoded.codes.tolist()]
        assert values == [getattr(h, attribute) for h in states]
    assert [hosts.row(h.host) for h in states] == list(range(len(states)))


def test_empty_table() -> None:
    """No hosts: every column is empty and no name is known."""
    nobody = table()
    assert len(nobody) == 0
    assert nobody.cpu_total.shape == (0,)
    assert nobody.encoded("zones").codes.shape == (0,)
    assert nobody.row("node-1") is None
    assert nobody.rows(["node-1"]).tolist() == [-1]
    assert len(nobody.take(rows())) == 0


def test_every_column_reads_its_field() -> None:
    """Each column holds the exact amount, count or sign of its name."""
    hosts = table(
        host(
            vcpus_total=8,
            vcpus_used=3,
            cpu_allocation_ratio="1.5",
            total_usable_ram_mb=1000,
            free_ram_mb=400,
            ram_allocation_ratio=2,
            total_usable_disk_gb=10,
            free_disk_mb=1024,
            disk_allocation_ratio="0.5",
            disabled=True,
            unschedulable=True,
            forced_down=True,
            ready=False,
            num_instances=2,
            num_io_ops=5,
            failed_builds=4,
            hypervisor_version=2001004,
            unreadable=Unreadable.CPU | Unreadable.SERVICE,
        )
    )
    mib = 1024 * 1024
    assert {name: hosts.values(name).tolist() for name in HostTable._COLUMNS} == {
        "name": ["node-1"],
        "cpu_total": [8000],
        "cpu_reported": [True],
        "cpu_used": [3000],
        "cpu_limit": [12000],
        "ram_total": [1000 * mib],
        "ram_used": [600 * mib],
        "ram_limit": [2000 * mib],
        "disk_total": [10240 * mib],
        "disk_used": [9216 * mib],
        "disk_limit": [5120 * mib],
        "num_instances": [2],
        "num_io_ops": [5],
        "failed_builds": [4],
        "hypervisor_version": [2001004],
        "disabled": [True],
        "unschedulable": [True],
        "forced_down": [True],
        "ready": [False],
        "unreadable": [8 + 64],
    }


def test_absurd_amounts_are_cut() -> None:
    """What no column can hold is cut to the largest amount, and the host keeps the exact one."""
    absurd = HostState(host="absurd", ram=Inventory(total=2**80, used=2**70))
    hosts = table(absurd)
    assert hosts.ram_total.tolist() == [LARGEST]
    assert hosts.ram_limit.tolist() == [LARGEST]
    assert hosts.ram_used.tolist() == [LARGEST]
    assert hosts.host_state(0).ram.total == 2**80


def test_put_gives_rows_in_order() -> None:
    """A new host takes the next row."""
    hosts = table()
    assert [hosts.put(host(name)) for name in "abc"] == [0, 1, 2]
    in_step(hosts)


def test_put_replaces_the_host_of_the_same_name() -> None:
    """A changed host keeps its row, and every column follows."""
    hosts = table(host("a"), host("b", zone_label="z1"), host("c"))
    hosts.encoded("zones")
    assert hosts.put(host("b", vcpus_total=2, ready=False, zone_label="z2")) == 1
    assert len(hosts) == 3
    assert hosts.cpu_total.tolist() == [8000, 2000, 8000]
    assert hosts.host_state(1).zones == {"z2"}
    in_step(hosts)


def test_grows_past_sixteen() -> None:
    """Columns, encoded ones included, keep what they hold when they grow, more than once."""
    hosts = table(host("n0", vcpus_total=1, zone_label="z0"))
    hosts.encoded("zones")
    for n in range(1, 70):
        assert hosts.put(host(f"n{n}", vcpus_total=n + 1, zone_label=f"z{n % 5}")) == n
    assert hosts.cpu_total.tolist() == [1000 * (n + 1) for n in range(70)]
    in_step(hosts)


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_remove_moves_the_last_row_into_the_gap(gone: str) -> None:
    """Rows stay dense, whichever host goes."""
    hosts = table(
        host("a", vcpus_total=1, zone_label="za"),
        host("b", vcpus_total=2, zone_label="zb"),
        host("c", vcpus_total=3, zone_label="zc"),
    )
    hosts.encoded("zones")
    hosts.remove(gone)
    assert names(hosts) == {"a": ["c", "b"], "b": ["a", "c"], "c": ["a", "b"]}[gone]
    assert hosts.row(gone) is None
    in_step(hosts)


def test_remove_what_is_not_there() -> None:
    """A name that is not known is no error."""
    hosts = table(host("a"))
    hosts.remove("b")
    hosts.remove("a")
    hosts.remove("a")
    assert len(hosts) == 0
    in_step(hosts)


def test_a_removed_host_can_come_back() -> None:
    """Columns never show what stood in the row before."""
    hosts = table(host("a", num_instances=3, ready=False), host("b"))
    hosts.encoded("zones")
    hosts.remove("b")
    hosts.remove("a")
    hosts.put(host("a", zone_label="z9"))
    assert hosts.num_instances.tolist() == [0]
    assert hosts.ready.tolist() == [True]
    in_step(hosts)


def test_encoded_values_share_codes() -> None:
    """Hosts of equal value have equal codes."""
    hosts = table(host("a", zone_label="x"), host("b", zone_label="y"), host("c", zone_label="x"))
    assert hosts.encoded("zones").codes.tolist() == [0, 1, 0]
    assert hosts.encoded("zones").vocabulary is hosts.encoded("zones").vocabulary


def test_encoded_of_no_such_attribute() -> None:
    """A misspelt attribute is an error, now and the next time."""
    hosts = table(host("a"))
    for _ in range(2):
        with pytest.raises(AttributeError):
            hosts.encoded("zonse")


def test_encoded_forgets_values_that_no_host_has() -> None:
    """However often a host changes, the vocabulary stays of the size of the table."""
    hosts = table(host("a"), host("b", zone_label="stays"))
    hosts.encoded("aggregates")
    hosts.encoded("zones")
    for n in range(1000):
        changed = host("a", zone_label=f"z{n}", aggregates=(aggregate(f"agg-{n}"),))
        hosts.put(changed)
        assert hosts.host_state(0).zones == {f"z{n}"}
    assert len(hosts.encoded("zones").vocabulary.values) <= 2 * 2 + 64
    assert len(hosts.encoded("aggregates").vocabulary.values) <= 2 * 2 + 64
    in_step(hosts)


def test_encoded_forgets_names_of_hosts_that_went() -> None:
    """Nodes that come and go leave no trace behind."""
    hosts = table(host("stays"))
    hosts.encoded("host")
    for n in range(1000):
        hosts.put(host(f"node-{n}"))
        hosts.remove(f"node-{n}")
    assert len(hosts.encoded("host").vocabulary.values) <= 2 * 2 + 64
    in_step(hosts)


def test_memo_is_of_the_vocabulary_it_was_made_for() -> None:
    """Forgetting old values does not mix up what was worked out for the new ones."""
    hosts = table(host("a"), host("b", zone_label="stays"))
    for n in range(500):
        hosts.put(host("a", zone_label=f"z{n}"))
        zones = hosts.encoded("zones")
        lengths = zones.spread(lambda zone: len(min(zone)), np.int64, memo="length")
        assert lengths.tolist() == [len(f"z{n}"), len("stays")]


def test_forget_encodings() -> None:
    """What hosts are grouped by can be read anew after it changed behind the table's back."""
    hosts = table(host("a"), host("b"))
    view = hosts.take(rows(1))
    assert hosts.encoded("zones").codes.tolist() == [0, 0]
    hosts.host_state(1).zone_label = "moved"
    hosts.forget_encodings()
    in_step(hosts)
    hosts.host_state(1).zone_label = "again"
    view.forget_encodings()
    in_step(hosts)


def test_usage_changed() -> None:
    """After use changed the columns of use follow, encoded ones included."""
    hosts = table(host("a"), host("b"))
    hosts.encoded("free_ram_mb")
    host_b = hosts.host_state(1)
    host_b.consume(flavor(vcpus=2, memory_mb=384, root_gb=1), instance("uid-1"))
    assert hosts.cpu_used.tolist() == [0, 0]
    hosts.usage_changed(host_b)
    assert hosts.cpu_used.tolist() == [0, 2000]
    assert hosts.ram_used.tolist() == [0, 384 * 2**20]
    assert hosts.disk_used.tolist() == [0, 2**30]
    assert hosts.num_instances.tolist() == [0, 1]
    assert hosts.num_io_ops.tolist() == [0, 1]
    free = hosts.encoded("free_ram_mb")
    assert [free.vocabulary.values[code] for code in free.codes] == [16384, 16000]


def test_rows() -> None:
    """Names become rows in the order asked, -1 where a name is not known."""
    hosts = table(host("a"), host("b"), host("c"))
    assert hosts.rows(["c", "x", "a", "c"]).tolist() == [2, -1, 0, 2]
    assert hosts.rows([]).tolist() == []
    assert hosts.rows(["a"]).dtype == np.intp
    assert hosts.row("b") == 1
    assert hosts.row("x") is None


def test_view_reads_some_rows_in_the_order_given() -> None:
    """Columns, encoded columns and hosts are those of the rows taken."""
    hosts = table(
        host("a", vcpus_total=1, zone_label="x"),
        host("b", vcpus_total=2, zone_label="y"),
        host("c", vcpus_total=3, zone_label="x"),
    )
    view = hosts.take(rows(2, 0))
    assert len(view) == 2
    assert view.cpu_total.tolist() == [3000, 1000]
    assert view.values("cpu_total").tolist() == [3000, 1000]
    assert view.encoded("zones").codes.tolist() == [0, 0]
    assert names(view) == ["c", "a"]


def test_view_has_its_own_row_numbers() -> None:
    """A name that is in the table but not in the view is not known to the view."""
    hosts = table(host("a"), host("b"), host("c"))
    view = hosts.take(rows(2, 0))
    assert view.row("c") == 0
    assert view.row("a") == 1
    assert view.row("b") is None
    assert view.row("x") is None
    assert view.rows(["a", "b", "c", "x"]).tolist() == [1, -1, 0, -1]


def test_view_of_a_view() -> None:
    """Rows of a view are counted in the view."""
    hosts = table(*(host(name, vcpus_total=n) for n, name in enumerate("abcd", 1)))
    inner = hosts.take(rows(3, 2, 1)).take(rows(2, 0))
    assert names(inner) == ["b", "d"]
    assert inner.cpu_total.tolist() == [2000, 4000]
    assert inner.row("d") == 1
    assert inner.row("c") is None


def test_view_may_name_a_host_twice() -> None:
    """Who asks twice is answered twice."""
    view = table(host("a"), host("b", vcpus_total=2)).take(rows(1, 1))
    assert view.cpu_total.tolist() == [2000, 2000]
    assert names(view) == ["b", "b"]


@pytest.mark.parametrize("nested", [False, True])
def test_view_of_an_unknown_host_is_an_error(*, nested: bool) -> None:
    """-1 is no row: it must not be taken for the last one."""
    hosts = table(host("a"), host("b"))
    source = hosts.take(rows(0, 1)) if nested else hosts
    with pytest.raises(IndexError):
        source.take(rows(0, -1))


def test_view_cannot_be_written() -> None:
    """Hosts come and go in the table itself."""
    hosts = table(host("a"), host("b"))
    view = hosts.take(rows(0))
    with pytest.raises(TypeError, match="take in node-1:"):
        view.put(host("node-1"))
    with pytest.raises(TypeError, match="lose a:"):
        view.remove("a")
    assert names(hosts) == ["a", "b"]


def test_view_passes_changed_use_on() -> None:
    """A view shows changed use at once, even in a column it had read before; so does its table."""
    hosts = table(host("a"), host("b"))
    view = hosts.take(rows(1))
    assert view.cpu_used.tolist() == [0]
    assert view.num_instances.tolist() == [0]
    view.host_state(0).consume(flavor(vcpus=2), instance())
    view.usage_changed(view.host_state(0))
    assert view.cpu_used.tolist() == [2000]
    assert view.num_instances.tolist() == [1]
    assert hosts.cpu_used.tolist() == [0, 2000]


def test_columns_are_read_only() -> None:
    """A filter that writes ``free -= used`` by mistake meets an error, and harms nobody."""
    hosts = table(host("a"), host("b"))
    for columns in (hosts, hosts.take(rows(0))):
        with pytest.raises(ValueError, match="read-only"):
            columns.cpu_total[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            columns.values("cpu_limit")[:] -= 1
    with pytest.raises(ValueError, match="read-only"):
        hosts.encoded("zones").codes[0] = 7
    hosts.put(host("c"))
    hosts.put(host("a", vcpus_total=4))
    assert hosts.cpu_total.tolist() == [4000, 8000, 8000]


def test_copy_is_independent() -> None:
    """A copy is consumed on while the table stays as it is, and the other way round."""
    hosts = table(host("a"), host("b"))
    twin = hosts.copy()
    twin.host_state(0).consume(flavor(vcpus=1), instance())
    twin.usage_changed(twin.host_state(0))
    twin.put(host("c"))
    assert hosts.cpu_used.tolist() == [0, 0]
    assert hosts.host_state(0).instances == {}
    assert names(hosts) == ["a", "b"]
    hosts.remove("b")
    assert names(twin) == ["a", "b", "c"]
    assert twin.cpu_used.tolist() == [1000, 0, 0]
    in_step(hosts)
    in_step(twin)


def test_copy_of_a_view() -> None:
    """A copied view is a table of its own, of the hosts taken."""
    hosts = table(host("a"), host("b", vcpus_total=2), host("c", vcpus_total=3))
    twin = hosts.take(rows(2, 1)).copy()
    twin.put(host("d", vcpus_total=4))
    assert names(twin) == ["c", "b", "d"]
    assert twin.cpu_total.tolist() == [3000, 2000, 4000]
    assert len(hosts) == 3
    in_step(twin)


def test_hosts_of_equal_content_are_told_apart_by_name() -> None:
    """The name is the identity: two hosts alike are two rows."""
    one = host("a")
    hosts = table(one, replace(one, host="b"))
    assert len(hosts) == 2
    in_step(hosts)
