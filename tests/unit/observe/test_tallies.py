"""extender.observe.tallies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest

from extender.observe.tallies import Tallies

BOUNDS = (0, 0.5, 10, 1000)


def test_by_hand() -> None:
    """A value at a bound belongs to its bucket; counts add up towards infinity."""
    registry = CollectorRegistry()
    tally = Tallies("seconds", "Time.", "stage", BOUNDS, registry).labels("decode")
    for value in (0.5, 0.6, 5000.0):
        tally.observe(value)
    assert generate_latest(registry).decode().splitlines() == [
        "# HELP seconds Time.",
        "# TYPE seconds histogram",
        'seconds_bucket{le="0.0",stage="decode"} 0.0',
        'seconds_bucket{le="0.5",stage="decode"} 1.0',
        'seconds_bucket{le="10.0",stage="decode"} 2.0',
        'seconds_bucket{le="1000.0",stage="decode"} 2.0',
        'seconds_bucket{le="+Inf",stage="decode"} 3.0',
        'seconds_count{stage="decode"} 3.0',
        'seconds_sum{stage="decode"} 5001.1',
    ]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 5000)), min_size=1))
def test_as_the_library_s_own(values: list[tuple[str, float]]) -> None:
    """The same values give the same text."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in the library
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tallies = Tallies("hosts", "Hosts.", "filter", BOUNDS, ours)
    histogram = Histogram("hosts", "Hosts.", ["filter"], buckets=BOUNDS, registry=theirs)
    for label, value in values:
        tallies.labels(label).observe(value)
        histogram.labels(label).observe(value)
    assert sorted(generate_latest(ours).splitlines()) == sorted(
        generate_latest(theirs).splitlines()
    )


def test_a_name_that_is_taken() -> None:
    """The registry refuses a second metric of the name."""
    registry = CollectorRegistry()
    Tallies("seconds", "Time.", "stage", BOUNDS, registry)
    with pytest.raises(ValueError, match="seconds"):
        Tallies("seconds", "Time.", "stage", BOUNDS, registry)
