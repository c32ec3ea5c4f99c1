"""Cases put to both sides: in batches over processes, or one at a time to reduce it."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.conformance import departures, ours
from tests.conformance.case import Case
from tests.conformance.compare import Difference, Outcome, compare
from tests.conformance.generate.cases import make
from tests.conformance.reduce import focused, reduce
from tests.conformance.tally import Tally
from tests.conformance.workers import BrokenCaseError, Nova

BATCH = 100
KEPT = 20
"""So many failures of a batch are handed back whole."""

_nova: list[Nova] = []


def nova() -> Nova:
    """This process's Nova, started at first use."""
    if not _nova:
        _nova.append(Nova())
        atexit.register(_nova[0].close)
    return _nova[0]


def prepared(case: Case) -> Case:
    """The case without classes that the extender lacks in what is enabled; they are told of."""
    filters, weighers = (set(names) for names in ours.names())
    have = {"filters": filters, "weighers": weighers}
    kept = {key: [n for n in case[key] if n in have[key]] for key in have if key in case}
    return {**case, **kept}


def judge(case: Case) -> Outcome:
    """Compare one case."""
    case = prepared(case)
    answer = nova().ask(case)
    return compare(case, answer, ours.judge(case), departures.of)


def batch(seed: int, first: int, last: int) -> Tally:
    """Compare the cases of these numbers, the last not among them."""
    cases = [prepared(make(seed, number)) for number in range(first, last)]
    tally = Tally()
    nova().send(cases)
    own = [ours.judge(case) for case in cases]
    for case, answer, mine in zip(cases, nova().receive(len(cases)), own, strict=True):
        tally.unmade += "refused" in answer
        tally.note(case, compare(case, answer, mine, departures.of))
    tally.failures = tally.failures[:KEPT]
    return tally


def batches(seed: int, count: int, processes: int) -> Iterator[Tally]:
    """The tallies of all batches, as they come."""
    starts = range(0, count, BATCH)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(batch, seed, n, min(n + BATCH, count)) for n in starts]
        for future in waiting:
            yield future.result()


def smallest(case: Case, difference: Difference) -> tuple[Case, Difference]:
    """The smallest case with a difference of the same shape, and how it looks there."""
    seen = {"difference": difference}

    def still(candidate: Case) -> bool:
        try:
            outcome = judge(candidate)
        except (BrokenCaseError, KeyError, TypeError, ValueError, AttributeError, IndexError):
            return False  # something was taken that a case needs
        for found in outcome.differences:
            if found.shape == difference.shape:
                seen["difference"] = found
                return True
        return False

    small = focused(case, difference)
    if not still(small):
        small = case
    return reduce(small, still), seen["difference"]
