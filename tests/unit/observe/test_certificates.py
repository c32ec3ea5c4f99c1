"""extender.observe.certificates."""

from __future__ import annotations

import math
from functools import partial

from prometheus_client import CollectorRegistry, generate_latest

from extender.observe.certificates import CertificateMetrics

NAME = "nova_extender_certificate_expiry_timestamp_seconds"


def test_certificates_are_asked_each_time() -> None:
    """They are renewed without anybody telling; one that cannot be read is no number."""
    registry = CollectorRegistry()
    times = {"verbs": 2e9, "webhook": math.nan}
    CertificateMetrics(registry, {name: partial(times.__getitem__, name) for name in times})
    assert registry.get_sample_value(NAME, {"certificate": "verbs"}) == 2e9
    times["verbs"] = 3e9
    assert registry.get_sample_value(NAME, {"certificate": "verbs"}) == 3e9
    assert math.isnan(registry.get_sample_value(NAME, {"certificate": "webhook"}) or 0)
    assert registry.get_sample_value(NAME, {"certificate": "client_ca"}) is None


def test_without_certificates_there_is_no_series() -> None:
    """An alert on it then stays silent."""
    registry = CollectorRegistry()
    CertificateMetrics(registry, {})
    lines = generate_latest(registry).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == []
