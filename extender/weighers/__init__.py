"""Nova's weighers: which of the hosts that suit a request are preferred."""

from __future__ import annotations

from extender.model.plugins import find_classes
from extender.weighers.base import HostWeigher


def all_weighers() -> list[type[HostWeigher]]:
    """Every weigher that ships with the extender, by name.

    Source: ``nova.scheduler.weights.all_weighers``, which this stands for in ``weight_classes``.
    """
    return find_classes("extender.weighers", __path__, HostWeigher)
