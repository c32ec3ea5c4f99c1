"""What a call costs, in steps of the interpreter: a guard that no machine's mood can trip.

Milliseconds are ``make bench``'s business. Here the bytecode instructions of one call are counted,
which is the same number in every run of a Python release: it must not grow with the hosts, and not
much above what it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from extender.model.attempt import Attempt
from extender.observe.log import Log
from extender.observe.metrics import Metrics
from extender.observe.recorder import Recorder
from extender.protocol.replies import Reply
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.prioritize import prioritize_pod
from tests.unit.verbs.making import body, engine, node, pod

Verb = Callable[[Engine, bytes], Reply]

FEW, SOME, MORE = 100, 2000, 6000
BUDGETS: dict[Verb, int] = {filter_pod: 17_000, prioritize_pod: 13_000}
"""Instructions of a call about a hundred hosts, metrics included: about a quarter above what it is
with Python 3.11; other releases count a few percent less or more."""


class Silent(Log):
    """Logs nothing, as the level info does of attempts that pass."""

    def record(self, attempt: Attempt) -> None:
        """Nothing."""


def instructions(call: Callable[[], object]) -> int:
    """Bytecode instructions until it returns, those of everything it calls included."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        del arg
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def cost(verb: Verb, hosts: int) -> int:
    """Instructions of a call about all hosts, and of counting it; the second call of its kind."""
    names = [f"node-{n:05}" for n in range(hosts)]
    made = engine([node(name, cpu=str(4 + n % 7)) for n, name in enumerate(names)])
    recorder = made.record = Recorder(Metrics(), Silent())

    def call(asked: bytes) -> None:
        verb(made, asked)
        recorder.settle()

    call(body(pod("new", cpu=1), *names))
    # Another order, so that the list is not recognised as a whole.
    again = body(pod("new", cpu=1), *reversed(names))
    return instructions(lambda: call(again))


@pytest.mark.parametrize("verb", [filter_pod, prioritize_pod])
def test_no_step_of_the_interpreter_for_each_host(verb: Verb) -> None:
    """Four thousand hosts more are a few rounds of probing more, not a round for each."""
    some, more = cost(verb, SOME), cost(verb, MORE)
    assert more - some <= 0.25 * (MORE - SOME)


@pytest.mark.parametrize("verb", [filter_pod, prioritize_pod])
def test_instructions_of_a_small_call(verb: Verb) -> None:
    """A call about a hundred hosts keeps within its budget."""
    assert cost(verb, FEW) <= BUDGETS[verb]
