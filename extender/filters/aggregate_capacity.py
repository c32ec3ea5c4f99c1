"""What AggregateCoreFilter, AggregateRamFilter and AggregateDiskFilter share.

Their ratio is the host's aggregates', else the host's own.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import replace
from fractions import Fraction

import numpy as np

from extender.filters.aggregate_numbers import fraction, least, sources
from extender.filters.capacity import CapacityFilter
from extender.model.columns import Bool, Int64, clamp
from extender.model.facts import Source
from extender.model.groups import Aggregates
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.model.host_table import HostTable


class AggregateCapacityFilter(CapacityFilter, ABC):
    """A CapacityFilter with the least ratio of the host's aggregates.

    The key is the ratio's own name, ``cpu_allocation_ratio`` and so on; any finite number counts,
    0 and less too, which leave nothing. The host's own ratio counts where no aggregate has the key,
    or one has a value that is no finite number. Where it does not count, neither does it matter
    whether it can be read: Nova only falls back to it.
    """

    @classmethod
    def ratio_key(cls) -> str:
        """The key of the aggregates' metadata."""
        return f"{cls.resource}_allocation_ratio"

    def inventory(self, host: HostState) -> Inventory:
        """The host's share, with the aggregates' ratio where they have one."""
        own = super().inventory(host)
        ratio = self._ratio(host.aggregates)
        return own if ratio is None else replace(own, ratio=ratio, ratio_from="host aggregates")

    def host_limits(self, hosts: HostTable) -> Int64:
        """Each host's ⌊total × ratio⌋, worked out exactly when the host or an aggregate changes."""
        key = (AggregateCapacityFilter.__qualname__, self.resource)
        return hosts.column_by(key, self._limit, np.int64, fixed=True)

    def bad_ratios(self, hosts: HostTable) -> Bool:
        """Which hosts have no ratio from their aggregates, and one of their own that is bad."""
        aggregates = hosts.encoded("aggregates")
        key = (AggregateCapacityFilter.__qualname__, self.resource)
        falls_back = aggregates.vocabulary.array(
            key, lambda found: self._ratio(found) is None, np.bool_
        )
        bad: Bool = super().bad_ratios(hosts) & falls_back[aggregates.codes]
        return bad

    def bad_ratio(self, host: HostState) -> bool:
        """The same for one host."""
        return super().bad_ratio(host) and self._ratio(host.aggregates) is None

    def ratio_sources(self, host: HostState) -> tuple[Source, ...]:
        """The ratio that counts; and what each aggregate says, where several or none of it does."""
        (own,) = super().ratio_sources(host)
        key, ratio = self.ratio_key(), self._ratio(host.aggregates)
        said = sources(host.aggregates, key, fraction, "a finite number", own)
        if ratio is None:
            return said
        named = [source for source in said if fraction(source.value) == ratio]
        where = ", ".join(source.where for source in named)
        if ratio > 1 and (why := self.inventory(host).held_at_one):
            where += f": {named[0].value}, held at 1, for {why}"
        return (Source("ratio", own.value, where), *(said if len(said) > 1 else ()))

    def _ratio(self, aggregates: Aggregates) -> Fraction | None:
        return least(aggregates, self.ratio_key(), fraction)

    def _limit(self, host: HostState) -> int:
        return clamp(self.inventory(host).limit)
