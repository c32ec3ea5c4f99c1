"""extender.observe.reloads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from extender.observe.reloads import ReloadMetrics

SUCCESS = "nova_extender_config_reload_success"
TIMESTAMP = "nova_extender_config_reload_timestamp_seconds"
WAITING = "nova_extender_config_restart_needed"


def values(registry: CollectorRegistry) -> tuple[float | None, ...]:
    """Success, time, and how many options wait for a restart."""
    return tuple(registry.get_sample_value(name) for name in (SUCCESS, TIMESTAMP, WAITING))


def test_the_course_of_things() -> None:
    """A start, a configuration that is not in order, and one that is."""
    registry, times = CollectorRegistry(), iter([100.0, 200.0, 300.0])
    metrics = ReloadMetrics(registry, lambda: next(times))
    assert values(registry) == (1, 100, 0)
    metrics.succeeded(waiting=2)
    assert values(registry) == (1, 200, 2)
    metrics.failed()
    assert values(registry) == (0, 200, 2)  # what waits still waits
    metrics.succeeded()
    assert values(registry) == (1, 300, 0)
