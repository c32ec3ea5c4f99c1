"""Two filters and two weighers, one of each on either level of the interface.

They read their options from ``plugins.example_plugins`` of the configuration. An option that
cannot be used raises where the filter is made, and so stops the start with its text.
"""
# ruff: noqa: INP001 - the distribution is this one module, not a package

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.attempt import Numbers
from extender.model.facts import VCPU, Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher

OPTIONS = "example_plugins"
WINDOW_LABEL = "example.com/maintenance-window"
GENERATION_LABEL = "example.com/hardware-generation"
MOST_VCPUS = 1_000_000


def own_options(options: SchedulerOptions) -> Mapping[str, object]:
    """What stands under ``plugins.example_plugins``, as it was written."""
    own = options.extra.get(OPTIONS, {})
    if not isinstance(own, Mapping):
        raise TypeError(f"plugins.{OPTIONS}: {own!r} is no mapping of options")
    return own


# -- filters ------------------------------------------------------------------------------------

IN_MAINTENANCE = Reason("in_maintenance", "host is in a maintenance window", Category.HOST)


class MaintenanceWindowFilter(HostFilter):
    """Refuse hosts in a maintenance window that is open.

    The node's label names its window, option ``open_maintenance_windows`` those that are open.
    """

    run_filter_once_per_request = True  # no instance of the request changes the answer
    reasons = (IN_MAINTENANCE,)

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        windows = own_options(self.options).get("open_maintenance_windows", [])
        if not isinstance(windows, list) or not all(isinstance(name, str) for name in windows):
            raise TypeError(
                f"plugins.{OPTIONS}.open_maintenance_windows: {windows!r} is no list of texts"
            )
        self.open = frozenset(windows)

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Look the host's window up."""
        del spec  # all pods are alike to it
        return IN_MAINTENANCE if host.labels.get(WINDOW_LABEL) in self.open else None

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The host's window, and those that are open."""
        del spec
        window = host.labels.get(WINDOW_LABEL, "none")
        return Facts(
            need="no open window",
            have=window,
            sources=(
                Source("window", window, f"node label {WINDOW_LABEL}"),
                Source(
                    "open windows",
                    ", ".join(sorted(self.open)) or "none",
                    f"option plugins.{OPTIONS}.open_maintenance_windows",
                ),
            ),
        )


RESERVE_NEEDED = Reason(
    "vcpu_reserve_needed", "vCPUs left are held in reserve", Category.CAPACITY, cured=True
)


class VcpuReserveFilter(HostFilter):
    """Refuse hosts on which the request would leave fewer than ``reserved_vcpus`` free vCPUs.

    A request without vCPUs takes nothing off the reserve and passes.
    """

    reasons = (RESERVE_NEEDED,)

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        reserved = own_options(self.options).get("reserved_vcpus", 0)
        if type(reserved) is not int or not 0 <= reserved <= MOST_VCPUS:
            raise ValueError(
                f"plugins.{OPTIONS}.reserved_vcpus: {reserved!r} is no whole number of vCPUs "
                f"from 0 to {MOST_VCPUS}"
            )
        self.reserved = reserved * VCPU.size  # columns hold milli-cores

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Compare what all hosts have left with the request and the reserve."""
        need = spec.flavor.milli_vcpus
        if need == 0:
            return np.zeros(len(hosts), dtype=np.uint8)
        short = hosts.cpu_limit - hosts.cpu_used < need + self.reserved
        return refuse((short, self.code(RESERVE_NEEDED)), hosts=hosts)

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers:
        """The request, and what each host may give without touching the reserve."""
        have = hosts.cpu_limit - hosts.cpu_used - self.reserved
        return Numbers(spec.flavor.milli_vcpus, have, VCPU)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """Need, have, what is missing, and where each number comes from."""
        need, free = spec.flavor.milli_vcpus, host.cpu.limit - host.cpu.used
        have = free - self.reserved
        return Facts(
            need=VCPU.show(need),
            have=VCPU.show(have),
            short_by=VCPU.show(max(0, need - have)) if need else 0,
            unit=VCPU.name,
            sources=(
                Source("requested", VCPU.text(need), spec.sources.get("flavor", "pod requests")),
                Source("free", VCPU.text(free), "limit less use"),
                Source(
                    "reserved",
                    VCPU.text(self.reserved),
                    f"option plugins.{OPTIONS}.reserved_vcpus",
                ),
            ),
        )


def example_filters() -> list[type[HostFilter]]:
    """Both filters: ``available_filters`` takes the dotted path of such a function too."""
    return [MaintenanceWindowFilter, VcpuReserveFilter]


# -- weighers -----------------------------------------------------------------------------------


class HardwareGenerationWeigher(HostWeigher):
    """Prefer newer hardware: the raw weight is the number in the node's label, else 0."""

    def weigh_object(self, host: HostState, spec: RequestSpec) -> float:
        """Read the label; what is no number counts as 0."""
        del spec
        generation = host.labels.get(GENERATION_LABEL, "")
        return float(generation) if generation.isdecimal() else 0.0


class FullnessWeigher(HostWeigher):
    """Prefer hosts that are fuller: the raw weight is the share of the vCPUs that is taken.

    ``minval`` and ``maxval`` say that 0 is empty and 1 is full, whatever the fullest host is.
    """

    minval = 0.0
    maxval = 1.0

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        multiplier = own_options(self.options).get("fullness_weight_multiplier", 1.0)
        if isinstance(multiplier, bool) or not isinstance(multiplier, int | float):
            raise TypeError(
                f"plugins.{OPTIONS}.fullness_weight_multiplier: {multiplier!r} is no number"
            )
        self.multiplier = float(multiplier)

    def weight_multiplier(self, hosts: HostTable) -> float:
        """The option, for all hosts alike; 0 switches the weigher off, below 0 turns it round."""
        del hosts
        return self.multiplier

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """Divide the columns; a host without vCPUs counts as full."""
        del spec
        limit = hosts.cpu_limit.astype(np.float64)
        full = np.ones(len(hosts), dtype=np.float64)
        return np.divide(hosts.cpu_used, limit, out=full, where=limit > 0)
