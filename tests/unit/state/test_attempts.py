"""The last attempts, in a ring bounded in bytes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.model.attempt import Attempt, BindPart, FilterPart, WeighPart
from extender.model.names import as_names
from extender.state.attempts import Attempts


def attempt(uid: str = "u", hosts: int = 0, name: str = "pod", namespace: str = "ns") -> Attempt:
    """An attempt that asked about so many hosts."""
    part = FilterPart(
        asked=as_names([f"h{n}" for n in range(hosts)]),
        known=hosts,
        codes=np.zeros(hosts, dtype=np.uint16),
        steps=(),
    )
    return Attempt(uid=uid, namespace=namespace, name=name, at=0.0, filtered=part)


def weighed(hosts: int = 0) -> WeighPart:
    """A weighers' part of so many hosts."""
    return WeighPart(
        asked=as_names([f"h{n}" for n in range(hosts)]),
        steps=(),
        weights=np.zeros(hosts),
        scores=np.zeros(hosts, dtype=np.int64),
    )


def uids(ring: Attempts) -> list[str]:
    """Whose attempts are there, oldest first."""
    return [found.uid for found in ring]


ONE = attempt().size


def test_newest_last() -> None:
    """Attempts come out in the order they went in."""
    ring = Attempts(10 * ONE)
    for uid in ("a", "b", "a"):
        ring.add(attempt(uid))
    assert uids(ring) == ["a", "b", "a"]
    assert len(ring) == 3
    assert ring.size == 3 * ONE


def test_oldest_go_first() -> None:
    """Exactly as many stay as fit."""
    ring = Attempts(3 * ONE)
    for n in range(10):
        ring.add(attempt(str(n)))
    assert uids(ring) == ["7", "8", "9"]
    assert ring.size == 3 * ONE


def test_a_byte_too_little() -> None:
    """The bound is in bytes: one less, and one attempt fewer stays."""
    ring = Attempts(3 * ONE - 1)
    for n in range(10):
        ring.add(attempt(str(n)))
    assert uids(ring) == ["8", "9"]


def test_newest_is_kept_whatever_its_size() -> None:
    """An attempt larger than the ring empties it and stays; the next one drives it out."""
    ring = Attempts(ONE)
    ring.add(attempt("small"))
    ring.add(attempt("large", hosts=5000))
    assert uids(ring) == ["large"]
    assert ring.size > ring.limit
    ring.add(attempt("next"))
    assert uids(ring) == ["next"]
    assert ring.size == ONE


def test_ring_without_room() -> None:
    """A limit of 0 keeps the newest alone."""
    ring = Attempts(0)
    ring.add(attempt("a"))
    ring.add(attempt("b"))
    assert uids(ring) == ["b"]


def test_large_attempts_count_for_more() -> None:
    """What an attempt keeps counts: one of 1000 hosts drives out several small ones."""
    ring = Attempts(12 * ONE)
    for n in range(10):
        ring.add(attempt(str(n)))
    big = attempt("big", hosts=1000)
    assert big.size > 5 * ONE
    ring.add(big)
    assert uids(ring)[-1] == "big"
    assert len(ring) == 1 + (12 * ONE - big.size) // ONE
    assert ring.size <= ring.limit


def test_join_completes_the_newest_of_the_pod() -> None:
    """The weighers' part joins the pod's newest attempt by UID."""
    ring = Attempts(10 * ONE)
    for uid in ("a", "b", "a"):
        ring.add(attempt(uid))
    part = weighed(3)
    joined = ring.join("a", part)
    first, other, newest = ring
    assert joined is newest
    assert newest.weighed is part
    assert first.weighed is None
    assert other.weighed is None
    assert ring.size == 3 * ONE + part.size == sum(found.size for found in ring)


def test_join_once() -> None:
    """A second weighing of the same cycle is nobody's: the first one stays."""
    ring = Attempts(10 * ONE)
    ring.add(attempt("a"))
    part = weighed()
    assert ring.join("a", part) is not None
    assert ring.join("a", weighed()) is None
    assert next(iter(ring)).weighed is part
    assert ring.size == ONE + part.size


def test_join_without_an_attempt() -> None:
    """A weighing for a pod that was never filtered, or was long ago, joins nothing."""
    ring = Attempts(ONE)
    assert ring.join("a", weighed()) is None
    ring.add(attempt("a"))
    ring.add(attempt("b"))
    assert ring.join("a", weighed()) is None
    assert ring.size == ONE


def test_join_may_drive_out_the_oldest() -> None:
    """What joins takes room too; the attempt joined stays, even if it is the oldest."""
    ring = Attempts(2 * ONE)
    ring.add(attempt("a"))
    ring.add(attempt("b"))
    joined = ring.join("b", weighed(100))
    assert joined is not None
    assert uids(ring) == ["b"]
    assert ring.size == joined.size


def test_of_a_pod_newest_first() -> None:
    """A pod's attempts by name, also of pods of that name before it."""
    ring = Attempts(10 * ONE)
    first, second = attempt("1", name="web"), attempt("2", name="web")
    for found in (first, attempt("3", name="db"), second, attempt("4", name="web", namespace="x")):
        ring.add(found)
    assert ring.of("ns", "web") == [second, first]
    assert ring.of("ns", "nobody") == []


def test_looking_on_while_it_changes() -> None:
    """Whoever goes through the ring sees it as it was."""
    ring = Attempts(2 * ONE)
    ring.add(attempt("a"))
    ring.add(attempt("b"))
    seen = []
    for found in ring:
        seen.append(found.uid)
        ring.add(attempt("c"))
    assert seen == ["a", "b"]


@settings(deadline=None)
@given(
    st.integers(min_value=0, max_value=20_000),
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 300))),
)
def test_never_beyond_its_bytes(limit: int, events: list[tuple[str, bool, int]]) -> None:
    """Whatever comes and joins: the size is the sum, within the limit unless one is alone."""
    ring = Attempts(limit)
    newest: dict[str, Attempt] = {}
    for uid, joins, hosts in events:
        if joins:
            joined = ring.join(uid, weighed(hosts))
            assert joined is None or joined is newest[uid]
        else:
            newest[uid] = attempt(uid, hosts)
            ring.add(newest[uid])
            assert list(ring)[-1] is newest[uid]
        assert ring.size == sum(found.size for found in ring)
        assert ring.size <= limit or len(ring) <= 1


def test_bound() -> None:
    """A bind joins the pod's newest attempt, once; a second one is told that there is no place."""
    ring = Attempts(10**6)
    first, second = attempt("u"), attempt("u")
    ring.add(first)
    ring.add(second)
    part = BindPart("h0", "bound")
    assert ring.bound("u", part) is second
    assert (first.bound, second.bound) == (None, part)
    assert ring.size == first.size + second.size
    assert ring.bound("u", BindPart("h1", "refused")) is None
    assert ring.bound("stranger", part) is None
    assert second.bound is part


def test_newest() -> None:
    """The newest attempt of a pod, none for a pod that was not seen."""
    ring = Attempts(10**6)
    first, second = attempt("u"), attempt("u")
    ring.add(first)
    assert ring.newest("u") is first
    ring.add(second)
    assert ring.newest("u") is second
    assert ring.newest("v") is None
