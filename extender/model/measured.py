"""Metrics of all hosts as columns, with those that are too old left out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from extender.model.metrics import HostMetric

if TYPE_CHECKING:
    from extender.model.host_state import HostState
    from extender.model.host_table import HostTable

Float64 = npt.NDArray[np.float64]


def measured(hosts: HostTable, name: str, at: float | None, max_age: int) -> Float64:
    """The metric of this name of each host; NaN where it is missing or outdated.

    Args:
        hosts: the hosts.
        name: the metric's. It stems from an option, not from a request.
        at: the time of the request, seconds since the epoch; without it nothing is outdated.
        max_age: seconds; what was measured longer ago is outdated, and what is as far ahead, for
            its clock is wrong. 0: never.
    """
    values = hosts.column_by(
        ("metric", name), lambda host: _value(host, name), np.float64, fixed=True
    )
    if at is None or max_age <= 0:
        return values
    times = hosts.column_by(
        ("metric time", name), lambda host: _time(host, name), np.float64, fixed=True
    )
    return np.where(np.abs(at - times) > max_age, np.nan, values)


def find(host: HostState, name: str) -> HostMetric | None:
    """The metric of this name of one host, however old; as ``HostState.metrics`` has it."""
    for found in (host.reported_metrics, host.observed_metrics):
        for metric in reversed(found):
            if metric.name == name:
                return metric
    return None


def outdated(metric: HostMetric, at: float | None, max_age: int) -> bool:
    """Whether one metric is outdated; as ``measured``."""
    if at is None or max_age <= 0 or metric.timestamp is None:
        return False
    return abs(at - metric.timestamp) > max_age


def _value(host: HostState, name: str) -> float:
    metric = find(host, name)
    return math.nan if metric is None else metric.value


def _time(host: HostState, name: str) -> float:
    metric = find(host, name)
    return math.nan if metric is None or metric.timestamp is None else metric.timestamp
