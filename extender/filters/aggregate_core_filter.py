"""Enough virtual CPUs, by the ratio that the host's aggregates set."""

from __future__ import annotations

from extender.filters.aggregate_capacity import AggregateCapacityFilter
from extender.filters.core_filter import CoreFilter


class AggregateCoreFilter(AggregateCapacityFilter, CoreFilter):
    """CoreFilter with the aggregates' ``cpu_allocation_ratio``, the least of several.

    Any finite number counts, also 0 or less, which leaves nothing. The host's own ratio counts
    where no aggregate of the host has the key, or one has a value that is no finite number.
    Source: ``AggregateCoreFilter``, Nova 2013.2 to 21.
    """

    added_in = "2013.2"
    removed_in = "22.0.0"
