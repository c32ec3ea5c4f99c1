"""Weighing the hosts that passed: normalise, multiply, add up, sort.

Source: ``nova.weights`` (BaseWeigher, BaseWeightHandler), with the clamping of 22.0.0 on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from extender.model.attempt import Fault, Float64, Int64, WeigherStep, WeighPart
from extender.model.host_table import HostTable
from extender.model.names import HostNames, host_names
from extender.model.request_spec import RequestSpec
from extender.weighers.base import HostWeigher


def normalise(raw: Float64, minval: float | None, maxval: float | None) -> Float64:
    """Raw weights brought to 0…1: (x − lo) ÷ (hi − lo), all 0 where lo = hi.

    lo and hi are ``minval`` and ``maxval`` where set, to which the weights are cut first, else the
    least and greatest weight. With a minval of 0, equal positive weights are therefore 1 each.
    """
    if not len(raw):
        return raw
    found = _between(raw, float(raw.min()), float(raw.max()), minval, maxval)
    return np.zeros(len(raw), dtype=np.float64) if found is None else found


def _between(
    raw: Float64, least: float, greatest: float, minval: float | None, maxval: float | None
) -> Float64 | None:
    """``normalise`` where the least and greatest are known; ``None`` where all are 0.

    Raises:
        ValueError: they lie further apart than a float can say.
    """
    low = least if minval is None else minval
    high = greatest if maxval is None else maxval
    if minval is not None or maxval is not None:
        if least < low or greatest > high:
            raw = np.clip(raw, minval, maxval)
        # The bound that is not set follows from the weights as they were cut.
        low = float(raw.min()) if minval is None else minval
        high = float(raw.max()) if maxval is None else maxval
    if low == high:
        return None
    if not math.isfinite(high - low):
        raise ValueError(f"the weights lie too far apart to be normalised: {raw!r:.200}")
    normalised = raw - low
    normalised /= high - low
    return normalised


def weigh(
    weighers: Sequence[HostWeigher],
    hosts: HostTable,
    names: Sequence[str] | HostNames,
    spec: RequestSpec,
    max_score: int,
) -> WeighPart:
    """Weigh hosts and put them in order, best first; equal weights keep the order given.

    No weigher runs for fewer than two hosts: there is nothing to compare. A weigher that raises,
    or gives a weight that is not finite, adds nothing and is noted in ``faults`` (Nova aborts).
    """
    weights = np.zeros(len(hosts), dtype=np.float64)
    steps: list[WeigherStep] = []
    faults: list[Fault] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for weigher in weighers if len(hosts) > 1 else ():
            try:
                step = _step(weigher, hosts, spec)
            except Exception as error:  # noqa: BLE001 - a plug-in must never fail the request
                faults.append(Fault(weigher.name(), "", repr(error)))
                continue
            steps.append(step)
            if not step.level:
                # A sum beyond all floats is infinite, and has a rank.
                weights = weights + step.weighed
    return WeighPart(
        asked=host_names(names),
        steps=tuple(steps),
        weights=weights,
        scores=scores(weights, max_score),
        faults=tuple(faults),
    )


def _step(weigher: HostWeigher, hosts: HostTable, spec: RequestSpec) -> WeigherStep:
    raw = weigher.weigh_objects(hosts, spec)
    if raw.shape != (len(hosts),):
        raise ValueError(f"expected {len(hosts)} finite weights, one a host; got {raw!r:.200}")
    # What is not a number shows in the least and the greatest.
    least, greatest = float(raw.min()), float(raw.max())
    if not (math.isfinite(least) and math.isfinite(greatest)):
        raise ValueError(f"expected {len(hosts)} finite weights, one a host; got {raw!r:.200}")
    multiplier = weigher.weight_multiplier(hosts)
    if isinstance(multiplier, float):
        finite = math.isfinite(multiplier)
    else:
        finite = np.shape(multiplier) in ((), raw.shape) and bool(np.isfinite(multiplier).all())
    if not finite:
        raise ValueError(
            f"expected one finite multiplier, or {len(hosts)}, one a host; got {multiplier!r:.200}"
        )
    normalised = _between(raw, least, greatest, weigher.minval, weigher.maxval)
    if normalised is None:
        return WeigherStep(weigher.name(), raw, np.zeros(len(raw)), multiplier, level=True)
    return WeigherStep(weigher.name(), raw, normalised, multiplier)


def scores(weights: Float64, max_score: int) -> Int64:
    """What kube-scheduler is told: the dense rank of the weight, not a stretch of it.

    The best gets ``max_score``, the worst 0, the others evenly between, floored; equal weights get
    equal scores; all equal means all 0. The order is all that Nova itself uses of a weight.
    """
    distinct, rank = np.unique(weights, return_inverse=True)
    if len(distinct) < 2:  # noqa: PLR2004 - nothing to tell apart
        return np.zeros(len(weights), dtype=np.int64)
    spread: Int64 = rank.astype(np.int64) * max_score // (len(distinct) - 1)
    return spread
