"""What a person could do about a pod that fits nowhere; only what follows from the verdicts.

Each suggestion has an ``id`` that stays, for documentation to refer to, and a ``text``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType

from extender.model.explanation import Blocker, Explanation, HostVerdict
from extender.model.facts import MEBIBYTE, VCPU, Facts, Unit, some
from extender.observe.text import plain, value

Suggestion = dict[str, str]

MOST_ZONES = 10
ONE = 1000
LARGEST_RATIO = 999_999
"""In thousandths: a ratio has at most three digits before and three after the point."""

RATIOS: Mapping[str, tuple[str, Unit]] = MappingProxyType(
    {
        "insufficient_vcpus": ("cpu_allocation_ratio", VCPU),
        "insufficient_ram": ("ram_allocation_ratio", MEBIBYTE),
        "insufficient_disk": ("disk_allocation_ratio", MEBIBYTE),
    }
)
"""The reasons that a higher ratio cures: the ratio, and the unit of their facts."""

_REAL: Mapping[str, str] = MappingProxyType(
    {
        "native": "that takes the node's annotation, by which the chart's admission policy raises"
        " status.allocatable",
        "virtual": "that counts for pods that ask for nova-extender.io/vcpu, /memory-mb and"
        " /disk-gb instead of cpu, memory and ephemeral-storage",
        "advisory": "that has no effect unless kubernetes.overcommit is native or virtual",
    }
)
"""What a ratio above 1 takes to have an effect, by option ``kubernetes.overcommit``."""

AMOUNTS = frozenset(unit.name for _, unit in RATIOS.values())

SOLE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "host_disabled": ("enable_host", "Enable {hosts} ({have}); 'kubectl uncordon' if cordoned"),
        "host_down": ("repair_host", "Repair {hosts} ({have})"),
        "previously_tried": (
            "retry_history",
            "Find out why the pod failed on {hosts}; only its retry history keeps it away",
        ),
        "flavor_not_allowed": (
            "change_flavor",
            "Name a flavor that {hosts} admits ({have}) in annotation nova-extender.io/flavor",
        ),
        "host_ignored": ("unignore_host", "Take {hosts} off the pod's ignore_hosts"),
        "not_forced_host": (
            "unforce_host",
            "Name {hosts} in the pod's force_hosts and force_nodes, or name none there",
        ),
        "not_requested_destination": (
            "change_destination",
            "Name {hosts} as the pod's requested_destination, or name none",
        ),
        "too_many_io_ops": ("wait", "Wait until fewer pods start or terminate on {hosts}"),
        "too_many_instances": (
            "fewer_instances",
            "Take pods off {hosts}, or raise max_instances_per_host there (option or aggregate)",
        ),
        "server_group_on_host": (
            "more_hosts_or_members",
            "Let more group members share {hosts} (rules.max_server_per_host), or add hosts",
        ),
        "not_with_server_group": (
            "room_with_the_group",
            "Make room where the pod's server group runs, which is not on {hosts}",
        ),
        "invalid_allocation_ratio": ("correct_host", "Correct the annotations of {hosts}"),
        "invalid_host_annotation": ("correct_host", "Correct the annotations of {hosts}"),
        "filter_error": ("filter_error", "Read in the log why {filter} fails on {hosts}"),
    }
)
"""By the reason that blocks some host alone: the suggestion's id and text.

``{have}`` is what the first of the hosts has.
"""


def suggestions(e: Explanation) -> list[Suggestion]:
    """What to do, the most promising first; empty where no rule holds."""
    if e.spec.refusal is not None:
        return [_made("change_request", f"Change the pod: {e.spec.refusal.detail}")]
    if not e.hosts:
        return [_made("no_hosts", "Find out why no node is known: see /readyz and the log")]
    if not e.pipeline.no_valid_host:
        text = "If the pod stays pending, ask kube-scheduler: 'kubectl describe pod' shows why"
        return [_made("ask_kube_scheduler", text), *_void(e)]
    ratio = _ratio(e.hosts, e.overcommit)
    return [*_closest(e.hosts), *ratio, *_zones(e), *_sole_blockers(e.hosts)]


def _made(id_: str, text: str) -> Suggestion:
    return {"id": id_, "text": text.removesuffix(".") + "."}


def _void(e: Explanation) -> list[Suggestion]:
    """That kube-scheduler may hold the pod to less than the ratios promise."""
    if not e.void:
        return []
    text = "If that says Insufficient, the ratio has no effect: the notes say which, and where"
    return [_made("void_ratio", text)]


def _closest(hosts: Iterable[HostVerdict]) -> list[Suggestion]:
    """The nearest host that only lacks amounts, and which."""
    for verdict in hosts:
        blockers = verdict.blockers
        if blockers and all(_lacks(blocker.facts) for blocker in blockers):
            short = " and ".join(value(b.facts.short_by, b.facts.unit) for b in blockers)
            closest = f"closest: {verdict.host}, short of {short}"
            if all(blocker.reason.cured for blocker in blockers):
                return [_made("closest_host", f"Free room or request less; {closest}")]
            return [_made("closest_host", f"Request less; {closest}")]
    return []


def _lacks(facts: Facts) -> bool:
    return facts.unit in AMOUNTS and facts.short_by is not None and facts.short_by > 0


def _ratio(hosts: Iterable[HostVerdict], mode: str) -> list[Suggestion]:
    """The smallest ratios that would admit the nearest host that only lacks such room."""
    for verdict in hosts:
        if verdict.blockers and all(b.reason.id in RATIOS for b in verdict.blockers):
            raised, above = [], []
            for blocker in verdict.blockers:
                option, unit = RATIOS[blocker.reason.id]
                ratio = smallest_ratio(blocker.facts, unit)
                if ratio is None:
                    return []
                now = next(s for s in blocker.facts.sources if s.name == "ratio")
                raised.append(f"{option} to {plain(ratio / ONE, 3)} (now {now.value}, {now.where})")
                above += [option] if ratio > ONE else []
            text = f"Raise on {verdict.host} {' and '.join(raised)}"
            return [_made("raise_ratio", text + _above_one(verdict, above, mode))]
    return []


def _above_one(verdict: HostVerdict, options: Collection[str], mode: str) -> str:
    """What it takes for ratios above 1 to be true: others hold a node to what its status says."""
    if not options:
        return ""
    text = f"; above 1 {_REAL[mode]}"
    if verdict.held_at_one and "ram_allocation_ratio" in options:
        text += f", and a ratio of memory counts as 1 as long as {verdict.held_at_one}"
    return text


def smallest_ratio(facts: Facts, unit: Unit) -> int | None:
    """The least ratio, in thousandths, that admits the request: ⌊total × ratio⌋ − used ≥ need.

    Facts show a number of bytes only nearly, but at least to a thousandth of a MiB. Where that
    leaves more than one ratio possible there is none, as where no ratio helps or the facts are no
    numbers.
    """
    sources = {source.name: source.value for source in facts.sources}
    total = _fraction(sources.get("total", "").removesuffix(unit.name).strip())
    ratio = _fraction(sources.get("ratio", ""))
    need, have = _fraction(str(facts.need)), _fraction(str(facts.have))
    if total is None or ratio is None or need is None or have is None or not have < need <= total:
        return None
    # ``have`` is limit − used here, and not cut to the total, as it is below the need. So the
    # limit must grow by what is missing.
    missing = need - have
    if ONE % unit.size == 0:
        limit = Fraction(math.floor(total * ratio * unit.size), unit.size)
        found = {math.ceil((limit + missing) * ONE / total)}
    else:
        off, part = Fraction(1, 2 * ONE), Fraction(1, unit.size)
        most, least = total + off, total - off
        found = {
            math.ceil((most * ratio - part + missing - 2 * off) * ONE / most),
            math.ceil((least * ratio + missing + 2 * off) * ONE / least),
        }
    thousandths = max(found)
    return thousandths if len(found) == 1 and thousandths <= LARGEST_RATIO else None


def _fraction(text: str) -> Fraction | None:
    """A decimal as it is written; ``None`` for what is none."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def _zones(e: Explanation) -> list[Suggestion]:
    """What zones there are, where the one asked for has no hosts; else those that would do."""
    outside = [v for v in e.hosts if any(_wrong_zone(b) for b in v.blockers)]
    if outside and len(outside) == len(e.hosts):
        zones = some(_zones_of(outside), MOST_ZONES)
        text = (
            f"Request another availability zone than {e.spec.availability_zone}; there is {zones}"
        )
        return [_made("unknown_zone", text)]
    willing = [v for v in outside if len(v.blockers) == 1]
    if willing:
        zones = some(_zones_of(willing), MOST_ZONES)
        text = f"Request another availability zone: {zones}; nothing else bars hosts there"
        return [_made("change_zone", text)]
    return []


def _wrong_zone(blocker: Blocker) -> bool:
    return blocker.reason.id == "wrong_availability_zone"


def _zones_of(hosts: Iterable[HostVerdict]) -> list[str]:
    """The zones that the hosts refused for their zone are in."""
    found = {
        source.value
        for verdict in hosts
        for blocker in verdict.blockers
        if _wrong_zone(blocker)
        for source in blocker.facts.sources
        if source.name == "zones"
    }
    return sorted({zone for zones in found for zone in zones.split(", ")})


def _sole_blockers(hosts: Iterable[HostVerdict]) -> list[Suggestion]:
    """For each reason that alone blocks some hosts, what to do about it; most hosts first."""
    sole: dict[tuple[str, str], list[HostVerdict]] = {}
    for verdict in hosts:
        if len(verdict.blockers) == 1:
            blocker = verdict.blockers[0]
            if blocker.reason.id not in RATIOS and not _wrong_zone(blocker):
                sole.setdefault((blocker.filter, blocker.reason.id), []).append(verdict)
    found = []
    for (name, reason), verdicts in sorted(sole.items(), key=lambda item: (-len(item[1]), item[0])):
        if reason in SOLE:
            id_, text = SOLE[reason]
            named = some([verdict.host for verdict in verdicts])
            have = verdicts[0].blockers[0].facts.have
            found.append(_made(id_, text.format(hosts=named, have=have, filter=name)))
    return found
