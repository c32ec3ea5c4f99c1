"""Writing a failed attempt onto its pod."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from extender.kube.errors import ApiError, KubeError, TransportError
from extender.verbs.binding import Failed
from extender.verbs.notes import Notes


def failed(name: str = "p") -> Failed:
    """An attempt of a pod."""
    return Failed("ns", name, f"uid-{name}", {"nova-extender.io/retry": "{}"})


class Scene:
    """Notes that are written here, at what time."""

    def __init__(self, error: Callable[[int], KubeError | None] = lambda _: None) -> None:
        self.written: list[tuple[str, float]] = []
        self.told: list[str] = []
        self.error = error
        self.changed = threading.Condition()
        self.notes = Notes(self.write, self.told.append, delay=0.05)

    def write(self, note: Failed) -> None:
        """Take one."""
        with self.changed:
            self.written.append((note.name, time.monotonic()))
            count = len(self.written)
            self.changed.notify_all()
        error = self.error(count)
        if error is not None:
            raise error

    def until(self, count: int) -> None:
        """Wait for so many."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.written) >= count, 5), self.written


def test_written_later() -> None:
    """Not before the delay has passed since it was handed in."""
    scene = Scene()
    scene.notes.start()
    before = time.monotonic()
    scene.notes(failed())
    scene.until(1)
    [(name, at)] = scene.written
    assert name == "p"
    assert at >= before + 0.05
    scene.notes.stop()


def test_all_are_written() -> None:
    """However many come at once."""
    scene = Scene()
    scene.notes.start()
    for number in range(50):
        scene.notes(failed(str(number)))
    scene.until(50)
    assert {name for name, _ in scene.written} == {str(number) for number in range(50)}
    scene.notes.stop()


@pytest.mark.parametrize("status", [404, 409, 422])
def test_pod_that_is_gone(status: int) -> None:
    """Nobody is told that a pod which is gone was not told."""
    scene = Scene(lambda _: ApiError(status, "Gone", "no such pod"))
    scene.notes.start()
    scene.notes(failed())
    scene.until(1)
    scene.notes.stop()
    assert scene.told == []


def test_failure_is_told_once() -> None:
    """Until a write succeeds; the others are tried all the same."""
    scene = Scene(lambda count: TransportError("cut", "connection") if count < 4 else None)
    scene.notes.start()
    for number in range(4):
        scene.notes(failed(str(number)))
        scene.until(number + 1)
    scene.notes.stop()
    assert scene.told == [
        "the retry history cannot be written onto its pod: pod ns/0: cut",
    ]


def test_too_many_wait() -> None:
    """Handing in never waits: what there is no room for is told of."""
    scene = Scene()
    for number in range(1001):
        scene.notes(failed(str(number)))
    assert scene.told == [
        (
            "the retry history cannot be written onto its pod: more than 1000 failed attempts "
            "wait to be written onto their pods"
        )
    ]
