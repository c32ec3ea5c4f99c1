"""Where the time of calls goes, as a metric."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry

from extender.model.attempt import Attempt
from extender.observe.tallies import Tallies
from extender.observe.watches import NAMESPACE

STAGES: Final = ("decode", "wait", "translate", "filter", "weigh", "choose", "encode")
"""Every stage of a call, in order. All exist from the start."""

SECONDS: Final = (
    *(0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01),
    *(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


class StageMetrics:
    """One histogram of the stages of filter and prioritize.

    Args:
        registry: where the metric goes.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        seconds = Tallies(
            f"{NAMESPACE}_stage_duration_seconds",
            "Time of one stage of a call: decode the request, wait for the state, translate what "
            "it asks about, filter, weigh, choose (both, where placement is decide), encode the "
            "reply.",
            "stage",
            SECONDS,
            registry,
        )
        self._stages = {stage: seconds.labels(stage) for stage in STAGES}

    def record(self, attempt: Attempt) -> None:
        """Observe the stages of the call that added the attempt's newest part."""
        for stage, seconds in attempt.stages.items():
            self._stages[stage].observe(seconds)
