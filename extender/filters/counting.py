"""What NumInstancesFilter and IoOpsFilter share: a count below a maximum.

Their Aggregate forms read the maximum from the host's aggregates first.
"""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import numpy as np

from extender.filters import aggregate_numbers
from extender.filters.base import HostFilter, Verdicts
from extender.model.attempt import Numbers
from extender.model.columns import Int64
from extender.model.facts import COUNT, Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Reason
from extender.model.request_spec import RequestSpec


class CountFilter(HostFilter, ABC):
    """Refuse hosts whose ``count`` has reached the maximum."""

    count: ClassVar[str]
    option: ClassVar[str]
    too_many: ClassVar[Reason]

    def maximum(self) -> int:
        """The configured maximum."""
        found: int = getattr(self.options, self.option)
        return found

    def maxima(self, hosts: HostTable) -> int | Int64:
        """The maximum of all hosts, or each host's."""
        del hosts
        return self.maximum()

    def maximum_of(self, host: HostState) -> tuple[int, tuple[Source, ...]]:
        """One host's maximum, and where it comes from."""
        del host
        maximum = self.maximum()
        where = f"option filter_scheduler.{self.option}"
        return maximum, (Source(self.option, str(maximum), where),)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Compare all counts with the maximum."""
        del spec
        full = hosts.values(self.count) >= self.maxima(hosts)
        return np.where(full, np.uint8(self.code(self.too_many)), np.uint8(0))

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers:
        """One more place, and the places left."""
        del spec
        return Numbers(1, self.maxima(hosts) - hosts.values(self.count), COUNT)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The places left, and where the maximum comes from."""
        del spec
        count: int = getattr(host, self.count)
        maximum, sources = self.maximum_of(host)
        places = maximum - count
        return Facts(
            need=1,
            have=places,
            short_by=max(0, 1 - places),
            unit="places",
            sources=(Source(self.count, str(count), "pods on the node"), *sources),
        )


class AggregateCountFilter(CountFilter, ABC):
    """The same with the least maximum of the host's aggregates, under the option's own name."""

    def maxima(self, hosts: HostTable) -> Int64:
        """Each host's maximum: its aggregates', else the option's."""
        return aggregate_numbers.least_whole(hosts, self.option, self.maximum())

    def maximum_of(self, host: HostState) -> tuple[int, tuple[Source, ...]]:
        """The same for one host; a text that is no number is among the sources, and says so."""
        default, (instead,) = super().maximum_of(host)
        found = aggregate_numbers.least(host.aggregates, self.option, int)
        sources = aggregate_numbers.sources(
            host.aggregates, self.option, int, "a whole number", instead
        )
        return default if found is None else found, sources
