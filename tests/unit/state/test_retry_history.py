"""Retry histories: what counts as an attempt, and until when."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.rejection import Rejection
from extender.model.request_spec import SchedulerRetries
from extender.state.retry_history import (
    BIND_FAILURES,
    MOST_FAILURES,
    MOST_REJECTIONS,
    MOST_SPENT,
    REJECTIONS,
    RetryHistory,
)

TTL = 600.0
T = 1000.0
OWNER = "default/rs"


@pytest.fixture
def history() -> RetryHistory:
    """An empty one that forgets after ten minutes."""
    return RetryHistory(TTL)


def rejection(
    uid: str, host: str = "a", at: float = T, reason: str = "OutOfcpu", owner: str = OWNER
) -> Rejection:
    """A pod of the ReplicaSet that was rejected."""
    return Rejection(
        uid=uid, owner=owner, namespace="default", name=uid, host=host, reason=reason, at=at
    )


def reject(history: RetryHistory, uid: str, host: str = "a", at: float = T, **more: Any) -> bool:
    """Rejects a pod and says whether that was new."""
    return history.rejected(rejection(uid, host, at, **more), at)


def tried(*names: str) -> tuple[tuple[str, str], ...]:
    """These hosts as pairs."""
    return tuple((name, name) for name in names)


def attempts(history: RetryHistory, unstarted: int = 1, uid: str = "new") -> int:
    """How many attempts were made for a new pod of the ReplicaSet."""
    return history.retries(uid, OWNER, unstarted).num_attempts


# -- rejections of siblings ----------------------------------------------------------------------


def test_nothing(history: RetryHistory) -> None:
    """A pod nobody has heard of was never tried."""
    assert history.retries("new", OWNER, 1) == SchedulerRetries()
    assert len(history) == 0


def test_one_replica(history: RetryHistory) -> None:
    """Each rejection is one attempt, as in Nova; the hosts stand in the order of time."""
    assert reject(history, "1", "b", T)
    assert reject(history, "2", "a", T + 5, reason="OutOfpods")
    found = history.retries("3", OWNER, 1)
    assert found == SchedulerRetries(2, tried("b", "a"), "OutOfpods")
    assert found.origins == (REJECTIONS,)


@pytest.mark.parametrize(
    ("rejections", "unstarted", "expected"),
    [
        (1, 1, 1),
        (3, 1, 3),
        (1, 200, 1),
        (3, 200, 1),
        (200, 200, 1),
        (201, 200, 2),
        (400, 200, 2),
        (401, 200, 3),
        (3, 3, 1),
        (4, 3, 2),
        (3, 2, 2),
        (2, 0, 2),
        (2, -1, 2),
    ],
)
def test_rejections_are_shared_out(
    history: RetryHistory, rejections: int, unstarted: int, expected: int
) -> None:
    """Over the siblings that have yet to start, rounded up; a pod is never less than itself."""
    for number in range(rejections):
        reject(history, str(number), f"n{number}")
    assert attempts(history, unstarted) == expected
    assert len(history.retries("new", OWNER, unstarted).hosts) == rejections


def test_each_host_once_at_its_newest_place(history: RetryHistory) -> None:
    """A host that failed again is the newest; all its rejections are attempts."""
    for uid, host in enumerate("abcab"):
        reject(history, str(uid), host, T + uid)
    assert history.retries("new", OWNER, 1).hosts == tried("c", "a", "b")
    assert attempts(history) == 5


def test_owners_are_apart(history: RetryHistory) -> None:
    """A rejection is its own line's."""
    reject(history, "1")
    assert history.retries("x", "default/other", 1) == SchedulerRetries()


def test_a_rejection_counts_once(history: RetryHistory) -> None:
    """However often list and watch deliver the Failed pod, also under another owner."""
    assert reject(history, "1")
    assert not reject(history, "1")
    assert not reject(history, "1", "b", T + 100)
    assert not reject(history, "1", owner="default/adopted")
    assert history.retries("new", OWNER, 1) == SchedulerRetries(1, tried("a"), "OutOfcpu")
    assert len(history) == 1


def test_old_rejections_are_not_taken_in(history: RetryHistory) -> None:
    """Failed pods linger in the API for days; ten minutes and no more count."""
    assert not history.rejected(rejection("1", at=T), T + TTL + 1)
    assert history.rejected(rejection("2", at=T), T + TTL)
    assert attempts(history) == 1


def test_a_rejection_of_the_future(history: RetryHistory) -> None:
    """A clock that runs ahead makes nothing last longer."""
    assert history.rejected(rejection("1", at=T + 86_400), T)
    history.prune(T + TTL + 1)
    assert len(history) == 0


# -- starts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("started", "expected"),
    [(T - 1, 1), (T, 1), (T + 0.9, 1), (T + 1, 0), (T + 100, 0)],
)
def test_a_start_outdates_what_was_rejected_before(
    history: RetryHistory, started: float, expected: int
) -> None:
    """A rejection in the very second of a start counts; order of arrival does not matter."""
    late = RetryHistory(TTL)
    reject(history, "1", at=T + 0.2)
    history.note_start(OWNER, started)
    late.note_start(OWNER, started)
    reject(late, "1", at=T + 0.2)
    assert attempts(history) == attempts(late) == expected
    assert len(history.retries("new", OWNER, 1).hosts) == expected


def test_the_latest_start_counts(history: RetryHistory) -> None:
    """A later report of an earlier start changes nothing."""
    for second in range(10):
        reject(history, str(second), f"n{second}", T + second)
    history.note_start(OWNER, T + 7)
    history.note_start(OWNER, T + 3)
    assert history.retries("new", OWNER, 1).hosts == tried("n7", "n8", "n9")
    history.note_start(OWNER, T + 9)
    assert history.retries("new", OWNER, 1).hosts == tried("n9")


def test_a_start_is_its_own_lines(history: RetryHistory) -> None:
    """Another owner's success is none of ours."""
    reject(history, "1")
    history.note_start("default/other", T + 100)
    assert attempts(history) == 1


def test_an_outdated_rejection_is_new_once(history: RetryHistory) -> None:
    """It happened all the same, and others may want to know."""
    history.note_start(OWNER, T + 100)
    assert reject(history, "1")
    assert not reject(history, "1")
    assert attempts(history) == 0


# -- failed bindings -----------------------------------------------------------------------------


def test_failed_bindings(history: RetryHistory) -> None:
    """Each is an attempt of the pod itself, not of its siblings, and no start outdates it."""
    history.bind_failed("p", OWNER, "b", "404: no such node", T)
    history.bind_failed("p", OWNER, "a", "500: oops", T + 1)
    history.note_start(OWNER, T + 50)
    found = history.retries("p", OWNER, 200)
    assert found == SchedulerRetries(2, tried("b", "a"), "500: oops")
    assert found.origins == (BIND_FAILURES,)
    assert history.retries("sibling", OWNER, 200) == SchedulerRetries()


def test_both(history: RetryHistory) -> None:
    """Own failures are added to the share in the rejections; all hosts in the order of time."""
    reject(history, "1", "a", T)
    history.bind_failed("p", OWNER, "b", "timed out", T + 1)
    reject(history, "2", "c", T + 2, reason="OutOfmemory")
    found = history.retries("p", OWNER, 2)
    assert found == SchedulerRetries(2, tried("a", "b", "c"), "OutOfmemory")
    assert found.origins == (REJECTIONS, BIND_FAILURES)


def test_a_long_reason_is_cut(history: RetryHistory) -> None:
    """An API server's answer may be of any length."""
    history.bind_failed("p", "p", "a", "x" * 10_000, T)
    assert history.retries("p", "p", 1).exc_reason == "x" * 512


def test_a_pod_that_is_gone(history: RetryHistory) -> None:
    """Its failed bindings go, its rejection stays for its siblings; nobody is no error."""
    history.bind_failed("p", OWNER, "a", "oops", T)
    reject(history, "p", "b")
    history.forget("p")
    history.forget("nobody")
    assert history.retries("p", OWNER, 1) == SchedulerRetries(1, tried("b"), "OutOfcpu")
    assert not reject(history, "p", "b")


# -- what a pod's annotation says ----------------------------------------------------------------

NOTED = SchedulerRetries(2, tried("a", "b"), "why", ("the pod",))


def test_restart_of_a_bare_pods_history(history: RetryHistory) -> None:
    """After a restart the annotation is all there is, and new failures come on top of it."""
    history.noted("p", NOTED, T)
    found = history.retries("p", "p", 1)
    assert found == NOTED
    assert found.origins == ("the pod",)
    history.bind_failed("p", "p", "c", "oops", T + 1)
    found = history.retries("p", "p", 1)
    assert found == SchedulerRetries(3, tried("a", "b", "c"), "oops")
    assert found.origins == ("the pod", BIND_FAILURES)


def test_our_own_annotation_is_not_counted_again(history: RetryHistory) -> None:
    """What was written after a failed binding comes back with the watch."""
    history.bind_failed("p", "p", "a", "why", T)
    made = history.retries("p", "p", 1)
    history.noted("p", made, T + 1)
    assert history.retries("p", "p", 1, made) == made == SchedulerRetries(1, tried("a"), "why")


@pytest.mark.parametrize(
    ("noted", "rejections", "expected"),
    [(2, 0, 2), (2, 1, 2), (2, 2, 2), (2, 3, 3), (0, 2, 2)],
)
def test_annotation_and_siblings_are_not_added(
    history: RetryHistory, noted: int, rejections: int, expected: int
) -> None:
    """The rejections before the restart are in the annotation, and in the API for memory."""
    for number in range(rejections):
        reject(history, str(number), "a")
    history.noted("p", SchedulerRetries(noted, tried("a", "b")), T + 1)
    found = history.retries("p", OWNER, 1)
    assert found.num_attempts == expected
    assert found.hosts == tried("a", "b")
    history.bind_failed("p", OWNER, "c", "oops", T + 2)
    assert attempts(history, 1, "p") == expected + 1


def test_a_request_before_the_watch(history: RetryHistory) -> None:
    """A pod that is asked about before it was seen counts by its annotation, from then on."""
    history.prune(T)
    assert history.retries("p", "p", 1, NOTED) == NOTED
    assert history.retries("p", "p", 1) == NOTED
    assert history.prune(T + TTL + 1) == 1
    assert history.retries("p", "p", 1, NOTED) == SchedulerRetries()


def test_a_request_before_the_time_was_told() -> None:
    """An annotation that is read first of all is as old as the first time told."""
    history = RetryHistory(TTL)
    assert history.retries("p", "p", 1, NOTED) == NOTED
    assert history.prune(T) == 0
    assert history.retries("p", "p", 1, NOTED) == NOTED
    assert history.prune(T + TTL) == 0
    assert history.prune(T + TTL + 1) == 1
    assert history.retries("p", "p", 1, NOTED) == SchedulerRetries()


def test_an_aged_annotation_does_not_come_back(history: RetryHistory) -> None:
    """It tells no time; the pod would be kept from its hosts for ever."""
    history.bind_failed("p", "p", "a", "oops", T)
    history.noted("q", NOTED, T)
    assert history.prune(T + TTL + 1) == 2
    for uid in ("p", "q"):
        history.noted(uid, NOTED, T + TTL + 2)
        assert history.retries(uid, uid, 1, NOTED) == SchedulerRetries()
    assert len(history) == 0


def test_a_pod_made_anew_is_heard_again(history: RetryHistory) -> None:
    """A file's pod may come back under its name after it was gone."""
    history.noted("ns/p", NOTED, T)
    history.prune(T + TTL + 1)
    history.forget("ns/p")
    history.noted("ns/p", NOTED, T + TTL + 2)
    assert history.retries("ns/p", "ns/p", 1) == NOTED


def test_annotations_of_another_extender(history: RetryHistory) -> None:
    """While another one binds, its newer annotation counts, and an older one no longer."""
    history.noted("p", SchedulerRetries(1, tried("a")), T)
    history.noted("p", NOTED, T + 1)
    history.noted("p", SchedulerRetries(1, tried("a")), T + 2)
    assert history.retries("p", "p", 1) == NOTED


def test_an_empty_annotation(history: RetryHistory) -> None:
    """Says nothing, and takes no room."""
    history.noted("p", SchedulerRetries(), T)
    assert len(history) == 0


def test_an_annotation_is_bounded(history: RetryHistory) -> None:
    """A user may write one, of 64 KiB."""
    names = [f"n{number}" for number in range(1000)]
    history.noted("p", SchedulerRetries(10**30, (*tried(*names), ("x y", "z" * 999)), "e" * 999), T)
    found = history.retries("p", "p", 1)
    assert found == SchedulerRetries(2**31 - 1, tried(*names[900:]), "e" * 512)


def test_an_annotation_without_hosts(history: RetryHistory) -> None:
    """Its number and reason count."""
    history.noted("p", SchedulerRetries(2, (), "why"), T)
    assert history.retries("p", "p", 1) == SchedulerRetries(2, (), "why")


# -- ageing --------------------------------------------------------------------------------------


def test_ageing(history: RetryHistory) -> None:
    """Each entry goes when it is older than the ttl, and is counted when it goes."""
    reject(history, "1", "a", T)
    reject(history, "2", "b", T + 10)
    history.bind_failed("p", OWNER, "c", "oops", T + 10)
    history.bind_failed("p", OWNER, "d", "oops", T + 20)
    history.noted("q", NOTED, T + 30)
    assert len(history) == 5
    assert history.prune(T + TTL) == 0
    assert history.prune(T + TTL + 1) == 1
    assert history.retries("p", OWNER, 1).hosts == tried("b", "c", "d")
    assert history.prune(T + TTL + 11) == 2
    assert history.retries("p", OWNER, 1) == SchedulerRetries(1, tried("d"), "oops")
    assert history.prune(T + TTL + 11) == 0
    assert history.prune(T + TTL + 31) == 2
    assert len(history) == 0


def test_time_that_goes_back(history: RetryHistory) -> None:
    """Nothing happens."""
    reject(history, "1")
    assert history.prune(T - 1000) == 0
    assert attempts(history) == 1


def test_a_start_is_remembered_as_long_as_it_matters(history: RetryHistory) -> None:
    """It outdates whatever may still come in, and is forgotten with the last of that."""
    history.note_start(OWNER, T + 1)
    history.prune(T + TTL)
    assert history.rejected(rejection("late", at=T), T + TTL)
    assert history.rejected(rejection("later", at=T + TTL), T + TTL)
    assert attempts(history) == 1
    history.prune(T + 3 * TTL)
    assert (history._starts, history._lines, history._due) == ({}, {}, [])


def test_nothing_is_left_behind(history: RetryHistory) -> None:
    """After everything has aged, whatever its order, no memory is held but for spent pods."""
    for number in range(50):
        at = T + (number * 37) % 50
        reject(history, f"r{number}", f"n{number % 7}", at, owner=f"o{number % 3}")
        history.note_start(f"o{number % 5}", at)
        history.bind_failed(f"p{number % 4}", "o", "a", "oops", at)
        history.noted(f"q{number}", NOTED, at)
    assert history.prune(T + TTL + 50) == 50 + 50 + 50
    assert (history._starts, history._lines, history._due) == ({}, {}, [])
    assert (history._own, history._rejected) == ({}, set())
    assert set(history._spent) == {f"p{n}" for n in range(4)} | {f"q{n}" for n in range(50)}


def test_starts_of_long_ago_take_no_room(history: RetryHistory) -> None:
    """At a new list every running pod tells its start; only the last ten minutes' matter."""
    history.prune(T + TTL)
    history.note_start(OWNER, T - 1)
    assert history._starts == {}
    history.note_start(OWNER, T)
    assert history._starts == {OWNER: T}


def test_never_forgetting() -> None:
    """A ttl of 0 is what the option calls never."""
    history = RetryHistory(0)
    assert history.rejected(rejection("1", at=0.0), T)
    history.bind_failed("p", "p", "a", "oops", T)
    history.note_start("other", T)
    assert history.prune(T * 1e6) == 0
    assert len(history) == 2
    assert history._due == []


# -- bounds --------------------------------------------------------------------------------------


def test_most_rejections_of_an_owner(history: RetryHistory) -> None:
    """The newest stay; one older than all of them is not taken in."""
    for number in range(MOST_REJECTIONS + 5):
        assert reject(history, f"{number:04}", f"n{number}", T + number / 10)
    assert len(history) == MOST_REJECTIONS
    assert attempts(history) == MOST_REJECTIONS
    hosts = history.retries("new", OWNER, 1).hosts
    assert (hosts[0], hosts[-1]) == (("n5", "n5"), ("n1004", "n1004"))
    assert not reject(history, "0000", "n0", T)
    assert not history.rejected(rejection("older", "z", T - 1), T)
    assert history.retries("new", OWNER, 1).hosts == hosts
    assert reject(history, "other", owner="default/other")


def test_most_failed_bindings_of_a_pod(history: RetryHistory) -> None:
    """The newest stay."""
    for number in range(MOST_FAILURES + 5):
        history.bind_failed("p", "p", f"n{number}", "oops", T)
    found = history.retries("p", "p", 1)
    assert (found.num_attempts, found.hosts[0]) == (MOST_FAILURES, ("n5", "n5"))


def test_most_spent_pods(history: RetryHistory) -> None:
    """A pod whose end was missed is not remembered for ever."""
    for number in range(MOST_SPENT + 1):
        history.bind_failed(str(number), "o", "a", "oops", T)
    history.prune(T + TTL + 1)
    assert len(history._spent) == MOST_SPENT
    history.noted("0", NOTED, T + TTL + 1)
    history.noted("1", NOTED, T + TTL + 1)
    assert history.retries("0", "0", 1) == NOTED
    assert history.retries("1", "1", 1) == SchedulerRetries()


# -- laws ----------------------------------------------------------------------------------------

SECONDS = st.integers(0, 20).map(lambda second: T + second)
REJECTED = st.builds(
    rejection,
    st.integers(0, 30).map(str),
    st.sampled_from("abcd"),
    SECONDS,
    owner=st.sampled_from(["default/rs", "default/other"]),
)
STARTED = st.tuples(st.sampled_from(["default/rs", "default/other"]), SECONDS)


@given(
    st.lists(REJECTED, unique_by=lambda found: found.uid, max_size=12),
    st.lists(STARTED, max_size=4),
    st.randoms(use_true_random=False),
    st.integers(1, 5),
)
def test_order_of_arrival_does_not_matter(
    rejections: list[Rejection], starts: list[tuple[str, float]], random: Any, unstarted: int
) -> None:
    """A restart rebuilds the history from the API in any order; it is what a recount says."""
    events: list[Rejection | tuple[str, float]] = [
        *rejections,
        *rejections[:3],
        *starts,
        *starts[:1],
    ]
    random.shuffle(events)
    history = RetryHistory(TTL)
    for event in events:
        if isinstance(event, Rejection):
            history.rejected(event, T + 20)
        else:
            history.note_start(*event)
    last = max((at for owner, at in starts if owner == OWNER), default=-math.inf)
    valid = [found for found in rejections if found.owner == OWNER and found.at >= last]
    made = history.retries("new", OWNER, unstarted)
    assert made.num_attempts == math.ceil(len(valid) / unstarted)
    assert sorted(host for host, _ in made.hosts) == sorted({found.host for found in valid})
    newest = [max(found.at for found in valid if found.host == host) for host, _ in made.hosts]
    assert newest == sorted(newest)
    assert len(history) == len(rejections)
