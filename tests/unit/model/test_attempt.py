"""Attempt: what happened to one pod, from codes."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.attempt import (
    PRE_STAGE,
    Attempt,
    FilterPart,
    Numbers,
    Step,
    WeigherStep,
    WeighPart,
    host_code,
)
from extender.model.facts import VCPU
from extender.model.names import as_names
from extender.model.reason import COMMON_REASONS, FILTER_ERROR, Category, Reason

UNKNOWN = Reason("unknown", "host is not known", Category.DATA)
TOO_SMALL = Reason("too_small", "too small", Category.CAPACITY)
TOO_FULL = Reason("too_full", "too full", Category.CAPACITY, cured=True)
DOWN = Reason("down", "host is down", Category.HOST)


def part() -> FilterPart:
    """Six hosts: b unknown; c too small, d and e too full; f lost to an error; a passes."""
    steps = (
        Step(PRE_STAGE, 6, 5, (UNKNOWN,)),
        Step(
            "SizeFilter",
            5,
            2,
            (*COMMON_REASONS, TOO_SMALL, TOO_FULL),
            Numbers(4000, np.array([1, 2, 3], dtype=np.int64), VCPU),
            0.25,
        ),
        Step("DownFilter", 2, 1, (*COMMON_REASONS, DOWN)),
    )
    codes = [0, host_code(1, 1), host_code(2, 4), host_code(2, 5), host_code(2, 5), host_code(3, 1)]
    return FilterPart(as_names(list("abcdef")), 9, np.array(codes, dtype=np.uint16), steps)


@pytest.mark.parametrize(
    ("step", "code", "number"), [(1, 1, 257), (1, 255, 511), (2, 4, 516), (255, 255, 65535)]
)
def test_host_code(step: int, code: int, number: int) -> None:
    """A refusal is 256 × step + code, and the last one still fits 16 bits."""
    assert host_code(step, code) == number
    assert int(np.uint16(number)) == number


def test_passed() -> None:
    """A host passed if nothing refused it."""
    assert part().passed.tolist() == [True, False, False, False, False, False]
    assert not part().no_valid_host


def test_rejections() -> None:
    """Refusals are counted by code; those that passed are no refusal."""
    assert part().rejections == {257: 1, 516: 1, 517: 2, 769: 1}
    assert sum(part().rejections.values()) == 5


def test_reasons_and_steps_of_codes() -> None:
    """A code leads back to the reason and to the step that gave it."""
    filtered = part()
    found = [
        (filtered.step_of(code).name, filtered.reason(code))
        for code in filtered.codes.tolist()
        if code
    ]
    assert found == [
        (PRE_STAGE, UNKNOWN),
        ("SizeFilter", TOO_SMALL),
        ("SizeFilter", TOO_FULL),
        ("SizeFilter", TOO_FULL),
        ("DownFilter", FILTER_ERROR),
    ]


def test_survivors() -> None:
    """After each step those are left that no step up to it refused, in the order asked."""
    filtered = part()
    assert filtered.survivors(0) == ["a", "c", "d", "e", "f"]
    assert filtered.survivors(1) == ["a", "f"]
    assert filtered.survivors(2) == ["a"]


def test_steps_agree_with_codes() -> None:
    """What a step says it left is what the codes say, and the next step's beginning."""
    filtered = part()
    for number, step in enumerate(filtered.steps):
        assert len(filtered.survivors(number)) == step.leaving
        refused = [code for code in filtered.codes.tolist() if code >> 8 == number + 1]
        assert step.entering - step.leaving == len(refused)
    for before, after in zip(filtered.steps, filtered.steps[1:], strict=False):
        assert before.leaving == after.entering


def test_nobody_decided_while_hosts_are_left() -> None:
    """There is a decisive step only where the list was emptied."""
    assert part().decisive is None


def test_decisive_is_the_step_that_emptied_the_list() -> None:
    """The last step that ran, if it let nobody through."""
    codes = np.array([host_code(1, 1), host_code(2, 4)], dtype=np.uint16)
    steps = (Step(PRE_STAGE, 2, 1, (UNKNOWN,)), Step("DownFilter", 1, 0, (*COMMON_REASONS, DOWN)))
    emptied = FilterPart(as_names(["a", "b"]), 2, codes, steps)
    assert emptied.decisive == "DownFilter"
    assert emptied.no_valid_host
    assert emptied.survivors(1) == []


def test_nothing_asked() -> None:
    """An empty request has no valid host, and no filter to blame."""
    step = Step("SomeFilter", 0, 0, COMMON_REASONS)
    empty = FilterPart(as_names([]), 5, np.zeros(0, dtype=np.uint16), (step,))
    assert empty.no_valid_host
    assert empty.decisive is None
    assert empty.rejections == {}
    assert empty.survivors(0) == []


def test_no_steps() -> None:
    """Without filters whoever was asked about passes."""
    free = FilterPart(as_names(["a"]), 1, np.zeros(1, dtype=np.uint16), ())
    assert free.passed.tolist() == [True]
    assert free.decisive is None


def test_weighed() -> None:
    """A weigher adds its normalised weight times the multiplier, one for all or one a host."""
    raw = np.array([10.0, 5.0])
    normalised = np.array([1.0, 0.5])
    assert WeigherStep("W", raw, normalised, -2.0).weighed.tolist() == [-2.0, -1.0]
    each = np.array([3.0, 4.0])
    assert WeigherStep("W", raw, normalised, each).weighed.tolist() == [3.0, 2.0]


def test_size_grows_with_what_is_kept() -> None:
    """The estimate covers at least the arrays, so that a ring bounded in bytes is bounded."""
    hosts = [f"node-{n}" for n in range(1000)]
    filtered = FilterPart(as_names(hosts), 1000, np.zeros(1000, dtype=np.uint16), part().steps)
    assert filtered.size > part().size
    assert filtered.size >= filtered.codes.nbytes
    step = WeigherStep("W", np.zeros(1000), np.zeros(1000), 1.0)
    weighed = WeighPart(
        as_names(hosts),
        (step,),
        np.zeros(1000),
        np.zeros(1000, dtype=np.int64),
    )
    arrays = (step.raw, step.normalised, weighed.weights, weighed.order, weighed.scores)
    assert weighed.size >= sum(array.nbytes for array in arrays)
    bare = Attempt(uid="u", namespace="n", name="p", at=0.0)
    full = Attempt(uid="u", namespace="n", name="p", at=0.0, filtered=filtered, weighed=weighed)
    assert full.size == bare.size + filtered.size + weighed.size


def test_attempt_starts_empty() -> None:
    """Parts are joined as the calls come in."""
    attempt = Attempt(uid="u-1", namespace="shop", name="web-0", at=12.5)
    assert attempt.filtered is None
    assert attempt.weighed is None
    assert (attempt.generation, attempt.request, attempt.refusal) == (0, "", "")
