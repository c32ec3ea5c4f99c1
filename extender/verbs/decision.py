"""What is written on a pod: where it was put and why there, and where it was tried before."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from extender.model.attempt import Attempt
from extender.model.request_spec import RequestSpec, SchedulerRetries
from extender.translate import annotations as table
from extender.translate.objects import Pod
from extender.translate.shapes import written


def for_binding(spec: RequestSpec, host: str, attempt: Attempt | None) -> Mapping[str, str]:
    """What goes into the Binding: the decision, and the history where there is one.

    Source: ``nova.scheduler.utils.populate_filter_properties``, which adds the chosen host to the
    hosts tried.
    """
    found = {table.DECISION.key: _decision(host, attempt)}
    if spec.retry is not None and spec.retry.num_attempts > 1:
        found[table.RETRY.key] = written(spec.retry, host)
    return found


def after_failure(retries: SchedulerRetries) -> Mapping[str, str]:
    """What goes onto a pod whose bind has failed."""
    return {table.RETRY.key: written(retries, None)}


def names_group(pod: Pod) -> bool:
    """Whether the pod's verdict depends on pods of other hosts."""
    return bool(pod.annotations.get(table.SERVER_GROUP.key))


def _decision(host: str, attempt: Attempt | None) -> str:
    """The host; how many hosts suited, and the host's rank and weight among them, where known."""
    found: dict[str, object] = {"host": host}
    if attempt is not None and attempt.filtered is not None:
        found["hosts_passed"] = int(np.count_nonzero(attempt.filtered.passed))
    weighed = attempt.weighed if attempt is not None else None
    if weighed is not None:
        weight = weighed.weight_of(host)
        if weight is not None:
            found["rank"] = int(np.count_nonzero(weighed.weights > weight)) + 1
            found["weight"] = round(weight, 6)
    return msgspec.json.encode(found).decode()
