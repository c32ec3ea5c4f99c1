"""Nova's group ``scheduler``, under Nova's names."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from extender.config.group import Nova, OptionGroup
from extender.config.kinds import Boolean, Whole
from extender.config.text_kinds import Choice

DRIVERS = ("filter_scheduler", "caching_scheduler", "chance_scheduler", "fake_scheduler")


class SchedulerGroup(OptionGroup):
    """Group ``scheduler``: which scheduler runs, and what it demands before the filters."""

    driver: Annotated[
        str,
        Choice(
            words=DRIVERS,
            # Until release 12 Nova wanted the path of the class.
            aliases=(
                ("nova.scheduler.filter_scheduler.FilterScheduler", "filter_scheduler"),
                ("nova.scheduler.caching_scheduler.CachingScheduler", "caching_scheduler"),
                ("nova.scheduler.chance.ChanceScheduler", "chance_scheduler"),
            ),
        ),
        Nova(legacy="scheduler_driver", since="2012.1", until="23"),
        Field(
            description="The scheduler that judges the hosts: by filters and weighers, by the same"
            " on a picture of the cluster taken now and then, at random, or refusing all.",
        ),
    ] = "filter_scheduler"
    periodic_task_interval: Annotated[
        int,
        Whole(least=1, unit="seconds"),
        Nova(legacy="scheduler_driver_task_period", since="2014.1", until="23"),
        Field(
            description="After how long caching_scheduler takes a new picture of the cluster.",
        ),
    ] = 60
    max_attempts: Annotated[
        int,
        Whole(least=1, unit="attempts"),
        Nova(legacy="scheduler_max_attempts", since="2012.2"),
        Field(description="How many hosts a pod is tried on before every host is refused to it."),
    ] = 3
    limit_tenants_to_placement_aggregate: Annotated[
        bool,
        Boolean(),
        Nova(since="18"),
        Field(
            description="Whether the pods of a namespace that aggregates name, by a key that starts"
            " with filter_tenant_id, may only run on the hosts of those.",
        ),
    ] = False
    placement_aggregate_required_for_tenants: Annotated[
        bool,
        Boolean(),
        Nova(since="18"),
        Field(
            description="Whether, with limit_tenants_to_placement_aggregate, the pods of a"
            " namespace that no aggregate names may run nowhere instead of anywhere.",
        ),
    ] = False
    query_placement_for_availability_zone: Annotated[
        bool,
        Boolean(),
        Nova(since="18", until="28", default="true in 24 to 27"),
        Field(
            description="Whether a pod that asks for a zone may only run on the hosts of aggregates"
            " of that zone, where there are any, even without AvailabilityZoneFilter.",
        ),
    ] = False
    enable_isolated_aggregate_filtering: Annotated[
        bool,
        Boolean(),
        Nova(since="20"),
        Field(
            description="Whether the hosts of an aggregate with metadata trait:X=required are kept"
            " for pods that require the trait X.",
        ),
    ] = False
