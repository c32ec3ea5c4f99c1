"""Measurements of a host from two places."""

from __future__ import annotations

from extender.model.metrics import HostMetric, merged


def test_the_first_place_wins() -> None:
    """By name; what only the second has is added."""
    own = [HostMetric("cpu.percent", 10), HostMetric("numa.membw.max", 3)]
    seen = [HostMetric("cpu.percent", 90), HostMetric("memory.percent", 50)]
    assert [(m.name, m.value) for m in merged(own, seen)] == [
        ("cpu.percent", 10),
        ("numa.membw.max", 3),
        ("memory.percent", 50),
    ]


def test_of_two_of_a_name_the_last_counts() -> None:
    """As in Nova, within one place."""
    twice = [HostMetric("a", 1), HostMetric("b", 2), HostMetric("a", 3)]
    assert [(m.name, m.value) for m in merged(twice, [])] == [("a", 3), ("b", 2)]
    assert [(m.name, m.value) for m in merged([], twice)] == [("a", 3), ("b", 2)]
