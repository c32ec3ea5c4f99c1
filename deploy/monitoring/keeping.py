"""Two rows of *Plumbing*: binds and claims, and how well it sees the cluster."""

from __future__ import annotations

from deploy.monitoring.board import Row
from deploy.monitoring.panels import (
    HOSTS,
    NUMBER,
    RED,
    SECONDS,
    SHARE,
    YELLOW,
    Target,
    graph,
)
from deploy.monitoring.queries import greatest, mean, ours, rate, summed

_ORDINARY = 'cause=~"closed|timeout|missing"'
_OTHER = 'cause!~"closed|timeout|missing"'

BINDS = Row(
    "Binds and claims",
    (
        graph(
            "Binds by outcome",
            "How binds end. bound is as it should be; claim_refused: the host was taken meanwhile; "
            "refused and node_gone count as attempts of the pod; unknown and unavailable: the API "
            "server did not answer; busy: more at once than we take. Nothing at all: "
            "kube-scheduler binds itself (no bindVerb).",
            Target(f"{rate(ours('binds_total'), 'outcome')} > 0", "{{outcome}}"),
            unit=HOSTS,
            stacked=True,
            empty="nothing was bound",
        ),
        graph(
            "Claims",
            "Pods that are claimed and not yet seen bound. It follows the rate of binds and falls "
            "back to 0 within a second; where it stays up, the watch of pods is behind, see the "
            "age of the snapshot.",
            Target(summed(ours("claims")), "claimed"),
            unit=NUMBER,
            width=6,
        ),
        graph(
            "Claims that failed",
            "Expired: the API server's word never came, or the pod was gone before it was seen "
            "bound. Conflicts: the second look before a bind found the host taken; the pod simply "
            "tries again. Many: somebody else places pods on these nodes.",
            Target(rate(ours("claims_expired_total")), "expired"),
            Target(rate(ours("claim_conflicts_total")), "conflicts"),
            unit=HOSTS,
            width=6,
        ),
    ),
)

CLUSTER = Row(
    "What it sees of the cluster",
    (
        graph(
            "Snapshot age by resource",
            "How long the API server has said nothing of a resource, of the replica that has heard "
            "least. A bookmark comes about once a minute: a saw below 60 s is healthy. Over 120 s "
            "it is blind, and without news of nodes or pods it stops answering. Runbook: "
            "docs/runbooks/NovaExtenderSnapshotStale.md.",
            Target(greatest(ours("snapshot_age_seconds"), "resource"), "{{resource}}"),
            unit=SECONDS,
            limits=[(90, YELLOW), (120, RED)],
        ),
        graph(
            "Watches that broke, by cause",
            "Watches that had to be started again for another reason than usual. connection: "
            "load balancers, API servers that restart; forbidden: RBAC; expired: slow, or etcd "
            "compacts often; internal: a defect, the log has it. Runbook: "
            "docs/runbooks/NovaExtenderWatchFlapping.md.",
            Target(
                f"{rate(ours('watch_restarts_total', _OTHER), 'resource', 'cause')} > 0",
                "{{resource}} {{cause}}",
            ),
            unit=HOSTS,
            bars=True,
            empty="none broke",
        ),
        graph(
            "Watches that ended as usual",
            "closed: the API server ends each watch after five to ten minutes; timeout: it was "
            "silent; missing: a kind whose CRD is not installed, asked for once a minute. timeout "
            "all the time: something between us and the API server swallows bookmarks.",
            Target(f"{rate(ours('watch_restarts_total', _ORDINARY), 'cause')} > 0", "{{cause}}"),
            unit=HOSTS,
            width=8,
            empty="none ended",
        ),
        graph(
            "Lists anew by resource",
            "How often all of a resource was listed again, which costs the API server and holds up "
            "filter. After an API server's restart once; regularly: see the panels about watches.",
            Target(f"{rate(ours('relists_total'), 'resource')} > 0", "{{resource}}"),
            unit=HOSTS,
            width=8,
            bars=True,
            empty="nothing was listed again",
        ),
        graph(
            "Drift",
            "Differences found by recounting what pods take; each is logged and mended. Anything "
            "but 0 is a defect of ours: please report it with the log.",
            Target(rate(ours("drift_total")), "differences"),
            unit=HOSTS,
            width=8,
        ),
        graph(
            "Hosts and pods known",
            "What it knows, and what waits. Compare with kubectl get nodes and pods; pods that "
            "count (counted) and hosts that are known grow and shrink with the cluster, never by "
            "themselves.",
            Target(greatest(ours("hosts"), "state"), "hosts {{state}}"),
            Target(greatest(ours("pods"), "state"), "pods {{state}}"),
            unit=NUMBER,
        ),
        graph(
            "Hosts received of those known",
            "Which part of the hosts kube-scheduler asks about, on average. Below 100 % because "
            "its own filters come first, or, for every pod alike, because "
            "percentageOfNodesToScore makes it sample: set that to 100. Runbook: "
            "docs/runbooks/NovaExtenderSampledNodeSet.md.",
            Target(mean("candidates_received_ratio"), "received"),
            unit=SHARE,
            most=1,
            empty="no attempts",
        ),
    ),
)
