"""Attempts, explanations and their parts, in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from extender.model.attempt import (
    PRE_STAGE,
    Attempt,
    Codes,
    Fault,
    FilterPart,
    Numbers,
    Step,
    WeigherStep,
    WeighPart,
    host_code,
)
from extender.model.explanation import Blocker, Explanation, HostVerdict, Total
from extender.model.facts import VCPU, Facts, Source, Unit
from extender.model.names import as_names
from extender.model.overcommit import VoidRatio
from extender.model.reason import COMMON_REASONS, Category, Reason
from extender.model.request_spec import RequestSpec

IGNORED = Reason("host_ignored", "host is to be ignored", Category.POLICY)
NOT_IN_CACHE = Reason("not_in_cache", "not in cache yet", Category.DATA)
NOT_FORCED = Reason("not_forced_host", "not a forced host", Category.POLICY)
ELSEWHERE = Reason("not_requested_destination", "not the requested destination", Category.POLICY)
NO_VCPUS = Reason("insufficient_vcpus", "not enough vCPUs", Category.CAPACITY, cured=True)
NO_RAM = Reason("insufficient_ram", "not enough memory", Category.CAPACITY, cured=True)
TOO_LARGE = Reason(
    "request_exceeds_host_vcpus", "request exceeds the vCPUs of the host", Category.CAPACITY
)
DOWN = Reason("host_down", "host is down", Category.HOST)
WRONG_ZONE = Reason(
    "wrong_availability_zone", "not in the requested availability zone", Category.POLICY
)

PRE_REASONS = (NOT_IN_CACHE, ELSEWHERE, IGNORED, NOT_FORCED)
CORE = ("CoreFilter", (*COMMON_REASONS, TOO_LARGE, NO_VCPUS))
COMPUTE = ("ComputeFilter", (*COMMON_REASONS, DOWN))
FILTERS = ((PRE_STAGE, PRE_REASONS), CORE, COMPUTE)

Verdicts = Mapping[str, tuple[int, Reason] | None]


def part(
    verdicts: Verdicts,
    filters: Sequence[tuple[str, tuple[Reason, ...]]] = FILTERS,
    *,
    known: int | None = None,
    numbers: Mapping[int, Numbers] | None = None,
    faults: Iterable[Fault] = (),
) -> FilterPart:
    """A filter part: for each host in order, which step (0-based) refused it and why.

    Steps after the one that leaves nothing did not run, as in Nova.
    """
    codes: Codes = np.zeros(len(verdicts), dtype=np.uint16)
    for place, verdict in enumerate(verdicts.values()):
        if verdict is not None:
            number, reason = verdict
            codes[place] = host_code(number + 1, filters[number][1].index(reason) + 1)
    steps: list[Step] = []
    left = len(verdicts)
    for number, (name, reasons) in enumerate(filters):
        refused = sum(1 for v in verdicts.values() if v is not None and v[0] == number)
        entering, left = left, left - refused
        amounts = (numbers or {}).get(number)
        steps.append(Step(name, entering, left, reasons, amounts, 0.00002 * number))
        if not left:
            break
    return FilterPart(
        as_names(list(verdicts)),
        len(verdicts) if known is None else known,
        codes,
        tuple(steps),
        tuple(faults),
    )


def amounts(need: int, *have: int, unit: Unit = VCPU) -> Numbers:
    """Need and have, in the unit's smallest part."""
    return Numbers(need, np.array(have, dtype=np.int64), unit)


def weighed(
    weights: Mapping[str, float],
    steps: Sequence[WeigherStep] = (),
    faults: Iterable[Fault] = (),
) -> WeighPart:
    """A weigh part; the score is ten times the weight, for want of a better."""
    values = np.array(list(weights.values()), dtype=np.float64)
    scores = np.nan_to_num(values * 10, posinf=0).astype(np.int64)
    return WeighPart(as_names(list(weights)), tuple(steps), values, scores, tuple(faults))


def weigher(
    name: str, raw: Sequence[float], normalised: Sequence[float], multiplier: float = 1.0
) -> WeigherStep:
    """One weigher's part."""
    return WeigherStep(name, np.array(raw, float), np.array(normalised, float), multiplier)


def attempt(
    filtered: FilterPart | None = None,
    weights: WeighPart | None = None,
    *,
    uid: str = "uid-1",
    name: str = "web-0",
    at: float = 1767225600.25,
    refusal: str = "",
) -> Attempt:
    """An attempt of pod ``default/web-0`` on New Year's Day of 2026."""
    return Attempt(
        uid=uid,
        namespace="default",
        name=name,
        at=at,
        generation=3,
        refusal=refusal,
        filtered=filtered,
        weighed=weights,
    )


def lacking(
    reason: Reason, need: float, have: float, *sources: tuple[str, str, str], unit: str = "vCPU"
) -> Blocker:
    """A blocker that compared amounts."""
    name = {"insufficient_ram": "RamFilter"}.get(reason.id, "CoreFilter")
    short = max(0, need - have)
    return Blocker(name, reason, Facts(need, have, short, unit, tuple(Source(*s) for s in sources)))


def blocker(
    name: str,
    reason: Reason,
    need: str | None = None,
    have: str | None = None,
    *sources: tuple[str, str, str],
) -> Blocker:
    """A blocker without numbers."""
    return Blocker(name, reason, Facts(need, have, sources=tuple(Source(*s) for s in sources)))


def explanation(
    *verdicts: HostVerdict,
    passing: WeighPart | None = None,
    spec: RequestSpec | None = None,
    totals: Iterable[Total] = (),
    notes: Iterable[str] = (),
    overcommit: str = "native",
    void: Iterable[VoidRatio] = (),
) -> Explanation:
    """A pod judged now; each host without a part in ``passing`` is refused by CoreFilter."""
    best = passing or weighed({})
    refused = {v.host: None if v.host in best.hosts else (1, NO_VCPUS) for v in verdicts}
    return Explanation(
        spec=spec or RequestSpec(name="web-0", project_id="default", instance_uuid="uid-1"),
        at=1767225600.25,
        hosts=tuple(sorted(verdicts, key=lambda v: v.nearness)),
        totals=tuple(totals),
        pipeline=part(refused),
        weighed=best,
        notes=tuple(notes),
        overcommit=overcommit,
        void=tuple(void),
    )
