"""The elector: alone, against others, and in a world where calls go astray."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.kube import lease
from extender.kube.lease import Elector
from extender.kube.transport import Transport
from tests.unit.kube.apiserver import Connect
from tests.unit.kube.lease_world import EPOCH, FINE, Fate, LeaseServer, World

LOST = Fate(there=math.inf)


def _world(people: int = 2) -> World:
    return World(*[1.0] * people)


def test_makes_the_lease() -> None:
    """Where there is no Lease it is created, with all that client-go writes."""
    world = _world(1)
    (a,) = world.people
    world.run(0)
    assert a.leads
    assert a.elector.holder == "a"
    assert a.calls == ["GET", "POST"]
    assert a.changes == [(0.0, True)]
    assert world.store.lease == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"namespace": "ns", "name": "one", "resourceVersion": "1"},
        "spec": {
            "holderIdentity": "a",
            "leaseDurationSeconds": 15,
            "acquireTime": "2026-01-01T00:00:00.000000Z",
            "renewTime": "2026-01-01T00:00:00.000000Z",
            "leaseTransitions": 0,
        },
    }


def test_renews_with_one_call() -> None:
    """A leader updates every 2 s without reading, and keeps the time of acquiring."""
    world = _world(1)
    (a,) = world.people
    world.run(4.5)
    assert a.calls == ["GET", "POST", "PUT", "PUT"]
    assert world.store.spec["acquireTime"] == "2026-01-01T00:00:00.000000Z"
    assert world.store.spec["renewTime"] == "2026-01-01T00:00:04.000000Z"
    assert world.store.spec["leaseTransitions"] == 0
    assert a.changes == [(0.0, True)]


def test_candidate_waits_between_one_and_two_point_two_periods() -> None:
    """Tries of a candidate lie 2 s to 4.4 s apart, not evenly: the jitter of client-go."""
    world = _world()
    _, b = world.people
    world.run(0)
    pauses = set()
    for _ in range(50):
        pauses.add(b.elector.step())
    assert all(2.0 <= pause <= 4.4 for pause in pauses)
    assert len(pauses) > 40
    assert min(pauses) < 2.5
    assert max(pauses) > 3.9


def test_takes_over_after_the_lease_has_run_out() -> None:
    """A dead leader's lease is taken 15 s after its last renewal was seen, not before."""
    world = _world()
    a, b = world.people
    world.run(20)  # a renews at 20 s for the last time
    assert (world.leader, b.elector.holder) == ("a", "a")
    a.kill()
    # b sees that renewal between 20 s and 24.4 s, and tries every 2 s to 4.4 s.
    world.run(35 - 1e-6)
    assert world.leader == ""
    world.run(20 + 4.4 + 15 + 4.4)
    assert world.leader == "b"
    assert world.store.spec["leaseTransitions"] == 1
    taken = world.store.history[-1]["acquireTime"]
    assert "2026-01-01T00:00:35" <= taken <= "2026-01-01T00:00:44"
    (change,) = b.changes
    assert change[1]
    assert a.changes == [(0.0, True)]


def test_time_of_others_counts_for_nothing() -> None:
    """A lease whose renewTime is long past, or far ahead, is waited for all the same."""
    for renewed in ("2001-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z", None):
        world = _world(1)
        (a,) = world.people
        spec = {"holderIdentity": "x", "leaseDurationSeconds": 15, "renewTime": renewed}
        world.store.put({"metadata": {"name": "one"}, "spec": spec})
        world.run(15 - 1e-6)
        assert world.leader == ""
        assert a.elector.holder == "x"
        world.run(15 + 4.4)
        assert a.leads


def test_waits_as_long_as_the_holder_promised() -> None:
    """The duration that counts is the one in the record: its holder reckons with it."""
    world = _world(1)
    spec = {"holderIdentity": "x", "leaseDurationSeconds": 60, "leaseTransitions": 7}
    world.store.put({"metadata": {"name": "one"}, "spec": spec})
    world.run(60 - 1e-6)
    assert world.leader == ""
    world.run(60 + 4.4)
    assert world.leader == "a"
    assert world.store.spec["leaseTransitions"] == 8
    assert world.store.spec["leaseDurationSeconds"] == 15


@pytest.mark.parametrize("duration", [None, 0, -5, "15", 1.5])
def test_without_a_duration_ours_counts(duration: object) -> None:
    """A record that says nothing useful about its duration is taken after ours."""
    world = _world(1)
    spec = {"holderIdentity": "x", "leaseDurationSeconds": duration}
    world.store.put({"metadata": {"name": "one"}, "spec": spec})
    world.run(15 - 1e-6)
    assert world.leader == ""
    world.run(15 + 4.4)
    assert world.leader == "a"


def test_label_is_no_renewal() -> None:
    """Somebody who labels the Lease of a dead leader does not keep it alive."""
    world = _world(1)
    (a,) = world.people
    spec = {"holderIdentity": "x", "leaseDurationSeconds": 15}
    for second in range(0, 15, 3):
        labels = {"at": str(second)}
        labelled = {"metadata": {"name": "one", "labels": labels}, "spec": spec}
        world.at(second, lambda new=labelled: world.store.put(new))  # type: ignore[misc]
    world.run(15 + 4.4)
    assert a.leads
    assert world.store.lease is not None
    assert world.store.lease["metadata"]["labels"] == {"at": "12"}  # and it is not lost


def test_leader_whose_lease_was_labelled_goes_on() -> None:
    """A 409 because of somebody's label is read again and renewed at once, without a gap."""
    world = _world(1)
    (a,) = world.people
    world.run(1)
    assert world.store.lease is not None
    world.store.put(world.store.lease)
    world.run(2)
    assert a.calls == ["GET", "POST", "PUT", "GET", "PUT"]
    assert a.changes == [(0.0, True)]
    assert world.store.spec["renewTime"] == "2026-01-01T00:00:02.000000Z"
    assert a.problems == []


def test_own_lease_is_taken_up_at_once() -> None:
    """A process that starts anew under its old identity leads at once, with no transition."""
    world = _world(1)
    (a,) = world.people
    world.run(7)
    a.kill()
    world.run(9)
    a.restart()
    world.run(9)
    assert a.leads
    assert world.store.spec["leaseTransitions"] == 0
    assert world.store.spec["acquireTime"] == "2026-01-01T00:00:00.000000Z"


def test_released_lease_is_taken_at_the_next_try() -> None:
    """Handing back ends our lead first, and lets the other lead within one pause."""
    world = _world()
    a, b = world.people
    world.run(20)
    a.resign()
    assert a.changes == [(0.0, True), (20.0, False)]
    assert a.calls[-2:] == ["PUT", "PUT"]  # no reading: it knows the Lease
    assert world.store.spec == {
        "holderIdentity": "",
        "leaseDurationSeconds": 1,
        "acquireTime": "2026-01-01T00:00:20.000000Z",
        "renewTime": "2026-01-01T00:00:20.000000Z",
        "leaseTransitions": 0,
    }
    world.run(20 + 4.4)
    assert b.leads
    assert world.store.spec["leaseTransitions"] == 1
    assert world.store.spec["leaseDurationSeconds"] == 15


def test_others_lease_is_not_released() -> None:
    """A candidate that stops leaves the Lease alone."""
    world = _world()
    _, b = world.people
    world.run(20)
    calls = list(b.calls)
    b.resign()
    assert b.calls == calls
    assert world.leader == "a"


def test_lease_that_may_be_ours_is_released() -> None:
    """A candidate whose update was never answered looks, and hands the Lease back."""
    world = _world(1)
    (a,) = world.people
    a.fates = [FINE, Fate(back=99)]
    world.run(0)
    assert not a.leads
    assert world.store.spec["holderIdentity"] == "a"
    a.resign()
    assert a.calls == ["GET", "POST", "GET", "PUT"]
    assert world.store.spec["holderIdentity"] == ""


def test_takeover_that_was_never_answered_is_released() -> None:
    """Likewise where the Lease was another's before."""
    world = _world(1)
    (a,) = world.people
    world.store.put({"metadata": {"name": "one"}, "spec": {"holderIdentity": ""}})
    a.fates = [FINE, Fate(back=99)]
    world.run(0)
    assert world.store.spec["holderIdentity"] == "a"
    a.resign()
    assert world.store.spec["holderIdentity"] == ""


def test_release_that_loses_a_race_is_repeated() -> None:
    """A cut-off renewal that reached the server all the same does not hinder the release."""
    world = _world(1)
    (a,) = world.people
    world.run(1)
    assert world.store.lease is not None
    world.store.put(world.store.lease)
    a.resign()
    assert a.calls == ["GET", "POST", "PUT", "GET", "PUT"]
    assert world.store.spec["holderIdentity"] == ""
    assert a.problems == []


def test_failed_release_is_told() -> None:
    """Who cannot hand back says so, and raises nothing."""
    world = _world(1)
    (a,) = world.people
    world.run(1)
    a.fates = [LOST]
    a.resign()
    assert a.problems == ["lease ns/one: could not be released: time-out"]
    assert a.changes[-1][1] is False


def test_lead_ends_by_itself_while_a_call_hangs() -> None:
    """10 s after the last renewal was sent the leader leads no more, inside its own call."""
    world = _world()
    a, b = world.people
    seen = []
    for second in (11.9, 12.0):
        world.at(second, lambda: seen.append((world.now, a.elector.leading, a.busy)))
    world.at(2.5, a.cut)  # the last renewal is that of 2 s
    world.run(40)
    assert [leading for _, leading, _ in seen] == [True, False]
    # b saw that renewal between 2 s and 6.4 s.
    assert b.leads
    assert 17 <= b.changes[0][0] <= 2 + 4.4 + 15 + 4.4


def test_loss_is_announced_and_the_lead_regained() -> None:
    """Alone in the world, a leader that was cut off for a while leads again when it is over."""
    world = _world(1)
    (a,) = world.people
    world.at(2.5, a.cut)
    world.at(30, a.mend)
    world.run(45)
    assert [leading for _, leading in a.changes] == [True, False, True]
    # The last renewal was sent at 2 s. A call that hangs holds the news up for 1 s at most: it has
    # no more time than the lead, but half a pause at least.
    assert 12 <= a.changes[1][0] <= 13
    assert a.problems == ["lease ns/one: time-out"]
    assert world.store.spec["leaseTransitions"] == 0


def test_late_answer_counts_from_when_it_was_asked() -> None:
    """A lead won by an answer that took 4 s lasts 6 more."""
    world = _world(1)
    (a,) = world.people
    a.fates = [FINE, Fate(back=4.0), *[LOST] * 99]
    ends = []
    for second in (9.9, 10.0):
        world.at(second, lambda: ends.append(a.elector.leading))
    world.run(11)
    assert a.changes[0] == (4.0, True)
    assert ends == [True, False]


# The lead won at 0 s ends at 10 s. Tries at 2 s (taking 1.5 s), 5.5 s, 7.5 s and 9.5 s.
TROUBLE = [FINE, FINE, Fate(there=1.5, status=500), Fate(status=500), Fate(status=500)]


def test_end_is_announced_when_it_comes() -> None:
    """A leader whose tries fail does not sleep through the end of its lead."""
    world = _world(1)
    (a,) = world.people
    a.fates = [*TROUBLE, *[Fate(status=500)] * 99]
    world.run(11)
    assert a.changes == [(0.0, True), (10.0, False)]


def test_gap_is_announced() -> None:
    """A renewal answered just after the lead has ended: the consumer hears of the gap."""
    world = _world(1)
    (a,) = world.people
    a.fates = [*TROUBLE, Fate(back=0.25), Fate(back=0.5)]  # reads at 9.5 s, updates at 9.75 s
    world.run(11)
    assert a.changes == [(0.0, True), (10.25, False), (10.25, True)]


def test_no_namespace_is_a_problem() -> None:
    """A Lease that cannot be created is no lost race."""
    world = _world(1)
    (a,) = world.people
    a.fates = [FINE, Fate(status=404)]
    world.run(0)
    assert a.problems == ["lease ns/one: 404 Made: up"]


def test_retry_after() -> None:
    """What the server asks for is kept, up to 5 s: longer would cost a leader its lead."""
    (a,) = _world(1).people
    a.fates = [Fate(status=429, asked=4.75), Fate(status=429, asked=100.0)]
    assert a.elector.step() == 4.75
    assert a.elector.step() == 5.0


def test_leader_that_sees_another_leads_no_more() -> None:
    """Whoever finds another's name in the Lease stops at once."""
    world = _world(1)
    (a,) = world.people
    world.run(1)
    assert world.store.lease is not None
    world.store.put({**world.store.lease, "spec": {"holderIdentity": "x"}})
    world.run(2)
    assert a.changes == [(0.0, True), (2.0, False)]
    assert a.elector.holder == "x"
    assert a.problems == []


def test_leader_whose_lease_is_gone_makes_it_anew() -> None:
    """A deleted Lease is created again by whoever sees it first."""
    world = _world(1)
    (a,) = world.people
    world.run(1)
    world.store.lease = None
    world.run(2)
    assert a.leads
    assert world.store.spec["holderIdentity"] == "a"
    assert a.problems == []


def test_lost_race_to_create() -> None:
    """Of two who find no Lease one wins, and the other learns who at its next try."""
    world = _world()
    a = world.people[0]
    a.fates = [Fate(back=0.1)]
    world.run(5)
    assert world.leader == "b"
    assert a.elector.holder == "b"
    assert a.calls[:2] == ["GET", "POST"]
    assert a.changes == []
    assert a.problems == []


def test_problems_are_told_once_until_a_try_succeeds() -> None:
    """One line a kind; after a success the same failure is news again."""
    world = _world(1)
    (a,) = world.people
    a.fates = [Fate(status=403), Fate(status=403), Fate(status=500), Fate(status=403), LOST]
    world.run(40)
    assert a.problems == [
        "lease ns/one: 403 Made: up",
        "lease ns/one: 500 Made: up",
        "lease ns/one: time-out",
    ]
    assert a.leads
    a.fates = [Fate(status=403)]
    world.run(45)
    assert a.problems[3:] == ["lease ns/one: 403 Made: up"]
    assert [leading for _, leading in a.changes] == [True]


def test_what_on_change_raises_is_told() -> None:
    """A consumer that stumbles does not end the elector."""

    def stumble(leading: bool) -> None:
        raise RuntimeError(f"leading: {leading}")

    world = _world(1)
    (a,) = world.people
    a.elector._on_change = stumble
    world.run(10)
    assert a.leads
    assert a.problems == [
        "lease ns/one: gaining it failed: RuntimeError: leading: True",
    ]


@pytest.mark.parametrize(
    "periods", [(10, 10, 2), (15, 2.4, 2), (15, 10, 0), (15, 10, -1), (15, math.nan, 2)]
)
def test_periods_must_go_together(periods: tuple[float, float, float]) -> None:
    """Periods with which two could lead, or nobody, are refused with what is right."""
    duration, renew, retry = periods
    with pytest.raises(ValueError, match=r"lease_duration \(.* s\) must exceed renew_deadline"):
        _elector(World(1.0).people[0], "a", [], duration, renew, retry)


def test_identity_must_not_be_empty() -> None:
    """An empty identity would mean that nobody holds the Lease."""
    with pytest.raises(ValueError, match="needs an identity"):
        _elector(World(1.0).people[0], "", [])


@pytest.mark.parametrize(("namespace", "name"), [("", "one"), ("ns", "")])
def test_lease_must_have_a_name(namespace: str, name: str) -> None:
    """A Lease without namespace or name would be the path of something else."""
    (a,) = World(1.0).people
    with pytest.raises(ValueError, match="a part of a path is empty"):
        Elector(a, namespace, name, "a", on_change=str, on_problem=str, rng=random.Random(1))  # noqa: S311 - jitter


# Calls take no time, some, or too much; are lost on the way there or back; or are refused.
fates = st.builds(
    Fate,
    there=st.sampled_from([0.0, 0.0, 0.5, 3.0, 4.9, 7.0, 13.0, 21.0, math.inf]),
    back=st.sampled_from([0.0, 0.0, 0.5, 3.0, 4.9, math.inf]),
    status=st.sampled_from([0, 0, 0, 0, 409, 429, 500]),
)
deeds = st.tuples(
    st.integers(1, 60),  # half seconds since the one before
    st.sampled_from(["leader", "leader", "a", "b", "c"]),
    st.sampled_from(["cut", "cut", "mend", "kill", "restart", "resign"]),
)


@settings(deadline=None, max_examples=300)
@given(
    rates=st.permutations([1.0, 1.2, 1.4]),
    plans=st.lists(st.lists(fates, max_size=25), min_size=3, max_size=3),
    deeds=st.lists(deeds, max_size=15),
)
def test_never_two(
    rates: list[float],
    plans: list[list[Fate]],
    deeds: list[tuple[int, str, str]],
) -> None:
    """Whatever happens to processes and calls, two never lead; once it is over, one does.

    Clocks differ in speed by up to 1.4, less than the 1.5 that 15 s and 10 s allow for.
    """
    world = World(*rates)
    for person, plan in zip(world.people, plans, strict=True):
        person.fates = list(plan)
    at = 0.0
    for later, who, what in deeds:
        at += later / 2
        world.at(at, lambda who=who, what=what: world.happen(who, what))  # type: ignore[misc]
    world.run(at + 50)  # `World.check` looks whenever anything happens
    for person in world.people:
        person.fates, person.cut_off = [], False
    alive = [person for person in world.people if person.alive]
    world.run(at + 100)
    leader = world.leader
    assert bool(leader) == bool(alive)
    before = [len(person.changes) for person in world.people]
    transitions = world.store.spec["leaseTransitions"] if alive else 0
    world.run(at + 200)
    assert world.leader == leader
    assert [len(person.changes) for person in world.people] == before
    if alive:
        assert world.store.spec["leaseTransitions"] == transitions
        assert world.store.spec["holderIdentity"] == leader
    for person in world.people:
        told = [leading for _, leading in person.changes]
        # A process that was killed said no goodbye: the next one begins with True again.
        assert all(told[n] or told[n - 1] for n in range(1, len(told)))


def _elector(
    transport: object,
    identity: str,
    changes: list[bool],
    duration: float = 1.0,
    renew: float = 0.6,
    retry: float = 0.05,
    on_problem: Callable[[str], object] = str,
) -> Elector:
    return Elector(
        transport,  # type: ignore[arg-type]  # a transport, or a person of the world
        "ns",
        "one",
        identity,
        on_change=changes.append,
        on_problem=on_problem,
        rng=random.Random(identity),  # noqa: S311 - jitter
        lease_duration=duration,
        renew_deadline=renew,
        retry_period=retry,
    )


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def server() -> Iterator[LeaseServer]:
    """A Lease behind HTTP."""
    with LeaseServer() as server:
        yield server


def _transport(server: LeaseServer, connect: Connect) -> Transport:
    return connect(server)  # type: ignore[arg-type]  # all it needs is the URL


def test_over_http(server: LeaseServer, connect: Connect) -> None:
    """Two electors in threads of their own: the first leads, and its stop lets the second lead."""
    changes: list[list[bool]] = [[], []]
    a = _elector(_transport(server, connect), "a", changes[0])
    b = _elector(_transport(server, connect), "b", changes[1])
    a.start()
    _until(lambda: a.leading)
    b.start()
    _until(lambda: b.holder == "a")
    assert not b.leading
    with pytest.raises(RuntimeError, match="elector of lease ns/one runs already"):
        a.start()
    assert a.stop()
    assert not a.leading
    assert changes[0] == [True, False]
    _until(lambda: b.leading)
    a.start()  # and comes back as a candidate
    _until(lambda: a.holder == "b")
    assert not a.leading
    assert b.stop(release=False)
    assert server.store.spec["holderIdentity"] == "b"
    assert changes[1] == [True, False]
    _until(lambda: a.leading)
    assert a.stop()
    assert a.stop()
    assert server.store.spec["holderIdentity"] == ""
    assert server.store.spec["leaseTransitions"] == 2  # to b and back
    assert changes[0] == [True, False, True, False]


def test_stop_ends_a_call_that_hangs(server: LeaseServer, connect: Connect) -> None:
    """Stopping does not wait for an answer; a server silent to the end costs the release only."""
    changes: list[bool] = []
    problems: list[str] = []
    told = problems.append
    a = _elector(_transport(server, connect), "a", changes, 60, 50, 0.05, told)
    a.start()
    _until(lambda: a.leading)
    server.silent.set()
    calls = len(server.calls)
    _until(lambda: len(server.calls) > calls)  # its renewal hangs, for 25 s if nobody ends it
    assert a.leading
    assert a.stop()
    assert changes == [True, False]
    assert len(problems) == 1
    assert problems[0].startswith("lease ns/one: could not be released: ")


def test_stop_ends_the_lead_at_once(server: LeaseServer, connect: Connect) -> None:
    """Whoever stops an elector need not wait for its thread to know that the lead is over."""
    told, go_on = threading.Event(), threading.Event()

    def change(_: bool) -> None:
        told.set()
        go_on.wait()

    a = _elector(_transport(server, connect), "a", [], 60, 50)
    a._on_change = change
    a.start()
    assert told.wait(20)
    stopping = threading.Thread(target=a.stop)
    stopping.start()
    _until(lambda: not a.leading)
    go_on.set()
    stopping.join()
    assert server.store.spec["holderIdentity"] == ""


def test_stop_ends_a_release_that_hangs(
    server: LeaseServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread ends even if the API server never answers the last call."""
    monkeypatch.setattr(lease, "_RELEASE_PATIENCE", 600.0)
    a = _elector(_transport(server, connect), "a", [], 900, 700)
    a.start()
    _until(lambda: a.leading)
    server.silent.set()
    assert a.stop()


def test_stop_from_within(server: LeaseServer, connect: Connect) -> None:
    """Who is told of the lead may stop the elector at once; the Lease is handed back."""
    answers: list[bool] = []
    a = _elector(_transport(server, connect), "a", [])
    a._on_change = lambda leading: answers.append(a.stop()) if leading else None
    a.start()
    _until(lambda: answers)
    assert answers == [False]  # the thread that asks is not gone
    _until(lambda: server.store.spec["holderIdentity"] == "")
    assert a.stop()


def test_stop_without_start() -> None:
    """What never ran is stopped already."""
    assert _elector(World(1.0).people[0], "a", []).stop()


def test_thread_is_a_daemon(server: LeaseServer, connect: Connect) -> None:
    """It does not hold up the end of the process."""
    a = _elector(_transport(server, connect), "a", [])
    a.start()
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "elector"]
    assert thread.daemon
    assert a.stop()


def test_epoch() -> None:
    """The world begins with the year 2026, which the times in these tests count from."""
    assert time.gmtime(EPOCH)[:6] == (2026, 1, 1, 0, 0, 0)
