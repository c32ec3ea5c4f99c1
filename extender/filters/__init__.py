"""Nova's filters: which hosts suit a request."""

from __future__ import annotations

from extender.filters.base import HostFilter
from extender.model.plugins import find_classes


def all_filters() -> list[type[HostFilter]]:
    """Every filter that ships with the extender, by name.

    Source: ``nova.scheduler.filters.all_filters``, which this stands for in ``available_filters``.
    """
    return find_classes("extender.filters", __path__, HostFilter)
