"""How long one client waits for filter and prioritize, and for the do-nothing extender in Go."""

from __future__ import annotations

import gc
import json
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench import cluster, questions
from tests.bench.client import BadReplyError, Client
from tests.bench.echo_server import echoing
from tests.bench.memory import Memory, memory_of
from tests.bench.questions import Question
from tests.bench.server import running

FILTER, PRIORITIZE = "filter", "prioritize"
VERBS = (FILTER, PRIORITIZE)
OURS, ECHO = "ours", "echo"
ALL_PASS, MIXED = "all pass", "a third refused"
WORKLOADS = (ALL_PASS, MIXED)
_ORDERS = 8
_WARM_UP = 40
_PACE_EVERY = 20


@dataclass(frozen=True, slots=True)
class Timing:
    """The waits for one verb, in milliseconds."""

    samples: int
    least: float
    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> Timing:
        """Sum up the waits."""
        ordered = sorted(1000 * one for one in seconds)
        count = len(ordered)
        return cls(count, ordered[0], ordered[count // 2], ordered[99 * count // 100])


@dataclass(frozen=True, slots=True)
class Latency:
    """What both made of one workload.

    ``timings`` are server → verb → waits; ``pace`` is that of the machine meanwhile.
    """

    workload: str
    nodes: int
    passed: int
    pace: float
    timings: Mapping[str, Mapping[str, Timing]]
    memory: Memory


@dataclass(frozen=True, slots=True)
class _Call:
    """A question to one of the servers, and the one right answer to it."""

    server: str
    verb: str
    question: Question
    answer: bytes


def measure(workload: str, nodes: int, samples: int, pace: Callable[[], float]) -> Latency:
    """Start a server that knows so many nodes, and measure it beside one that does nothing.

    Args:
        workload: one of ``WORKLOADS``.
        nodes: how many the server knows, and is asked about.
        samples: cycles to measure.
        pace: see ``machine.Watch``; asked now and then.

    Raises:
        BadReplyError: a reply that is not the right one.
        ServerError: the server does not start.
        EchoError: there is no do-nothing extender.
    """
    mixed = workload == MIXED
    with TemporaryDirectory(prefix="nova-extender-bench-") as name:
        workdir = Path(name)
        file = workdir / "cluster.json"
        cluster.write_list(file, nodes, mixed=mixed)
        with (
            running(workdir, file) as server,
            echoing() as address,
            Client(server.address) as ours,
            Client(address) as echo,
        ):
            clients = {OURS: ours, ECHO: echo}
            cycles, passed = _cycles(clients, nodes, mixed=mixed)
            _run(clients, cycles, range(_WARM_UP), pace)
            times, paces = _run(clients, cycles, range(_WARM_UP, _WARM_UP + samples), pace)
            memory = memory_of(server.worker)
    timings = {
        server: {verb: Timing.of(times[server, verb]) for verb in VERBS} for server in (OURS, ECHO)
    }
    return Latency(workload, nodes, passed, statistics.median(paces), timings, memory)


def _cycles(
    clients: Mapping[str, Client], nodes: int, *, mixed: bool
) -> tuple[list[list[_Call]], int]:
    """The calls of a scheduling cycle, for several orders of the nodes, with their right answers.

    As kube-scheduler does, prioritize is asked about the nodes that filter let pass. The extender
    that does nothing gets the very same calls.
    """
    client, echo = clients[OURS], clients[ECHO]
    pod = questions.pod(mixed=mixed)
    cycles: list[list[_Call]] = []
    for names in questions.orders(nodes, _ORDERS):
        whole = questions.question(pod, names)
        uid = questions.uid(len(cycles))
        _, filtered = client.ask(client.request(FILTER, whole.body(uid)))
        passed = _passed(filtered, names, mixed=mixed)
        rest = questions.question(pod, passed)
        _, scored = client.ask(client.request(PRIORITIZE, rest.body(uid)))
        _check_scores(scored, passed)
        echoed = [
            echo.ask(echo.request(verb, question.body(uid)))[1]
            for verb, question in ((FILTER, whole), (PRIORITIZE, rest))
        ]
        cycles.append(
            [
                _Call(OURS, FILTER, whole, filtered),
                _Call(OURS, PRIORITIZE, rest, scored),
                _Call(ECHO, FILTER, whole, echoed[0]),
                _Call(ECHO, PRIORITIZE, rest, echoed[1]),
            ]
        )
    return cycles, len(passed)


def _run(
    clients: Mapping[str, Client],
    cycles: list[list[_Call]],
    numbers: range,
    pace: Callable[[], float],
) -> tuple[dict[tuple[str, str], list[float]], list[float]]:
    """Go round the calls, another pod each time; the same question has the same answer."""
    seconds: dict[tuple[str, str], list[float]] = {
        (server, verb): [] for server in clients for verb in VERBS
    }
    paces = []
    gc.collect()
    gc.disable()  # the client's own pauses are none of the server's
    try:
        for number in numbers:
            uid = questions.uid(number)
            for call in cycles[number % len(cycles)]:
                client = clients[call.server]
                request = client.request(call.verb, call.question.body(uid))
                waited, reply = client.ask(request)
                if reply != call.answer:
                    raise BadReplyError(
                        f"{call.server}: {call.verb} has changed its answer to {reply[:300]!r}"
                    )
                seconds[call.server, call.verb].append(waited)
            if number % _PACE_EVERY == 0:
                paces.append(pace())
    finally:
        gc.enable()
    return seconds, paces


def _passed(reply: bytes, names: list[str], *, mixed: bool) -> list[str]:
    """The names that passed, in the reply's order, if it is what this workload must give."""
    result: dict[str, Any] = json.loads(reply)
    if result["Error"]:
        raise BadReplyError(f"filter failed: {result['Error']}")
    passed: list[str] = result["NodeNames"]
    refused = result["FailedNodes"] | result["FailedAndUnresolvableNodes"]
    if sorted([*passed, *refused]) != sorted(names):
        raise BadReplyError("filter has lost or made up nodes")
    right = sum(map(bool, map(cluster.refuses, range(len(names))))) if mixed else 0
    if len(refused) != right:
        raise BadReplyError(f"filter refused {len(refused)} nodes instead of {right}")
    return passed


def _check_scores(reply: bytes, names: list[str]) -> None:
    scores: list[dict[str, Any]] = json.loads(reply)
    if sorted(one["Host"] for one in scores) != sorted(names):
        raise BadReplyError("prioritize has lost or made up nodes")
    if len({one["Score"] for one in scores}) < min(10, len(names)):
        raise BadReplyError("prioritize tells no nodes apart")
