"""The dashboard *Filter rejections*: which filter refuses what, and why no host was left."""

from __future__ import annotations

from deploy.monitoring.at_a_glance import AT_A_GLANCE
from deploy.monitoring.board import Board, Row
from deploy.monitoring.panels import HOSTS, NUMBER, RED, SHARE, Target, bars, graph, now, text
from deploy.monitoring.queries import increase, ours, rate, ratio, scheduler
from deploy.monitoring.refusals import FUNNEL, REJECTIONS
from deploy.monitoring.weighing import RETRIES, WEIGHERS

INTRO = text(
    "Before you read this",
    """\
**kube-scheduler's own filters come before ours.** A node that taints, affinity, ports, volumes or \
its own *NodeResourcesFit* have ruled out never gets here: it is in none of these numbers except \
*Unschedulable pods by plugin*. Ours are the plugin `Extender` there.

**Filters run in order, and each sees only what the ones before it have left.** So a count says \
little by itself: read a filter's *rate*, its rejections by the hosts it was asked about. \
`pre_stage` is what is tested before the first filter: ignored and forced hosts, resource classes, \
traits, destinations.

One pod: `nova-extender explain NAMESPACE/POD` says which filter refused which node, with which \
numbers, and what would help. What a reason means: `docs/reference/reasons.md`.""",
    height=6,
)

_FAILED = ours("attempts_total", 'result="no_valid_host"')
_EMPTIED = ours("no_valid_host_total")

NO_VALID_HOST = Row(
    "No valid host by decisive filter",
    (
        graph(
            "No valid host, by decisive filter",
            "Attempts a second that no host was left for, by the filter that refused the last "
            "ones. It is the one to look at first, but not always the one to blame: the filters "
            "before it may have left it little. kube-scheduler tries such a pod again and again, "
            "so one pod may be many attempts. Runbook: "
            "docs/runbooks/NovaExtenderNoValidHostRateHigh.md.",
            Target(f"{rate(_EMPTIED, 'filter')} > 0", "{{filter}}"),
            unit=HOSTS,
            bars=True,
            empty="every attempt found a host",
        ),
        bars(
            "Decisive filters over the time shown",
            "How many attempts each filter has ended in all, of those that it was the last to "
            'refuse hosts in. Ask "nova-extender explain" about one of the pods before you relax '
            "a filter: it says what would help.",
            now(f"sort_desc({increase(_EMPTIED, 'filter')} > 0)", "{{filter}}"),
            unit=NUMBER,
            empty="every attempt found a host",
        ),
        graph(
            "Share of attempts without a valid host",
            "Of all attempts to find hosts for a pod those that none was left for. One pod that "
            "fits nowhere is tried every few minutes for ever: look at the number of attempts, "
            "too. The alert fires above one half.",
            Target(ratio(rate(_FAILED), rate(ours("attempts_total"))), "no valid host"),
            unit=SHARE,
            most=1,
            limits=[(0.5, RED)],
            empty="no attempts",
        ),
        graph(
            "Unschedulable pods by plugin",
            "What kube-scheduler says of pods that wait: the plugins that refused nodes in their "
            "last attempt; a pod may count for several. Extender is us, the others are its own "
            "filters, which come first: where they dominate, nothing on this dashboard helps. "
            "Needs kube-scheduler's own metrics to be scraped.",
            Target(f"sum by (plugin) ({scheduler('unschedulable_pods')}) > 0", "{{plugin}}"),
            unit=NUMBER,
            stacked=True,
            empty="no pod waits, or kube-scheduler is not scraped",
        ),
    ),
)

BOARD = Board(
    name="filter-rejections",
    title="Filter rejections",
    description="Which filter refuses what, in the order they run; why no host was left; who is "
    "tried again.",
    intro=INTRO,
    rows=(AT_A_GLANCE, FUNNEL, REJECTIONS, NO_VALID_HOST, RETRIES, WEIGHERS),
)
