"""The first row of *Filter rejections*: is it well, and how many hosts get through?"""

from __future__ import annotations

from deploy.monitoring.board import Row
from deploy.monitoring.panels import (
    HOSTS,
    NUMBER,
    ORANGE,
    RED,
    SECONDS,
    SHARE,
    YELLOW,
    Target,
    now,
    stat,
)
from deploy.monitoring.queries import (
    HTTP_TIMEOUT,
    SHOWN,
    greatest,
    increase,
    ours,
    quantile,
    rate,
    ratio,
    summed,
)

_ATTEMPTS = ours("attempts_total")
_FAILED = ours("attempts_total", 'result="no_valid_host"')
_P99 = quantile(0.99, ours("request_duration_seconds_bucket", 'verb="filter"'), over=SHOWN)

_ASKED = increase(ours("filter_evaluations_total", 'filter="pre_stage"'))
_REFUSED = increase(ours("filter_rejections_total"))

AT_A_GLANCE = Row(
    "At a glance",
    (
        stat(
            "Decisions",
            "Attempts a second to find hosts for a pod. None, while pods wait, means that "
            "kube-scheduler does not ask: see NovaExtenderNotCalled.md of docs/runbooks.",
            Target(rate(_ATTEMPTS), "attempts"),
            unit=HOSTS,
        ),
        stat(
            "No valid host",
            "Of all attempts in the time shown those that no host was left for. The row of this "
            "name says which filter refused the last hosts. Runbook: "
            "docs/runbooks/NovaExtenderNoValidHostRateHigh.md.",
            now(ratio(increase(_FAILED), increase(_ATTEMPTS)), "of attempts"),
            unit=SHARE,
            limits=[(0.1, YELLOW), (0.5, RED)],
            empty="no attempts",
        ),
        stat(
            "p99 latency",
            "In the time shown 99 of 100 calls of filter were answered within this time. Healthy "
            "is a few milliseconds for hundreds of nodes; Plumbing says where the time goes.",
            now(_P99, "filter"),
            unit=SECONDS,
            empty="no calls",
        ),
        stat(
            "p99 latency of the budget",
            "The same as a share of kube-scheduler's httpTimeout (5 s unless configured), after "
            "which it gives a call up and the pod waits. The alert fires above 20 %. Runbook: "
            "docs/runbooks/NovaExtenderHighLatency.md.",
            now(f"({_P99}) / {HTTP_TIMEOUT}", "of httpTimeout"),
            unit=SHARE,
            limits=[(0.2, ORANGE), (0.5, RED)],
            empty="no calls",
        ),
        stat(
            "Snapshot age",
            "How long the API server has said nothing of the most silent resource. A bookmark "
            "comes about once a minute; over two minutes the extender is blind, and decides by "
            "what was. Runbook: docs/runbooks/NovaExtenderSnapshotStale.md.",
            Target(greatest(ours("snapshot_age_seconds")), "most silent"),
            unit=SECONDS,
            limits=[(90, YELLOW), (120, RED)],
        ),
        stat(
            "Ready replicas",
            "How many replicas would answer if asked, and how many there are. In mode sidecar all "
            "are ready, and the one that is asked is the one whose kube-scheduler leads; in mode "
            "standalone only the leader is. None ready: no pod is placed. Runbook: "
            "docs/runbooks/NovaExtenderDown.md.",
            Target(summed(ours("ready")), "ready"),
            Target(f"count({ours('ready')})", "of"),
            unit=NUMBER,
        ),
        stat(
            "Hosts",
            "Known: the nodes that the extender sees. Received: how many kube-scheduler asks about "
            "in an attempt, on average over the time shown; fewer than known, because its own "
            "filters come first, or because it asks about a sample (runbook: "
            "docs/runbooks/NovaExtenderSampledNodeSet.md). Passed: how many of them our filters "
            "leave.",
            now(greatest(ours("hosts", 'state="known"')), "known"),
            now(ratio(_ASKED, increase(_ATTEMPTS)), "received"),
            now(ratio(f"({_ASKED} - {_REFUSED})", increase(_ATTEMPTS)), "passed"),
            unit=NUMBER,
            width=12,
            empty="no attempts",
        ),
        stat(
            "Leader",
            "The replica that holds the Lease and writes in the background. None for more than a "
            "minute: the Lease cannot be written; look at the log. Two at once is a defect.",
            now(f"{ours('leader')} == 1", "{{instance}}"),
            unit=NUMBER,
            width=6,
            named=True,
            empty="nobody",
        ),
        stat(
            "Refused hosts",
            "Of all hosts asked about in the time shown those that were refused. It says how "
            "choosy pods are, not whether anything is wrong.",
            now(ratio(_REFUSED, _ASKED), "of hosts asked about"),
            unit=SHARE,
            width=6,
            empty="no attempts",
        ),
    ),
)
