"""What of an attempt is worth an Event."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.attempt import Attempt, BindPart, FilterPart, Step, WeighPart, host_code
from extender.model.names import as_names
from extender.model.reason import Reason
from extender.translate.reasons import INVALID_ANNOTATION, MAX_RETRIES_EXCEEDED
from extender.verbs.announce import announcement


def attempt(reason: Reason | None = None, bound: BindPart | None = None) -> Attempt:
    """An attempt on one host, refused for this reason, if any."""
    code = host_code(1, 1) if reason else 0
    steps = (Step("pre_stage", 1, 0 if reason else 1, (reason,) if reason else ()),)
    part = FilterPart(as_names(["a"]), 1, np.array([code], dtype=np.uint16), steps)
    return Attempt(
        uid="u",
        namespace="ns",
        name="p",
        at=0.0,
        refusal="Exceeded max scheduling attempts 3 for instance u." if reason else "",
        filtered=part,
        bound=bound,
    )


def test_attempts_exceeded() -> None:
    """Nova's exception, as it would stand in its log."""
    event = announcement(attempt(MAX_RETRIES_EXCEEDED))
    assert event is not None
    assert (event.namespace, event.name, event.uid, event.kind) == ("ns", "p", "u", "Pod")
    assert (event.type, event.reason, event.action) == (
        "Warning",
        "MaxRetriesExceeded",
        "Scheduling",
    )
    assert event.note == (
        "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance u."
    )


def test_claim_refused() -> None:
    """The text that kube-scheduler was told, on the pod, with the node."""
    event = announcement(attempt(bound=BindPart("a", "claim_refused", "node a no longer suits")))
    assert event is not None
    assert (event.reason, event.action, event.node) == ("ClaimRefused", "Binding", "a")
    assert event.note == "node a no longer suits"


@pytest.mark.parametrize(
    "nothing",
    [
        attempt(),
        attempt(INVALID_ANNOTATION),
        attempt(bound=BindPart("a", "bound")),
        attempt(bound=BindPart("a", "refused", "quota")),
        Attempt(uid="u", namespace="ns", name="p", at=0.0, bound=BindPart("a", "bound")),
    ],
)
def test_what_kube_scheduler_tells_itself(nothing: Attempt) -> None:
    """Refusals, failed binds and successes have Events of kube-scheduler's already."""
    assert announcement(nothing) is None


def test_weighing_is_no_news() -> None:
    """An attempt that comes again because it was weighed is not told a second time."""
    weighed = WeighPart(as_names(["a"]), (), np.zeros(1), np.zeros(1, dtype=np.int64))
    made = attempt(MAX_RETRIES_EXCEEDED)
    made.weighed = weighed
    assert announcement(made) is None
