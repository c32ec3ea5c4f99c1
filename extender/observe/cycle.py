"""Filtering and weighing as JSON-ready data.

Only as many hosts as are listed are looked at one by one; the others are counted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from extender.model.attempt import Fault, FilterPart, Numbers, WeighPart, host_code

LIMIT = 500
"""Hosts listed where nobody says how many; the rest is counted."""

NO_VALID_HOST = "No valid host was found."
_ONE_STEP = host_code(1, 0)


def cycle(filtered: FilterPart, weighed: WeighPart | None, limit: int = LIMIT) -> dict[str, Any]:
    """One scheduling cycle: each filter's part, who was refused and why, and the weights.

    No list of hosts is longer than ``limit``; its ``hosts_left_out`` says how many more there are.
    """
    faults = (*filtered.faults, *(weighed.faults if weighed else ()))
    return {
        "result": "no_valid_host" if filtered.no_valid_host else "passed",
        "summary": summary(filtered),
        "hosts": hosts(filtered),
        "decisive": filtered.decisive,
        "filters": filters(filtered),
        "rejected": rejected(filtered, limit),
        "passed": _passed(filtered, limit),
        "weights": None if weighed is None else weights(weighed, limit),
        "faults": [_fault(fault) for fault in faults[:limit]],
        "faults_left_out": max(0, len(faults) - limit),
    }


def summary(part: FilterPart) -> str:
    """One sentence: how many passed, or each reason with its count, the most frequent first."""
    if not part.no_valid_host:
        return f"{int(np.count_nonzero(part.passed))} of {len(part.codes)} hosts passed."
    if not part.rejections:
        return f"{NO_VALID_HOST} No hosts were asked about."
    counts: dict[str, int] = {}
    for code, count in part.rejections.items():
        text = part.reason(code).text
        counts[text] = counts.get(text, 0) + count
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return f"{NO_VALID_HOST} {', '.join(f'{count} {text}' for text, count in frequent)}."


def hosts(part: FilterPart) -> dict[str, int]:
    """How many hosts are known, were sent, and passed."""
    return {
        "known": part.known,
        "sent": len(part.codes),
        "passed": int(np.count_nonzero(part.passed)),
    }


def filters(part: FilterPart) -> list[dict[str, Any]]:
    """For each step in order: hosts in and out, the time, and its reasons by count."""
    refused: list[list[dict[str, Any]]] = [[] for _ in part.steps]
    for code, count in sorted(part.rejections.items(), key=lambda item: (-item[1], item[0])):
        reason = part.reason(code)
        refused[code // _ONE_STEP - 1].append(
            {
                "reason": reason.id,
                "text": reason.text,
                "category": str(reason.category),
                "cured": reason.cured,
                "count": count,
            }
        )
    return [
        {
            "filter": step.name,
            "start": step.entering,
            "end": step.leaving,
            "seconds": round(step.seconds, 9),
            "rejected": reasons,
        }
        for step, reasons in zip(part.steps, refused, strict=True)
    ]


def rejected(part: FilterPart, limit: int = LIMIT) -> dict[str, Any]:
    """The refused hosts, with need and have where the filter compared amounts.

    Nearest first: those that came furthest, of these those that lack least, then as asked.
    """
    places = np.flatnonzero(part.codes)
    steps = part.codes[places].astype(np.intp) // _ONE_STEP - 1
    have = np.zeros(len(places), dtype=np.int64)
    missing = np.zeros(len(places), dtype=np.int64)
    compared: dict[int, Numbers] = {}
    for number, step in enumerate(part.steps):
        mine = steps == number
        numbers = step.numbers
        # A plug-in may give as many numbers as it likes.
        if numbers is not None and len(numbers.have) == np.count_nonzero(mine):
            compared[number] = numbers
            have[mine] = numbers.have
            missing[mine] = np.maximum(0, numbers.need - numbers.have)
    nearest = np.lexsort((places, missing, -steps))[:limit].tolist()
    lines = []
    for i in nearest:
        number, place = int(steps[i]), int(places[i])
        reason = part.reason(int(part.codes[place]))
        line: dict[str, Any] = {
            "host": part.hosts[place],
            "filter": part.steps[number].name,
            "reason": reason.id,
            "text": reason.text,
        }
        if number in compared:
            numbers = compared[number]
            show = numbers.unit.show
            line["need"] = show(numbers.need)
            line["have"] = show(int(have[i]))
            line["short_by"] = show(int(missing[i]))
            line["unit"] = numbers.unit.name
        lines.append(line)
    return {"hosts": lines, "hosts_left_out": len(places) - len(lines)}


def weights(part: WeighPart, limit: int = LIMIT) -> dict[str, Any]:
    """Each host's weights, best first; equal totals share a rank.

    ``margin`` is what the best host has over the next, ``decided_by`` the weigher that
    contributed most to it; ``None`` where there is no next, or nothing between them.
    """
    columns = [
        (
            step.name,
            step.raw,
            step.normalised,
            np.broadcast_to(step.multiplier, step.raw.shape),
            step.weighed,
        )
        for step in part.steps
    ]
    lines = []
    rank, previous = 0, None
    for i in part.order[:limit].tolist():
        total = float(part.weights[i])
        rank, previous = rank + (total != previous), total
        lines.append(
            {
                "host": part.hosts[i],
                "rank": rank,
                "total": _number(total),
                "score": int(part.scores[i]),
                "weights": [
                    {
                        "weigher": name,
                        "raw": _number(raw[i]),
                        "normalised": _number(normalised[i]),
                        "multiplier": _number(multiplier[i]),
                        "weighed": _number(weighed[i]),
                    }
                    for name, raw, normalised, multiplier, weighed in columns
                ],
            }
        )
    margin, decided_by = _margin(part)
    return {
        "weighers": [step.name for step in part.steps],
        "margin": margin,
        "decided_by": decided_by,
        "hosts": lines,
        "hosts_left_out": len(part.weights) - len(lines),
    }


def _margin(part: WeighPart) -> tuple[float | None, str | None]:
    if len(part.order) < 2:  # noqa: PLR2004 - a margin is between two
        return None, None
    best, second = part.order[:2].tolist()
    margin = float(part.weights[best] - part.weights[second])
    if not margin or not part.steps:
        return _number(margin), None
    gaps = [float(step.weighed[best] - step.weighed[second]) for step in part.steps]
    return _number(margin), part.steps[gaps.index(max(gaps))].name


def _passed(part: FilterPart, limit: int) -> dict[str, Any]:
    places = np.flatnonzero(part.passed)
    names = [part.hosts[i] for i in places[:limit].tolist()]
    return {"hosts": names, "hosts_left_out": len(places) - len(names)}


def _fault(fault: Fault) -> dict[str, str]:
    return {"plugin": fault.plugin, "host": fault.host, "text": fault.text}


def _number(value: float) -> float | None:
    """A number as JSON knows it: no minus zero, and nothing for what is not finite."""
    return float(value) + 0.0 if math.isfinite(value) else None
