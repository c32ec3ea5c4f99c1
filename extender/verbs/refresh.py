"""Pods that others have bound while our watch did not show it yet: taken in as claims."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from extender.kube.errors import KubeError, TransportError
from extender.translate.errors import TranslateError
from extender.translate.objects import decode_pod
from extender.translate.share import contribution
from extender.verbs.engine import Engine

SOON = 10.0
"""Seconds after which the watch must have shown such a pod, if it is there still."""

FRESH = 1.0
"""Seconds for which a list serves other binds, too. After a crash hundreds of them come at once,
often to the same nodes; a list for each would be more than an API server can take."""

Pods = Iterable[bytes | msgspec.Raw]


@dataclass(slots=True)
class _Flight:
    """One list, and who waits for it."""

    began: float
    done: threading.Event = field(default_factory=threading.Event)
    error: KubeError | None = None


class Refresher:
    """Looks what is on a node, or in a namespace, right now: one list at a time of each.

    Args:
        engine: what is known.
        clock: seconds on the clock that claims lapse by.
        fresh: see ``FRESH``.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.monotonic, fresh: float = FRESH
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._fresh = fresh
        self._lock = threading.Lock()
        self._flights: dict[tuple[str, str], _Flight] = {}

    def look(self, what: str, name: str, pods: Callable[[], Pods], timeout: float) -> None:
        """Count what a fresh list shows and we do not know yet.

        Args:
            what: kind of the list; with the name it tells lists apart.
            name: of the node or namespace.
            pods: asks for the list.
            timeout: seconds to wait for somebody else's.

        Raises:
            KubeError: there is no list.
        """
        flight, ours = self._join((what, name))
        if ours:
            try:
                adopt(self._engine, pods(), self._clock())
            except KubeError as error:
                flight.error = error
            except BaseException:
                flight.error = TransportError("the list failed", "protocol")
                raise
            finally:
                flight.done.set()
        elif not flight.done.wait(timeout):
            raise TransportError(f"no list of the pods of {what} {name} in time", "timeout")
        if flight.error is not None:
            raise flight.error

    def _join(self, key: tuple[str, str]) -> tuple[_Flight, bool]:
        """The list that is under way or fresh; else a new one, which is ours to ask for."""
        now = self._clock()
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and self._serves(flight, now):
                return flight, False
            self._flights = {k: f for k, f in self._flights.items() if self._serves(f, now)}
            flight = self._flights[key] = _Flight(now)
            return flight, True

    def _serves(self, flight: _Flight, now: float) -> bool:
        if not flight.done.is_set():
            return True
        return flight.error is None and now - flight.began <= self._fresh


def adopt(engine: Engine, pods: Pods, clock: float) -> int:
    """Count the pods of a fresh list that are bound and not known yet; returns how many.

    They lapse like a bind of ours without an answer: a pod that was deleted while the list was on
    its way must not stay.

    Args:
        engine: what is known.
        pods: as listed.
        clock: seconds on the clock that claims lapse by.
    """
    adopted = 0
    for raw in pods:
        try:
            entry = contribution(decode_pod(raw))
        except TranslateError:
            continue  # the watch tells of it
        if entry is None or not entry.instance.uuid:
            continue
        with engine.lock:
            ledger = engine.cluster.ledger
            if ledger.get(entry.instance.uuid) is None:
                ledger.claim(entry)
                ledger.doubt(entry.instance.uuid, clock + SOON, entry)
                adopted += 1
    return adopted
