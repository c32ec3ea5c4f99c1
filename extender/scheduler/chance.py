"""Nova's ``chance_scheduler`` and ``fake_scheduler``: no filters, no weighers.

Source: ``nova.scheduler.chance.ChanceScheduler`` (to 18), ``nova.tests…FakeScheduler`` (13 to 20).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.filters.compute_filter import HOST_DOWN
from extender.model.attempt import FilterPart
from extender.model.facts import Facts, Source
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable, Rows
from extender.model.names import HostNames, Names
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.selection import Cycle
from extender.weighers.base import Float64, HostWeigher

if TYPE_CHECKING:
    from random import Random

NOBODY_PASSES = Reason("fake_scheduler", "fake scheduler accepts no host", Category.POLICY)


class ServiceUpFilter(HostFilter):
    """Refuse hosts that are not up: all that the chance driver asks. Disabled ones pass, as there.

    Readiness does not count for a pod that tolerates ``not-ready`` or ``unreachable``, as for
    ComputeFilter.
    """

    run_filter_once_per_request = True
    RUN_ON_REBUILD = True
    reasons = (HOST_DOWN,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark the hosts that are forced down or not ready."""
        down = hosts.forced_down
        if not spec.tolerates_not_ready:
            down = down | ~hosts.ready
        return refuse(
            (hosts.cannot_read(Unreadable.SERVICE), self.code(INVALID_HOST_ANNOTATION)),
            (down, self.code(HOST_DOWN)),
            hosts=hosts,
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The signs of the host's state."""
        del spec
        service = host.service
        return Facts(
            need="up",
            have="forced down" if service.forced_down else "up" if service.ready else "not ready",
            sources=(Source("driver", "chance_scheduler", "option scheduler.driver"),),
        )


class ChanceWeigher(HostWeigher):
    """Random weights: every order of the hosts is as likely as any other."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self._rng = rng

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """Uniform between 0 and 1, anew each time."""
        del spec
        return np.array([self._rng.random() for _ in range(len(hosts))], dtype=np.float64)


class FakeFilter(HostFilter):
    """Refuse everything."""

    RUN_ON_REBUILD = True
    reasons = (NOBODY_PASSES,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark all."""
        del spec
        return np.full(len(hosts), self.code(NOBODY_PASSES), dtype=np.uint8)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The option that says so."""
        del host, spec
        return Facts(sources=(Source("driver", "fake_scheduler", "option scheduler.driver"),))


class _Unforced(FilterScheduler):
    """Judges forced hosts, too: a driver without filters has none that forcing could skip."""

    def filter(
        self,
        table: HostTable,
        names: Sequence[str] | HostNames,
        rows: Rows,
        spec: RequestSpec,
        index: int = 0,
    ) -> FilterPart:
        """The same, with a check type hinted: whatever it is, it brings the filters back."""
        hints = {"_nova_check_type": (type(self).__name__,), **spec.scheduler_hints}
        checked = replace(spec, scheduler_hints=MappingProxyType(hints))
        return super().filter(table, names, rows, checked, index)


class ChanceScheduler(_Unforced):
    """Any host that is up.

    Of Nova's known defects (17, 18) none is left: alternates are given, never twice, never a host
    that was chosen, and looking for them ends. Instances go to different hosts where there are
    enough, else each is drawn for itself.
    """

    def candidates(self, names: Names, taken: Collection[str], instances: int) -> Names:
        """Those that no instance before was given, as long as every instance can have its own."""
        free = names[[name not in taken for name in names.tolist()]]
        return free if len(free) >= instances - len(taken) else names

    def failure(self, cycle: Cycle) -> str:
        """Whether no service is up, or none but those to be ignored."""
        before = cycle.filtered.steps[0]
        if before.entering and not before.leaving:
            return "Could not find another compute"
        return "Is the appropriate service running?"


class FakeScheduler(_Unforced):
    """No host, ever."""
