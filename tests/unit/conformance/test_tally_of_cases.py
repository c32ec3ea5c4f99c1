"""The summary: what a run must have seen, and its lines."""

from __future__ import annotations

from tests.conformance.compare import FILTER, Difference, Outcome
from tests.conformance.generate.cases import FILTERS, LOOP, PRE_STAGE, WEIGHERS
from tests.conformance.tally import Tally, table

AREAS = (*FILTERS, *WEIGHERS, PRE_STAGE, LOOP)


def enough(cases: int, each: int) -> Tally:
    """A run of so many cases in which every area was the subject of ``each``."""
    tally = Tally(cases=cases)
    for name in AREAS:
        tally.about[name] = each
        tally.refused[name] = tally.passed[name] = 1
    return tally


def test_enough() -> None:
    """300 of 20,000 are enough, and so are 45 of 3,000."""
    assert enough(20_000, 300).shortcomings() == []
    assert enough(3_000, 45).shortcomings() == []


def test_too_few() -> None:
    """One fewer is not, for any area."""
    assert len(enough(3_000, 44).shortcomings()) == len(AREAS)


def test_one_verdict_only() -> None:
    """A filter that refused nobody proves little; AllHostsFilter never does."""
    tally = enough(20_000, 300)
    tally.refused.clear()
    found = tally.shortcomings()
    assert "CoreFilter: not seen both to pass and to refuse" in found
    assert not any(text.startswith("AllHostsFilter") for text in found)


def test_missing() -> None:
    """A missing class fails the run and stands in the table."""
    tally = enough(20_000, 300)
    tally.missing = {"CoreFilter"}
    assert tally.shortcomings() == ["CoreFilter: the extender has no such class"]
    assert [line.split() for line in table(tally) if line.startswith("CoreFilter")] == [
        ["CoreFilter", "missing"]
    ]


def test_counts_add_up() -> None:
    """Batches are added up, the differences with their cases."""
    outcome = Outcome()
    outcome.judged["CoreFilter"] = (3, 1, 2)
    outcome.differences.append(Difference(FILTER, "CoreFilter", 0, [True, {}], [False, "x", {}]))
    one, all_ = Tally(), Tally()
    one.note({"id": "1:1", "focus": ["CoreFilter"]}, outcome)
    all_.add(one)
    all_.add(one)
    assert (all_.cases, all_.judgements, all_.hosts["CoreFilter"]) == (2, 6, 6)
    assert (all_.differences["CoreFilter"], len(all_.failures)) == (2, 2)
    (line,) = [line.split() for line in table(all_) if line.startswith("CoreFilter")]
    assert line == ["CoreFilter", "2", "6", "2", "0", "2"]
