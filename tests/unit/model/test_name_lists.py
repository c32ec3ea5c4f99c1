"""extender.model.name_lists, through the table that uses it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from extender.model.host_table import HostTable
from extender.protocol.node_names import NodeNames
from tests.builders import host


def look_up(table: HostTable, *names: str) -> list[int]:
    """Look names up side by side."""
    sent = NodeNames.of(names)
    assert sent.spans is not None
    return table.find(sent.json, sent.spans).tolist()  # type: ignore[no-any-return]


def test_hosts_come_and_go() -> None:
    """Look-ups follow the table: rows move when a host goes, and a new one is found."""
    table = HostTable([host("a"), host("b"), host("c")])
    assert look_up(table, "c", "x", "a") == [2, -1, 0]
    table.remove("a")
    assert look_up(table, "c", "x", "a") == [0, -1, -1]
    table.put(host("x"))
    assert look_up(table, "c", "x", "a") == [0, 2, -1]


def test_a_list_is_remembered_while_it_holds() -> None:
    """What was kept is found by its bytes, until any host comes or goes."""
    table = HostTable([host("a"), host("b")])
    json = NodeNames.of(["b", "a"]).json
    assert table.recent(json) is None
    table.keep(table.names, json, np.array([1, 0]))
    rows = table.recent(json)
    assert rows is not None
    assert rows.tolist() == [1, 0]
    table.put(host("a"))  # its node has changed, but none came or went
    assert table.recent(json) is not None
    table.remove("a")
    assert table.recent(json) is None


def test_what_is_kept_too_late_is_not_found() -> None:
    """Rows of names as they were before a host went stand for nothing any more."""
    table = HostTable([host("a"), host("b")])
    names, json = table.names, NodeNames.of(["b"]).json
    table.remove("a")
    table.keep(names, json, np.array([1]))
    assert table.recent(json) is None


def test_names_that_were_handed_out_do_not_change() -> None:
    """An attempt that keeps rows finds the names they had."""
    table = HostTable([host("a"), host("b")])
    names = table.names
    table.remove("a")
    table.put(host("c"))
    assert names[:2].tolist() == ["a", "b"]
    assert table.names[:2].tolist() == ["b", "c"]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefgh")), max_size=30))
def test_as_one_by_one(steps: list[tuple[bool, str]]) -> None:
    """Whatever came and went, both ways of looking up say the same."""
    table = HostTable()
    for put, name in steps:
        if put:
            table.put(host(name))
        else:
            table.remove(name)
        assert look_up(table, *"abcdefgh") == table.rows(list("abcdefgh")).tolist()
