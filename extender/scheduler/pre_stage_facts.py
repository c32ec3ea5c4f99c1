"""The facts behind the verdicts before the filters: what was asked, what the host has."""

from __future__ import annotations

from collections.abc import Callable, Collection

from extender.model.facts import Facts, Source, some
from extender.model.host_state import TRAIT_LABEL, HostState
from extender.model.reason import INVALID_HOST_ANNOTATION, Reason
from extender.model.request_spec import RequestSpec
from extender.scheduler import pre_stage
from extender.scheduler.inventories import Need, stock
from extender.scheduler.placement import resource_class
from extender.scheduler.pre_stage import PreStage
from extender.scheduler.prefilters import STATUS_DISABLED

_MOST_NAMES = 20
_EXTRA_SPECS = "extra specs"


def pre_stage_facts(before: PreStage, reason: Reason, host: HostState, spec: RequestSpec) -> Facts:
    """What of the request and of the host led to this verdict.

    Args:
        before: the verdicts.
        reason: one that the host was refused with.
        host: the host.
        spec: the request.
    """
    if spec.refusal is not None and reason == spec.refusal.reason:
        return Facts(sources=(Source(reason.id, spec.refusal.detail, "pod"),))
    if reason in _ASKED:
        name, value = _ASKED[reason](spec)
        return Facts(have=host.host, sources=(Source(name, value, f"pod annotation {name}"),))
    return _ANSWERED[reason](before, host)


_ASKED: dict[Reason, Callable[[RequestSpec], tuple[str, str]]] = {
    pre_stage.HOST_IGNORED: lambda spec: ("ignore_hosts", ", ".join(spec.ignore_hosts)),
    pre_stage.NOT_FORCED_HOST: lambda spec: (
        "force_hosts, force_nodes",
        ", ".join((*spec.force_hosts, *spec.force_nodes)),
    ),
    pre_stage.NOT_REQUESTED_DESTINATION: lambda spec: (
        "requested_destination",
        str(spec.requested_destination),
    ),
}


def _aggregates(before: PreStage, host: HostState) -> Facts:
    """The first rule that keeps the host out, and all such rules."""
    broken = [rule for rule in before.rules if not rule.admits(host.aggregates)]
    first = broken[0]
    among = "one of" if first.required else "none of"
    return Facts(
        need=f"in {among} {_listed(first.aggregates, 'no aggregate at all')}",
        have=_listed([a.name for a in host.aggregates], "in no aggregate"),
        sources=tuple(
            Source(rule.option, rule.asked, f"option scheduler.{rule.option}") for rule in broken
        ),
    )


def _forbidden(before: PreStage, host: HostState) -> Facts:
    """The forbidden traits that the host has."""
    has = host.traits & {*before.asked.forbidden, STATUS_DISABLED}
    signs = [Source(name, "present", f"node label {TRAIT_LABEL}{name}") for name in sorted(has)]
    if before.skip_filters and host.service.disabled:
        where = "node annotation nova-extender.io/disabled"
        signs.append(Source(STATUS_DISABLED, "present", where))
    return Facts(
        need=f"none of {_listed({*before.asked.forbidden, STATUS_DISABLED}, '')}",
        have=_listed({sign.name for sign in signs}, "none"),
        sources=tuple(signs[:_MOST_NAMES]),
    )


def _missing(before: PreStage, host: HostState) -> Facts:
    """The required traits that the host has not."""
    missing = sorted(before.asked.required - host.traits)
    return Facts(
        need=_listed(missing, ""),
        have=_listed(host.traits, "no traits"),
        sources=tuple(
            Source(name, "required", "extra specs or image property traits_required")
            for name in missing[:_MOST_NAMES]
        ),
    )


def _groups(before: PreStage, host: HostState) -> Facts:
    """Who would have to serve two groups."""
    del host
    return Facts(
        need="a resource provider of its own for each group",
        have=f"two or more groups need {before.asked.clash}",
        sources=(Source("group_policy", "isolate", _EXTRA_SPECS),),
    )


def _unreadable(before: PreStage, host: HostState) -> Facts:
    """What is wrong with the node."""
    return Facts(
        need=_listed([name for need in before.needs for name in need.classes], ""),
        have="unreadable",
        sources=tuple(Source("problem", text, "node") for text in host.problems),
    )


def _no_inventory(before: PreStage, host: HostState) -> Facts:
    """The classes that the host has none of, and those of its extended resources."""
    absent = [need for need in before.needs if stock(host, need)[1] is None]
    return Facts(
        need=_listed([name for need in absent for name in need.classes], ""),
        have="none",
        sources=(
            *(_asked(need) for need in before.needs),
            *(
                Source(resource_class(pool.resource), str(pool.total), pool.resource)
                for pool in host.pci_pools
            ),
        ),
    )


def _short(before: PreStage, host: HostState) -> Facts:
    """The first inventory that has too little left, and all that are asked for."""
    stocks = ((need, *stock(host, need)) for need in before.needs)
    short = ((need, left, total) for need, left, total in stocks if total and left < need.amount)
    # Amounts that no column can hold are cut there, and here they are not: it may seem to fit.
    first, have, total = next(short, (before.needs[0], 0, 0))
    unit = first.unit
    return Facts(
        need=unit.show(first.amount),
        have=unit.show(have),
        short_by=unit.show(max(0, first.amount - have)),
        unit=unit.name,
        sources=(
            *(_asked(need) for need in before.needs),
            Source("total", unit.text(total), "one request can have no more, whatever the ratio"),
        ),
    )


_ANSWERED: dict[Reason, Callable[[PreStage, HostState], Facts]] = {
    pre_stage.AGGREGATE_FORBIDDEN: _aggregates,
    pre_stage.TRAIT_FORBIDDEN: _forbidden,
    pre_stage.TRAIT_MISSING: _missing,
    pre_stage.GROUP_POLICY_UNSATISFIED: _groups,
    INVALID_HOST_ANNOTATION: _unreadable,
    pre_stage.RESOURCE_CLASS_MISSING: _no_inventory,
    pre_stage.INSUFFICIENT_RESOURCES: _short,
}


def _asked(need: Need) -> Source:
    return Source(", ".join(need.classes), need.unit.text(need.amount), _EXTRA_SPECS)


def _listed(names: Collection[str], none: str) -> str:
    """Names in order, or so many of them."""
    return some(sorted(names), _MOST_NAMES) or none
