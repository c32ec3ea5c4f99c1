"""extender.observe.overcommit: what the hosts promise together, as metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from extender.model.flavor import GIB
from extender.model.overcommit import Total
from extender.observe.metrics import Metrics
from extender.observe.overcommit import OvercommitMetrics


def samples(registry: CollectorRegistry) -> dict[str, float]:
    """Every series and its value."""
    lines = generate_latest(registry).decode().splitlines()
    found = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {series: float(value) for series, _, value in found}


CPU = Total("cpu", 16_000, 132_500, 5250, 120_000, 1)
RAM = Total("ram", 2.0 * GIB, 2.0 * GIB, 1.0 * GIB, 0, 0)


def test_amounts_in_base_units() -> None:
    """Cores and bytes, by resource and kind; hosts by resource."""
    registry = CollectorRegistry()
    OvercommitMetrics(registry, lambda: (CPU, RAM))
    capacity = "nova_extender_capacity"
    assert samples(registry) == {
        'nova_extender_void_ratio_hosts{resource="cpu"}': 1,
        'nova_extender_void_ratio_hosts{resource="ram"}': 0,
        f'{capacity}{{kind="physical",resource="cpu"}}': 16,
        f'{capacity}{{kind="effective",resource="cpu"}}': 132.5,
        f'{capacity}{{kind="used",resource="cpu"}}': 5.25,
        f'{capacity}{{kind="void",resource="cpu"}}': 120,
        f'{capacity}{{kind="physical",resource="ram"}}': 2 * GIB,
        f'{capacity}{{kind="effective",resource="ram"}}': 2 * GIB,
        f'{capacity}{{kind="used",resource="ram"}}': GIB,
        f'{capacity}{{kind="void",resource="ram"}}': 0,
    }


def test_worked_out_when_asked_for() -> None:
    """Once for each time somebody asks, and not before."""
    asked = []

    def totals() -> tuple[Total, ...]:
        asked.append(1)
        return (CPU._replace(void_hosts=len(asked)),)

    registry = CollectorRegistry()
    OvercommitMetrics(registry, totals)
    assert asked == []
    series = 'nova_extender_void_ratio_hosts{resource="cpu"}'
    assert [samples(registry)[series] for _ in range(2)] == [1, 2]


def test_among_all_metrics() -> None:
    """They stand with the rest; where nobody says what hosts promise there are no series."""
    text = Metrics(overcommit=lambda: [CPU]).exposition()[0].decode()
    assert '\nnova_extender_capacity{kind="void",resource="cpu"} 120.0\n' in text
    text = Metrics().exposition()[0].decode()
    assert "nova_extender_capacity{" not in text
