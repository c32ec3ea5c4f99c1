"""How long one client waits for filter and prioritize, and for a handler that does nothing."""

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
from tests.bench.memory import Memory, memory_of
from tests.bench.questions import Question
from tests.bench.server import NOTHING, NOTHING_REPLY, running

FILTER, PRIORITIZE = "filter", "prioritize"
VERBS = (FILTER, PRIORITIZE, NOTHING)
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
    """What one server made of one workload; ``pace`` is that of the machine meanwhile."""

    workload: str
    nodes: int
    passed: int
    pace: float
    timings: Mapping[str, Timing]
    memory: Memory


@dataclass(frozen=True, slots=True)
class _Call:
    """A verb's question and the one right answer to it."""

    verb: str
    question: Question
    answer: bytes


def measure(workload: str, nodes: int, samples: int, pace: Callable[[], float]) -> Latency:
    """Start a server that knows so many nodes and measure it.

    Args:
        workload: one of ``WORKLOADS``.
        nodes: how many the server knows, and is asked about.
        samples: cycles to measure.
        pace: see ``machine.Watch``; asked now and then.

    Raises:
        BadReplyError: a reply that is not the right one.
        ServerError: the server does not start.
    """
    mixed = workload == MIXED
    with TemporaryDirectory(prefix="nova-extender-bench-") as name:
        workdir = Path(name)
        file = workdir / "cluster.json"
        cluster.write_list(file, nodes, mixed=mixed)
        with running(workdir, file) as server, Client(server.address) as client:
            cycles, passed = _cycles(client, nodes, mixed=mixed)
            _run(client, cycles, range(_WARM_UP), pace)
            times, paces = _run(client, cycles, range(_WARM_UP, _WARM_UP + samples), pace)
            memory = memory_of(server.worker)
    timings = {verb: Timing.of(times[verb]) for verb in VERBS}
    return Latency(workload, nodes, passed, statistics.median(paces), timings, memory)


def _cycles(client: Client, nodes: int, *, mixed: bool) -> tuple[list[list[_Call]], int]:
    """The calls of a scheduling cycle, for several orders of the nodes, with their right answers.

    As kube-scheduler does, prioritize is asked about the nodes that filter let pass. The handler
    that does nothing gets what filter gets.
    """
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
        cycles.append(
            [
                _Call(FILTER, whole, filtered),
                _Call(PRIORITIZE, rest, scored),
                _Call(NOTHING, whole, NOTHING_REPLY),
            ]
        )
    return cycles, len(passed)


def _run(
    client: Client, cycles: list[list[_Call]], numbers: range, pace: Callable[[], float]
) -> tuple[dict[str, list[float]], list[float]]:
    """Go round the verbs, another pod each time; the same question has the same answer."""
    seconds: dict[str, list[float]] = {verb: [] for verb in VERBS}
    paces = []
    gc.collect()
    gc.disable()  # the client's own pauses are none of the server's
    try:
        for number in numbers:
            uid = questions.uid(number)
            for call in cycles[number % len(cycles)]:
                request = client.request(call.verb, call.question.body(uid))
                waited, reply = client.ask(request)
                if reply != call.answer:
                    raise BadReplyError(f"{call.verb} has changed its answer to {reply[:300]!r}")
                seconds[call.verb].append(waited)
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
