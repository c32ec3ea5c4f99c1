"""A consumer that keeps what a reflector tells it, and waits for it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from extender.kube.reflector import Reflector
from extender.kube.transport import Transport


class Meta(msgspec.Struct):
    """Of an object: its name."""

    name: str


class Spec(msgspec.Struct):
    """Of an object: a number."""

    size: int


class Thing(msgspec.Struct):
    """An object."""

    metadata: Meta
    spec: Spec


decode_thing = msgspec.json.Decoder(Thing).decode


class Recorder:
    """Sink, observer, listener to problems and pause in one."""

    def __init__(self) -> None:
        self.state: dict[str, int] = {}
        self.calls: list[tuple[str, Any]] = []
        self.problems: list[str] = []
        self.causes: list[str] = []
        self.counts = {"relisted": 0, "synced": 0, "opened": 0, "event": 0}
        self.pauses: list[float] = []
        self.fail_once = False
        self._changed = threading.Condition()

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()

    def listing(self) -> None:
        """Of the sink."""

    def replace(self, objects: Sequence[Thing], /) -> None:
        """Of the sink."""
        with self._change():
            self.state = {obj.metadata.name: obj.spec.size for obj in objects}
            self.calls.append(("replace", sorted(self.state)))

    def upsert(self, obj: Thing, /) -> None:
        """Of the sink."""
        if self.fail_once:
            self.fail_once = False
            raise RuntimeError("the sink is broken")
        with self._change():
            self.state[obj.metadata.name] = obj.spec.size
            self.calls.append(("upsert", obj.metadata.name))

    def delete(self, obj: Thing, /) -> None:
        """Of the sink."""
        with self._change():
            self.state.pop(obj.metadata.name, None)
            self.calls.append(("delete", obj.metadata.name))

    def restarted(self, resource: str, cause: str, /) -> None:
        """Of the observer."""
        assert resource == "things"
        with self._change():
            self.causes.append(cause)

    def relisted(self, _: str, /) -> None:
        """Of the observer."""
        with self._change():
            self.counts["relisted"] += 1

    def synced(self, _: str, /) -> None:
        """Of the observer."""
        with self._change():
            self.counts["synced"] += 1

    def opened(self, _: str, /) -> None:
        """Of the observer."""
        with self._change():
            self.counts["opened"] += 1

    def event(self, _: str, /) -> None:
        """Of the observer."""
        with self._change():
            self.counts["event"] += 1

    def problem(self, text: str) -> None:
        """A line for people."""
        with self._change():
            self.problems.append(text)

    def pause(self, stop: threading.Event, seconds: float) -> None:
        """Hardly waits at all, but remembers."""
        with self._change():
            self.pauses.append(seconds)
        stop.wait(0.005)

    def until(self, condition: Callable[[], object], timeout: float = 5.0) -> None:
        """Waits for something to be so, here or at the server."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition():
                assert time.monotonic() < deadline, vars(self)
                self._changed.wait(0.02)

    def reflector(self, transport: Transport, **kwargs: Any) -> Reflector[Thing]:
        """A reflector that reports here."""
        return Reflector(
            transport,
            "things",
            "/apis/test/v1/things",
            **{
                "decode": decode_thing,
                "sink": self,
                "on_problem": self.problem,
                "observer": self,
                "rng": random.Random(1),  # noqa: S311 - jitter, and the same each time
                "read_timeout": 5.0,
                "pause": self.pause,
                **kwargs,
            },
        )


@contextmanager
def running(reflector: Reflector[Thing]) -> Iterator[Reflector[Thing]]:
    """Runs it in a thread for as long as the block lasts."""
    reflector.start()
    try:
        yield reflector
    finally:
        assert reflector.stop()
