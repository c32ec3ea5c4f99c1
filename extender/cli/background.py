"""What a serving extender does of its own accord: leading, telling, writing, looking after."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial

import msgspec

from extender.cli.identity import Identity
from extender.cli.live import Live
from extender.cli.metrics_poll import PERIOD, MetricsPoll
from extender.config.options import Config
from extender.kube.binding import Binder, Binding, Result
from extender.kube.errors import KubeError
from extender.kube.events import EventRecorder
from extender.kube.lease import Elector
from extender.kube.node_metrics import node_metrics
from extender.kube.nodes import annotate_node, nudge_node
from extender.kube.pods import annotate, get_pod, list_pods, touch
from extender.kube.statuses import patch_status
from extender.kube.transport import Transport
from extender.kube.version import server_version
from extender.model.attempt import Attempt
from extender.observe.binds import BindMetrics
from extender.observe.voids import cure
from extender.server.periodic import Periodic
from extender.verbs.announce import announcement
from extender.verbs.binding import Failed
from extender.verbs.doubts import Doubts
from extender.verbs.engine import Engine
from extender.verbs.notes import Notes
from extender.verbs.overcommit import OvercommitWriter
from extender.verbs.ratio_events import RatioEvents
from extender.verbs.statuses import StatusWriter
from extender.verbs.upkeep import Upkeep
from extender.verbs.wake import ANNOTATION, Waker

TIMEOUT = 10.0
"""Seconds for a write that nobody waits for."""

NOTE_TIMEOUT = 2.0
"""Seconds for a write that has its moment; see ``verbs.notes``."""

PREEMPTION_SINCE = (1, 38)
"""The release whose trial of preemption takes nodes that only an extender refused."""

_PAUSE = 0.001
"""Seconds for which the metrics of nodes wait for calls, between one lot of hosts and the next."""

_RENEW = 2 / 3
_RETRY = 1 / 12
"""Shares of the Lease's duration: its holder gives up in time, and a killed one is replaced
within its duration and two tries of another, jitter and all."""

Tell = Callable[[str], object]


class ApiServer:
    """What bind asks of the API server; ``verbs.bind.Api``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._binder = Binder(transport, rng=random.Random())  # noqa: S311 - jitter

    def bind(self, binding: Binding, budget: float, /, already: int = 0) -> Result:
        """Bind a pod."""
        return self._binder.bind(binding, budget, already)

    def get_pod(self, namespace: str, name: str, timeout: float, /) -> bytes | None:
        """A pod as it is now."""
        return get_pod(self._transport, namespace, name, timeout)

    def pods_on(self, node: str, timeout: float, /) -> list[msgspec.Raw]:
        """The pods of a node as they are now."""
        return list_pods(self._transport, node=node, timeout=timeout)

    def pods_in(self, namespace: str, timeout: float, /) -> list[msgspec.Raw]:
        """The pods of a namespace as they are now."""
        return list_pods(self._transport, namespace=namespace, timeout=timeout)


class Background:
    """Everything that runs beside the calls of kube-scheduler.

    What follows from a call (an Event, a note on the pod) is written by whoever answered it: nobody
    else knows of it. What concerns the cluster as a whole is the leader's: statuses, and waking
    pods, which whoever is asked does too, for it alone knows whom it refused a moment too soon.

    Args:
        engine: what is known.
        transport: the way to the API server.
        config: the configuration of the start.
        identity: who we are.
        metrics: for claims that expire, and for drift.
        tell: one line for people about what is wrong.
        inform: one line about what is as it should be.
        asked: whether kube-scheduler asks us at present.
    """

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        config: Config,
        identity: Identity,
        metrics: BindMetrics,
        tell: Tell,
        inform: Tell,
        asked: Callable[[], bool] = lambda: False,
    ) -> None:
        options = config.kubernetes
        self._engine = engine
        self._transport = transport
        self._tell = tell
        self._inform = inform
        self._asked = asked
        self._preemption = options.preemption
        self.events = EventRecorder(transport, identity.unique, tell)
        self.notes = Notes(self._write_note, tell)
        touching = partial(self._touch, identity) if identity.pod else None
        self.waker = Waker(touching, lambda: len(engine.cluster.pending), tell)
        duration = float(options.lease_duration)
        self.elector = Elector(
            transport,
            options.lease_namespace or identity.namespace,
            options.lease_name,
            identity.unique,
            on_change=self._lead,
            on_problem=tell,
            rng=random.Random(),  # noqa: S311 - jitter, not a secret
            lease_duration=duration,
            renew_deadline=duration * _RENEW,
            retry_period=duration * _RETRY,
        )
        self._metrics = metrics
        poll = MetricsPoll(
            engine,
            lambda: node_metrics(transport, TIMEOUT),
            time.monotonic,
            tell=tell,
            inform=inform,
            gained=self.waker.ask,
            pause=lambda: time.sleep(_PAUSE),
        )
        self._polling = Periodic(
            "node metrics", PERIOD, poll.run, self._failed("reading the metrics of nodes")
        )
        self._work: list[Periodic] = []

    def attend(self, live: Live) -> None:
        """Take up what needs the watches; before ``start``."""
        upkeep = Upkeep(
            self._engine,
            live.heard_of_pods,
            expired=self._metrics.expired.inc,
            drifted=self._metrics.drift.inc,
            aged=self.waker.ask,
            tell=self._tell,
        )
        statuses = StatusWriter(
            self._engine,
            live.feeds,
            lambda path, status: patch_status(self._transport, path, status, TIMEOUT),
            self._tell,
            ready=lambda: live.synced,
        )
        overcommit = OvercommitWriter(
            self._engine,
            lambda name, found: annotate_node(self._transport, name, found, TIMEOUT),
            lambda name: nudge_node(self._transport, name, TIMEOUT),
            self._tell,
            ready=lambda: live.synced,
        )
        ratios = RatioEvents(
            self._engine,
            self.events.emit,
            cure,
            ready=lambda: live.synced,
            waiting=overcommit.waiting,
        )
        doubts = Doubts(
            self._engine,
            lambda namespace, name, timeout: get_pod(self._transport, namespace, name, timeout),
        )
        self._work = [
            Periodic("doubts", 1.0, doubts.run, self._failed("asking about binds")),
            Periodic("upkeep", 1.0, upkeep.run, self._failed("upkeep")),
            Periodic("recount", 10.0, upkeep.recount, self._failed("recount")),
            Periodic("wake", 1.0, self._wake, self._failed("waking pods")),
            Periodic("statuses", 2.0, self._led(statuses.run_once), self._failed("statuses")),
            Periodic("overcommit", 2.0, self._led(overcommit.run_once), self._failed("overcommit")),
            Periodic("ratios", 2.0, self._led(ratios.run_once), self._failed("telling of ratios")),
            self._polling,
        ]
        if self._preemption == "auto":
            self._work.append(
                Periodic("version", 60.0, self._ask_version, self._failed("asking the version"))
            )

    def start(self) -> None:
        """Start all of it."""
        self._engine.preemption = self._preemption == "on"
        self.events.start()
        self.notes.start()
        self.elector.start()
        for work in self._work:
            work.nudge()
            work.start()

    def stop(self) -> None:
        """Hand the Lease back, and stop; after the last call has been answered.

        The Lease first, so that nobody waits for it: what the leader was just doing may well be
        done twice.
        """
        self.elector.stop()
        self.notes.stop()
        self.events.stop()
        for work in self._work:
            work.stop()

    def reconfigured(self) -> None:
        """Another configuration is in effect: pods may fit, and other metrics may be wanted."""
        self.waker.ask("configuration")
        self._polling.nudge()

    def announce(self, attempt: Attempt) -> None:
        """Tell of an attempt on its pod, if it deserves that."""
        event = announcement(attempt)
        if event is not None:
            self.events.emit(event)

    def not_leading(self) -> str:
        """Who leads in our place; "" where we do."""
        if self.elector.leading:
            return ""
        holder = self.elector.holder
        return f"is held by {holder}" if holder else "is not held yet"

    def _lead(self, leading: bool) -> None:
        self._inform("this process holds the Lease" if leading else "this process lost the Lease")

    def _wake(self) -> None:
        if self.elector.leading or self._asked():
            self.waker.run()

    def _led(self, action: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            if self.elector.leading:
                action()

        return run

    def _failed(self, what: str) -> Callable[[Exception], None]:
        def tell(error: Exception) -> None:
            self._tell(f"{what} failed: {error!r}")

        return tell

    def _write_note(self, failed: Failed) -> None:
        annotate(
            self._transport,
            failed.namespace,
            failed.name,
            failed.uid,
            failed.annotations,
            NOTE_TIMEOUT,
        )

    def _touch(self, identity: Identity, value: str) -> None:
        touch(self._transport, identity.namespace, identity.pod, ANNOTATION, value, TIMEOUT)

    def _ask_version(self) -> None:
        try:
            version = server_version(self._transport, TIMEOUT)
        except KubeError:
            return  # asked again in a minute; nodes and pods tell of an API server out of reach
        self._engine.preemption = version >= PREEMPTION_SINCE
