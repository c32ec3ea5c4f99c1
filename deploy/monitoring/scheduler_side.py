"""The last row of *Plumbing*: the same from kube-scheduler's side, where that is scraped."""

from __future__ import annotations

from deploy.monitoring.board import Row
from deploy.monitoring.panels import CALLS, NUMBER, SECONDS, Target, graph
from deploy.monitoring.queries import ours, quantile, rate, scheduler, summed

_EMPTY = "kube-scheduler is not scraped"
_ALGORITHM = scheduler("scheduling_algorithm_duration_seconds_bucket")
_FILTER = ours("request_duration_seconds_bucket", 'verb="filter"')

SCHEDULER = Row(
    "kube-scheduler's side",
    (
        graph(
            "Attempts by result",
            "What kube-scheduler makes of pods, by profile: every scheduler of the cluster that is "
            "scraped. error: it could not ask us, or could not bind; its log has the text. "
            "Compare with Calls by verb: scheduled here and no calls there means that it does not "
            "ask. Runbook: docs/runbooks/NovaExtenderNotCalled.md.",
            Target(
                rate(scheduler("schedule_attempts_total"), "profile", "result"),
                "{{profile}} {{result}}",
            ),
            unit=CALLS,
            stacked=True,
            empty=_EMPTY,
        ),
        graph(
            "Unschedulable pods by plugin",
            "Pods that wait, by the plugins that refused nodes in their last attempt. Extender is "
            "us: see Filter rejections. The others are kube-scheduler's own filters, which come "
            "first.",
            Target(f"{summed(scheduler('unschedulable_pods'), 'plugin')} > 0", "{{plugin}}"),
            unit=NUMBER,
            stacked=True,
            empty="no pod waits, or " + _EMPTY,
        ),
        graph(
            "Waiting pods by queue",
            "active: to be tried now; backoff: tried a moment ago; unschedulable: until something "
            "changes, five minutes at most; gated: not to be tried yet. A long active queue: "
            "kube-scheduler is too slow, see the next panel.",
            Target(summed(scheduler("pending_pods"), "queue"), "{{queue}}"),
            unit=NUMBER,
            stacked=True,
            empty=_EMPTY,
        ),
        graph(
            "Time of an attempt and our part of it",
            "p99 of kube-scheduler's scheduling algorithm, which contains our filter and "
            "prioritize, beside p99 of filter as we measure it. Far apart: the time is "
            "kube-scheduler's own, or the network's between us; side by side there is none.",
            Target(quantile(0.99, _ALGORITHM), "kube-scheduler"),
            Target(quantile(0.99, _FILTER), "our filter"),
            unit=SECONDS,
            logarithmic=True,
            empty=_EMPTY,
        ),
    ),
)
