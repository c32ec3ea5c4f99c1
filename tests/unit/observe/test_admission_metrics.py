"""extender.observe.admission."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from extender.observe.admission import AdmissionMetrics


def test_requests_are_counted_by_outcome() -> None:
    """Each outcome is there from the start, so that the first one makes a rate."""
    registry = CollectorRegistry()
    metrics = AdmissionMetrics(registry, ["patched", "unread"])
    metrics.count("patched")
    metrics.count("patched")
    found = [
        registry.get_sample_value("nova_extender_admission_requests_total", {"outcome": outcome})
        for outcome in ("patched", "unread", "error")
    ]
    assert found == [2, 0, None]
