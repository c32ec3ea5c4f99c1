"""Whatever goes wrong between the extender and the API server, the state is right 10 s afterwards.

One rig for all: a fault begins, pods come and go behind the extender's back, the fault ends, and
the extender's state has to equal a recount. Meanwhile no verb may take longer than its budget, a
bind that was answered with success has to be one, and /readyz has to agree with what the verbs do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.e2e import objects, verbs
from tests.e2e.controlplane import API_SERVER, ControlPlane
from tests.e2e.fault_proxy import FaultProxy
from tests.e2e.fault_rig import BIND_TIMEOUT, SLACK, Rig
from tests.e2e.faults import Answer, Cut, Delay, ExpireWatch, Fault, TruncateLine
from tests.e2e.process import answers
from tests.e2e.waiting import wait_until

# How long a fault lasts, and how often something changes meanwhile.
LASTS = 6.0
CHANGES = 3
# Seconds of silence after which a watch is given up.
READ_TIMEOUT = 90.0
WATCH = r"[?&]watch="
# Seconds after which a call that was sent has come to wait for the API server.
ARRIVED = 0.5
# Binds under way at once, and how often; two processors are shared with everything else, so that
# one trial in some is spoilt.
FLYING = 100
VOLLEYS = 4
TRIALS = 3
# Milliseconds beside twice the idle p99: two processors are shared with the API server and others.
MARGIN = 3.0


@pytest.fixture(scope="module")
def rig(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The rig, taken down at the end."""
    workdir: Path = tmp_path_factory.mktemp("faults")
    certificates = control_plane.workdir / "api-server"
    with ExitStack() as stack:
        proxy = stack.enter_context(
            FaultProxy(
                control_plane.server,
                certificates / "apiserver.crt",
                certificates / "apiserver.key",
            )
        )
        made = Rig(control_plane, workdir, proxy)
        stack.callback(made.api.delete_all, "Node")
        stack.callback(made.api.delete_all, "Pod")
        stack.callback(made.extender.stop)
        made.set_up()
        yield made


def endure(rig: Rig, during: Callable[[], object] | None = None) -> None:
    """Some seconds in which pods come and go, and something is done after each change."""
    for _ in range(CHANGES):
        rig.churn()
        if during is not None:
            during()
        time.sleep(LASTS / CHANGES)


def report(what: str, took: float, seen: object) -> None:
    """One line of figures."""
    print(f"\n{what}: right again after {took:.1f} s; {seen}")


def assert_settles(rig: Rig, what: str, seen: object = "") -> None:
    """The state is right within ten seconds from now, and the extender is ready."""
    report(what, rig.settle(), seen)
    assert rig.ready()[0]


def test_connections_that_are_cut(rig: Rig) -> None:
    """Every connection is reset, again and again."""
    cut: list[int] = []
    with rig.watched():
        endure(rig, lambda: cut.append(rig.proxy.cut()))
    assert min(cut) >= 1
    assert_settles(rig, "cut connections")


def test_an_api_server_that_refuses_connections(rig: Rig) -> None:
    """Nobody gets through for six seconds; binds fail within their budget."""
    rig.proxy.refuse()
    try:
        with rig.watched() as seen:
            endure(rig)
    finally:
        rig.proxy.heal()
    assert seen.refusals
    assert not seen.bound
    assert_settles(rig, "refused connections")


def test_half_open_connections(rig: Rig) -> None:
    """All bytes vanish, on old connections and on new ones, until everything is reset."""
    rig.proxy.go_silent()
    try:
        with rig.watched() as seen:
            endure(rig)
    finally:
        rig.proxy.heal()
    assert seen.refusals
    assert not seen.bound
    assert_settles(rig, "half-open connections")


@pytest.mark.timeout(300)
def test_half_open_connections_that_nobody_resets(rig: Rig) -> None:
    """The old connections stay silent for ever: the extender has to give them up by itself.

    The fault ends when the read time-out says that it has: what was missed is caught up then.
    """
    rig.proxy.go_silent(new=False)
    rig.churn()
    began = time.monotonic()
    rig.settle(READ_TIMEOUT + 10)
    print(f"\nsilent connections given up after {time.monotonic() - began:.0f} s")
    assert rig.ready()[0]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Delay(1.0), id="delay"),
        pytest.param(Answer(500), id="500"),
        pytest.param(Answer(429, retry_after=1), id="429"),
        pytest.param(Answer(503), id="503"),
        pytest.param(Cut(late=True), id="cut-after-the-deed"),
    ],
)
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_bad_answers(rig: Rig, fault: Fault, share: float) -> None:
    """Answers are late, errors or lost, half of them or all; watches are cut to be asked anew."""
    with rig.watched() as seen, rig.proxy.during(fault, share=share) as rule:
        endure(rig, rig.proxy.cut)
    assert rule.hits
    if share < 1 or isinstance(fault, Delay):
        assert seen.bound, "retries within the budget were to get some through"
    assert_settles(rig, f"{fault}, {share:.0%}", f"{len(seen.bound)} of {len(seen.binds)} bound")


@pytest.mark.parametrize("orderly", [True, False])
def test_a_truncated_line_of_a_watch(rig: Rig, orderly: bool) -> None:
    """A watch ends in the middle of a line, as if in order or with a reset."""
    with (
        rig.watched(),
        rig.proxy.during(TruncateLine(orderly=orderly), path=WATCH, count=5) as rule,
    ):
        endure(rig)
    assert rule.hits
    assert_settles(rig, f"truncated lines, orderly {orderly}", f"{rule.hits} lines")


def test_an_expired_version_in_the_stream(rig: Rig) -> None:
    """A watch carries ERROR 410: everything is listed again."""
    with rig.watched(), rig.proxy.during(ExpireWatch(), path=WATCH, count=5) as rule:
        endure(rig)
    assert rule.hits
    assert_settles(rig, "expired in the stream", f"{rule.hits} times")


def test_an_expired_version_at_the_request(rig: Rig) -> None:
    """The request to watch is answered with 410."""
    with rig.watched(), rig.proxy.during(Answer(410), path=WATCH, count=5) as rule:
        endure(rig, rig.proxy.cut)
    assert rule.hits
    assert_settles(rig, "expired at the request", f"{rule.hits} times")


@pytest.mark.timeout(300)
def test_a_restart_of_the_api_server(rig: Rig) -> None:
    """In order, and by a crash."""
    for stop in (rig.control_plane.stop, rig.control_plane.kill):
        with rig.watched():
            stop(API_SERVER)
            time.sleep(1)
            rig.control_plane.start_component(API_SERVER)
            wait_until(partial(churned, rig), 30, "the API server to take changes")
        assert_settles(rig, f"API server: {stop.__name__}")


@pytest.mark.timeout(300)
def test_a_compacted_history(rig: Rig) -> None:
    """Cut off, the extender misses changes that etcd then forgets: its version is really too old.

    The API server is restarted too, or it would serve them from its own memory.
    """
    rig.proxy.refuse()
    try:
        rig.churn()
        rig.control_plane.compact()
        rig.control_plane.restart(API_SERVER)
        rig.churn()
    finally:
        rig.proxy.heal()
    assert_settles(rig, "compaction")


def churned(rig: Rig) -> bool:
    """Changes something; an API server that has just come back may refuse that yet."""
    try:
        rig.churn()
    except Exception:  # noqa: BLE001 - tried again until the time is up
        return False
    return True


@pytest.mark.timeout(300)
def test_an_extender_that_starts_while_the_api_server_is_away(rig: Rig) -> None:
    """/readyz says no and names what is missing, verbs are refused; healed, all is there."""
    rig.proxy.refuse()
    try:
        rig.extender.kill_and_start()
        wait_until(lambda: answers(f"{rig.extender.health_url}/livez"), 30, "the process alive")
        ready, said = rig.ready()
        assert not ready
        assert "pods" in said
        assert "nodes" in said
        body = verbs.filter_body(rig.pods(1)[0], rig.nodes)
        status, _, _ = verbs.ask(rig.extender.url, "filter", body)
        assert status == 503
    finally:
        rig.proxy.heal()
    rig.extender.wait_ready()
    assert_settles(rig, "start without an API server")


@pytest.mark.timeout(300)
def test_a_hundred_binds_that_hang_do_not_slow_filter(rig: Rig, tmp_path: Path) -> None:
    """While 100 binds wait for an API server of one second, filter's p99 is what it is when idle.

    Only the moments count in which all 100 wait: their coming and going is work, and takes its
    share of the machine from everybody. Idle and busy are measured in one run, by another process.
    """
    for trial in range(1, TRIALS + 1):
        idle, busy, failed = hang(rig, tmp_path / str(trial))
        print(f"\nfilter idle: {idle}\nfilter while binds hang: {busy}; {len(failed)} failed")
        assert busy.calls > 100
        # One may have been too late on a loaded machine.
        assert len(failed) <= FLYING // 20, failed[:5]
        if busy.p99 <= 2 * idle.p99 + MARGIN:
            break
    else:
        pytest.fail(f"p99 was beyond twice its idle value in each of {TRIALS} trials")
    assert_settles(rig, "binds that hang")


def hang(rig: Rig, scratch: Path) -> tuple[verbs.Latency, verbs.Latency, list[str]]:
    """Filter's latency when nothing else is asked, and while binds hang; and the binds' errors."""
    scratch.mkdir()
    asked, *spare = rig.pods(1 + FLYING * (VOLLEYS + 1))
    body = verbs.filter_body(asked, rig.nodes)
    rig.settle()
    # As long as a bind may still be preceded by a list, which it is after a silence.
    idle = verbs.measured(verbs.measure_filter(rig.extender.url, body, 10, scratch / "idle"))
    waiting: list[tuple[float, float]] = []
    failed = []
    with rig.proxy.during(Delay(1.0)), ThreadPoolExecutor(FLYING) as pool:
        # The first opens a hundred connections, whose handshakes are work that comes but once.
        list(pool.map(partial(bind, rig), spare[:FLYING]))
        running = verbs.measure_filter(rig.extender.url, body, 4.5 * VOLLEYS, scratch / "busy")
        for volley in range(1, VOLLEYS + 1):
            began = time.monotonic()
            calls = list(pool.map(partial(bind, rig), spare[volley * FLYING :][:FLYING]))
            sent = max(each.began for each in calls)
            assert sent < min(each.ended for each in calls), "they were not under way at once"
            # The first answer leaves the API server a second after the first request.
            waiting.append((sent + ARRIVED, min(each.began for each in calls) + 1.0))
            failed += [each.error for each in calls if each.error]
            time.sleep(max(0.0, began + 4 - time.monotonic()))
    return idle, verbs.measured(running, waiting), failed


@dataclass(frozen=True)
class Call:
    """One bind: when it was sent and answered, and its error."""

    began: float
    ended: float
    error: str


def bind(rig: Rig, each: objects.Object) -> Call:
    """Asks for a pod to be bound, to some node; it is answered within its budget."""
    node = rig.nodes[hash(each["metadata"]["name"]) % len(rig.nodes)]
    began = time.monotonic()
    status, reply, took = verbs.ask(rig.extender.url, "bind", verbs.bind_body(each, node))
    assert status == 200
    assert took < BIND_TIMEOUT + SLACK
    return Call(began, time.monotonic(), reply["Error"])
