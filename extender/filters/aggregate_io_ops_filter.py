"""Not more instances starting or stopping than the host's aggregates say it can bear."""

from __future__ import annotations

from extender.filters.counting import AggregateCountFilter
from extender.filters.io_ops_filter import IoOpsFilter


class AggregateIoOpsFilter(AggregateCountFilter, IoOpsFilter):
    """IoOpsFilter with the aggregates' ``max_io_ops_per_host``, the least of several.

    The option counts where no aggregate of the host has the key, or one has a value that is no
    whole number. Source: ``AggregateIoOpsFilter``, Nova 2014.2 on.
    """

    added_in = "2014.2"
