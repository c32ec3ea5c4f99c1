"""Two rows of *Filter rejections*: how the list of hosts shrinks, and who shrinks it, and why."""

from __future__ import annotations

from deploy.monitoring.board import Row
from deploy.monitoring.panels import (
    HOSTS,
    NUMBER,
    ORANGE,
    RED,
    SHARE,
    Target,
    bars,
    graph,
)
from deploy.monitoring.queries import (
    RECENT,
    SHOWN,
    greatest,
    in_order,
    increase,
    mean,
    ours,
    rate,
    ratio,
)
from deploy.monitoring.tables import Column, table

_ASKED = ours("filter_evaluations_total")
_REFUSED = ours("filter_rejections_total")
_PRE_STAGE = ours("filter_evaluations_total", 'filter="pre_stage"')
_EVERY = "{{at}} {{filter}}"


def _rejection_rate(over: str, ago: str = "") -> str:
    """Rejections by evaluations of each filter; 0 where it was asked and has never refused."""
    asked = rate(_ASKED, "filter", over=over, ago=ago)
    refused = rate(_REFUSED, "filter", over=over, ago=ago)
    return ratio(f"({refused} or 0 * {asked})", asked)


def _survival(over: str) -> str:
    return f"1 - {_rejection_rate(over)}"


FUNNEL = Row(
    "Funnel: the filters in the order they run",
    (
        table(
            "Funnel over the time shown",
            "Each filter in the order of the configuration: how many hosts it was given and let "
            "pass on average, of the attempts that reached it; which part passed; how often it "
            "refused the last ones. A filter far down that is given few hosts is not to blame for "
            "what those above it have taken.",
            Column("#", greatest(ours("filter_position"), "filter"), width=50),
            Column("Filter", label="filter"),
            Column("Entering", mean("hosts_entering", "filter", over=SHOWN), width=90),
            Column("Leaving", mean("hosts_leaving", "filter", over=SHOWN), width=90),
            Column("Passed", _survival(SHOWN), unit=SHARE, bar=True, width=180),
            Column("Refused", increase(_REFUSED, "filter"), width=90),
            Column("Decisive", increase(ours("no_valid_host_total"), "filter"), width=90),
            sort_by="#",
            descending=False,
            width=15,
            height=13,
            empty="–",
        ),
        bars(
            "Survival per filter",
            "Which part of the hosts a filter was asked about passed it of late, the filters in "
            "their order. Filters that nobody was asked about lately are left out. Near 0: see "
            "docs/runbooks/NovaExtenderFilterRejectsEverything.md.",
            Target(in_order(_survival(RECENT)), _EVERY),
            unit=SHARE,
            most=1,
            width=9,
            height=13,
            empty="no attempts",
        ),
        graph(
            "Mean hosts entering each filter",
            "How many hosts each filter was given in an attempt that reached it. The first, "
            "pre_stage, is given what kube-scheduler's own filters have left.",
            Target(in_order(mean("hosts_entering", "filter")), _EVERY),
            unit=NUMBER,
            empty="no attempts",
        ),
        graph(
            "Mean hosts leaving each filter",
            "How many hosts each filter let pass in an attempt that reached it. The line that "
            "drops when pods stop being placed is that of the filter to look at.",
            Target(in_order(mean("hosts_leaving", "filter")), _EVERY),
            unit=NUMBER,
            empty="no attempts",
        ),
    ),
)

REJECTIONS = Row(
    "Rejections",
    (
        graph(
            "Rejection rate by filter",
            "Rejections by evaluations of the same filter: the number to judge a filter by, "
            "whatever the size of the cluster. Dashed: the same a week before. A step without one "
            "a week before, and without a new configuration (blue mark), means that hosts have "
            "changed: look at their annotations, aggregates and use.",
            Target(_rejection_rate(RECENT), "{{filter}}"),
            Target(_rejection_rate(RECENT, ago="1w"), "{{filter}} last week"),
            unit=SHARE,
            most=1,
            width=24,
            height=10,
            limits=[(0.95, ORANGE)],
            dashed="last week$",
            empty="no attempts",
        ),
        graph(
            "What becomes of the hosts asked about",
            "Of all pairs of pod and host that kube-scheduler asks about, which part each filter "
            "refuses, and which part passes all. It shows who takes most; who comes early takes "
            "more.",
            Target(
                ratio(rate(_REFUSED, "filter"), rate(_PRE_STAGE), "on () group_left ()") + " > 0",
                "{{filter}}",
            ),
            Target(f"1 - {ratio(rate(_REFUSED), rate(_PRE_STAGE))}", "passed"),
            unit=SHARE,
            stacked=True,
            most=1,
            empty="no attempts",
        ),
        graph(
            "Rejections by reason",
            "Hosts refused a second, by the reason that was given. docs/reference/reasons.md says "
            "what each means, whether it is about capacity or policy, and whether fewer pods would "
            "cure it. invalid_... and filter_error: something cannot be read; mend that first.",
            Target(f"{rate(_REFUSED, 'reason')} > 0", "{{reason}}"),
            unit=HOSTS,
            stacked=True,
            empty="no host was refused",
        ),
        graph(
            "Rejections by filter",
            "Hosts refused a second, by filter. It grows with the cluster and with the number of "
            "pods: compare filters by their rate above.",
            Target(f"{rate(_REFUSED, 'filter')} > 0", "{{filter}}"),
            unit=HOSTS,
            stacked=True,
            empty="no host was refused",
        ),
        table(
            "Filters and reasons over the time shown",
            "How many hosts each filter refused for which reason, and which part that is of those "
            "it was asked about. What a reason means, and whether fewer pods would cure it: "
            "docs/reference/reasons.md; which node, with which numbers: nova-extender explain.",
            Column("Filter", label="filter"),
            Column("Reason", label="reason"),
            Column("Refused", f"{increase(_REFUSED, 'filter', 'reason')} > 0", width=100),
            Column(
                "Of those asked about",
                ratio(
                    f"({increase(_REFUSED, 'filter', 'reason')} > 0)",
                    increase(_ASKED, "filter"),
                    "on (filter) group_left ()",
                ),
                unit=SHARE,
                bar=True,
                width=200,
            ),
            sort_by="Refused",
            empty="no host was refused",
        ),
        table(
            "Filters that never refuse",
            "Enabled filters that were asked in the time shown and refused no host. Nothing is "
            "wrong with that; over a month it may say that the filter is not needed, or that the "
            "annotations it reads are not there.",
            Column("Filter", label="filter"),
            Column(
                "Hosts asked about",
                f"({increase(_ASKED, 'filter')} > 0) unless on (filter) "
                f"({increase(_REFUSED, 'filter')} > 0)",
            ),
            sort_by="Hosts asked about",
            empty="every filter that was asked has refused some",
        ),
        table(
            "Filters that refuse more than 95 %",
            "Filters that let hardly a host pass in the time shown: pods ask for what hardly a "
            "host has, or the filter misreads the hosts. The tables beside it say for which "
            "reason. Runbook: docs/runbooks/NovaExtenderFilterRejectsEverything.md.",
            Column("Filter", label="filter"),
            Column(
                "Refused",
                f"{_rejection_rate(SHOWN)} > 0.95",
                unit=SHARE,
                limits=[(0.95, ORANGE), (0.999, RED)],
            ),
            sort_by="Refused",
            empty="none",
        ),
    ),
)
