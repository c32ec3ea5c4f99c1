"""Asking metrics.k8s.io again and again, where a filter or a weigher wants to know."""

from __future__ import annotations

from collections.abc import Callable

from extender.kube.errors import KubeError
from extender.model.metrics import OBSERVED_METRICS, OBSERVER
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.state.observed_metrics import ObservedMetricsSink
from extender.translate.errors import TranslateError
from extender.translate.metrics import read_usage
from extender.verbs.engine import Engine

PERIOD = 60.0
"""Seconds from one question to the next. metrics-server looks every 15 s by default."""

KEPT = 300.0
"""Seconds for which the last answer counts while there are only failures; a server that restarts
is away for less. Each metric has its own age beside that (option ``metrics_max_age``)."""

READERS = frozenset({"MetricsFilter", "MetricsWeigher"})

Tell = Callable[[str], object]


def wanted(scheduler: FilterScheduler) -> frozenset[str]:
    """The metrics that something enabled reads and that metrics.k8s.io can tell."""
    if not READERS & scheduler.plugins:
        return frozenset()
    return OBSERVED_METRICS.intersection(
        name for name, _ in scheduler.options.metrics_weight_setting
    )


class MetricsPoll:
    """One question after another, for one thread.

    The engine's configuration may change in between: what nobody wants any more is forgotten. An
    API that is not there, or fails, is told of once, until it answers again.

    Args:
        engine: whose hosts get what is told.
        ask: gives the JSON of a NodeMetricsList, None where there is no such API; may raise
            `KubeError`.
        clock: seconds that only grow.
        tell: one line for people about what is wrong.
        inform: one line about what is as it should be again.
        gained: told that hosts have metrics they had not: pods may fit there now.
        pause: waits a moment, so that calls are answered while many hosts are written.
    """

    def __init__(
        self,
        engine: Engine,
        ask: Callable[[], bytes | None],
        clock: Callable[[], float],
        *,
        tell: Tell,
        inform: Tell,
        gained: Tell,
        pause: Callable[[], object],
    ) -> None:
        self._engine = engine
        self._ask = ask
        self._clock = clock
        self._tell = tell
        self._inform = inform
        self._gained = gained
        self._sink = ObservedMetricsSink(engine.cluster, engine.lock, pause)
        self._answered: float | None = None
        """When the last answer came that still counts."""
        self._told = False

    def run(self) -> None:
        """Ask, if anybody wants to know."""
        if not wanted(self._engine.scheduler):
            self._forget()
            self._told = False
            return
        try:
            body = self._ask()
            usages = None if body is None else read_usage(body)
        except (KubeError, TranslateError) as error:
            self._wrong(f"cannot be asked: {error}")
            if self._answered is not None and self._clock() - self._answered > KEPT:
                self._forget()
            return
        if usages is None:
            self._wrong("is not there")
            self._forget()
            return
        self._answered = self._clock()
        if self._told:
            self._told = False
            self._inform(f"{OBSERVER} answers again")
        if self._sink.replace(usages):
            self._gained("metrics of nodes")

    def _wrong(self, what: str) -> None:
        if not self._told:
            self._told = True
            names = " and ".join(sorted(wanted(self._engine.scheduler)))
            self._tell(f"{OBSERVER} {what}; {names} can only come from node annotations")

    def _forget(self) -> None:
        if self._answered is not None:
            self._answered = None
            self._sink.replace(())
