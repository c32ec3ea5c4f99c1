"""NumInstancesFilter: not more instances than a host may run."""

from __future__ import annotations

from extender.filters.num_instances_filter import NumInstancesFilter
from tests.builders import host, instance, reason, spec


def test_default_maximum_is_novas() -> None:
    """Fifty instances, and no fifty-first."""
    judge = NumInstancesFilter()
    assert judge.maximum() == 50
    assert reason(judge, host(num_instances=49), spec()) is None
    assert reason(judge, host(num_instances=50), spec()) == "too_many_instances"


def test_consuming_fills_the_host() -> None:
    """Fifty instances fit one after the other."""
    node = host()
    for n in range(50):
        assert reason(NumInstancesFilter(), node, spec()) is None
        node.consume(spec().flavor, instance(f"uid-{n}"))
    assert reason(NumInstancesFilter(), node, spec()) == "too_many_instances"
