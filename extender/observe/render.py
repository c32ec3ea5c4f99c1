"""Attempts and explanations as JSON-ready data: the same input gives the same bytes.

``/debug`` and the commands' ``-o json`` show these as they are, ``extender.cli.tables`` as tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from extender.model.attempt import Attempt, BindPart, FilterPart, WeighPart
from extender.model.explanation import Blocker, Explanation, HostVerdict, Total
from extender.observe.cycle import LIMIT, NO_VALID_HOST, cycle, filters, hosts, summary, weights
from extender.observe.objects import exact_use, host, request
from extender.observe.suggestions import suggestions
from extender.observe.voids import void_notes

__all__ = ["attempt", "attempts", "cycle", "exact_use", "explanation", "host", "request"]


def attempt(a: Attempt, limit: int = LIMIT) -> dict[str, Any]:
    """All that is remembered of one attempt; at most ``limit`` hosts in each list."""
    part = {} if a.filtered is None else cycle(a.filtered, a.weighed, limit)
    return {
        **_identity(a),
        "request": a.request,
        "refusal": a.refusal,
        **part,
        "chosen": a.chosen,
        "bind": None if a.bound is None else _bind(a.bound),
    }


def attempts(found: Iterable[Attempt]) -> dict[str, Any]:
    """One line for each attempt, newest first."""
    newest = sorted(found, key=lambda a: (-a.at, a.namespace, a.name, a.uid))
    return {"attempts": [_line(a) for a in newest]}


def explanation(e: Explanation, limit: int = LIMIT) -> dict[str, Any]:
    """A pod judged now: what blocks it where, nearest misses first, and where it may go."""
    part = e.pipeline
    passing = {part.hosts[i] for i in np.flatnonzero(part.passed).tolist()}
    misses = [verdict for verdict in e.hosts if verdict.host not in passing]
    alone = _alone(misses)
    return {
        "pod": e.spec.name,
        "namespace": e.spec.project_id,
        "uid": e.spec.instance_uuid,
        "at": rfc3339(e.at),
        "result": "no_valid_host" if part.no_valid_host else "passed",
        "summary": summary(part) if len(part.codes) else f"{NO_VALID_HOST} No hosts are known.",
        "hosts": hosts(part),
        "request": request(e.spec),
        "suggestions": suggestions(e),
        "totals": [_total(total, alone) for total in e.totals],
        "nearest_misses": {
            "hosts": [_miss(verdict) for verdict in misses[:limit]],
            "hosts_left_out": max(0, len(misses) - limit),
        },
        "passing": _passing(e, limit),
        "filters": filters(part),
        "notes": [*void_notes(e), *e.notes],
    }


def rfc3339(at: float) -> str:
    """Seconds since the epoch as RFC 3339, in UTC, to the millisecond."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _identity(a: Attempt) -> dict[str, Any]:
    return {
        "pod": a.name,
        "namespace": a.namespace,
        "uid": a.uid,
        "at": rfc3339(a.at),
        "generation": a.generation,
        "result": _result(a.filtered),
    }


def _result(part: FilterPart | None) -> str:
    if part is None:
        return "unknown"
    return "no_valid_host" if part.no_valid_host else "passed"


def _line(a: Attempt) -> dict[str, Any]:
    part = a.filtered
    return {
        **_identity(a),
        "summary": "" if part is None else summary(part),
        "hosts": None if part is None else hosts(part),
        "decisive": None if part is None else part.decisive,
        "best": _best(a.weighed),
        "chosen": a.chosen,
        "bound": None if a.bound is None else a.bound.host if not a.bound.text else a.bound.outcome,
    }


def _bind(part: BindPart) -> dict[str, Any]:
    return {
        "host": part.host,
        "outcome": part.outcome,
        "text": part.text,
        "seconds": round(part.seconds, 9),
        "judged": None if part.judged is None else cycle(part.judged, None),
    }


def _best(part: WeighPart | None) -> str | None:
    return None if part is None or not len(part.order) else part.hosts[int(part.order[0])]


def _alone(misses: Iterable[HostVerdict]) -> dict[tuple[str, str], int]:
    """How many hosts a reason blocks that nothing else does."""
    alone: dict[tuple[str, str], int] = {}
    for verdict in misses:
        if len(verdict.blockers) == 1:
            key = (verdict.blockers[0].filter, verdict.blockers[0].reason.id)
            alone[key] = alone.get(key, 0) + 1
    return alone


def _total(total: Total, alone: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        **_named(total.filter, total),
        "first": total.first,
        "any": total.any,
        "alone": alone.get((total.filter, total.reason.id), 0),
    }


def _named(filter_name: str, found: Total | Blocker) -> dict[str, Any]:
    return {
        "filter": filter_name,
        "reason": found.reason.id,
        "text": found.reason.text,
        "category": str(found.reason.category),
        "cured": found.reason.cured,
    }


def _miss(verdict: HostVerdict) -> dict[str, Any]:
    return {
        "host": verdict.host,
        "blockers": [_blocker(blocker) for blocker in verdict.blockers],
        "problems": list(verdict.problems),
    }


def _blocker(blocker: Blocker) -> dict[str, Any]:
    facts = blocker.facts
    return {
        **_named(blocker.filter, blocker),
        "need": facts.need,
        "have": facts.have,
        "short_by": facts.short_by,
        "unit": facts.unit,
        "sources": [
            {"name": source.name, "value": source.value, "where": source.where}
            for source in facts.sources
        ],
    }


def _passing(e: Explanation, limit: int) -> dict[str, Any]:
    """The weights of the hosts that pass, and what is wrong with their nodes."""
    found = weights(e.weighed, limit)
    problems = {verdict.host: verdict.problems for verdict in e.hosts if verdict.problems}
    for line in found["hosts"]:
        line["problems"] = list(problems.get(line["host"], ()))
    return found
