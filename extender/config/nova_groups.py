"""Nova's groups ``DEFAULT``, ``scheduler`` and ``filter_scheduler``, under Nova's names."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from extender.config.group import Nova, OptionGroup
from extender.config.kinds import Boolean, Number, Ratio, Whole
from extender.config.text_kinds import Choice, Names, Text

_FILTERS_OF_NOVA_17 = (
    "RetryFilter, AvailabilityZoneFilter, ComputeFilter, ComputeCapabilitiesFilter,"
    " ImagePropertiesFilter, ServerGroupAntiAffinityFilter, ServerGroupAffinityFilter (release 17)"
)


class DefaultGroup(OptionGroup):
    """Group ``DEFAULT``: what a host is worth before a pod asks for it."""

    cpu_allocation_ratio: Annotated[
        Fraction | None,
        Ratio(may_be_unset=True),
        Nova(since="2012.1"),
        Field(
            description="Virtual CPUs offered for each real one, on every node that does not set"
            " its own ratio by annotation.",
        ),
    ] = None
    ram_allocation_ratio: Annotated[
        Fraction | None,
        Ratio(may_be_unset=True),
        Nova(since="2012.1"),
        Field(
            description="Memory offered for each byte of real memory, on every node that does not"
            " set its own ratio by annotation.",
        ),
    ] = None
    disk_allocation_ratio: Annotated[
        Fraction | None,
        Ratio(may_be_unset=True),
        Nova(since="2012.2"),
        Field(
            description="Ephemeral storage offered for each byte of real storage, on every node"
            " that does not set its own ratio by annotation.",
        ),
    ] = None
    initial_cpu_allocation_ratio: Annotated[
        Fraction,
        Ratio(),
        Nova(since="19", default="4.0"),
        Field(
            description="The CPU ratio where neither the node's annotation nor"
            " cpu_allocation_ratio sets one.",
        ),
    ] = Fraction(1)
    initial_ram_allocation_ratio: Annotated[
        Fraction,
        Ratio(),
        Nova(since="19"),
        Field(
            description="The memory ratio where neither the node's annotation nor"
            " ram_allocation_ratio sets one.",
        ),
    ] = Fraction(1)
    initial_disk_allocation_ratio: Annotated[
        Fraction,
        Ratio(),
        Nova(since="19"),
        Field(
            description="The storage ratio where neither the node's annotation nor"
            " disk_allocation_ratio sets one.",
        ),
    ] = Fraction(1)
    reserved_host_cpus: Annotated[
        int,
        Whole(unit="CPUs"),
        Nova(),
        Field(
            description="CPUs kept from pods on every node, beyond what the node's allocatable"
            " already leaves out.",
        ),
    ] = 0
    reserved_host_memory_mb: Annotated[
        int,
        Whole(unit="MiB"),
        Nova(default="512"),
        Field(
            description="Memory kept from pods on every node, beyond what the node's allocatable"
            " already leaves out.",
        ),
    ] = 0
    reserved_host_disk_mb: Annotated[
        int,
        Whole(unit="MiB"),
        Nova(),
        Field(
            description="Ephemeral storage kept from pods on every node, beyond what the node's"
            " allocatable already leaves out.",
        ),
    ] = 0
    default_availability_zone: Annotated[
        str,
        Text(),
        Nova(legacy="node_availability_zone"),
        Field(
            description="The zone of a node that neither an aggregate nor the label"
            " topology.kubernetes.io/zone puts into one.",
        ),
    ] = "nova"
    default_schedule_zone: Annotated[
        str | None,
        Text(may_be_unset=True),
        Nova(),
        Field(description="The zone asked for on behalf of a pod that names none."),
    ] = None


class SchedulerGroup(OptionGroup):
    """Group ``scheduler``: which scheduler runs, and how often a pod is tried."""

    driver: Annotated[
        str,
        Choice(
            words=("filter_scheduler",),
            elsewhere=("caching_scheduler", "chance_scheduler", "fake_scheduler"),
            # Until release 12 Nova wanted the path of the class.
            aliases=(
                ("nova.scheduler.filter_scheduler.FilterScheduler", "filter_scheduler"),
                ("nova.scheduler.caching_scheduler.CachingScheduler", "caching_scheduler"),
                ("nova.scheduler.chance.ChanceScheduler", "chance_scheduler"),
            ),
        ),
        Nova(legacy="scheduler_driver", until="23"),
        Field(description="The scheduler that judges the hosts."),
    ] = "filter_scheduler"
    max_attempts: Annotated[
        int,
        Whole(least=1, unit="attempts"),
        Nova(legacy="scheduler_max_attempts"),
        Field(description="How many hosts a pod is tried on before every host is refused to it."),
    ] = 3


class FilterSchedulerGroup(OptionGroup):
    """Group ``filter_scheduler``: which filters and weighers run, and what they read."""

    available_filters: Annotated[
        tuple[str, ...],
        Names(
            one="a dotted path",
            many="dotted paths of filter classes or of functions that list them",
            pattern=Names.DOTTED,
        ),
        Nova(
            legacy="scheduler_available_filters",
        ),
        Field(description="Where the filters that may be enabled are found."),
    ] = ("nova.scheduler.filters.all_filters",)
    enabled_filters: Annotated[
        tuple[str, ...],
        Names(
            one="the name of a filter class", many="names of filter classes", pattern=Names.CLASS
        ),
        Nova(legacy="scheduler_default_filters", default=_FILTERS_OF_NOVA_17),
        Field(
            description="The filters a host must pass, in the order they run; those that remove"
            " many hosts are best put first.",
        ),
    ] = (
        "RetryFilter",
        "AvailabilityZoneFilter",
        "AggregateTypeAffinityFilter",
        "CoreFilter",
        "RamFilter",
        "DiskFilter",
        "ComputeFilter",
        "ServerGroupAntiAffinityFilter",
        "ServerGroupAffinityFilter",
    )
    weight_classes: Annotated[
        tuple[str, ...],
        Names(
            one="a dotted path",
            many="dotted paths of weigher classes or of functions that list them",
            pattern=Names.DOTTED,
        ),
        Nova(legacy="scheduler_weight_classes"),
        Field(description="The weighers that put the hosts left by the filters into an order."),
    ] = ("nova.scheduler.weights.all_weighers",)
    host_subset_size: Annotated[
        int,
        Whole(least=1, unit="hosts"),
        Nova(legacy="scheduler_host_subset_size"),
        Field(
            description="Where the scheduler itself chooses, it takes one at random of so many of"
            " the best hosts.",
        ),
    ] = 1
    shuffle_best_same_weighed_hosts: Annotated[
        bool,
        Boolean(),
        Nova(since="17"),
        Field(
            description="Where the scheduler itself chooses, whether hosts that share the highest"
            " weight are put into a random order.",
        ),
    ] = False
    max_io_ops_per_host: Annotated[
        int,
        Whole(unit="pods"),
        Nova(legacy="max_io_ops_per_host", since="2013.1"),
        Field(
            description="IoOpsFilter refuses a host on which so many pods are starting or"
            " stopping.",
        ),
    ] = 8
    max_instances_per_host: Annotated[
        int,
        Whole(least=1, unit="pods"),
        Nova(legacy="max_instances_per_host", since="2013.1"),
        Field(description="NumInstancesFilter refuses a host that has so many pods."),
    ] = 50
    ram_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(legacy="ram_weight_multiplier", since="2013.1"),
        Field(
            description="How much free memory counts in a host's weight; below 0 it fills hosts up"
            " instead of spreading pods.",
        ),
    ] = 1.0
    cpu_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(since="18"),
        Field(
            description="How much free CPU counts in a host's weight; below 0 it fills hosts up"
            " instead of spreading pods.",
        ),
    ] = 1.0
    disk_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(legacy="disk_weight_multiplier", since="13"),
        Field(
            description="How much free ephemeral storage counts in a host's weight; below 0 it"
            " fills hosts up instead of spreading pods.",
        ),
    ] = 1.0
    io_ops_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(legacy="io_ops_weight_multiplier", since="2015.1"),
        Field(
            description="How much pods that are starting or stopping count in a host's weight;"
            " below 0 it prefers hosts where little goes on.",
        ),
    ] = -1.0
