"""Words for ratios that have no effect: where, how much, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from extender.model.explanation import Explanation
from extender.model.facts import some
from extender.model.overcommit import UNITS, VIRTUAL, VIRTUAL_NAMES, VoidRatio
from extender.observe.text import amount

ADVISORY = "advisory"

_HOLDERS = "kube-scheduler and the kubelet"

_KEY = "nova-extender.io/{resource}_allocation_ratio"

_CURES: Mapping[str, str] = MappingProxyType(
    {
        "annotation": "install the chart with overcommit.mode native, whose admission policy raises"
        " status.allocatable as the node's status is written (nodes need the labels of"
        " overcommit.nodeSelector, if there are any)",
        "option": "give the chart the same ratio as overcommit.defaultRatios, or the nodes as"
        f" annotation {_KEY}, for its admission policy does not read the extender's options",
        "aggregate": f"give the nodes a ratio as high by annotation {_KEY}, for the chart's"
        " admission policy does not read aggregates",
    }
)
"""What makes a ratio above 1 take effect in mode native, by where it comes from."""


def cure(resource: str, origin: str, mode: str) -> str:
    """What to do about a ratio that is void.

    Args:
        resource: ``cpu``, ``ram`` or ``disk``.
        origin: where the ratio comes from, in a word.
        mode: option ``kubernetes.overcommit``, other than virtual.
    """
    if mode == ADVISORY:
        return (
            "make kubernetes.overcommit native or virtual, for advisory raises no node's"
            " status.allocatable; or the ratio at most 1"
        )
    way = _CURES.get(origin, _CURES["option"]).format(resource=resource)
    return f"{way}; or make kubernetes.overcommit virtual, or the ratio at most 1"


def void_lines(hosts: Sequence[dict[str, Any]]) -> list[str]:
    """The hosts that promise more than takes effect, by resource and where the ratio comes from.

    Args:
        hosts: what ``objects.host`` makes of each.
    """
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for resource in UNITS:
        for host in hosts:
            if host[resource]["void"]:
                key = (resource, host[resource]["ratio_origin"], host["overcommit"])
                found.setdefault(key, []).append(host)
    return [
        _line(on, resource, "" if origin == "default" else f" of the {origin}")
        + f". What to do: {cure(resource, origin, mode)}."
        for (resource, origin, mode), on in found.items()
    ]


def _line(hosts: Sequence[dict[str, Any]], resource: str, whose: str) -> str:
    """How much is void where."""
    unit = UNITS[resource].name
    all_of_it = amount(sum(host[resource]["void"] for host in hosts), unit)
    named = some([f"{host['host']} ({amount(host[resource]['void'], unit)})" for host in hosts])
    return (
        f"{resource}: the ratio{whose} promises {all_of_it} more than {_HOLDERS} allow on {named}"
    )


def void_notes(e: Explanation) -> list[str]:
    """What an explanation says of ratios that have no effect on the pod, a line each."""
    notes = [_note(found, e.overcommit, len(e.hosts)) for found in e.void]
    if e.spec.virtual is not None and e.overcommit != VIRTUAL:
        notes.append(
            f"the pod asks for virtual resources, while kubernetes.overcommit is {e.overcommit}:"
            " kube-scheduler refuses it everywhere unless its profile ignores the group"
            " nova-extender.io, and counts nothing of it then"
        )
    return notes


def _note(found: VoidRatio, mode: str, judged: int) -> str:
    unit = UNITS[found.resource]
    held, limit = (
        amount(unit.show(found.held), unit.name),
        amount(unit.show(found.limit), unit.name),
    )
    where = f"{found.hosts} of {judged} hosts"
    example = f"on {found.host} that is {held}, where the ratio promises {limit}"
    if mode == VIRTUAL:
        return (
            f"the {found.resource} ratio does not count for this pod on {where}, for it does not"
            f" ask for {VIRTUAL_NAMES[found.resource]} alone: kube-scheduler holds it to"
            f" status.allocatable; {example}"
        )
    return (
        f"the {found.resource} ratio is void on {where}: {_HOLDERS} hold the sum of requests to"
        f" status.allocatable; {example}"
    )
