"""NumInstancesWeigher: hosts by the number of their pods."""

from __future__ import annotations

import numpy as np

from extender.model.options import SchedulerOptions
from extender.scheduler.weighing import weigh
from extender.weighers.num_instances import NumInstancesWeigher
from tests.builders import aggregate, host, spec, table


def test_num_instances() -> None:
    """The raw weight is the count."""
    hosts = table(host("a"), host("b", num_instances=3), host("c", num_instances=12))
    assert NumInstancesWeigher().weigh_objects(hosts, spec()).tolist() == [0.0, 3.0, 12.0]


def test_off_by_default() -> None:
    """The multiplier is 0 unless an option or an aggregate says otherwise."""
    assert NumInstancesWeigher().weight_multiplier(table(host())) == 0.0
    packed = aggregate(num_instances_weight_multiplier="-2")
    hosts = table(host("a", aggregates=(packed,)), host("b"))
    assert np.asarray(NumInstancesWeigher().weight_multiplier(hosts)).tolist() == [-2.0, 0.0]


def test_positive_stacks() -> None:
    """More is better with a multiplier above 0, whatever the help of Nova's option says."""
    options = SchedulerOptions(num_instances_weight_multiplier=1.0)
    hosts = table(host("a"), host("b", num_instances=3))
    part = weigh([NumInstancesWeigher(options)], hosts, ["a", "b"], spec(), 100)
    assert part.weights.tolist() == [0.0, 1.0]
