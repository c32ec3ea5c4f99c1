"""Explanation: what blocks a host, and how near it is."""

from __future__ import annotations

import pytest

from extender.model.explanation import Blocker, HostVerdict
from extender.model.facts import Facts
from extender.model.reason import Category, Reason

LACKING = Reason("lacking", "not enough", Category.CAPACITY, cured=True)


def blocker(need: float | str | None, short_by: float | None, name: str = "SomeFilter") -> Blocker:
    """A refusal with these numbers."""
    return Blocker(name, LACKING, Facts(need=need, short_by=short_by))


@pytest.mark.parametrize(
    ("need", "short_by", "shortfall"),
    [
        (4, 1, 0.25),
        (4, 4, 1.0),
        (4, 40, 1.0),  # an over-full host
        (0.5, 0.125, 0.25),
        (4, 0, 0.0),
        (0, 0, 1.0),
        (4, None, 1.0),
        ("zone-a", None, 1.0),
        (None, None, 1.0),
    ],
)
def test_shortfall(need: float | str | None, short_by: float | None, shortfall: float) -> None:
    """The share of the need that is missing, at most all; all of it where there is no number."""
    assert blocker(need, short_by).shortfall == shortfall


def test_nearness() -> None:
    """Fewest blockers first, then the least missing, then by name; who passes comes first."""
    verdicts = [
        HostVerdict("two", (blocker(4, 1), blocker(4, 1))),
        HostVerdict("far", (blocker("zone", None),)),
        HostVerdict("near", (blocker(4, 1),)),
        HostVerdict("b-passes", ()),
        HostVerdict("a-passes", ()),
    ]
    ordered = sorted(verdicts, key=lambda verdict: verdict.nearness)
    assert [v.host for v in ordered] == ["a-passes", "b-passes", "near", "far", "two"]
