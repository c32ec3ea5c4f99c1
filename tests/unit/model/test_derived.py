"""Columns made on demand, kept up from then on, and forgotten again."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest

from extender.model.derived import MOST_KEYED, SPARE
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from tests.builders import host, instance, table


def tag(h: HostState) -> str:
    """What a node's label says."""
    return h.labels.get("tag", "")


def crowd(h: HostState) -> int:
    """How many pods are on it."""
    return h.num_instances


def constant(number: int, _: HostState) -> int:
    """The same of every host."""
    return number


def tags(hosts: HostTable) -> list[str]:
    """The encoded column of labels, decoded."""
    found = hosts.encoded_by("tag", tag, fixed=True)
    return [found.vocabulary.values[code] for code in found.codes.tolist()]


def crowds(hosts: HostTable) -> list[int]:
    """The column of pods."""
    numbers: list[int] = hosts.column_by("crowd", crowd, np.int64, fixed=False).tolist()
    return numbers


def labelled(name: str, text: str, pods: int = 0) -> HostState:
    """A host with a label and so many pods."""
    return host(name, labels={"tag": text}, num_instances=pods)


def test_built_at_first_use_and_kept_up() -> None:
    """Hosts that come, change and go show in their rows."""
    hosts = table(labelled("a", "x", 1), labelled("b", "y", 2))
    assert (tags(hosts), crowds(hosts)) == (["x", "y"], [1, 2])
    hosts.put(labelled("c", "z", 3))
    hosts.put(labelled("a", "w", 5))
    assert (tags(hosts), crowds(hosts)) == (["w", "y", "z"], [5, 2, 3])
    hosts.remove("a")
    assert (tags(hosts), crowds(hosts)) == (["z", "y"], [3, 2])


def test_use_changes_only_what_is_not_fixed() -> None:
    """What is fixed is not read again when a pod comes or goes."""
    reads = 0

    def counting(h: HostState) -> str:
        nonlocal reads
        reads += 1
        return tag(h)

    hosts = table(labelled("a", "x"))
    hosts.encoded_by("counted", counting, fixed=True)
    assert crowds(hosts) == [0]
    hosts.host_state(0).add_instance(instance("p"))
    hosts.usage_changed(hosts.host_state(0))
    assert reads == 1
    assert crowds(hosts) == [1]


def test_a_view_gathers() -> None:
    """In the order and as often as its rows say."""
    hosts = table(*(labelled(name, name.upper(), n) for n, name in enumerate("abc")))
    view = hosts.take(np.array([2, 0, 2], dtype=np.intp))
    assert (tags(view), crowds(view)) == (["C", "A", "C"], [2, 0, 2])


def test_columns_are_to_read_only() -> None:
    """A filter that writes to one raises, and harms nobody."""
    hosts = table(labelled("a", "x"))
    for array in (
        hosts.column_by("crowd", crowd, np.int64, fixed=False),
        hosts.encoded_by("tag", tag, fixed=True).codes,
        hosts.take(np.array([0], dtype=np.intp)).column_by("crowd", crowd, np.int64, fixed=False),
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_the_least_used_is_forgotten() -> None:
    """Keys may stem from requests: there are never more than so many, and it shows in no value."""
    hosts = table(labelled("a", "x"))
    for n in range(3 * MOST_KEYED):
        assert hosts.column_by(n, partial(constant, n), np.int64, fixed=True).tolist() == [n]
        assert crowds(hosts) == [0]
    held = hosts._derived._columns
    assert len(held) == MOST_KEYED
    assert "crowd" in held
    assert 0 not in held


def test_attributes_are_never_forgotten() -> None:
    """What filters ask for by a HostState's attribute does not count against the keys."""
    hosts = table(labelled("a", "x"))
    hosts.encoded("zones")
    for n in range(2 * MOST_KEYED):
        hosts.column_by(n, crowd, np.int64, fixed=False)
    assert "zones" in hosts._derived._columns


def test_values_that_no_host_has_are_let_go() -> None:
    """A column whose values keep changing does not grow without end."""
    hosts = table(labelled("a", "x"))
    for n in range(10 * SPARE):
        hosts.put(labelled("a", str(n)))
        assert tags(hosts) == [str(n)]
    assert len(hosts.encoded_by("tag", tag, fixed=True).vocabulary.values) <= 2 + SPARE + 1


def test_any_order_of_events() -> None:
    """After each of a thousand events the columns are those of a table built anew."""
    rng = random.Random(5)  # noqa: S311 - repeatable
    hosts = table()
    for _ in range(1000):
        name = rng.choice("abcdefgh")
        known = hosts.row(name)
        event = rng.randrange(3)
        if event == 0:
            hosts.put(labelled(name, rng.choice("xyz"), rng.randrange(4)))
        elif event == 1:
            hosts.remove(name)
        elif known is not None:
            hosts.host_state(known).add_instance(instance(f"p{rng.randrange(9)}"))
            hosts.usage_changed(hosts.host_state(known))
        anew = HostTable(hosts.hosts)
        assert (tags(hosts), crowds(hosts)) == (tags(anew), crowds(anew))


def test_remembered_by_value() -> None:
    """``Vocabulary.array`` works a value out once, in rows of a width where one is given."""
    seen: list[Any] = []

    def length(text: str) -> int:
        seen.append(text)
        return len(text)

    hosts = table(*(labelled(name, name * 2) for name in ("a", "b", "c")))
    vocabulary = hosts.encoded_by("tag", tag, fixed=True).vocabulary
    assert vocabulary.array("length", length, np.int64).tolist() == [2, 2, 2]
    hosts.put(labelled("d", "dddd"))
    assert vocabulary.array("length", length, np.int64).tolist() == [2, 2, 2, 4]
    assert seen == ["aa", "bb", "cc", "dddd"]
    pairs = vocabulary.array("pair", lambda text: (len(text), 1), np.int64, width=2)
    assert pairs.tolist() == [[2, 1], [2, 1], [2, 1], [4, 1]]
    for n in range(50):
        hosts.put(labelled(f"n{n}", "t" * n))
    found = hosts.encoded_by("tag", tag, fixed=True)
    lengths = found.vocabulary.array("length", length, np.int64)[found.codes].tolist()
    assert lengths == [2, 2, 2, 4, *range(50)]


def test_numbers_by_value() -> None:
    """A mapping's numbers spread to the hosts; values that no host has are passed over."""
    hosts = table(labelled("a", "x"), labelled("b", "y"), labelled("c", "x"))
    found = hosts.encoded_by("tag", tag, fixed=True)
    assert found.numbers({"x": 4, "gone": 9}, np.int64).tolist() == [4, 0, 4]
    assert found.numbers({}, np.float64).tolist() == [0.0, 0.0, 0.0]
