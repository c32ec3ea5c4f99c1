"""Hosts by pods with the same image properties: positive packs them, negative spreads them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.image_pairs import image_pairs
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher

Weight = tuple[tuple[str, str], float]
"""A pair of the request, and what each pod with it counts."""


class ImagePropertiesWeigher(HostWeigher):
    """Raw weight: for each image property of the request, the host's pods that have it too.

    Properties are compared by name and text, also those that Nova does not know; of one image
    the first 16 by name count. Where option ``image_props_weight_setting`` gives weights, each
    count is multiplied by its property's and others do not count. While the option
    ``image_props_weight_multiplier`` itself is 0.0 all hosts weigh 0, whatever aggregates say.
    Source: ``ImagePropertiesWeigher``, Nova 31.0.0 on.
    """

    multiplier_option = "image_props_weight_multiplier"
    added_in = "31.0.0"

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        self._setting = dict(self.options.image_props_weight_setting)

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """One column for all pairs of the request, kept up while such requests come."""
        weights: tuple[Weight, ...] = ()
        if self.options.image_props_weight_multiplier != 0.0:
            pairs = image_pairs(spec.image.properties, spec.image.others)
            weights = tuple((pair, weight) for pair in pairs if (weight := self._weight(pair[0])))
        if not weights:
            return np.zeros(len(hosts), dtype=np.float64)
        counts = hosts.column_by(("image_pairs", weights), _count(weights), np.float64, fixed=False)
        return counts.copy()  # the column itself changes with the pods

    def _weight(self, name: str) -> float:
        return self._setting.get(name, 0.0) if self._setting else 1.0


def _count(weights: tuple[Weight, ...]) -> Callable[[HostState], float]:
    def count(host: HostState) -> float:
        have, total = host.image_pairs, 0.0
        # Always in the same order: the last bit of a sum of floats depends on it.
        for pair, weight in weights if have else ():
            if pair in have:
                total += weight * have[pair]
        return total

    return count
