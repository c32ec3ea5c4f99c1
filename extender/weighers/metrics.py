"""Hosts by what was measured on them."""

from __future__ import annotations

import numpy as np

from extender.model.host_table import HostTable
from extender.model.measured import measured
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class MetricsWeigher(HostWeigher):
    """Raw weight: Σ metric × ratio, by ``[metrics] weight_setting``; a name twice counts twice.

    A host that lacks a metric, or has an outdated one, weighs ``weight_of_unavailable`` and nothing
    else, unless the metric could not count for it anyway: not ``required``, and ratio × multiplier
    is 0. The multiplier is the host's own, its aggregates' before the option. Where a metric is
    ``required`` Nova ends the whole request instead, hence MetricsFilter.
    Source: ``MetricsWeigher``, Nova 2014.1 on.
    """

    multiplier_option = "metrics_weight_multiplier"
    added_in = "2014.1"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """Add the metrics up, and replace the sums that lack one."""
        options = self.options
        weights = np.zeros(len(hosts), dtype=np.float64)
        unavailable = np.zeros(len(hosts), dtype=np.bool_)
        multiplier = self.weight_multiplier(hosts)
        for name, ratio in options.metrics_weight_setting:
            values = measured(hosts, name, spec.at, options.metrics_max_age)
            missing = np.isnan(values)
            unavailable |= missing & (options.metrics_required | (ratio * multiplier != 0))
            weights += np.where(missing, 0.0, values) * ratio
        weights[unavailable] = options.metrics_weight_of_unavailable
        return weights
