"""What another configuration changes in a process that serves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from extender.cli.serve import Extender
from extender.config.load import load
from extender.model.rejection import Rejection

PORTS = "server: {health_bind: '127.0.0.1:0', debug_bind: '127.0.0.1:0'}\n"
OFF = "compute: {consecutive_build_service_disable_threshold: 0}\n"


@pytest.fixture
def extender() -> Iterator[Extender]:
    """One of the example cluster, not started."""
    made = Extender(load(None, PORTS).config, "example", None)
    yield made
    made.beside.stop()


def test_failed_builds_are_switched_by_a_reload(extender: Extender) -> None:
    """Off, and on again with what happened meanwhile."""
    cluster = extender.engine.cluster
    name = cluster.table.host_state(0).host
    for uid in ("1", "2"):
        rejected = Rejection(
            uid=uid, owner="o", namespace="ns", name=uid, host=name, reason="OutOfcpu", at=4e9
        )
        cluster.build_failed(rejected, 4e9)
    counts = cluster.table.failed_builds
    assert counts[0] == 2
    extender.apply(load(None, PORTS + OFF).config)
    assert cluster.table.failed_builds[0] == 0
    extender.apply(load(None, PORTS).config)
    assert cluster.table.failed_builds[0] == 2


def test_metrics_are_asked_for_after_a_reload(extender: Extender) -> None:
    """Whoever works in the background is told of each configuration that takes effect."""
    told: list[str] = []

    class Listening:
        """It hears of them."""

        def reconfigured(self) -> None:
            """One more."""
            told.append(f"generation {extender.engine.generation}")

    extender.background = Listening()  # type: ignore[assignment]  # as far as a reload asks it
    extender.apply(load(None, PORTS).config)
    assert told == ["generation 2"]
