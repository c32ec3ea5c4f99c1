"""Nova's order of hosts: shuffle the best, draw one of the first few, put it in front."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest

from extender.model.attempt import WeighPart
from extender.model.names import as_names
from extender.model.options import SchedulerOptions
from extender.scheduler.choosing import ranked


def order(weights: list[float], seed: int = 0, **options: int | bool) -> list[int]:
    """The positions, the chosen one first."""
    part = WeighPart(
        as_names([str(n) for n in range(len(weights))]),
        (),
        np.array(weights, dtype=np.float64),
        np.zeros(len(weights), dtype=np.int64),
    )
    chosen = SchedulerOptions(**options)  # type: ignore[arg-type]  # the test's own names
    return [int(n) for n in ranked(part, chosen, Random(seed))]  # noqa: S311 - repeatable


def test_best_first() -> None:
    """By weight; equal weights keep their order."""
    assert order([1.0, 3.0, 2.0, 3.0]) == [1, 3, 2, 0]


def test_nothing_to_choose() -> None:
    """No host, no order; one host, that one."""
    assert order([]) == []
    assert order([], host_subset_size=3, shuffle_best_same_weighed_hosts=True) == []
    assert order([5.0], host_subset_size=9) == [0]


def test_subset_puts_one_of_the_first_in_front() -> None:
    """Each of the first N is drawn as often, and all others keep their order behind it."""
    drawn = Counter(tuple(order([9, 8, 7, 6], seed, host_subset_size=3)) for seed in range(600))
    assert set(drawn) == {(0, 1, 2, 3), (1, 0, 2, 3), (2, 0, 1, 3)}
    assert min(drawn.values()) > 150


def test_subset_larger_than_what_is_there() -> None:
    """All are drawn from."""
    assert {order([2, 1], seed, host_subset_size=50)[0] for seed in range(50)} == {0, 1}


def test_shuffle_mixes_only_the_best() -> None:
    """Those of the greatest weight come in any order, the rest stays as it was."""
    seen = {
        tuple(order([5, 7, 7, 7, 6], seed, shuffle_best_same_weighed_hosts=True))
        for seed in range(200)
    }
    assert {tuple(sorted(found[:3])) for found in seen} == {(1, 2, 3)}
    assert {found[3:] for found in seen} == {(4, 0)}
    assert len(seen) == 6


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_host_stays_in_the_list(size: int) -> None:
    """Claims that fail go on with the next one."""
    for seed in range(20):
        found = order([1, 2, 2, 0], seed, host_subset_size=size)
        assert sorted(found) == [0, 1, 2, 3]


def test_the_weights_order_is_left_alone() -> None:
    """What an explanation shows is the order by weight, whoever was drawn."""
    part = WeighPart(as_names(["a", "b"]), (), np.array([2.0, 1.0]), np.zeros(2, dtype=np.int64))
    for seed in range(10):
        ranked(part, SchedulerOptions(host_subset_size=2), Random(seed))  # noqa: S311
    assert part.order.tolist() == [0, 1]
