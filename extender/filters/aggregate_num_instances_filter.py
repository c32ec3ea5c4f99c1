"""Not more instances than the host's aggregates say it may run."""

from __future__ import annotations

from extender.filters.counting import AggregateCountFilter
from extender.filters.num_instances_filter import NumInstancesFilter


class AggregateNumInstancesFilter(AggregateCountFilter, NumInstancesFilter):
    """NumInstancesFilter with the aggregates' ``max_instances_per_host``, the least of several.

    The option counts where no aggregate of the host has the key, or one has a value that is no
    whole number. Source: ``AggregateNumInstancesFilter``, Nova 2014.2 on.
    """

    added_in = "2014.2"
