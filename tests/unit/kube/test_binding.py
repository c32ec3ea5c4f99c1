"""Binding against a server that refuses, stalls and loses requests and answers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kubernetes.client import Configuration

from extender.kube.binding import Binder, Binding, Outcome, Result
from extender.kube.transport import Transport
from tests.unit.kube.apiserver import Answer, Connect, Exchange, FakeApiServer, Serve, give, refuse

BINDING = Binding("shop", "cart-0", "u-1", "n-1", {"nova-extender.io/x": "ä"})
POD = "/api/v1/namespaces/shop/pods/cart-0"
CREATED = give({"kind": "Status", "status": "Success"}, 201)
LOST: Answer = Exchange.reset
NOT = "pod shop/cart-0 is not bound to node n-1: "
MAYBE = "it is not known whether pod shop/cart-0 is bound to node n-1: "


class Clock:
    """Time that passes in pauses only."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def pause(self, seconds: float) -> None:
        """Waits, at no cost."""
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """A fresh one."""
    return Clock()


Bind = Callable[..., Result]


@pytest.fixture
def bind(connect: Connect, clock: Clock) -> Bind:
    """Binds with a server."""

    def run(server: FakeApiServer, budget: float = 20.0, binding: Binding = BINDING) -> Result:
        return _binder(connect(server), clock).bind(binding, budget)

    return run


def _binder(transport: Transport, clock: Clock) -> Binder:
    rng = random.Random(7)  # noqa: S311 - jitter
    return Binder(transport, rng=rng, clock=clock, pause=clock.pause)


def _pod(
    node: str = "", uid: str = "u-1", deleted: str = "", gates: tuple[str, ...] = ()
) -> Answer:
    meta = {"name": "cart-0", "uid": uid} | ({"deletionTimestamp": deleted} if deleted else {})
    spec: dict[str, Any] = {"nodeName": node} if node else {}
    if gates:
        spec["schedulingGates"] = [{"name": gate} for gate in gates]
    return give({"kind": "Pod", "metadata": meta, "spec": spec})


def _methods(server: FakeApiServer) -> str:
    """The requests in short: P for POST, G for GET."""
    return "".join(request.method[0] for request in server.requests)


def test_bound(serve: Serve, bind: Bind, clock: Clock) -> None:
    """One request, with UID, node and annotations, to the pod's subresource."""
    server = serve([CREATED])
    assert bind(server) == Result(Outcome.BOUND, "")
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", f"{POD}/binding")
    assert request.headers["content-type"] == "application/json"
    assert request.json == {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {
            "namespace": "shop",
            "name": "cart-0",
            "uid": "u-1",
            "annotations": {"nova-extender.io/x": "ä"},
        },
        "target": {"apiVersion": "v1", "kind": "Node", "name": "n-1"},
    }
    assert clock.pauses == []


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"kind": "Status", "status": "Failure"}'])
def test_only_the_status_counts(serve: Serve, bind: Bind, body: bytes) -> None:
    """201 is 201, whatever is in it."""
    assert bind(serve([give(body, 201)])).outcome is Outcome.BOUND


def test_success_whose_body_is_lost(serve: Serve, bind: Bind) -> None:
    """A success that breaks off is confirmed by the pod."""

    def half(exchange: Exchange) -> None:
        exchange.reply(201, b"{", {"Content-Length": "100"})
        exchange.cut()

    server = serve([half, _pod("n-1")])
    assert bind(server).outcome is Outcome.BOUND
    assert _methods(server) == "PG"


@pytest.mark.parametrize("first", [refuse(409, "Conflict"), LOST])
@pytest.mark.parametrize(
    ("pod", "outcome", "why"),
    [
        (_pod("n-1"), Outcome.BOUND, ""),
        (_pod("n-2"), Outcome.CONFLICT, "it is on node n-2 already"),
        (_pod(deleted="2026-01-01T00:00:00Z"), Outcome.CONFLICT, "it is being deleted"),
        (_pod(gates=("a.io/quota",)), Outcome.CONFLICT, "it has scheduling gates: a.io/quota"),
        (
            _pod("n-1", uid="u-2"),
            Outcome.CONFLICT,
            "another pod has its name by now, of UID u-2 and not u-1",
        ),
        (refuse(404, "NotFound"), Outcome.GONE, "it does not exist any more"),
    ],
)
def test_the_pod_decides(
    serve: Serve, bind: Bind, first: Answer, pod: Answer, outcome: Outcome, why: str
) -> None:
    """After a 409 and after a lost answer the pod says what has become of it."""
    server = serve([first, pod])
    assert bind(server) == Result(outcome, NOT + why if why else "")
    assert _methods(server) == "PG"
    assert server.requests[1].path == POD


def test_conflict_that_the_pod_does_not_show(serve: Serve, bind: Bind) -> None:
    """A 409 for a reason of its own, an admission webhook's for instance, is handed on."""
    server = serve([refuse(409, "Conflict"), _pod()])
    text = f"{NOT}the API server answers 409 Conflict: it is Conflict"
    assert bind(server) == Result(Outcome.CONFLICT, text)
    assert _methods(server) == "PG"


def test_conflict_and_nobody_to_ask(serve: Serve, bind: Bind, clock: Clock) -> None:
    """Who may not read the pod does not know: it may be on this very node. No asking again."""
    server = serve([refuse(409, "Conflict"), refuse(403, "Forbidden")])
    result = bind(server)
    assert result.outcome is Outcome.UNKNOWN
    assert result.text == (
        f"{MAYBE}the API server answers 409 Conflict: it is Conflict; looking at the pod, it"
        " answers 403 Forbidden: it is Forbidden"
    )
    assert _methods(server) == "PG"
    assert clock.pauses == []


@pytest.mark.parametrize(
    "fault", [refuse(500, "InternalError"), refuse(429, "TooManyRequests"), LOST, give(b"<html>")]
)
def test_asking_is_repeated(serve: Serve, bind: Bind, clock: Clock, fault: Answer) -> None:
    """What may pass is waited for, in growing pauses."""
    server = serve([refuse(409, "Conflict"), fault, fault, _pod("n-1")])
    assert bind(server).outcome is Outcome.BOUND
    assert _methods(server) == "PGGG"
    first, second = clock.pauses
    assert 0.01 <= first <= 0.011
    assert 0.05 <= second <= 0.055


def test_asking_waits_as_asked(serve: Serve, bind: Bind, clock: Clock) -> None:
    """Retry-After counts for the question as well."""
    server = serve(
        [refuse(409, "Conflict"), refuse(429, "Busy", {"Retry-After": "3"}), _pod("n-1")]
    )
    assert bind(server).outcome is Outcome.BOUND
    (pause,) = clock.pauses
    assert 3.0 <= pause <= 3.3


def test_asking_ends(serve: Serve, bind: Bind, clock: Clock) -> None:
    """Without an answer to the end of the time it is not known; the text has both troubles."""
    server = serve([refuse(409, "Conflict"), *[refuse(500, "InternalError")] * 50])
    result = bind(server, 10.0)
    assert result.outcome is Outcome.UNKNOWN
    assert "409 Conflict" in result.text
    assert "500 InternalError" in result.text
    # 0.01 + 0.05 + 0.25 + n × 1.25 seconds, each a tenth longer at most: 7 fit at least.
    assert 8.5 <= clock.now - 1000 <= 10
    assert _methods(server) in {f"P{'G' * n}" for n in (11, 12)}


def test_gone(serve: Serve, bind: Bind) -> None:
    """404 says all there is to say."""
    server = serve([refuse(404, "NotFound")])
    assert bind(server) == Result(Outcome.GONE, f"{NOT}it does not exist any more")
    assert _methods(server) == "P"


@pytest.mark.parametrize("status", [400, 402, 403, 405, 413, 422])
def test_refused(serve: Serve, bind: Bind, clock: Clock, status: int) -> None:
    """What will not pass is not tried again, and the server's words reach the user."""
    server = serve([refuse(status, "Why")])
    text = f"{NOT}the API server answers {status} Why: it is Why"
    assert bind(server) == Result(Outcome.REFUSED, text)
    assert _methods(server) == "P"
    assert clock.pauses == []


def test_redirect(serve: Serve, bind: Bind) -> None:
    """Something else than the API server answers: nothing was bound, trying again is no use."""
    server = serve([lambda exchange: exchange.reply(302, b"", {"Location": "/else"})])
    result = bind(server)
    assert result.outcome is Outcome.UNAVAILABLE
    assert "302" in result.text
    assert _methods(server) == "P"


def test_lost_request_is_sent_again(serve: Serve, bind: Bind) -> None:
    """A pod that is still unbound after a lost answer is bound by a second request."""
    server = serve([LOST, _pod(), CREATED])
    assert bind(server).outcome is Outcome.BOUND
    assert _methods(server) == "PGP"
    assert server.requests[0].body == server.requests[2].body


def test_late_first_request(serve: Serve, bind: Bind) -> None:
    """A first request that is carried out late makes the second a 409: the pod is bound."""
    server = serve([LOST, _pod(), refuse(409, "Conflict"), _pod("n-1")])
    assert bind(server).outcome is Outcome.BOUND
    assert _methods(server) == "PGPG"


def test_lost_again_and_again(serve: Serve, bind: Bind, clock: Clock) -> None:
    """To the end of the time, and a last look; a lost request may still be under way."""
    server = serve([LOST, _pod()] * 50)
    result = bind(server, 5.0)
    assert result.outcome is Outcome.UNKNOWN
    assert result.text.startswith(f"{MAYBE}no answer of the API server: connection lost: ")
    assert clock.now - 1000 <= 5.0
    # 0.01 + 0.05 + 0.25 + 1.25 × n seconds, each a tenth longer at most, in 5 − 1: two times n.
    assert _methods(server) == "PG" * 6


@pytest.mark.parametrize(
    ("last", "outcome"),
    [(_pod("n-1"), Outcome.BOUND), (_pod(), Outcome.UNKNOWN), (_pod("n-2"), Outcome.CONFLICT)],
)
def test_lost_and_then_refused(serve: Serve, bind: Bind, last: Answer, outcome: Outcome) -> None:
    """The refusal is of the second request: the first may have bound the pod, or may yet."""
    server = serve([LOST, _pod(), refuse(403, "Forbidden"), last])
    result = bind(server)
    assert result.outcome is outcome
    assert _methods(server) == "PGPG"
    if outcome is Outcome.UNKNOWN:
        assert result.text == f"{MAYBE}the API server answers 403 Forbidden: it is Forbidden"


def test_lost_and_then_too_busy(serve: Serve, bind: Bind) -> None:
    """Before giving up the pod is looked at once more: the lost request has bound it meanwhile."""
    busy = refuse(429, "TooManyRequests", {"Retry-After": "2"})
    server = serve([LOST, _pod(), *[busy] * 2, _pod("n-1")])
    assert bind(server, 5.0).outcome is Outcome.BOUND
    assert _methods(server) == "PGPPG"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(serve: Serve, bind: Bind, clock: Clock, status: int) -> None:
    """The server's wish is obeyed, as often as it has it, and never undercut."""
    server = serve([*[refuse(status, "Busy", {"Retry-After": "3"})] * 5, CREATED])
    assert bind(server, 20.0).outcome is Outcome.BOUND
    assert _methods(server) == "PPPPPP"
    assert len(clock.pauses) == 5
    assert all(3.0 <= pause <= 3.3 for pause in clock.pauses)


@pytest.mark.parametrize(("status", "requests"), [(429, "P"), (503, "PG")])
def test_retry_after_the_time(
    serve: Serve, bind: Bind, clock: Clock, status: int, requests: str
) -> None:
    """Who asks for more than there is gets no more requests; a 5xx leaves a doubt, 429 none."""
    server = serve([refuse(status, "Busy", {"Retry-After": "60"}), _pod()])
    text = f"{NOT}the API server answers {status} Busy: it is Busy"
    assert bind(server) == Result(Outcome.UNAVAILABLE, text)
    assert _methods(server) == requests
    assert clock.pauses == []


def test_retry_after_nothing(serve: Serve, bind: Bind, clock: Clock) -> None:
    """A server that asks for no pause at all gets the usual ones, and no endless stream."""
    server = serve([*[refuse(429, "Busy", {"Retry-After": "0"})] * 100])
    assert bind(server, 10.0).outcome is Outcome.UNAVAILABLE
    assert 7.0 <= clock.now - 1000 <= 9.0
    assert clock.pauses[0] >= 0.01
    assert all(1.25 <= pause <= 1.375 for pause in clock.pauses[3:])
    assert len(clock.pauses) <= 3 + 8


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_errors_are_tried_four_times(serve: Serve, bind: Bind, clock: Clock, status: int) -> None:
    """Client-go's pauses: 10, 50 and 250 ms, up to a tenth longer. Then the pod is looked at."""
    server = serve([*[refuse(status, "Error")] * 4, _pod()])
    text = f"{NOT}the API server answers {status} Error: it is Error"
    assert bind(server) == Result(Outcome.UNAVAILABLE, text)
    assert _methods(server) == "PPPPG"
    assert len(clock.pauses) == 3
    for pause, shortest in zip(clock.pauses, (0.01, 0.05, 0.25), strict=True):
        assert shortest <= pause <= 1.1 * shortest


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (_pod("n-1"), Outcome.BOUND),
        (_pod("n-2"), Outcome.CONFLICT),
        (refuse(404, "NotFound"), Outcome.GONE),
        (refuse(403, "Forbidden"), Outcome.UNKNOWN),
    ],
)
def test_errors_may_have_bound(serve: Serve, bind: Bind, last: Answer, outcome: Outcome) -> None:
    """An error of the server does not say that nothing was done."""
    assert bind(serve([*[refuse(500, "Error")] * 4, last])).outcome is outcome


def test_error_that_passes(serve: Serve, bind: Bind) -> None:
    """A second request after an error is enough where the first has done nothing."""
    server = serve([refuse(500, "Error"), CREATED])
    assert bind(server).outcome is Outcome.BOUND
    assert _methods(server) == "PP"


@pytest.mark.parametrize(("last", "outcome"), [("n-1", Outcome.BOUND), ("", Outcome.REFUSED)])
def test_error_and_then_refused(serve: Serve, bind: Bind, last: str, outcome: Outcome) -> None:
    """A refusal after an error is one if the pod shows that the error has done nothing."""
    server = serve([refuse(500, "Error"), refuse(403, "Forbidden"), _pod(last)])
    assert bind(server).outcome is outcome
    assert _methods(server) == "PPG"


def test_unauthorized(serve: Serve, bind: Bind, clock: Clock) -> None:
    """Credentials that are refused, also when read anew, may be right in a moment."""
    server = serve([*[refuse(401, "Unauthorized")] * 2, CREATED])
    assert bind(server).outcome is Outcome.BOUND
    assert len(clock.pauses) == 1
    server = serve([refuse(401, "Unauthorized")] * 50)
    result = bind(server)
    assert result.outcome is Outcome.UNAVAILABLE
    assert "401 Unauthorized" in result.text
    assert _methods(server) == "PP" * 4  # the transport reads them anew each time


def test_nobody_listens(connect: Connect, clock: Clock) -> None:
    """Nothing can be sent: tried to the end of the time, and certainly not bound."""
    with FakeApiServer() as server:
        transport = connect(server)
    result = _binder(transport, clock).bind(BINDING, 10.0)
    text = f"{NOT}no answer of the API server: [Errno 111] Connection refused"
    assert result == Result(Outcome.UNAVAILABLE, text)
    # 0.01 + 0.05 + 0.25 + 1.25 × n ≤ 9 s, each a tenth longer at most: 6 at least fit, not 7.
    assert len(clock.pauses) == 9
    assert clock.now - 1000 <= 9


def test_server_comes_back(serve: Serve, clock: Clock) -> None:
    """A server that restarts is waited for."""
    with FakeApiServer() as gone:
        pass
    url = [gone.url]
    server = serve([CREATED])

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        url[0] = server.url
        transport._discard(session)

    with Transport(lambda: Configuration(host=url[0])) as transport:
        session = transport._current()
        rng = random.Random(7)  # noqa: S311 - jitter
        binder = Binder(transport, rng=rng, clock=clock, pause=pause)
        assert binder.bind(BINDING, 10.0).outcome is Outcome.BOUND


def test_closed(serve: Serve, connect: Connect, clock: Clock) -> None:
    """A transport that is closed will not open again: not bound, at once."""
    transport = connect(serve())
    transport.close()
    text = f"{NOT}no answer of the API server: the call was ended"
    assert _binder(transport, clock).bind(BINDING, 10.0) == Result(Outcome.UNAVAILABLE, text)
    assert clock.pauses == []


def test_closed_while_waiting(serve: Serve, connect: Connect, clock: Clock) -> None:
    """The request is out and nobody can be asked any more."""
    transport = connect(serve())
    timer = threading.Timer(0.15, transport.close)
    timer.start()
    result = _binder(transport, clock).bind(BINDING, 60.0)
    assert result.outcome is Outcome.UNKNOWN
    assert result.text.startswith(f"{MAYBE}no answer of the API server: the call was ended")
    assert clock.pauses == []
    timer.join()


def test_silence(serve: Serve, connect: Connect) -> None:
    """By the true clock: a server that says nothing is given up in time, with a constant text."""
    binder = Binder(connect(serve()), rng=random.Random(7))  # noqa: S311 - jitter
    began = time.monotonic()
    result = binder.bind(BINDING, 0.5)
    assert time.monotonic() - began < 8
    assert result == Result(
        Outcome.UNKNOWN,
        f"{MAYBE}the API server gave no answer in time; looking at the pod: the API server gave no"
        " answer in time",
    )


def test_silence_and_then_an_answer(serve: Serve, connect: Connect) -> None:
    """By the true clock: one request that gets stuck leaves time for looking and for another."""
    server = serve([Exchange.hold, _pod(), CREATED])
    binder = Binder(connect(server), rng=random.Random(7))  # noqa: S311 - jitter
    assert binder.bind(BINDING, 4.0).outcome is Outcome.BOUND
    assert _methods(server) == "PGP"


@pytest.mark.parametrize("budget", [0.0, -1.0, 0.001])
def test_no_time(serve: Serve, bind: Bind, budget: float) -> None:
    """Without time nothing is sent, which is certain."""
    server = serve([CREATED])
    assert bind(server, budget) == Result(Outcome.UNAVAILABLE, f"{NOT}there is no time for it")
    assert not server.requests


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"annotations": {"bad key": "1"}}, "'bad key' is no key of an annotation"),
        ({"annotations": {"a": "x" * 300_000}}, "the largest of them is a"),
        ({"node": "N_1"}, "'N_1' is no name of a node"),
        ({"name": "../../nodes/n"}, "'../../nodes/n' is no name of a pod"),
        ({"uid": ""}, "UID"),
    ],
)
def test_wrong_binding(serve: Serve, bind: Bind, wrong: dict[str, Any], text: str) -> None:
    """What would harm the pod, or puzzle the server, is refused before anything is sent."""
    server = serve([CREATED])
    result = bind(server, binding=replace(BINDING, **wrong))
    assert result.outcome is Outcome.REFUSED
    assert text in result.text
    assert not server.requests


def test_annotations_of_the_pod_count(serve: Serve, connect: Connect, clock: Clock) -> None:
    """What the pod has already counts towards the limit of 262144 bytes."""
    binder = _binder(connect(serve([CREATED])), clock)
    binding = replace(BINDING, annotations={"key": "x" * 97})
    assert binder.bind(binding, 10.0, already=262044 + 1).outcome is Outcome.REFUSED
    assert binder.bind(binding, 10.0, already=262044).outcome is Outcome.BOUND


def _at_once(transport: Transport, number: int) -> dict[str, Result]:
    """Binds so many pods, a thread each."""
    binder = Binder(transport, rng=random.Random(7))  # noqa: S311 - jitter
    results: dict[str, Result] = {}

    def run(name: str) -> None:
        results[name] = binder.bind(Binding("shop", name, f"u-{name}", f"n-{name}"), 100.0)

    threads = [threading.Thread(target=run, args=(f"p{i}",)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_hundred_in_flight(serve: Serve, connect: Connect) -> None:
    """The server answers none before it has all hundred: nothing makes one wait for another."""
    all_here = threading.Barrier(100)

    def wait_for_all(exchange: Exchange) -> None:
        all_here.wait(60)
        CREATED(exchange)

    server = serve([wait_for_all] * 100)
    results = _at_once(connect(server), 100)
    assert len(results) == 100
    assert {result.outcome for result in results.values()} == {Outcome.BOUND}
    assert _methods(server) == "P" * 100
    for request in server.requests:
        name = request.path.split("/")[-2]
        assert request.json["metadata"]["name"] == name
        assert request.json["target"]["name"] == f"n-{name}"


def test_hundred_lost_answers(serve: Serve, connect: Connect) -> None:
    """A hundred that are bound and never told so find that out, each for its own pod."""
    nodes: dict[str, str] = {}

    def answer(exchange: Exchange) -> None:
        request = exchange.request
        name = request.path.split("/")[6]
        if request.method == "POST":
            # Every other node is another's, so that not all end alike.
            nodes[name] = "n-x" if name.endswith(("1", "3")) else request.json["target"]["name"]
            exchange.reset()
        else:
            meta = {"name": name, "uid": f"u-{name}"}
            exchange.reply(200, {"metadata": meta, "spec": {"nodeName": nodes[name]}})

    results = _at_once(connect(serve([answer] * 200)), 100)
    conflicts = {name for name, result in results.items() if result.outcome is Outcome.CONFLICT}
    assert conflicts == {f"p{i}" for i in range(100) if i % 10 in (1, 3)}
    assert sum(result.outcome is Outcome.BOUND for result in results.values()) == 80
