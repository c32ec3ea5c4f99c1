"""What must be true of a binding whatever the API server does, and whenever.

The server here knows the truth: it carries requests out before or after their answer is lost, or
long after, or not at all, and says so to nobody but the test.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import cast

from hypothesis import example, given
from hypothesis import strategies as st

from extender.kube.binding import ATTEMPTS, Binder, Binding, Outcome
from extender.kube.deadline import UnsentError
from extender.kube.errors import ApiError, TransportError
from extender.kube.transport import Response, Transport

BINDING = Binding("shop", "cart-0", "u-1", "n-1")

POSTS = (
    *("ok", "unsent", "lost", "lost done", "stuck", "stuck done", "stuck late", "401", "403"),
    *("408", "429", "500", "500 done", "503", "503 done"),
)
GETS = ("ok", "lost", "stuck", "403", "429", "500", "no pod")
STATES = ("unbound", "bound", "elsewhere", "gone", "another", "deleting")


class Server:
    """The truth about one pod, with faults as told, and its clock.

    Args:
        state: one of `STATES`.
        posts: what happens to each POST, and after how large a part of its time-out; the last one
            for ever.
        gets: likewise for each GET.
        lands: before each call, whether requests that are under way are carried out now.
    """

    def __init__(
        self,
        state: str,
        posts: list[tuple[str, float]],
        gets: list[tuple[str, float]],
        lands: list[bool],
    ) -> None:
        self.state = state
        self.now = 0.0
        self.end = 0.0
        self.calls = ""
        self._posts, self._gets, self._lands = _for_ever(posts), _for_ever(gets), iter(lands)
        self._under_way = 0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def pause(self, seconds: float) -> None:
        """Lets time pass."""
        assert seconds > 0
        self.now += seconds

    def settle(self) -> str:
        """The state once all that is under way has been carried out."""
        if self._under_way:
            self._bind()
        return self.state

    def send(self, method: str, path: str, body: bytes, timeout: float) -> Response:
        """The POST."""
        assert (method, path) == ("POST", "/api/v1/namespaces/shop/pods/cart-0/binding")
        assert json.loads(body)["metadata"]["uid"] == "u-1"
        what, _, done = self._begin("P", next(self._posts), timeout).partition(" ")
        if done == "done":
            self._bind()
        elif done == "late":
            self._under_way += 1
        if what == "unsent":
            raise UnsentError("cannot connect", "connection")
        self._fail(what)
        status = self._bind()
        if status != 201:
            raise ApiError(status, "No", "no")
        return Response(201, {}, b"")

    def get(
        self, path: str, query: Mapping[str, str] | None, timeout: float, *, total: float
    ) -> Response:
        """The GET of the pod."""
        assert (path, query, total) == ("/api/v1/namespaces/shop/pods/cart-0", None, timeout)
        what = self._begin("G", next(self._gets), timeout)
        self._fail(what)
        if what == "no pod":
            return Response(200, {}, b"{}")
        if self.state == "gone":
            raise ApiError(404, "NotFound", "no")
        meta = {"uid": "u-2" if self.state == "another" else "u-1"}
        if self.state == "deleting":
            meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        spec = {"bound": {"nodeName": "n-1"}, "elsewhere": {"nodeName": "n-2"}}.get(self.state, {})
        return Response(200, {}, json.dumps({"metadata": meta, "spec": spec}).encode())

    def _begin(self, letter: str, fault: tuple[str, float], timeout: float) -> str:
        assert 0 < timeout <= self.end - self.now + 1e-9
        self.calls += letter
        if next(self._lands, False) and self._under_way:
            self._under_way = 0
            self._bind()
        what, part = fault
        self.now += timeout * (1.0 if what.startswith("stuck") else part)
        return what

    def _bind(self) -> int:
        """Carries a request out; gives the status of its answer."""
        if self.state == "unbound":
            self.state = "bound"
            return 201
        return 404 if self.state == "gone" else 409

    def _fail(self, what: str) -> None:
        if what == "lost":
            raise TransportError("connection lost", "connection")
        if what == "stuck":
            raise TransportError("time-out", "timeout")
        if what.isdigit():
            raise ApiError(int(what), "No", "no", 1.0 if what in {"429", "503"} else None)


def _for_ever(faults: list[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    yield from faults
    while True:
        yield faults[-1]


def _faults(kinds: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, float]]]:
    one = st.tuples(st.sampled_from(kinds), st.sampled_from([0.0, 0.01, 0.3, 1.0]))
    return st.lists(one, min_size=1, max_size=6)


@given(
    state=st.sampled_from(STATES),
    posts=_faults(POSTS),
    gets=_faults(GETS),
    lands=st.lists(st.booleans(), max_size=8),
    budget=st.sampled_from([0.0, 0.02, 0.5, 2.0, 4.5, 30.0]),
    seed=st.integers(0, 99),
)
@example("unbound", [("stuck late", 1.0), ("403", 0.0)], [("ok", 0.0)], [], 4.5, 1)
@example("unbound", [("500 done", 0.0)], [("ok", 0.0)], [], 4.5, 1)
@example("unbound", [("stuck late", 0.0), ("ok", 0.0)], [("ok", 0.0)], [False, False, True], 4.5, 1)
def test_outcomes_are_true(
    state: str,
    posts: list[tuple[str, float]],
    gets: list[tuple[str, float]],
    lands: list[bool],
    budget: float,
    seed: int,
) -> None:
    """What is called bound is, what is called unbound is and stays so, and all of it in time."""
    server = Server(state, posts, gets, lands)
    server.end = budget
    rng = random.Random(seed)  # noqa: S311 - jitter
    transport = cast("Transport", server)
    binder = Binder(transport, rng=rng, clock=server, pause=server.pause)
    result = binder.bind(BINDING, budget)
    assert server.now <= budget + 1e-9
    match result.outcome:
        case Outcome.BOUND:
            assert server.state == "bound"
        case Outcome.GONE:
            assert server.state == "gone"
        case Outcome.CONFLICT:
            assert server.state in {"elsewhere", "another", "deleting"}
        case Outcome.REFUSED:
            assert "403" in result.text
            assert server.settle() != "bound" or state == "bound"
        case Outcome.UNAVAILABLE:
            assert server.settle() != "bound" or state == "bound"
        case Outcome.UNKNOWN:
            # Something was sent that may have done it, or a 409 could not be looked into.
            assert any(fault[0] not in {"unsent", "401", "403", "429"} for fault in posts)
    assert (result.text == "") == (result.outcome is Outcome.BOUND)


@given(
    state=st.sampled_from(["unbound", "bound"]),
    posts=st.lists(
        st.tuples(st.sampled_from(["lost", "lost done", "500", "500 done"]), st.just(0.0)),
        max_size=ATTEMPTS - 1,
    ),
    gets=st.lists(st.tuples(st.sampled_from(["lost", "429", "500"]), st.just(0.0)), max_size=2),
)
def test_faults_that_pass(
    state: str, posts: list[tuple[str, float]], gets: list[tuple[str, float]]
) -> None:
    """A few faults, a time that suffices, and then a server that works: the pod is bound."""
    server = Server(state, [*posts, ("ok", 0.0)], [*gets, ("ok", 0.0)], [])
    server.end = 60.0
    rng = random.Random(1)  # noqa: S311 - jitter
    binder = Binder(cast("Transport", server), rng=rng, clock=server, pause=server.pause)
    assert binder.bind(BINDING, 60.0).outcome is Outcome.BOUND


def test_time_for_a_second_request_and_a_look() -> None:
    """One that gets stuck takes two thirds of 10 − 1 s, the next all but the last second."""
    server = Server("unbound", [("stuck", 1.0)], [("ok", 0.0)], [])
    server.end = 10.0
    waits: list[float] = []
    send = server.send

    def watch(method: str, path: str, body: bytes, timeout: float) -> Response:
        waits.append(timeout)
        return send(method, path, body, timeout)

    server.send = watch  # type: ignore[method-assign] # to see what is handed down
    rng = random.Random(1)  # noqa: S311 - jitter
    binder = Binder(cast("Transport", server), rng=rng, clock=server, pause=server.pause)
    assert binder.bind(BINDING, 10.0).outcome is Outcome.UNKNOWN
    assert server.calls == "PGPG"
    assert waits[0] == 6.0
    assert 2.98 <= waits[1] <= 2.99  # 10 − 6 − 1 and a pause of 0.01 to 0.011 s


def test_look_that_gets_stuck() -> None:
    """One question without an answer leaves time for another."""
    server = Server("bound", [("ok", 0.0)], [("stuck", 1.0), ("ok", 0.0)], [])
    server.end = 3.0
    rng = random.Random(1)  # noqa: S311 - jitter
    binder = Binder(cast("Transport", server), rng=rng, clock=server, pause=server.pause)
    assert binder.bind(BINDING, 3.0).outcome is Outcome.BOUND
    assert server.calls == "PGG"
    assert 2.0 <= server.now <= 2.02  # two thirds of 3 s and a pause
