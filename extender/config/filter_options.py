"""What runs, and what filters read: the first part of Nova's group ``filter_scheduler``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from extender.config.group import Nova, OptionGroup
from extender.config.kinds import Boolean, Whole
from extender.config.text_kinds import Choice, Name, Names, Text
from extender.model.guests import ARCHITECTURES

_FILTERS_OF_NOVA_17 = (
    "RetryFilter, AvailabilityZoneFilter, ComputeFilter, ComputeCapabilitiesFilter,"
    " ImagePropertiesFilter, ServerGroupAntiAffinityFilter, ServerGroupAffinityFilter (release 17)"
)


class FilterOptions(OptionGroup):
    """The first part of group ``filter_scheduler``: what runs, and what filters read."""

    available_filters: Annotated[
        tuple[str, ...],
        Names(
            one="a dotted path",
            many="dotted paths of filter classes or of functions that list them",
            pattern=Names.DOTTED,
        ),
        Nova(legacy="scheduler_available_filters", since="2012.1"),
        Field(description="Where the filters that may be enabled are found."),
    ] = ("nova.scheduler.filters.all_filters",)
    enabled_filters: Annotated[
        tuple[str, ...],
        Names(
            one="the name of a filter class", many="names of filter classes", pattern=Names.CLASS
        ),
        Nova(legacy="scheduler_default_filters", since="2012.1", default=_FILTERS_OF_NOVA_17),
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
        "ComputeCapabilitiesFilter",
        "ImagePropertiesFilter",
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
        Nova(legacy="scheduler_weight_classes", since="2013.1"),
        Field(description="The weighers that put the hosts left by the filters into an order."),
    ] = ("nova.scheduler.weights.all_weighers",)
    host_subset_size: Annotated[
        int,
        Whole(least=1, unit="hosts"),
        Nova(legacy="scheduler_host_subset_size", since="2013.1"),
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
    isolated_images: Annotated[
        tuple[str, ...],
        Names(one="an image", many="images, as pods write them", pattern=Names.IMAGE),
        Nova(legacy="isolated_images", since="2012.1"),
        Field(description="The images that IsolatedHostsFilter lets run on isolated_hosts only."),
    ] = ()
    isolated_hosts: Annotated[
        tuple[str, ...],
        Names(one="the name of a node", many="names of nodes", pattern=Name.OBJECT),
        Nova(legacy="isolated_hosts", since="2012.1"),
        Field(description="The hosts that IsolatedHostsFilter keeps for isolated_images."),
    ] = ()
    restrict_isolated_hosts_to_isolated_images: Annotated[
        bool,
        Boolean(),
        Nova(legacy="restrict_isolated_hosts_to_isolated_images", since="2013.2"),
        Field(description="Whether IsolatedHostsFilter refuses isolated_hosts to other images."),
    ] = True
    aggregate_image_properties_isolation_namespace: Annotated[
        str | None,
        Text(may_be_unset=True),
        Nova(legacy="aggregate_image_properties_isolation_namespace", since="2014.1"),
        Field(
            description="What, with the separator behind it, the metadata keys start with that"
            " AggregateImagePropertiesIsolation compares; without it, it compares all.",
        ),
    ] = None
    aggregate_image_properties_isolation_separator: Annotated[
        str,
        Text(),
        Nova(legacy="aggregate_image_properties_isolation_separator", since="2014.1"),
        Field(description="What stands between that namespace and the rest of a metadata key."),
    ] = "."
    image_properties_default_architecture: Annotated[
        str | None,
        Choice(
            words=ARCHITECTURES.names,
            aliases=tuple(ARCHITECTURES.others.items()),
            may_be_unset=True,
        ),
        Nova(since="18"),
        Field(
            description="The architecture that ImagePropertiesFilter asks for on behalf of a pod"
            " that names none.",
        ),
    ] = None
