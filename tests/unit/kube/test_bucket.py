"""Token buckets."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from extender.kube.bucket import TokenBucket


def test_burst_then_rate() -> None:
    """Three at once, then one every 4 s; never more than three saved up."""
    bucket = TokenBucket(3, 0.25, at=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait(100.0) == 4.0
    assert not bucket.take(103.0)
    assert bucket.wait(103.0) == 1.0
    assert bucket.take(104.0)
    assert not bucket.take(104.0)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_reserve() -> None:
    """Who leaves two takes only the third, and waits for it; who leaves none takes all."""
    bucket = TokenBucket(3, 0.5, at=0.0)
    assert bucket.take(0.0, leave=2)
    assert not bucket.take(0.0, leave=2)
    assert bucket.wait(0.0, leave=2) == 2.0
    assert bucket.take(0.0)
    assert bucket.take(0.0)
    assert not bucket.take(0.0)


def test_nothing_flows() -> None:
    """Without a rate an empty bucket stays empty."""
    bucket = TokenBucket(1, 0.0, at=0.0)
    assert bucket.take(0.0)
    assert bucket.wait(1e9) == math.inf


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 3))))
def test_never_more_than_burst_and_rate(asked: list[tuple[float, int]]) -> None:
    """In any time t at most burst + rate × t are taken; and after the wait there is one."""
    bucket, at, taken = TokenBucket(5, 0.1, at=0.0), 0.0, 0
    for later, leave in asked:
        at += later
        wait = bucket.wait(at, leave=leave)
        got = bucket.take(at, leave=leave)
        assert got == (wait == 0)
        taken += got
        assert taken <= 5 + 0.1 * at + 1e-6
    assert bucket.take(at + bucket.wait(at))
