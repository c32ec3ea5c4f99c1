"""Binding a pod to a node, as kube-scheduler leaves it to an extender with a bind verb.

``pods/{name}/binding`` takes no second answer: once the request has left, the pod may be bound
whatever we hear of it. So a lost answer and a 409 are followed by a look at the pod, and only what
certainly did not happen is called so. Repeating it is safe: the UID is sent along, and a pod that
is bound already is refused with 409.

Pauses are client-go's (``DefaultBackoff`` of ``util/retry/util.go``), with which kube-scheduler's
own DefaultBinder repeats.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from extender.kube.deadline import UnsentError
from extender.kube.errors import ApiError, TransportError
from extender.kube.outcome import Binding, Outcome, Result, body, judge, result, wrong_with
from extender.kube.paths import pod_path
from extender.kube.pods import get_pod
from extender.kube.transport import Transport

__all__ = ["Binder", "Binding", "Outcome", "Result"]

ATTEMPTS: Final = 4
"""Errors (5xx and such, without a ``Retry-After``) after which a binding is given up, as client-go
does: a target the server cannot deal with is a plain 500, each time."""

PAUSE: Final = 0.01
FACTOR: Final = 5.0
JITTER: Final = 0.1
"""Seconds of the first pause, how much longer each next one is (up to the fourth), and the share
that is added at random."""

CLOSING: Final = 1.0
CLOSING_SHARE: Final = 0.25
"""Seconds kept for asking what became of the pod, and their share of a short budget at most."""

FIRST_SHARE: Final = 2 / 3
"""Of the time there is, what the first request may take without an answer: a connection can be
dead without a sign, and the second one is a new one."""

SHORTEST: Final = 0.01
"""Seconds with which no request is begun any more."""


class Binder:
    """Binds pods, any number of them at the same time, each in the thread that asks for it.

    Args:
        transport: the way to the API server.
        rng: for the jitter of pauses.
        clock: seconds.
        pause: waits for so many seconds.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        rng: random.Random,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._means = _Means(transport, rng, clock, pause)

    def bind(self, binding: Binding, budget: float, already: int = 0) -> Result:
        """Binds the pod, or finds out what kept it from being bound. Raises no `KubeError`.

        Args:
            binding: the pod and the node.
            budget: seconds for all of it.
            already: bytes of the annotations that the pod has beside those of the binding.
        """
        wrong = wrong_with(binding, already)
        if wrong is not None:
            return result(binding, Outcome.REFUSED, wrong)
        return _Run(self._means, binding, budget).to_its_end()


@dataclass(frozen=True, slots=True)
class _Means:
    transport: Transport
    rng: random.Random
    clock: Callable[[], float]
    pause: Callable[[float], object]

    def delay(self, number: int, asked: float | None) -> float:
        """The pause after so many others; what the server asks for is a lower bound."""
        delay = PAUSE * FACTOR ** min(number, ATTEMPTS - 1)
        return max(delay, asked or 0.0) * self.rng.uniform(1.0, 1.0 + JITTER)


class _Run:
    """One binding, from the first request to the outcome."""

    def __init__(self, means: _Means, binding: Binding, budget: float) -> None:
        self._means = means
        self._binding = binding
        self._end = means.clock() + budget
        self._closing = min(CLOSING, CLOSING_SHARE * budget)
        self._path = pod_path(binding.namespace, binding.name, "binding")
        self._body = body(binding)
        self._pauses = self._errors = 0
        self._problem = "there is no time for it"
        self._open = False  # a request had no answer: it may still be under way
        self._in_doubt = False  # it may have been bound since the pod was looked at

    def to_its_end(self) -> Result:
        """Sends until there is an outcome or no time."""
        while True:
            left = self._left() - self._closing
            if left < SHORTEST:
                return self._give_up()
            verdict = self._post(left if self._open else left * FIRST_SHARE)
            if verdict is not None:
                return verdict

    def _post(self, timeout: float) -> Result | None:
        """Sends it once; None means to send it again."""
        try:
            self._means.transport.send("POST", self._path, self._body, timeout)
        except UnsentError as error:
            self._problem = _said(error)
            if error.kind == "closed":
                return self._give_up()
            return self._wait(None)
        except TransportError as error:
            self._problem = _said(error)
            self._open = True
            return self._look() or self._wait(None)
        except ApiError as error:
            self._problem = f"the API server answers {error}"
            return self._answered(error)
        return self._result(Outcome.BOUND)

    def _answered(self, error: ApiError) -> Result | None:
        """What an answer other than 2xx means."""
        match error.status:
            case HTTPStatus.CONFLICT:
                return self._look() or self._not_bound(Outcome.CONFLICT)
            case HTTPStatus.NOT_FOUND:
                return self._gone()
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.TOO_MANY_REQUESTS:
                pass  # turned away before anything was done
            case status if status == HTTPStatus.REQUEST_TIMEOUT or status >= _SERVER_ERROR:
                self._in_doubt = True
            case status if status < _CLIENT_ERROR:  # a redirect: this is no API server
                return self._give_up()
            case _:
                # An earlier request may have bound it all the same.
                seen = self._look() if self._in_doubt else None
                return seen or self._not_bound(Outcome.REFUSED)
        self._errors += 1
        if error.retry_after is None and self._errors >= ATTEMPTS:
            return self._give_up()
        return self._wait(error.retry_after)

    def _wait(self, asked: float | None) -> Result | None:
        """Pauses before the next request, if there is time for both."""
        delay = self._means.delay(self._pauses, asked)
        self._pauses += 1
        if self._left() - self._closing - delay < SHORTEST:
            return self._give_up()
        self._means.pause(delay)
        self._in_doubt |= self._open
        return None

    def _give_up(self) -> Result:
        seen = self._look() if self._in_doubt else None
        return seen or self._not_bound(Outcome.UNAVAILABLE)

    def _not_bound(self, outcome: Outcome) -> Result:
        """It was not bound by a request that was answered."""
        return self._result(Outcome.UNKNOWN if self._open else outcome, self._problem)

    def _look(self) -> Result | None:
        """Asks for the pod until there is an answer or no time; None: it can still be bound."""
        binding = self._binding
        asking = "no time was left to look at the pod"
        number = 0
        while (left := self._left()) >= SHORTEST:
            asked: float | None = None
            timeout = left if number else left * FIRST_SHARE
            try:
                raw = get_pod(self._means.transport, binding.namespace, binding.name, timeout)
                if raw is None:
                    return self._gone()
                seen = judge(binding, raw)
            except ApiError as error:
                asking, asked = f"looking at the pod, it answers {error}", error.retry_after
                if error.status < _SERVER_ERROR and error.status not in _LATER:
                    break
            except TransportError as error:
                asking = f"looking at the pod: {_said(error)}"
                if error.kind == "closed":
                    break
            else:
                self._in_doubt = False
                return seen
            delay = self._means.delay(number, asked)
            number += 1
            if self._left() - delay < SHORTEST:
                break
            self._means.pause(delay)
        return self._result(Outcome.UNKNOWN, f"{self._problem}; {asking}")

    def _gone(self) -> Result:
        return self._result(Outcome.GONE, "it does not exist any more")

    def _result(self, outcome: Outcome, why: str = "") -> Result:
        return result(self._binding, outcome, why)

    def _left(self) -> float:
        return self._end - self._means.clock()


_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500
_LATER: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


def _said(error: TransportError) -> str:
    """For people; without the seconds that urllib3 puts in, which differ each time."""
    if error.kind == "timeout":
        return "the API server gave no answer in time"
    return f"no answer of the API server: {error}"
