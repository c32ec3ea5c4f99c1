"""Waking pods: when it is done, how often, and what is done when it fails."""

from __future__ import annotations

from extender.verbs.wake import Waker

EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z


class Hall:
    """A waker, a clock set by hand, and pods that wait."""

    def __init__(self, *, own_pod: bool = True) -> None:
        self.at = 0.0
        self.pods = 1
        self.touches: list[tuple[float, str]] = []
        self.failures = 0
        self.problems: list[str] = []
        self.waker = Waker(
            self._touch if own_pod else None,
            lambda: self.pods,
            self.problems.append,
            clock=lambda: self.at,
            now=lambda: EPOCH + self.at,
        )

    def _touch(self, value: str) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("403 Forbidden")
        self.touches.append((self.at, value))

    def run(self, until: float) -> list[float]:
        """Runs every second up to a time; when it touched, in all."""
        while self.at <= until:
            self.waker.run()
            self.at += 1
        return [at for at, _ in self.touches]


def test_wakes() -> None:
    """One ask, one write, a second later; its value says when and why."""
    hall = Hall()
    hall.waker.ask("Flavor m1.small changed")
    assert hall.run(100) == [1.0]
    assert hall.touches[0][1] == "2026-01-01T00:00:01.000000Z Flavor m1.small changed"


def test_nobody_asked() -> None:
    """Pods that wait are no reason to wake them."""
    assert Hall().run(100) == []


def test_burst_is_one_write() -> None:
    """What is asked within the first second is told in one write, each cause once."""
    hall = Hall()
    for name in ("a", "b", "a", "c", "d", "e", "b"):
        hall.waker.ask(f"Flavor {name} changed")
        hall.at += 0.1
    hall.at = 1.0
    assert hall.run(100) == [1.0]
    assert hall.touches[0][1].endswith(
        "Z Flavor a changed, Flavor b changed, Flavor c changed and 2 more"
    )


def test_at_most_every_10_s() -> None:
    """Who asks again and again gets a write every 10 s, the last after the last ask."""
    hall = Hall()
    for _ in range(25):
        hall.waker.ask("more")
        hall.run(hall.at)
    assert hall.run(100) == [1.0, 11.0, 21.0, 31.0]


def test_kept_until_a_pod_waits() -> None:
    """An ask that finds nobody waiting is good for the first who does."""
    hall = Hall()
    hall.pods = 0
    hall.waker.ask("a")
    assert hall.run(500) == []
    hall.pods = 1
    assert hall.run(600) == [501.0]


def test_ask_during_the_touch_is_another() -> None:
    """What changes while the write is under way may have come too late for it."""
    hall = Hall()
    touch = hall._touch

    def touch_and_ask(value: str) -> None:
        touch(value)
        if len(hall.touches) == 1:
            hall.waker.ask("late")

    hall.waker._touch = touch_and_ask
    hall.waker.ask("early")
    assert hall.run(100) == [1.0, 11.0]
    assert hall.touches[1][1].endswith("Z late")


def test_failure_is_told_once_and_tried_again() -> None:
    """A touch that fails is tried again after 10 s, with what was asked since; told once."""
    hall = Hall()
    hall.failures = 2
    hall.waker.ask("a")
    hall.run(5)
    hall.waker.ask("b")
    hall.waker.ask("a")
    assert hall.run(100) == [21.0]
    assert hall.touches[0][1].endswith("Z a, b")
    (text,) = hall.problems
    assert text.startswith("waiting pods cannot be woken (a): 403 Forbidden; tried again in 10 s")
    hall.failures = 1  # after a success it is news again
    hall.waker.ask("c")
    hall.run(200)
    assert len(hall.problems) == 2


def test_failure_forgets_no_count() -> None:
    """Causes beyond the third are counted, also over a failure."""
    hall = Hall()
    hall.failures = 1
    for name in "abcd":
        hall.waker.ask(name)
    hall.run(5)
    hall.waker.ask("e")
    hall.run(100)
    assert hall.touches[0][1].endswith("Z a, b, c and 2 more")


def test_without_an_own_pod() -> None:
    """Once it would have been woken, the operator is told; and only once."""
    hall = Hall(own_pod=False)
    hall.run(10)
    assert hall.problems == []
    hall.waker.ask("a")
    hall.run(50)
    hall.waker.ask("b")
    hall.run(100)
    (text,) = hall.problems
    assert text.startswith("the extender does not know its own pod: changes")
    assert text.endswith("only after kube-scheduler's 5 minutes")


def test_asks_during_a_failed_touch_are_joined() -> None:
    """What is asked while a write fails is told with the next, in order and counted."""
    hall = Hall()
    touch = hall._touch
    hall.failures = 1

    def ask_and_touch(value: str) -> None:
        if hall.failures:
            for name in "bcde":
                hall.waker.ask(name)
        touch(value)

    hall.waker._touch = ask_and_touch
    hall.waker.ask("a")
    hall.waker.ask("b")
    hall.run(100)
    # Three are named; d and e are counted.
    assert hall.touches[0][1].endswith("Z a, b, c and 2 more")


def test_value_is_bounded() -> None:
    """However long a cause, the annotation stays short."""
    hall = Hall()
    hall.waker.ask("x" * 100_000)
    hall.run(10)
    assert len(hall.touches[0][1]) == 256
