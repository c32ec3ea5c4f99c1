"""The dashboard *Overcommit*: what nodes are, what ratios make of them, what is used, and void."""

from __future__ import annotations

from collections.abc import Callable

from deploy.monitoring.board import Board, Row
from deploy.monitoring.panels import (
    BYTES,
    HOSTS,
    NUMBER,
    ORANGE,
    RED,
    SHARE,
    YELLOW,
    Panel,
    Target,
    bars,
    graph,
    stat,
    text,
)
from deploy.monitoring.queries import greatest, ours, rate, ratio

INTRO = text(
    "What the words mean",
    """\
**Physical** is what the nodes have of their own. **Effective** is what the extender lets pods \
take: (total − reserved) × ratio, summed over the hosts. **Used** is what their pods count as. \
**Free** is effective less used. **Void** is the part of effective that has no effect, because \
kube-scheduler and the kubelet hold pods to the node's `status.allocatable`; `docs/overcommit.md` \
says how to make a ratio true.

All are sums over all hosts: much that is free in all may still be too little on any one host. \
`nova-extender hosts` lists them one by one, says where each ratio comes from, and what to do \
about those that are void.""",
    height=5,
)

RESOURCES = {"cpu": ("cores", NUMBER), "ram": ("memory", BYTES), "disk": ("disk", BYTES)}
"""The label ``resource``, and what it is to people, with its unit."""

_THIRD = 8


def capacity(kind: str, *by: str, resource: str = "") -> str:
    """One kind of capacity, of one resource or by label; every replica sees the same."""
    matchers = [f'kind="{kind}"', *([f'resource="{resource}"'] if resource else [])]
    return greatest(ours("capacity", *matchers), *by)


def _each(make: Callable[[str, str, str], Panel]) -> tuple[Panel, ...]:
    return tuple(make(resource, *words) for resource, words in RESOURCES.items())


def _of(resource: str, name: str, unit: str) -> Panel:
    kinds = ("physical", "effective", "used", "void")
    return graph(
        f"Capacity: {name}",
        "Physical, effective, used and void. Used above physical is overcommit at work; used close "
        "to effective: add nodes or raise the ratio. A void above 0: the next row but one.",
        *(Target(capacity(kind, resource=resource), kind) for kind in kinds),
        unit=unit,
        width=_THIRD,
        empty="no hosts",
    )


def _free(resource: str, name: str, unit: str) -> Panel:
    effective, used, void = (
        capacity(kind, resource=resource) for kind in ("effective", "used", "void")
    )
    return graph(
        f"Free: {name}",
        "What the ratios promise and no pod takes; and what of it takes effect, less what is void. "
        "Below 0 more is used than is promised: a ratio was lowered, or others have placed pods; "
        "nothing is evicted for that, and nothing more is placed there.",
        Target(f"{effective} - {used}", "free"),
        Target(f"{effective} - {void} - {used}", "free, less void"),
        unit=unit,
        width=_THIRD,
        least=None,
        empty="no hosts",
    )


_FULL = ratio(capacity("used", "resource"), capacity("effective", "resource"))
_IN_EFFECT = f"({capacity('effective', 'resource')} - {capacity('void', 'resource')})"
_VOID_HOSTS = greatest(ours("void_ratio_hosts"), "resource")
_LIMITS = ((0.8, YELLOW), (0.95, RED))

AT_A_GLANCE = Row(
    "At a glance",
    (
        stat(
            "Hosts",
            "The nodes that the extender sees. All sums below are over these.",
            Target(greatest(ours("hosts", 'state="known"')), "known"),
            unit=NUMBER,
        ),
        stat(
            "Pods",
            "Counted: pods that take from a host. Pending: pods that are not bound to one.",
            Target(greatest(ours("pods"), "state"), "{{state}}"),
            unit=NUMBER,
            width=6,
        ),
        stat(
            "Hosts with a void ratio",
            "On how many hosts a ratio promises more than takes effect: pods pass our filters, and "
            'kube-scheduler or the kubelet turns them away. Anything but 0: "nova-extender hosts" '
            "says which hosts, why, and what to do. Runbook: "
            "docs/runbooks/NovaExtenderVoidRatios.md.",
            Target(_VOID_HOSTS, "{{resource}}"),
            unit=NUMBER,
            width=6,
            limits=[(1, RED)],
        ),
        bars(
            "How full",
            "Used by effective. Nearly full: add nodes, raise a ratio, or expect No valid host.",
            Target(_FULL, "{{resource}}"),
            unit=SHARE,
            most=1,
            width=_THIRD,
            height=4,
            limits=_LIMITS,
            empty="no hosts",
        ),
    ),
)

RATIOS = Row(
    "Ratios",
    (
        graph(
            "Ratio promised",
            "Effective by physical: the ratios of all hosts in one number, lower than theirs where "
            "something is reserved. It changes when somebody changes a ratio (annotation, "
            "aggregate or option), or with the mix of nodes.",
            Target(
                ratio(capacity("effective", "resource"), capacity("physical", "resource")),
                "{{resource}}",
            ),
            unit=NUMBER,
            width=_THIRD,
            empty="no hosts",
        ),
        graph(
            "Ratio in effect",
            "The same without what is void: what pods can really have. Where it lies below the "
            "ratio promised, nodes are not amplified: see docs/overcommit.md.",
            Target(ratio(_IN_EFFECT, capacity("physical", "resource")), "{{resource}}"),
            unit=NUMBER,
            width=_THIRD,
            empty="no hosts",
        ),
        graph(
            "Hosts with a void ratio, over time",
            "New nodes are amplified with the next write of their status: a short peak is the "
            "ordinary course of things. What stays is the runbook's: "
            "docs/runbooks/NovaExtenderVoidRatios.md.",
            Target(_VOID_HOSTS, "{{resource}}"),
            unit=NUMBER,
            width=_THIRD,
            limits=[(1, ORANGE)],
        ),
    ),
)

USE = Row(
    "How full over time",
    (
        graph(
            "Used of effective",
            "How full the hosts are together by the ratios. Above 100 % a ratio was lowered under "
            "what was placed. Steadily rising: work out when it is full, and add nodes before.",
            Target(_FULL, "{{resource}}"),
            unit=SHARE,
            limits=_LIMITS,
            empty="no hosts",
        ),
        graph(
            "Used of physical",
            "How much is promised to pods of what is there. Above 100 % for cores is what a ratio "
            "is for; for memory it means that pods are killed when all of them use what they asked "
            "for: watch the nodes' own memory.",
            Target(
                ratio(capacity("used", "resource"), capacity("physical", "resource")),
                "{{resource}}",
            ),
            unit=SHARE,
            empty="no hosts",
        ),
        graph(
            "Nodes amplified by the webhook",
            "Nodes that API servers asked about as their status was written, by outcome: patched, "
            "unchanged, or left as they are because they could not be read. Only with "
            "overcommit.delivery webhook; with the policy API servers do it themselves.",
            Target(rate(ours("admission_requests_total"), "outcome"), "{{outcome}}"),
            unit=HOSTS,
            width=24,
            empty="the webhook is not in use",
        ),
    ),
)

BOARD = Board(
    name="overcommit",
    title="Overcommit",
    description="What the nodes are, what their ratios make of them, what is used, and what of it "
    "is void.",
    intro=INTRO,
    rows=(
        AT_A_GLANCE,
        Row("Capacity", _each(_of)),
        Row("Free", _each(_free)),
        RATIOS,
        USE,
    ),
)
