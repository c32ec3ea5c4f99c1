"""BuildFailureWeigher: hosts that do not take pods come last."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.options import SchedulerOptions
from extender.scheduler.weighing import weigh
from extender.weighers.build_failure import BuildFailureWeigher
from extender.weighers.ram import RAMWeigher
from tests.builders import aggregate, host, spec, table


def test_failed_builds() -> None:
    """The raw weight is the count."""
    hosts = table(host("a"), host("b", failed_builds=3), host("c", failed_builds=100))
    assert BuildFailureWeigher().weigh_objects(hosts, spec()).tolist() == [0.0, 3.0, 100.0]


def test_multiplier_is_negated() -> None:
    """The option's, and an aggregate's instead of it: "1000" is -1000."""
    thousand = aggregate(build_failure_weight_multiplier="1000")
    hosts = table(host("a", aggregates=(thousand,)), host("b"))
    found = BuildFailureWeigher().weight_multiplier(hosts)
    assert np.asarray(found).tolist() == [-1000.0, -1000000.0]
    assert BuildFailureWeigher().weight_multiplier(table(host())) == -1000000.0


@pytest.mark.parametrize(
    ("texts", "multiplier"),
    [
        (("500", "1000"), -500.0),
        (("-3", "1000"), 3.0),
        (("0", "1000"), 0.0),
        (("x", "1000"), -7.0),
        (("inf",), -7.0),
    ],
)
def test_least_before_negating(texts: tuple[str, ...], multiplier: float) -> None:
    """Of several the least counts, which is negated then; a bad one voids them all."""
    found = tuple(
        aggregate(f"agg-{n}", build_failure_weight_multiplier=text) for n, text in enumerate(texts)
    )
    made = BuildFailureWeigher(SchedulerOptions(build_failure_weight_multiplier=7.0))
    multipliers = made.weight_multiplier(table(host(aggregates=found)))
    assert np.asarray(multipliers).tolist() in (multiplier, [multiplier])


def test_it_outweighs_the_others() -> None:
    """An empty host with one failure comes after a full one without."""
    hosts = table(
        host("failing", failed_builds=1, total_usable_ram_mb=65536),
        host("full", total_usable_ram_mb=65536, free_ram_mb=0),
    )
    part = weigh([RAMWeigher(), BuildFailureWeigher()], hosts, ["failing", "full"], spec(), 100)
    assert part.scores.tolist() == [0, 100]
    assert part.weights.tolist() == [1.0 - 1000000.0, 0.0]


def test_equal_counts_say_nothing() -> None:
    """Where all hosts failed alike, none is preferred for it."""
    hosts = table(host("a", failed_builds=5), host("b", failed_builds=5))
    part = weigh([BuildFailureWeigher()], hosts, ["a", "b"], spec(), 100)
    assert part.weights.tolist() == [0.0, 0.0]
