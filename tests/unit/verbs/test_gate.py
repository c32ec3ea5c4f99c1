"""How many binds ask the API server at the same time."""

from __future__ import annotations

import threading

from extender.verbs.gate import CUT, LEAST, PATIENCE, Gate


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


def test_so_many_and_no_more() -> None:
    """The next one gets in when one has left."""
    gate = Gate(2)
    assert gate.enter(0)
    assert gate.enter(0)
    assert not gate.enter(0)
    gate.leave(answered=True)
    assert gate.enter(0)


def test_waiting_for_a_turn() -> None:
    """Who waits is let in as soon as there is room."""
    gate = Gate(1)
    gate.enter(0)
    came: list[bool] = []
    waiting = threading.Thread(target=lambda: came.append(gate.enter(5)))
    waiting.start()
    gate.leave(answered=True)
    waiting.join(5)
    assert came == [True]


def lose(gate: Gate, clock: Clock, times: int = 1) -> None:
    """Calls without an answer, each long after the one before."""
    for _ in range(times):
        clock.now += PATIENCE
        assert gate.enter(0)
        gate.leave(answered=False)


def test_fewer_after_time_outs() -> None:
    """Each time so much less, but never fewer than the least."""
    clock = Clock()
    gate = Gate(100, clock)
    lose(gate, clock)
    assert gate.limit == int(100 * CUT)
    lose(gate, clock)
    assert gate.limit == int(100 * CUT * CUT)
    lose(gate, clock, 20)
    assert gate.limit == LEAST


def test_time_outs_of_one_moment_count_once() -> None:
    """A hundred calls that hung together are one sign of overload, not a hundred."""
    clock = Clock()
    clock.now = 10.0
    gate = Gate(100, clock)
    for _ in range(100):
        assert gate.enter(0)
    for _ in range(100):
        gate.leave(answered=False)
    assert gate.limit == int(100 * CUT)


def test_more_again() -> None:
    """Once answers come, the number grows by about one for each round of as many answers."""
    clock = Clock()
    gate = Gate(100, clock)
    lose(gate, clock, 20)
    for _ in range(LEAST):
        gate.enter(0)
        gate.leave(answered=True)
    assert gate.limit in (LEAST, LEAST + 1)
    for _ in range(100 * 100):
        gate.enter(0)
        gate.leave(answered=True)
    assert gate.limit == 100


def test_small_gates() -> None:
    """A gate for fewer than the least stays as it is."""
    clock = Clock()
    gate = Gate(3, clock)
    lose(gate, clock, 5)
    assert gate.limit == 3
