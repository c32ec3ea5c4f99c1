"""IoOpsWeigher: pods that start or terminate."""

from __future__ import annotations

import numpy as np

from extender.weighers.io_ops import IoOpsWeigher
from tests.builders import aggregate, host, spec, table


def test_num_io_ops() -> None:
    """The raw weight is the count."""
    hosts = table(host("a", num_io_ops=0), host("b", num_io_ops=3), host("c", num_io_ops=12))
    assert IoOpsWeigher().weigh_objects(hosts, spec()).tolist() == [0.0, 3.0, 12.0]


def test_quiet_hosts_are_preferred_by_default() -> None:
    """The multiplier is negative unless an aggregate says otherwise."""
    assert IoOpsWeigher().weight_multiplier(table(host())) == -1.0
    busy = aggregate(io_ops_weight_multiplier="2")
    multipliers = IoOpsWeigher().weight_multiplier(table(host("a", aggregates=(busy,)), host("b")))
    assert np.asarray(multipliers).tolist() == [2.0, -1.0]


def test_instances_that_rest_do_not_count() -> None:
    """Running pods are no operations."""
    hosts = table(host("a", num_instances=30))
    assert IoOpsWeigher().weigh_objects(hosts, spec()).tolist() == [0.0]
