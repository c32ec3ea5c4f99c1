"""Which scheduler runs: option ``[scheduler] driver``.

Source: Nova's entry points ``nova.scheduler.driver`` (13 to 22).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extender.filters.base import HostFilter
from extender.model.options import SchedulerOptions
from extender.scheduler.chance import (
    ChanceScheduler,
    ChanceWeigher,
    FakeFilter,
    FakeScheduler,
    ServiceUpFilter,
)
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.filtering import Clock
from extender.weighers.base import HostWeigher

if TYPE_CHECKING:
    from random import Random

CACHING = "caching_scheduler"
"""The filter scheduler on a snapshot; who keeps that is ``state.snapshot``."""


def scheduler(
    filters: tuple[HostFilter, ...],
    weighers: tuple[HostWeigher, ...],
    options: SchedulerOptions,
    clock: Clock,
    rng: Random,
) -> FilterScheduler:
    """The scheduler that ``options.driver`` names.

    Args:
        filters: the enabled filters, which only the drivers that filter use.
        weighers: likewise.
        options: which driver, and what it reads.
        clock: seconds that only grow, for timings.
        rng: what the chance driver draws from.
    """
    if options.driver == "chance_scheduler":
        chance = (ServiceUpFilter(options),), (ChanceWeigher(rng),)
        return ChanceScheduler(*chance, options, clock)
    if options.driver == "fake_scheduler":
        return FakeScheduler((FakeFilter(options),), (), options, clock)
    return FilterScheduler(filters, weighers, options, clock)
