"""Metrics as columns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.measured import find, measured, outdated
from extender.model.metrics import HostMetric

NOW = 1_000_000.0

times = st.none() | st.sampled_from([NOW, NOW - 300, NOW - 301, NOW + 301, 1.0])
metrics = st.lists(
    st.builds(HostMetric, st.sampled_from("xyz"), st.integers(-5, 5).map(float), times), max_size=4
).map(tuple)
hosts = st.lists(
    st.builds(HostState, host=st.just("n"), reported_metrics=metrics, observed_metrics=metrics),
    max_size=4,
)


def named(found: list[HostState]) -> HostTable:
    """A table of them, each with a name of its own."""
    for number, host in enumerate(found):
        host.host = f"n{number}"
    return HostTable(found)


@given(hosts, st.sampled_from("xyz"), st.none() | st.just(NOW), st.sampled_from([0, 300]))
def test_columns_say_what_hosts_say(
    found: list[HostState], name: str, at: float | None, max_age: int
) -> None:
    """Each host's metric of that name by Nova's ``metrics``, NaN where it is missing or too old."""
    expected = []
    for host in found:
        there = {metric.name: metric for metric in host.metrics}.get(name)
        assert find(host, name) == there
        missing = there is None or outdated(there, at, max_age)
        expected.append(math.nan if missing or there is None else there.value)
    values = measured(named(found), name, at, max_age)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, np.array(expected, dtype=np.float64))


def test_metrics_that_change() -> None:
    """A host that is put anew has its new ones, in views too."""
    table = named([HostState(host=""), HostState(host="")])
    assert np.isnan(measured(table, "x", NOW, 300)).all()
    changed = HostState(host="n1", observed_metrics=(HostMetric("x", 4.0, NOW),))
    table.put(changed)
    assert measured(table, "x", NOW, 300)[1] == 4.0
    view = table.take(np.array([1], dtype=np.intp))
    assert measured(view, "x", NOW, 300).tolist() == [4.0]
    assert np.isnan(measured(view, "x", NOW + 301, 300)).all()


@pytest.mark.parametrize(
    ("timestamp", "at", "max_age", "old"),
    [
        (NOW - 300, NOW, 300, False),
        (NOW - 300.5, NOW, 300, True),
        (NOW + 300.5, NOW, 300, True),
        (None, NOW, 300, False),
        (1.0, None, 300, False),
        (1.0, NOW, 0, False),
    ],
)
def test_outdated(timestamp: float | None, at: float | None, max_age: int, old: bool) -> None:
    """Further away than the age allowed, either way, where all three are known."""
    assert outdated(HostMetric("x", 1.0, timestamp), at, max_age) is old
