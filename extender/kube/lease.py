"""Who of several processes leads: an elector on a Lease of coordination.k8s.io/v1.

The semantics are those of client-go's ``tools/leaderelection``. The Python client has a
``leaderelection`` too (looked at in 37.0.2): its loops sleep until the lease is won and then until
it is lost, with no way to stop them or to release it; and its ``LeaseLock`` makes a connection of
its own, with the client's global configuration and calls that never time out. So it is not used.

As with client-go this is no fence: a process that is frozen between asking `Elector.leading` and
acting on the answer acts late, and clocks may differ in speed only by less than the ratio of lease
duration to renew deadline. Whoever deletes the Lease makes it free at once, while its holder finds
out at the next renewal.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from extender.kube.calls import Calls
from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.lease_object import Lease, LeaseCalls

JITTER = 1.2
"""A candidate waits up to this many retry periods more, at random, as with client-go."""

_FAREWELL = 2.0
"""Seconds that `Elector.stop` gives the thread to say goodbye."""

_RELEASES = 3
_RELEASE_PATIENCE = 1.0

_LOST_RACE = (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND)
"""Answers to an update that say the Lease is not what it was, or not there."""


@dataclass(slots=True)
class _Run:
    """One life of the thread."""

    stop: threading.Event = field(default_factory=threading.Event)
    release: bool = True
    calls: Interrupt = field(default_factory=Interrupt)
    farewell: Interrupt = field(default_factory=Interrupt)
    thread: threading.Thread | None = None


class Elector:
    """A candidate for one Lease, and its holder while it wins.

    Another's lease is taken only after its duration has passed since *we* last saw it change: no
    time of another machine is ever compared with ours. The lead ends renew deadline seconds after
    the last renewal that succeeded was *sent*, before others may take over.

    Needs get, create and update on ``leases``.

    Args:
        transport: the way to the API server.
        namespace: where the Lease is, or will be made.
        name: its name.
        identity: what nobody else calls themselves. A process that is started anew under its old
            identity takes up at once where it left; two at the same time would both lead.
        on_change: told in the elector's thread that we lead now, or no more. Renewing waits for it,
            and so does releasing: when it returns, what only the leader may do has ended. Where a
            call hangs it comes late; what matters asks `leading` itself.
        on_problem: one line for people; each kind of failure once, until a try succeeds. Must not
            raise.
        rng: for jitter.
        lease_duration: seconds others wait after a renewal; rounded up to whole ones.
        renew_deadline: seconds after which a leader that cannot renew leads no more.
        retry_period: seconds between tries.
        clock: seconds that only grow.
        now: seconds since the epoch, for the times in the Lease.
        pause: waits for the event or for the seconds, whichever comes first.

    Raises:
        ValueError: no namespace, name or identity, or the periods do not go together: the lease's
            duration must be longer than the renew deadline, and that longer than 1.2 retry periods.
    """

    def __init__(
        self,
        transport: Calls,
        namespace: str,
        name: str,
        identity: str,
        *,
        on_change: Callable[[bool], object],
        on_problem: Callable[[str], object],
        rng: random.Random,
        lease_duration: float = 15.0,
        renew_deadline: float = 10.0,
        retry_period: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        if not identity:
            raise ValueError("an elector needs an identity: an empty one means that nobody holds")
        if not lease_duration > renew_deadline > JITTER * retry_period > 0:
            raise ValueError(
                f"lease_duration ({lease_duration:g} s) must exceed renew_deadline "
                f"({renew_deadline:g} s), and that {JITTER:g} times retry_period "
                f"({retry_period:g} s)"
            )
        self.identity = identity
        self._called = f"lease {namespace}/{name}"
        seconds = math.ceil(lease_duration)
        self._calls = LeaseCalls(transport, namespace, name, identity, seconds, now)
        self._on_change = on_change
        self._on_problem = on_problem
        self._rng = rng
        self._lease_duration = lease_duration
        self._renew_deadline = renew_deadline
        self._retry_period = retry_period
        self._clock = clock
        self._pause = pause

        self._control = threading.Lock()
        self._run = _Run()
        self._until = -math.inf  # on our clock: so long the last renewal lasts
        self._announced = False
        self._holder = ""
        self._lease: Lease | None = None  # as it stands at the server, for all we know
        self._wrote = False  # whether the Lease may bear our name
        self._seen: Lease | None = None
        self._seen_at = -math.inf
        self._told: set[str] = set()

    @property
    def leading(self) -> bool:
        """Whether we lead at this moment. Any thread may ask; nothing is waited for."""
        return not self._run.stop.is_set() and self._clock() < self._until

    @property
    def holder(self) -> str:
        """The identity last seen in the Lease; empty if nobody's, or if it was not seen yet."""
        return self._holder

    def start(self) -> None:
        """Runs for office in a daemon thread until `stop`.

        Raises:
            RuntimeError: it runs already, or has not ended yet.
        """
        with self._control:
            if self._run.thread is not None and self._run.thread.is_alive():
                raise RuntimeError(f"the elector of {self._called} runs already")
            self._until = -math.inf
            run = self._run = _Run()
            run.thread = threading.Thread(
                target=self._live, args=(run,), name="elector", daemon=True
            )
            run.thread.start()

    def stop(self, release: bool = True) -> bool:
        """Ends the lead at once and what `start` began within 2.5 s; says if the thread is gone.

        Args:
            release: whether to hand the Lease back, so that another can lead at its next try. If
                that fails, which is told, others wait for the lease's duration.
        """
        with self._control:
            run = self._run
            run.release = release
            run.stop.set()  # `leading` is False from here on
        run.calls.trigger()
        if run.thread is None or run.thread is threading.current_thread():
            return run.thread is None
        run.thread.join(_FAREWELL)
        if run.thread.is_alive():
            run.farewell.trigger()
            run.thread.join(_FAREWELL / 4)
        return not run.thread.is_alive()

    def step(self) -> float:
        """One try to become or to stay the leader, in this thread.

        What the thread of `start` does again and again; it raises nothing.

        Returns:
            Seconds until the next.
        """
        run = self._run
        asked = 0.0
        self._announce()  # the lead may have ended since
        try:
            self._try(run.calls)
        except Exception as error:  # noqa: BLE001 - a thread that ended here would never lead again
            self._lease = None  # nobody knows whether a write was done
            if not run.stop.is_set():
                asked = self._failed(error)
        else:
            self._told.clear()
        self._announce()
        if self.leading:
            delay = max(self._retry_period, asked)
            return max(0.0, min(delay, self._until - self._clock()))
        return max(self._retry_period * self._rng.uniform(1.0, 1.0 + JITTER), asked)

    def _live(self, run: _Run) -> None:
        while not run.stop.is_set():
            self._pause(run.stop, self.step())
        self._until = -math.inf
        self._announce()
        if run.release and self._wrote:
            self._release(run.farewell)

    def _try(self, interrupt: Interrupt) -> None:
        if self.leading and self._lease is not None:
            # The common way of a leader: one call.
            try:
                self._write(self._lease, interrupt)
            except ApiError as error:
                if error.status not in _LOST_RACE:
                    raise
            else:
                return
        self._lease = lease = self._read(interrupt)
        if lease is not None and lease.holder not in {"", self.identity}:
            duration = lease.duration or self._lease_duration
            if self._clock() < self._seen_at + duration:
                return
        try:
            self._write(lease, interrupt)
        except ApiError as error:
            if error.status not in (_LOST_RACE if lease is not None else _LOST_RACE[:1]):
                raise  # among them creating where there is no namespace: 404
            self._lease = None

    def _read(self, interrupt: Interrupt) -> Lease | None:
        lease = self._calls.read(self._patience(), interrupt)
        # Only a change counts as a sign of life, and only of the spec: a label is nobody's.
        if lease is None or self._seen is None or lease.spec != self._seen.spec:
            self._seen, self._seen_at = lease, self._clock()
        self._holder = lease.holder if lease is not None else ""
        if self._holder != self.identity:
            self._wrote = False
            self._until = -math.inf  # others may lead from here on
            self._announce()
        return lease

    def _write(self, lease: Lease | None, interrupt: Interrupt) -> None:
        """Makes the Lease ours, or keeps it so: the server takes it only if nobody else did."""
        sent = self._clock()
        self._wrote = True
        self._lease = self._seen = self._calls.take(lease, self._patience(), interrupt)
        self._seen_at = self._clock()
        self._holder = self.identity
        self._announce()  # the lead may have ended while the call lasted
        # Others count from when they saw it, which is later than when it was sent.
        self._until = sent + self._renew_deadline
        self._announce()

    def _patience(self) -> float:
        """Seconds for a call: two fit into the deadline, and the last not much beyond it."""
        patience = self._renew_deadline / 2
        left = self._until - self._clock()
        return max(self._retry_period / 2, min(patience, left)) if left > 0 else patience

    def _release(self, interrupt: Interrupt) -> None:
        """Hands the Lease back, if it bears our name."""
        try:
            for _ in range(_RELEASES):
                lease = self._lease or self._calls.read(_RELEASE_PATIENCE, interrupt)
                if lease is None or lease.holder != self.identity:
                    break
                try:
                    self._calls.release(lease, _RELEASE_PATIENCE, interrupt)
                except ApiError as error:
                    if error.status not in _LOST_RACE:
                        raise
                    # A renewal that was cut off may have reached the server all the same.
                    self._lease = None
                else:
                    self._holder = ""
                    break
        except Exception as error:  # noqa: BLE001 - on the way out there is nothing more to save
            self._tell("release", f"could not be released: {error}")
        self._lease = None
        self._wrote = False

    def _announce(self) -> None:
        leading = self.leading
        if leading == self._announced:
            return
        self._announced = leading
        try:
            self._on_change(leading)
        except Exception as error:  # noqa: BLE001 - the lease is to be renewed, whoever stumbles
            what = "gaining" if leading else "losing"
            self._tell("on_change", f"{what} it failed: {type(error).__name__}: {error}")

    def _failed(self, error: Exception) -> float:
        """Tells of a failed try; returns the seconds the server asks to stay away."""
        if isinstance(error, ApiError):
            self._tell(str(error.status), str(error))
            # No longer than leaves a leader another try.
            return min(error.retry_after or 0.0, self._renew_deadline / 2)
        if isinstance(error, TransportError):
            self._tell(error.kind, str(error))
        else:
            self._tell("internal", f"internal error: {type(error).__name__}: {error}")
        return 0.0

    def _tell(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._on_problem(f"{self._called}: {text}")
