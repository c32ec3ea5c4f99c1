"""Histograms that are filled by the dozen after each call.

prometheus_client's own take a lock for each value and look for its bucket in Python: three for each
filter were a third of what a call cost. These are filled by one thread at a time (``Recorder``
sees to that) and become prometheus_client's when somebody reads the metrics.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Tally:
    """One series: how many values fell into each bucket, and their sum."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value, in the first bucket whose bound it does not exceed."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.sum += value


class Tallies(Collector):
    """A histogram with one label.

    Args:
        name: its full name.
        documentation: what is counted.
        label: the label's name.
        buckets: upper bounds, ascending; the last one, infinite, is added.
        registry: where it is shown.
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        label: str,
        buckets: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._name = name
        self._documentation = documentation
        self.label = label
        self.bounds = tuple(map(float, buckets))
        self._shown = (*map(floatToGoString, self.bounds), "+Inf")
        self._series: dict[str, Tally] = {}
        registry.register(self)

    def labels(self, value: str) -> Tally:
        """The series of a label's value, at 0 from its first mention on."""
        found = self._series.get(value)
        if found is None:
            found = self._series[value] = Tally(self.bounds)
        return found

    def describe(self) -> Iterable[HistogramMetricFamily]:
        """The name alone, for the registry to see that it is the only one."""
        return [self._family()]

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """All series as prometheus_client shows a histogram."""
        family = self._family()
        for value, tally in list(self._series.items()):
            total, buckets = 0, []
            for bound, count in zip(self._shown, list(tally.counts), strict=True):
                total += count
                buckets.append((bound, total))
            family.add_metric([value], buckets, tally.sum)
        return [family]

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._name, self._documentation, labels=[self.label])
