"""IoOpsFilter: not more starting and stopping than a host can bear."""

from __future__ import annotations

from extender.filters.io_ops_filter import IoOpsFilter
from tests.builders import host, instance, reason, spec


def test_default_maximum_is_novas() -> None:
    """Eight operations, and no ninth."""
    judge = IoOpsFilter()
    assert judge.maximum() == 8
    assert reason(judge, host(num_io_ops=7), spec()) is None
    assert reason(judge, host(num_io_ops=8), spec()) == "too_many_io_ops"


def test_consuming_is_an_operation() -> None:
    """Each instance placed is building until it runs: the ninth must wait."""
    node = host()
    for n in range(8):
        assert reason(IoOpsFilter(), node, spec()) is None
        node.consume(spec().flavor, instance(f"uid-{n}"))
    assert reason(IoOpsFilter(), node, spec()) == "too_many_io_ops"
