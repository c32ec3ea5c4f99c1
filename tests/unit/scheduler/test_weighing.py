"""Normalising, multiplying, adding up, ordering, and the scores made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.model.attempt import WeighPart
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler.weighing import normalise, scores, weigh
from extender.weighers.base import Float64, HostWeigher
from extender.weighers.cpu import CPUWeigher
from extender.weighers.io_ops import IoOpsWeigher
from extender.weighers.ram import RAMWeigher
from tests.builders import aggregate, host, spec, table
from tests.unit.scheduler.stubs import OtherWeighing, Weighing, ranking


def weighed(
    weighers: Sequence[HostWeigher], hosts: HostTable | Sequence[str], max_score: int = 100
) -> WeighPart:
    """Hosts, or new ones of these names, weighed."""
    if not isinstance(hosts, HostTable):
        hosts = table(*(host(name) for name in hosts))
    return weigh(weighers, hosts, hosts.name.tolist(), spec(), max_score)


def normal(
    raw: Sequence[float], minval: float | None = None, maxval: float | None = None
) -> list[float]:
    """Normalised weights."""
    found: list[float] = normalise(np.array(raw, dtype=np.float64), minval, maxval).tolist()
    return found


@pytest.mark.parametrize(
    ("raw", "minval", "maxval", "expected"),
    [
        # with minval 0 a weight is its share of the greatest
        ([512, 1024, 8192], 0, None, [0.0625, 0.125, 1.0]),
        # without, the least is 0 and the greatest 1
        ([512, 1024, 8704], None, None, [0.0, 0.0625, 1.0]),
        # equal and positive with minval 0: 1 each, not 0
        ([8192, 8192], 0, None, [1.0, 1.0]),
        ([8192, 8192], None, None, [0.0, 0.0]),
        ([0, 0], 0, None, [0.0, 0.0]),
        # what lies below minval is cut to it first, and stays there the next time
        ([-5, -3], 0, None, [0.0, 0.0]),
        ([-5, 4, 8], 0, None, [0.0, 0.5, 1.0]),
        ([-5, -3], None, None, [0.0, 1.0]),
        # maxval likewise, with what lies above
        ([1, 2, 4], None, 2, [0.0, 1.0, 1.0]),
        ([4, 2, 1], 0, 4, [1.0, 0.5, 0.25]),
        ([-8, 2, 16], 0, 4, [0.0, 0.5, 1.0]),
        ([7, 9], 3, 3, [0.0, 0.0]),
        ([5], None, None, [0.0]),
        ([5], 0, None, [1.0]),
        ([], None, None, []),
        ([], 0, 1, []),
    ],
)
def test_normalise(
    raw: list[float], minval: float | None, maxval: float | None, expected: list[float]
) -> None:
    """(x − lo) ÷ (hi − lo), cut to minval and maxval where set; all 0 where lo = hi."""
    assert normal(raw, minval, maxval) == expected


def test_normalising_is_not_sticky() -> None:
    """Maxima of 100 and then 10: the second run's best is 1.0, not 0.1 (Nova before 22)."""
    first = table(host("a", total_usable_ram_mb=100), host("b", total_usable_ram_mb=50))
    second = table(host("a", total_usable_ram_mb=10), host("b", total_usable_ram_mb=5))
    weigher = RAMWeigher()
    assert weighed([weigher], first).steps[0].normalised.tolist() == [1.0, 0.5]
    assert weighed([weigher], second).steps[0].normalised.tolist() == [1.0, 0.5]


def test_weighers_do_not_change_what_they_were_given() -> None:
    """Normalising leaves the raw weights as they were, for explanations."""
    raw = np.array([-5.0, 4.0, 8.0])
    normalise(raw, 0, None)
    assert raw.tolist() == [-5.0, 4.0, 8.0]


def test_sum_of_the_weighers() -> None:
    """The weight is Σ multiplier × normalised: 2 × (0, 0.5, 1) + 1 × (1, 0.75, 0)."""
    part = weighed(
        [
            Weighing({"a": 0, "b": 5, "c": 10}, 2.0),
            OtherWeighing({"a": 8, "b": 6, "c": 0}),
        ],
        ["a", "b", "c"],
    )
    assert part.weights.tolist() == [1.0, 1.75, 2.0]
    assert ranking(part) == ["c", "b", "a"]
    assert part.scores.tolist() == [0, 50, 100]
    first, second = part.steps
    assert (first.name, second.name) == ("Weighing", "OtherWeighing")
    assert first.raw.tolist() == [0, 5, 10]
    assert first.normalised.tolist() == [0.0, 0.5, 1.0]
    assert (first.multiplier, second.multiplier) == (2.0, 1.0)
    assert first.weighed.tolist() == [0.0, 1.0, 2.0]
    assert second.weighed.tolist() == [1.0, 0.75, 0.0]


def test_negative_multiplier_stacks() -> None:
    """A negative multiplier turns the order round: the fullest host first."""
    part = weighed([Weighing({"a": 1, "b": 3, "c": 2}, -1.0)], ["a", "b", "c"])
    assert ranking(part) == ["a", "c", "b"]
    assert part.scores.tolist() == [100, 0, 50]


def test_multiplier_of_each_host() -> None:
    """An aggregate's own multiplier counts for its hosts only: here 1 × 0.5 against −1 × 1."""
    hosts = table(
        host("spread", total_usable_ram_mb=4096),
        host(
            "stack",
            total_usable_ram_mb=8192,
            aggregates=(aggregate(ram_weight_multiplier="-1.0"),),
        ),
    )
    part = weighed([RAMWeigher()], hosts)
    assert part.weights.tolist() == [0.5, -1.0]
    assert np.asarray(part.steps[0].multiplier).tolist() == [1.0, -1.0]


def test_three_weighers_by_hand() -> None:
    """CPU and RAM spread, IoOps repels: 0.5 + 0.25 − 0, 1 + 1 − 1, 0.25 + 0.5 − 0.5."""
    hosts = table(
        host("a", vcpus_total=8, total_usable_ram_mb=2048),
        host("b", vcpus_total=8, cpu_allocation_ratio=2, total_usable_ram_mb=8192, num_io_ops=4),
        host("c", vcpus_total=8, vcpus_used=4, total_usable_ram_mb=4096, num_io_ops=2),
    )
    part = weighed([CPUWeigher(), RAMWeigher(), IoOpsWeigher()], hosts)
    assert part.weights.tolist() == [0.75, 1.0, 0.25]
    assert ranking(part) == ["b", "a", "c"]


@pytest.mark.parametrize("names", [[], ["only"]])
def test_nothing_to_compare(names: list[str]) -> None:
    """No weigher runs for fewer than two hosts, whose weight stays 0."""
    weigher = Weighing({"only": 7})
    part = weighed([weigher], names)
    assert weigher.asked == []
    assert part.steps == ()
    assert part.weights.tolist() == [0.0] * len(names)
    assert part.scores.tolist() == [0] * len(names)
    assert ranking(part) == names


def test_no_weighers() -> None:
    """Without weighers all weigh 0 and keep their order."""
    part = weighed([], ["b", "a", "c"])
    assert part.weights.tolist() == [0.0, 0.0, 0.0]
    assert part.scores.tolist() == [0, 0, 0]
    assert ranking(part) == ["b", "a", "c"]


def test_equal_weights_keep_their_order() -> None:
    """The order is stable: among equals the one asked about first stays first."""
    part = weighed([Weighing({"d": 1, "c": 2, "b": 1, "a": 2})], ["d", "c", "b", "a"])
    assert ranking(part) == ["c", "a", "d", "b"]


def test_many_equal_weights_keep_their_order() -> None:
    """Stable also for more hosts than a sort by insertion would take."""
    names = [f"h{n}" for n in range(1000)]
    part = weighed([Weighing({name: n % 3 for n, name in enumerate(names)})], names)
    expected = [name for rest in (2, 1, 0) for n, name in enumerate(names) if n % 3 == rest]
    assert ranking(part) == expected


class Faulty(HostWeigher):
    """Do what the test says instead of weighing."""

    def __init__(self, raw: Any = None, multiplier: Any = 1.0) -> None:
        super().__init__()
        self.raw = raw
        self.multiplier = multiplier

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """Give, or raise, what the test says."""
        del hosts, spec
        if isinstance(self.raw, Exception):
            raise self.raw
        given: Float64 = self.raw
        return given

    def weight_multiplier(self, hosts: HostTable) -> float | Float64:
        """Give, or raise, what the test says."""
        del hosts
        if isinstance(self.multiplier, Exception):
            raise self.multiplier
        given: float | Float64 = self.multiplier
        return given


FINE = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    "weigher",
    [
        Faulty(ZeroDivisionError()),
        Faulty(np.array([1.0])),
        Faulty(np.array([1.0, 2.0, 3.0])),
        Faulty(np.array([[1.0, 2.0]])),
        Faulty(np.array([1.0, np.nan])),
        Faulty(np.array([1.0, np.inf])),
        Faulty(np.array([-np.inf, 1.0])),
        Faulty(np.array(["a", "b"], dtype=np.object_)),
        Faulty([1.0, 2.0]),
        Faulty(None),
        Faulty(FINE, ZeroDivisionError()),
        Faulty(FINE, np.nan),
        Faulty(FINE, np.inf),
        Faulty(FINE, np.array([1.0, np.nan])),
        Faulty(FINE, np.array([1.0, 2.0, 3.0])),
        Faulty(FINE, np.array([[1.0], [2.0]])),
        Faulty(FINE, None),
        Faulty(FINE, "2"),
        Faulty(np.array([-1.7e308, 1.7e308])),
    ],
)
def test_weigher_at_fault(weigher: HostWeigher) -> None:
    """One that raises, or gives what is no weight, adds nothing and is noted; others count."""
    part = weighed([weigher, Weighing({"b": 1})], ["a", "b"])
    assert part.weights.tolist() == [0.0, 1.0]
    assert part.scores.tolist() == [0, 100]
    assert [step.name for step in part.steps] == ["Weighing"]
    assert [fault.plugin for fault in part.faults] == ["Faulty"]
    assert part.faults[0].text


def test_weights_beyond_all_numbers() -> None:
    """Multipliers so large that the sum leaves the floats: still an order, and nobody is lost."""
    huge = Weighing({"b": 1}, 1.7e308)
    part = weighed([huge, OtherWeighing({"b": 1}, 1.7e308)], ["a", "b", "c"])
    assert ranking(part)[0] == "b"
    assert part.scores.tolist() == [0, 100, 0]


def test_plug_in_weigher_by_host() -> None:
    """A plug-in may weigh one host at a time."""

    class ByName(HostWeigher):
        def weigh_object(self, host: HostState, spec: RequestSpec) -> float:
            del spec
            return float(len(host.host))

    part = weighed([ByName()], ["aa", "a", "aaaaa"])
    assert part.steps[0].raw.tolist() == [2.0, 1.0, 5.0]
    assert part.weights.tolist() == [0.25, 0.0, 1.0]


def test_weigher_that_overrides_neither() -> None:
    """It is noted by its class's name, and adds nothing."""
    part = weighed([HostWeigher()], ["a", "b"])
    assert part.weights.tolist() == [0.0, 0.0]
    assert "overrides neither weigh_object nor weigh_objects" in part.faults[0].text


@pytest.mark.parametrize(
    ("weights", "max_score", "expected"),
    [
        ([], 100, []),
        ([3.5], 100, [0]),
        ([2, 2, 2], 100, [0, 0, 0]),
        # dense rank, not a stretch of the weight: one huge weight flattens nobody
        ([0, 1, 1e9], 100, [0, 50, 100]),
        ([1, 2, 2, 3], 100, [0, 50, 50, 100]),
        # 100 ÷ 3 floored
        ([4, 3, 2, 1], 100, [100, 66, 33, 0]),
        ([-1, -2], 10, [10, 0]),
        ([1, 2, 3, 4], 10, [0, 3, 6, 10]),
        ([1, 2, 3], 1, [0, 0, 1]),
        ([-0.0, 0.0, 1.0], 100, [0, 0, 100]),
        ([1, 2, 3], 2**31, [0, 2**30, 2**31]),
    ],
)
def test_scores(weights: list[float], max_score: int, expected: list[int]) -> None:
    """Best = max_score, worst = 0, the others evenly between and floored; all equal = 0."""
    found = scores(np.array(weights, dtype=np.float64), max_score)
    assert found.dtype == np.int64
    assert found.tolist() == expected


@pytest.mark.parametrize("levels", [101, 102, 103, 500, 5000])
def test_unique_best_with_more_levels_than_scores(levels: int) -> None:
    """However many levels share the scores, the best alone has the greatest."""
    found = scores(np.arange(levels, dtype=np.float64), 100).tolist()
    assert found[-1] == 100
    assert found[-2] < 100
    assert found[0] == 0


@settings(deadline=None)
@given(
    st.lists(st.integers(-50, 50).map(float), max_size=40),
    st.integers(min_value=1, max_value=1000),
)
def test_scores_follow_the_weights(weights: list[float], max_score: int) -> None:
    """Equal weights score alike, a lesser weight never scores more, all stay within 0…max."""
    found = scores(np.array(weights, dtype=np.float64), max_score).tolist()
    for weight, score in zip(weights, found, strict=True):
        assert 0 <= score <= max_score
        for other, others_score in zip(weights, found, strict=True):
            if weight == other:
                assert score == others_score
            elif weight < other:
                assert score <= others_score
    if len(set(weights)) > 1:
        best = max(weights)
        assert [s == max_score for s in found] == [w == best for w in weights]


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=30))
def test_weighing_by_hand(free: list[int]) -> None:
    """RAM alone: the weight is the share of the greatest free memory, or 0 where nobody has any."""
    hosts = table(*(host(f"h{n}", total_usable_ram_mb=mb) for n, mb in enumerate(free)))
    part = weigh([RAMWeigher(SchedulerOptions())], hosts, hosts.name.tolist(), spec(), 100)
    most = max(free)
    assert part.weights.tolist() == [mb / most if most else 0.0 for mb in free]
    assert ranking(part) == [
        f"h{n}" for n in sorted(range(len(free)), key=lambda n: (-part.weights[n], n))
    ]
