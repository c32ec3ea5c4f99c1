"""The status that our own kinds should have: what was understood of them, and whom they concern.

Every status is complete, so that writing it leaves nothing of an earlier one. Conditions follow
Kubernetes' convention: ``lastTransitionTime`` is when ``status`` last changed, not when the message
did.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from extender.model.groups import HostAggregate, split_values
from extender.state.cluster import Cluster
from extender.state.kind_feed import Held
from extender.translate.errors import shown

Status = Mapping[str, Any]

ACCEPTED = "Accepted"
METADATA_UNDERSTOOD = "MetadataUnderstood"

MOST_UNKNOWN_HOSTS = 10
_MOST_TOLD = 5
_LONGEST_MESSAGE = 2000

_MULTIPLIER = "_weight_multiplier"
_RATIOS = ("cpu_allocation_ratio", "ram_allocation_ratio", "disk_allocation_ratio")
_MAXIMA = ("max_instances_per_host", "max_io_ops_per_host")


def aggregate_status(
    held: Held[HostAggregate], hosts: int, unknown: Sequence[str], current: Status, now: str
) -> Status:
    """The status of a HostAggregate.

    Args:
        held: the aggregate.
        hosts: how many known nodes belong to it.
        unknown: names in ``spec.hosts`` that no node has, as `unknown_hosts` gives them.
        current: the status it has.
        now: the time as RFC 3339 has it.
    """
    conditions = [_accepted(held)]
    if held.effective is not None:
        wrong = misunderstood(held.effective.metadata)
        conditions.append(
            _condition(METADATA_UNDERSTOOD, "False", "ValueNotUnderstood", _listed(wrong))
            if wrong
            else _condition(
                METADATA_UNDERSTOOD,
                "True",
                "Understood",
                "every value whose meaning is known can be read",
            )
        )
    counts = {"hosts": hosts, "unknownHosts": list(unknown)}
    return _status(held, counts, conditions, current, now)


def flavor_status(held: Held[Any], current: Status, now: str) -> Status:
    """The status of a Flavor; the arguments are as in `aggregate_status`."""
    return _status(held, {}, [_accepted(held)], current, now)


def group_status(held: Held[Any], members: int, hosts: int, current: Status, now: str) -> Status:
    """The status of a ServerGroup with so many bound members on so many nodes.

    The other arguments are as in `aggregate_status`.
    """
    counts = {"members": members, "hosts": hosts}
    return _status(held, counts, [_accepted(held)], current, now)


def hosts_by_aggregate(cluster: Cluster) -> Counter[str]:
    """How many known nodes belong to each aggregate."""
    return Counter(found.name for host in cluster.table.hosts for found in host.aggregates)


def unknown_hosts(cluster: Cluster, aggregate: HostAggregate) -> list[str]:
    """The first names, at most 10, that the aggregate lists and no node has."""
    index = cluster.table.index
    return heapq.nsmallest(
        MOST_UNKNOWN_HOSTS, (name for name in aggregate.hosts if name not in index)
    )


def misunderstood(metadata: Mapping[str, str]) -> list[str]:
    """What filters and weighers cannot read of an aggregate's metadata, a text for each key.

    They then take what counts without the key, on every host of the aggregate. Keys that mean
    nothing to Nova are whoever put them there's business. Source: ``validate_num_values`` in
    ``nova.scheduler.filters.utils`` and ``get_weight_multiplier`` in ``nova.scheduler.utils``.
    """
    found = []
    for key, value in sorted(metadata.items()):
        if key in _MAXIMA and not _read(int, value):
            accepted = "a whole number, such as 50"
        elif (key in _RATIOS or key.endswith(_MULTIPLIER)) and not _read(float, value):
            accepted = "a finite number, such as 1.5"
        elif key == "availability_zone" and not split_values(frozenset({value})) - {""}:
            accepted = "a zone, or several with commas between them"
        else:
            continue
        found.append(f"{shown(key, 80)} is {shown(value, 80)}; accepted: {accepted}")
    return found


def _read(cast: Callable[[str], float], text: str) -> bool:
    """Whether the text is a number to Nova, which reads it as Python does, and a finite one."""
    try:
        number = cast(text)
    except ValueError:
        return False
    # Whole ones are finite, and may be too large to ask.
    return isinstance(number, int) or math.isfinite(number)


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _MOST_TOLD
    shown_ones = [*texts[:_MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
    return ". ".join(shown_ones)


def _accepted(held: Held[Any]) -> dict[str, Any]:
    error = held.record.error
    if not error:
        return _condition(ACCEPTED, "True", "Understood", "the spec is in effect")
    if held.effective is not None:
        text = "the last spec that could be read stays in effect"
        return _condition(ACCEPTED, "False", "LastUnderstoodStays", f"{error}. Meanwhile {text}")
    return _condition(ACCEPTED, "False", "NotUnderstood", f"{error}. It is not in effect")


def _condition(of: str, status: str, reason: str, message: str) -> dict[str, Any]:
    if len(message) > _LONGEST_MESSAGE:
        message = message[: _LONGEST_MESSAGE - 1] + "…"
    return {"type": of, "status": status, "reason": reason, "message": message}


def _status(
    held: Held[Any],
    counts: Mapping[str, Any],
    conditions: Sequence[dict[str, Any]],
    current: Status,
    now: str,
) -> Status:
    generation = held.record.generation
    known = _conditions_of(current)
    ours = {condition["type"] for condition in conditions} | {ACCEPTED, METADATA_UNDERSTOOD}
    made = [
        {
            **condition,
            "observedGeneration": generation,
            "lastTransitionTime": _since(known.get(condition["type"], {}), condition, now),
        }
        for condition in conditions
    ]
    # Somebody else's conditions are theirs to take away.
    others = [condition for of, condition in known.items() if of not in ours]
    return {"observedGeneration": generation, **counts, "conditions": [*made, *others]}


def _conditions_of(current: Status) -> dict[str, dict[str, Any]]:
    """The conditions by type; a status is what anybody may have written."""
    found = current.get("conditions")
    return {
        condition["type"]: condition
        for condition in (found if isinstance(found, list) else ())
        if isinstance(condition, dict) and isinstance(condition.get("type"), str)
    }


def _since(before: Mapping[str, Any], condition: Mapping[str, Any], now: str) -> str:
    since = before.get("lastTransitionTime")
    if before.get("status") == condition["status"] and isinstance(since, str) and since:
        return since
    return now
