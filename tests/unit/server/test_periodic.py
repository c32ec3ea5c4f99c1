"""Work in the background: its beat, nudges, failures and its end."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import pytest

from extender.server.periodic import Periodic


class Beat:
    """Periodic work on a clock that only pauses move on, run in this thread until a time.

    Args:
        seconds: the period.
        until: when to stop.
        costs: seconds that the runs take, in order; then none.
        nudges: when somebody nudges during a pause.
    """

    def __init__(
        self,
        seconds: float,
        until: float,
        costs: tuple[float, ...] = (),
        nudges: tuple[float, ...] = (),
    ) -> None:
        self.at = 0.0
        self.runs: list[float] = []
        self.errors: list[str] = []
        self.fail = False
        self._costs, self._nudges, self._until = list(costs), list(nudges), until
        self.work = Periodic(
            "work",
            seconds,
            self._action,
            lambda error: self.errors.append(str(error)),
            clock=lambda: self.at,
            pause=self._pause,
        )

    def _action(self) -> None:
        self.runs.append(self.at)
        self.at += self._costs.pop(0) if self._costs else 0.0
        if self.fail:
            raise RuntimeError("it failed")

    def _pause(self, wake: threading.Event, seconds: float) -> None:
        if wake.is_set():
            return
        until = self.at + seconds
        if self._nudges and self._nudges[0] <= until:
            self.at = max(self.at, self._nudges.pop(0))
            self.work.nudge()
        else:
            self.at = until
        if self.at >= self._until:
            self.work._stop.set()

    def run(self) -> list[float]:
        """When the action ran."""
        self.work._run()
        return self.runs


def test_even_beat() -> None:
    """Every 10 s, the first time after 10 s, however long the action takes below that."""
    assert Beat(10, 45, costs=(3.0, 9.0, 0.0)).run() == [10.0, 20.0, 30.0, 40.0]


def test_beats_missed_are_left_out() -> None:
    """An action of 25 s skips the two beats that pass meanwhile, and does not run in a burst."""
    assert Beat(10, 65, costs=(25.0,)).run() == [10.0, 40.0, 50.0, 60.0]


def test_action_of_exactly_a_period() -> None:
    """A beat that comes the moment the action ends has passed; the next one counts."""
    assert Beat(10, 45, costs=(10.0,)).run() == [10.0, 30.0, 40.0]


def test_waking_early_is_no_beat() -> None:
    """A pause that ends before its time is gone on with."""
    beat = Beat(10, 25)
    pause = beat.work._pause
    beat.work._pause = lambda wake, seconds: pause(wake, min(seconds, 4.0))
    assert beat.run() == [10.0, 20.0]


def test_nudge() -> None:
    """A nudge makes it run at once, and the beat starts anew from there."""
    assert Beat(10, 40, nudges=(13.0,)).run() == [10.0, 13.0, 23.0, 33.0]


def test_nudge_during_a_run() -> None:
    """Nudges while the action runs make it run once more, not once each."""
    beat = Beat(10, 30)
    action = beat._action

    def nudging() -> None:
        action()
        if len(beat.runs) == 1:
            beat.at += 4
            beat.work.nudge()
            beat.work.nudge()

    beat.work._action = nudging
    assert beat.run() == [10.0, 14.0, 24.0]


def test_nudge_before_the_start() -> None:
    """Whoever wants the first run at once nudges first."""
    beat = Beat(10, 25)
    beat.work.nudge()
    assert beat.run() == [0.0, 10.0, 20.0]


def test_failure() -> None:
    """What the action raises is reported, and the beat goes on."""
    beat = Beat(10, 30)
    beat.fail = True
    assert beat.run() == [10.0, 20.0]
    assert beat.errors == ["it failed", "it failed"]


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf])
def test_period_must_be_positive(seconds: float) -> None:
    """A period that is none is refused."""
    with pytest.raises(ValueError, match="work: the period must be above 0 s"):
        Periodic("work", seconds, str, str)


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_thread() -> None:
    """It runs in a daemon thread of its name, can be stopped while it waits, and started again."""
    threads: list[threading.Thread] = []
    work = Periodic("work", 3600, lambda: threads.append(threading.current_thread()), str)
    assert work.stop()  # it never ran
    work.start()
    with pytest.raises(RuntimeError, match="work runs already"):
        work.start()
    work.nudge()
    _until(lambda: threads)
    (thread,) = threads
    assert (thread.name, thread.daemon) == ("work", True)
    assert work.stop()
    assert work.stop()
    assert not thread.is_alive()
    assert not work._wake.is_set()  # a stop is no nudge to the next start
    work.start()
    work.nudge()
    _until(lambda: len(threads) == 2)
    assert work.stop()


def test_runs_by_itself() -> None:
    """Without any nudge it runs again and again."""
    runs: list[None] = []
    work = Periodic("work", 0.01, lambda: runs.append(None), str)
    work.start()
    _until(lambda: len(runs) >= 3)
    assert work.stop()


def test_stop_from_within() -> None:
    """The action may stop its own work: it does not run again."""
    answers: list[bool] = []
    work = Periodic("work", 0.01, lambda: answers.append(work.stop()), str)
    work.start()
    _until(lambda: answers)
    _until(work.stop)
    assert answers == [False]


def test_stop_during_a_run() -> None:
    """Stopping waits for the action, so that nothing of it happens afterwards."""
    begun, done = threading.Event(), threading.Event()

    def action() -> None:
        begun.set()
        time.sleep(0.05)
        done.set()

    work = Periodic("work", 3600, action, str)
    work.nudge()
    work.start()
    assert begun.wait(20)
    assert work.stop()
    assert done.is_set()


def test_stop_during_an_endless_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """An action that does not end is left behind after the time, and said to be."""
    monkeypatch.setattr("extender.server.periodic._STOP_TIMEOUT", 0.05)
    begun, end = threading.Event(), threading.Event()

    def action() -> None:
        begun.set()
        end.wait()

    work = Periodic("work", 3600, action, str)
    work.nudge()
    work.start()
    assert begun.wait(20)
    assert not work.stop()
    with pytest.raises(RuntimeError, match="runs already"):
        work.start()
    end.set()
    _until(work.stop)
