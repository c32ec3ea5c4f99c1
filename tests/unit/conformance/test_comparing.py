"""The comparer: what counts as the same, and where a departure is counted."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.conformance.case import Case
from tests.conformance.compare import CONSEQUENCE, Answer, Difference, Outcome, compare

CASE: Case = {"hosts": [{}], "filters": ["CoreFilter"], "weighers": ["RAMWeigher"]}
WEIGHED = {
    "raw": [5, 1],
    "normalised": [1.0, 0.2],
    "multipliers": [1.0, 1.0],
    "weighed": [1.0, 0.2],
}
BOTH: Answer = {
    "filters": {"CoreFilter": [[True, {"vcpu": 8.0}], [False, {}]]},
    "weighers": {"RAMWeigher": WEIGHED},
    "total": {"order": ["a", "b"], "weights": {"a": 1.0, "b": 0.2}},
    "sequence": {"left": ["a"], "steps": [["CoreFilter", 2, 1]]},
    "schedule": None,
}
OURS: Answer = {
    **BOTH,
    "filters": {"CoreFilter": [[True, None, {"vcpu": 8}], [False, "insufficient_vcpus", {}]]},
}


def compared(ours: Answer = OURS, nova: Answer = BOTH, row: str | None = None) -> Outcome:
    """The outcome, with one departure that recognises what filters and weighers do, or none."""

    def departure(_case: Case, found: Difference) -> str | None:
        return row if found.kind in ("filter", "weigher") else None

    return compare(CASE, nova, ours, departure)


def changed(answer: Answer, *path: Any, to: Any) -> Answer:
    """The answer with one thing otherwise."""
    other = copy.deepcopy(answer)
    at = other
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return other


def test_same() -> None:
    """Equal answers give no difference; limits are equal as whole numbers."""
    outcome = compared()
    assert outcome.differences == []
    assert outcome.judged["CoreFilter"] == (2, 1, 1)
    assert outcome.judged["RAMWeigher"] == (2, 0, 0)


@pytest.mark.parametrize(
    ("path", "to", "kind"),
    [
        (("filters", "CoreFilter", 0, 0), False, "filter"),
        (("filters", "CoreFilter", 1, 0), "error: x", "filter"),
        (("filters", "CoreFilter", 0, 2), {"vcpu": 9}, "filter"),
        (("filters", "CoreFilter", 0, 2), {}, "filter"),
        (("weighers", "RAMWeigher", "raw"), [5, 2], "weigher"),
        (("weighers", "RAMWeigher", "normalised"), [1.0, 0.21], "weigher"),
        (("weighers", "RAMWeigher", "multipliers"), [1.0, 2.0], "weigher"),
        (("weighers", "RAMWeigher", "weighed"), [1.0], "weigher"),
        (("weighers", "RAMWeigher"), "error: x", "weigher"),
        (("total", "order"), ["b", "a"], "total"),
        (("total", "weights"), {"a": 1.0, "b": 0.3}, "total"),
        (("sequence", "left"), [], "sequence"),
        (("sequence", "steps"), [["CoreFilter", 2, 0]], "sequence"),
        (("schedule",), {"chosen": []}, "schedule"),
    ],
)
def test_different(path: tuple[Any, ...], to: Any, kind: str) -> None:
    """Each thing that is compared gives a difference of its kind, and no other."""
    found = compared(changed(OURS, *path, to=to)).differences
    assert [difference.kind for difference in found] == [kind]


def test_limits_of_refused_hosts() -> None:
    """What a filter writes on a host that it refuses is nobody's business."""
    nova = changed(BOTH, "filters", "CoreFilter", 1, 1, to={"vcpu": 3.0})
    assert compared(nova=nova).differences == []


def test_rounding_of_sums() -> None:
    """The last bit of a sum may differ; Nova's own order of adding is not ours to know."""
    ours = changed(OURS, "total", "weights", to={"a": 1.0, "b": 0.2 + 1e-16})
    assert compared(ours).differences == []


def test_missing_class() -> None:
    """A class that the extender lacks is told of, and is no difference."""
    ours = changed(OURS, "filters", to={})
    assert compared(ours).missing == {"CoreFilter"}
    assert compared(ours).differences == []


def test_departure_and_what_follows() -> None:
    """A departure is counted, and so is what it does to the sequence of the same filters."""
    ours = changed(OURS, "filters", "CoreFilter", 1, 0, to=True)
    ours = changed(ours, "sequence", "left", to=["a", "b"])
    assert [row for row, _ in compared(ours, row="a row").departures] == ["a row", CONSEQUENCE]
    assert len(compared(ours).differences) == 2


def test_following_needs_a_departure() -> None:
    """A sequence that differs by itself is a difference, whatever else departs elsewhere."""
    ours = changed(OURS, "sequence", "left", to=["a", "b"])
    assert [found.kind for found in compared(ours, row="a row").differences] == ["sequence"]


def test_taken_or_not() -> None:
    """A request that only one side takes is a difference; one that neither takes is none."""
    refused = {"refused": "why"}
    assert compared(refused, refused).differences == []
    assert [found.kind for found in compared(OURS, refused).differences] == ["request"]
    assert [found.kind for found in compared(refused, BOTH).differences] == ["request"]
