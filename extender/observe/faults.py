"""Filters and weighers that failed, counted."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterable

from prometheus_client import Counter

from extender.model.attempt import Fault


def count_faults(errors: Counter, faults: Iterable[Fault]) -> None:
    """Add faults to a counter with one label, the plugin."""
    for plugin, count in Count(fault.plugin for fault in faults).items():
        errors.labels(plugin).inc(count)
