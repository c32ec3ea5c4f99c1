"""What of an attempt is worth an Event on its pod, beside kube-scheduler's own."""

from __future__ import annotations

from extender.kube.events import Event
from extender.model.attempt import Attempt
from extender.translate.reasons import MAX_RETRIES_EXCEEDED
from extender.verbs.binding import CLAIM_REFUSED


def announcement(attempt: Attempt) -> Event | None:
    """The Event of the attempt's newest part, if it deserves one.

    kube-scheduler tells of refusals and failed binds itself, but cannot know that a claim was
    refused because others were faster, nor what Nova says of a pod that has used up its attempts.
    """
    bound = attempt.bound
    if bound is not None:
        if bound.outcome != CLAIM_REFUSED:
            return None
        return _event(attempt, "ClaimRefused", "Binding", bound.text, bound.host)
    part = attempt.filtered
    if attempt.weighed is not None or part is None:
        return None
    if not any(part.reason(code).id == MAX_RETRIES_EXCEEDED.id for code in part.rejections):
        return None
    # Nova's MaxRetriesExceeded, text and all.
    note = f"Exceeded maximum number of retries. {attempt.refusal}"
    return _event(attempt, "MaxRetriesExceeded", "Scheduling", note)


def _event(attempt: Attempt, reason: str, action: str, note: str, node: str | None = None) -> Event:
    return Event(
        namespace=attempt.namespace,
        name=attempt.name,
        uid=attempt.uid,
        reason=reason,
        action=action,
        note=note,
        node=node,
    )
