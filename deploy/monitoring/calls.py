"""Three rows of *Plumbing*: who is there, how quick the answers are, and what they are."""

from __future__ import annotations

from deploy.monitoring.board import Row
from deploy.monitoring.panels import (
    CALLS,
    GREEN,
    HOSTS,
    NUMBER,
    RED,
    SECONDS,
    Json,
    Panel,
    Target,
    graph,
    heatmap,
    now,
    stat,
)
from deploy.monitoring.queries import (
    HTTP_TIMEOUT,
    mean,
    ours,
    process,
    quantile,
    rate,
    summed,
)
from deploy.monitoring.tables import Column, table

_BUCKETS = ours("request_duration_seconds_bucket")
_STAGES = ours("stage_duration_seconds_bucket")
_FILTERS = ours("filter_duration_seconds_bucket")
_FAILED = ours("requests_total", 'outcome!="ok"')
_STARTED = (
    f"{process('start_time_seconds')}"
    f" * on (instance) group_left (version, python_version) {ours('build_info')}"
)
_LIMITS = "^(httpTimeout|alert)"

_YES_OR_NO: Json = {
    "type": "value",
    "options": {"0": {"text": "no", "color": RED}, "1": {"text": "yes", "color": GREEN}},
}

AT_A_GLANCE = Row(
    "At a glance",
    (
        stat(
            "Ready",
            "Whether each replica would answer if asked. In mode standalone only the leader is "
            "ready, and the others stand by. /readyz?verbose on port 8889 says why one is not. "
            "Runbook: docs/runbooks/NovaExtenderDown.md.",
            now(summed(ours("ready"), "instance"), "{{instance}}"),
            unit=NUMBER,
            width=8,
            mappings=[_YES_OR_NO],
            empty="none is scraped",
        ),
        stat(
            "Calls",
            "Calls of kube-scheduler a second. None, while pods are scheduled: it does not ask. "
            "Runbook: docs/runbooks/NovaExtenderNotCalled.md.",
            Target(rate(ours("requests_total")), "calls"),
            unit=CALLS,
        ),
        table(
            "Replicas",
            "What runs where, and for how long. Different versions at once are an upgrade under "
            "way; an age that starts anew and again is a pod that crashes: look at its log "
            "(kubectl logs --previous).",
            Column("Replica", label="instance"),
            Column("Version", label="version", width=100),
            Column("Python", label="python_version", width=100),
            # The labels of the version, the number of the age.
            Column(
                "Running for",
                f"time() - max by (instance, version, python_version) ({_STARTED})",
                unit=SECONDS,
                width=140,
            ),
            sort_by="Replica",
            descending=False,
            height=4,
        ),
    ),
)


def _latency(of: float, name: str, description: str) -> Panel:
    return graph(
        f"{name} latency by verb",
        description,
        Target(quantile(of, _BUCKETS, "verb"), "{{verb}}"),
        Target(HTTP_TIMEOUT, "httpTimeout"),
        Target(f"0.2 * {HTTP_TIMEOUT}", "alert above"),
        unit=SECONDS,
        width=8,
        logarithmic=True,
        dashed=_LIMITS,
    )


LATENCY = Row(
    "Latency",
    (
        _latency(
            0.99,
            "p99",
            "Of 100 calls of a verb 99 are answered within this time. kube-scheduler gives a call "
            "up after httpTimeout (5 s unless configured), and asks one pod after the other: what "
            "a filter takes, all pods behind it wait for. The alert fires above a fifth of it. "
            "Runbook: docs/runbooks/NovaExtenderHighLatency.md.",
        ),
        _latency(
            0.9,
            "p90",
            "Nine of ten calls are answered within this time. Close to p99: all calls are alike; "
            "far below: a few are slow, look at the heat map for when.",
        ),
        _latency(
            0.5,
            "p50",
            "Half of the calls are answered within this time. Where it has grown with the cluster, "
            "see which stage has; a few milliseconds for hundreds of nodes are usual.",
        ),
        heatmap(
            "How long filter takes",
            "How many calls of filter took how long. Two bands are two kinds of pods, or a replica "
            "that lacks CPU at times; a band that climbs is a cluster that grows.",
            Target(
                "sum by (le) (increase("
                + ours("request_duration_seconds_bucket", 'verb="filter"')
                + "[$__rate_interval]))",
                "{{le}}",
                format="heatmap",
            ),
            unit=SECONDS,
            empty="no calls",
        ),
        graph(
            "Mean time by stage",
            "Where the time of filter and prioritize goes. wait: the state is being changed, by a "
            "list anew or a flood of events; decode and encode: kube-scheduler sends whole nodes "
            "(nodeCacheCapable is not true); filter: see the next panel but one.",
            Target(mean("stage_duration_seconds", "stage"), "{{stage}}"),
            unit=SECONDS,
            stacked=True,
            empty="no calls",
        ),
        graph(
            "p99 time by stage",
            "The slow ones among the calls: the stage that stands out here, and not in the mean, "
            "is what the slowest calls wait for. All stages at once: not enough CPU; take a CPU "
            "limit away.",
            Target(quantile(0.99, _STAGES, "stage"), "{{stage}}"),
            unit=SECONDS,
            empty="no calls",
        ),
        graph(
            "p99 time by filter",
            "How long each filter takes for all hosts of an attempt. A filter of your own that is "
            "asked about hosts one by one, or asks somewhere else, stands out: let it judge all "
            "hosts at once (docs/plugins.md).",
            Target(quantile(0.99, _FILTERS, "filter"), "{{filter}}"),
            unit=SECONDS,
            logarithmic=True,
            empty="no attempts",
        ),
    ),
)

ANSWERS = Row(
    "Calls and what comes of them",
    (
        graph(
            "Calls by verb",
            "What kube-scheduler asks, all replicas together. filter without prioritize: no host "
            "or a single one is left each time; filter without bind: bindVerb is not configured, "
            "or nothing passes kube-scheduler's later steps.",
            Target(rate(ours("requests_total"), "verb"), "{{verb}}"),
            unit=CALLS,
            width=8,
        ),
        graph(
            "Calls that failed",
            "Calls by how they ended, those that went well left out. not_ready: asked before it "
            "was ready, or while it stands by; forbidden: a client certificate that "
            "server.allowed_clients does not name; error: a defect of ours, the log has it; the "
            "others: somebody who is no kube-scheduler. Runbook: "
            "docs/runbooks/NovaExtenderDown.md.",
            Target(
                f"{rate(_FAILED, 'verb', 'outcome')} > 0",
                "{{verb}} {{outcome}}",
            ),
            unit=CALLS,
            width=8,
            bars=True,
            empty="none failed",
        ),
        graph(
            "Faults of filters and weighers",
            "How often a filter failed on a host, which it then refuses, and how often a weigher "
            "failed, whose weights then do not count. The log says why; usually it is an "
            "annotation that it cannot read. Runbook: docs/runbooks/NovaExtenderFilterErrors.md.",
            Target(f"{rate(ours('filter_errors_total'), 'filter')} > 0", "{{filter}}"),
            Target(f"{rate(ours('weigher_errors_total'), 'weigher')} > 0", "{{weigher}}"),
            unit=HOSTS,
            width=8,
            bars=True,
            empty="none failed",
        ),
    ),
)
