"""What happened to one pod in one scheduling cycle.

Making it costs arrays and codes; names of filters, texts and numbers are put together only when
someone asks. Metrics, logs and explanations are all drawn from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from extender.model.facts import Unit
from extender.model.names import HostNames, Names, as_names
from extender.model.reason import Reason

Codes = npt.NDArray[np.uint16]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

PRE_STAGE = "pre_stage"
"""The name under which the tests before the first filter are counted (Nova's host matching)."""

_STEP = 8
_CODE = (1 << _STEP) - 1


def host_code(step: int, code: int) -> int:
    """One number for a refusal: the step (1-based) and its reason code."""
    return step << _STEP | code


@dataclass(frozen=True, slots=True)
class Numbers:
    """Need and have of a filter that compares amounts: one need, one ``have`` a host.

    Exact, in the unit's smallest part (milli-cores, bytes); ``unit`` says how to show them.
    """

    need: int
    have: Int64
    unit: Unit


@dataclass(frozen=True, slots=True)
class Step:
    """One filter's part: how many hosts entered and left, and with what numbers it refused.

    ``reasons[code - 1]`` is the reason of a code. ``numbers.have`` has one entry for each host
    refused here, in the order of the request.
    """

    name: str
    entering: int
    leaving: int
    reasons: tuple[Reason, ...]
    numbers: Numbers | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A filter or weigher that raised: what, on which host, and with which text."""

    plugin: str
    host: str
    text: str


@dataclass(frozen=True)
class FilterPart:
    """The filters' part of an attempt.

    Args:
        asked: the names asked about, in the order asked.
        known: how many hosts the extender knows.
        codes: one a host: 0 passed, else ``host_code(step, code)``.
        steps: the pre-stage and each filter that ran, in order.
        faults: filters that raised.
    """

    asked: HostNames
    known: int
    codes: Codes
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...] = ()

    @cached_property
    def hosts(self) -> Names:
        """The names asked about, to be read."""
        return as_names(self.asked)

    @cached_property
    def passed(self) -> npt.NDArray[np.bool_]:
        """Which hosts passed all filters."""
        passed: npt.NDArray[np.bool_] = self.codes == 0
        return passed

    @property
    def no_valid_host(self) -> bool:
        """Whether nothing is left (also when nothing was asked)."""
        return not self.passed.any()

    @property
    def decisive(self) -> str | None:
        """The step that emptied the list, where one did."""
        last = self.steps[-1] if self.steps else None
        return last.name if last is not None and last.leaving == 0 and last.entering else None

    def reason(self, code: int) -> Reason:
        """The reason behind a host's code (which must not be 0)."""
        return self.steps[(code >> _STEP) - 1].reasons[(code & _CODE) - 1]

    def step_of(self, code: int) -> Step:
        """The step that refused with this code."""
        return self.steps[(code >> _STEP) - 1]

    @cached_property
    def rejections(self) -> dict[int, int]:
        """How many hosts were refused with each code, by code."""
        counts = np.bincount(self.codes)
        codes = np.flatnonzero(counts)
        return {code: int(counts[code]) for code in codes.tolist() if code}

    def survivors(self, step: int) -> list[str]:
        """The hosts left after a step (0-based)."""
        kept = (self.codes == 0) | ((self.codes >> _STEP) > step + 1)
        names: list[str] = self.hosts[kept].tolist()
        return names

    @property
    def size(self) -> int:
        """Roughly the bytes this keeps in memory."""
        numbers = sum(8 * len(step.numbers.have) for step in self.steps if step.numbers)
        # A name refused before the filters may be one that nobody else holds.
        strange = 80 * (self.steps[0].entering - self.steps[0].leaving) if self.steps else 0
        return 600 + 10 * len(self.codes) + 200 * len(self.steps) + numbers + strange


@dataclass(frozen=True, slots=True)
class WeigherStep:
    """One weigher's part: raw weights, what normalising made of them, and the multiplier.

    ``level`` says that all normalised weights are 0: all hosts are alike to it.
    """

    name: str
    raw: Float64
    normalised: Float64
    multiplier: float | Float64
    level: bool = False

    @property
    def weighed(self) -> Float64:
        """What the weigher adds to each host's weight."""
        return self.normalised * self.multiplier


@dataclass(frozen=True)
class WeighPart:
    """The weighers' part of an attempt; arrays are in the order of ``asked``, the hosts' names.

    ``scores`` is what kube-scheduler was told.
    """

    asked: HostNames
    steps: tuple[WeigherStep, ...]
    weights: Float64
    scores: Int64
    faults: tuple[Fault, ...] = ()

    @cached_property
    def hosts(self) -> Names:
        """The names of the hosts, to be read."""
        return as_names(self.asked)

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """Positions from best to worst; equal weights keep the order of ``hosts``."""
        return np.argsort(-self.weights, kind="stable")

    def weight_of(self, host: str) -> float | None:
        """A host's weight, ``None`` if it was not weighed."""
        places = np.flatnonzero(self.hosts == host)
        return float(self.weights[places[0]]) if len(places) else None

    @property
    def size(self) -> int:
        """Roughly the bytes this keeps in memory."""
        return 400 + len(self.weights) * (32 + 16 * len(self.steps))


@dataclass(frozen=True, slots=True)
class BindPart:
    """The bind's part of an attempt: where to, and how it ended.

    Args:
        host: the host that kube-scheduler chose.
        outcome: ``bound``, ``claim_refused`` (our own second look) or why the API server's answer
            was no, as ``binds_total`` counts it.
        text: what kube-scheduler was told; empty where the pod is bound.
        seconds: how long it took.
        judged: what the filters said of the host at the claim, where they were asked.
        counted: whether it is an attempt that failed, by Nova's count.
    """

    host: str
    outcome: str
    text: str = ""
    seconds: float = 0.0
    judged: FilterPart | None = None
    counted: bool = False

    @property
    def size(self) -> int:
        """Roughly the bytes this keeps in memory."""
        return 200 + len(self.text) + (self.judged.size if self.judged else 0)


@dataclass(slots=True, kw_only=True)
class Attempt:
    """What happened to one pod in one scheduling cycle, joined by pod UID over the calls.

    ``at`` is seconds since the epoch, passed in; ``generation`` counts configurations. ``chosen``
    is the host that the extender decided on, where it decides (``placement: decide``). ``stages``
    says where the time of the call went that added the newest part: seconds by stage, empty where
    nobody measured.
    """

    uid: str
    namespace: str
    name: str
    at: float
    generation: int = 0
    request: str = ""
    refusal: str = ""
    filtered: FilterPart | None = None
    weighed: WeighPart | None = None
    chosen: str | None = None
    bound: BindPart | None = None
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Roughly the bytes this keeps in memory."""
        filtered = self.filtered.size if self.filtered else 0
        weighed = self.weighed.size if self.weighed else 0
        bound = self.bound.size if self.bound else 0
        return 1200 + filtered + weighed + bound

    @property
    def agrees(self) -> bool | None:
        """Whether the bind went to a host of the greatest weight; ``None`` where nobody weighed.

        Where the extender decides: whether it went where it had decided.
        """
        if self.bound is None or self.weighed is None:
            return None
        if self.chosen is not None:
            return self.bound.host == self.chosen
        weight = self.weighed.weight_of(self.bound.host)
        return None if weight is None else weight == float(self.weighed.weights.max())
