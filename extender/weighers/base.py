"""The interface of weighers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from extender.model.groups import Aggregates, values_from_key
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec

Float64 = npt.NDArray[np.float64]


class HostWeigher:
    """Base class of all weighers (``nova.scheduler.weights.BaseHostWeigher``).

    A plug-in overrides ``weigh_object`` and weighs one host; a built-in overrides
    ``weigh_objects`` and weighs all at once, on columns.

    Class attributes:
        minval, maxval: raw weights are cut to these before normalising, where set.
        multiplier_option: option of ``[filter_scheduler]`` and key of aggregate metadata.
        added_in: Nova release, for the reference page.
    """

    minval: ClassVar[float | None] = None
    maxval: ClassVar[float | None] = None
    multiplier_option: ClassVar[str] = ""
    added_in: ClassVar[str] = ""

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        self.options = options or SchedulerOptions()

    @classmethod
    def name(cls) -> str:
        """The name in tables and metrics: the class's."""
        return cls.__name__

    def weight_multiplier(self, hosts: HostTable) -> float | Float64:
        """The multiplier: one for all hosts, or one a host where aggregates set their own.

        The least value among a host's aggregates; one that is no number voids them all, and the
        option counts. So does one that is not finite, which Nova takes: ``inf`` and ``nan`` would
        leave no order. Source: ``nova.scheduler.utils.get_weight_multiplier``.
        """
        if not self.multiplier_option:
            return 1.0
        option = float(getattr(self.options, self.multiplier_option))
        aggregates = hosts.encoded("aggregates")
        values = aggregates.vocabulary.memo(
            ("multiplier", self.multiplier_option), self._from_aggregates
        )
        if not any(value is not None for value in values):
            return option
        filled = [option if value is None else value for value in values]
        return np.array(filled, dtype=np.float64)[aggregates.codes]

    def _from_aggregates(self, aggregates: Aggregates) -> float | None:
        try:
            values = [float(v) for v in values_from_key(aggregates, self.multiplier_option)]
        except ValueError:
            return None
        if not values or not np.isfinite(values).all():
            return None
        return min(values)

    def weigh_object(self, host: HostState, spec: RequestSpec) -> float:
        """The raw weight of one host; more is better."""
        raise NotImplementedError(f"{self.name()} overrides neither weigh_object nor weigh_objects")

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """The raw weights, one a host; this default asks ``weigh_object``, for plug-ins."""
        return np.array(
            [self.weigh_object(hosts.host_state(row), spec) for row in range(len(hosts))],
            dtype=np.float64,
        )
