"""What weighers read: the rest of Nova's group ``filter_scheduler``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from extender.config.filter_options import FilterOptions
from extender.config.group import Nova
from extender.config.kinds import Number
from extender.config.weights import Weights


class FilterSchedulerGroup(FilterOptions):
    """Group ``filter_scheduler``: which filters and weighers run, and what they read."""

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
    pci_weight_multiplier: Annotated[
        float,
        Number(least=0),
        Nova(since="16"),
        Field(
            description="How much it counts in a host's weight that few devices are free there: it"
            " keeps pods away from hosts with many, whatever they ask for.",
        ),
    ] = 1.0
    soft_affinity_weight_multiplier: Annotated[
        float,
        Number(least=0),
        Nova(legacy="soft_affinity_weight_multiplier", since="13"),
        Field(
            description="How much the pods of a pod's own group count in a host's weight, where the"
            " group's policy is soft-affinity.",
        ),
    ] = 1.0
    soft_anti_affinity_weight_multiplier: Annotated[
        float,
        Number(least=0),
        Nova(legacy="soft_anti_affinity_weight_multiplier", since="13"),
        Field(
            description="How much the pods of a pod's own group count against a host, where the"
            " group's policy is soft-anti-affinity.",
        ),
    ] = 1.0
    build_failure_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(since="18"),
        Field(
            description="How much the pods that a kubelet has rejected of late count against its"
            " host.",
        ),
    ] = 1000000.0
    cross_cell_move_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(since="21"),
        Field(
            description="How much it counts in a host's weight to be in the cell that a pod names"
            " and may leave.",
        ),
    ] = 1000000.0
    hypervisor_version_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(since="28"),
        Field(
            description="How much a newer container runtime counts in a host's weight; below 0 it"
            " prefers older ones.",
        ),
    ] = 1.0
    num_instances_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(since="28"),
        Field(
            description="How much the number of pods counts in a host's weight; above 0 it fills"
            " hosts up, below 0 it spreads pods.",
        ),
    ] = 0.0
    image_props_weight_multiplier: Annotated[
        float,
        Number(),
        Nova(since="31"),
        Field(
            description="How much image properties that a pod shares with the pods of a host count"
            " in the host's weight; above 0 it brings like pods together.",
        ),
    ] = 0.0
    image_props_weight_setting: Annotated[
        tuple[tuple[str, float], ...],
        Weights(many="image properties", example="os_distro=2.0"),
        Nova(since="31"),
        Field(
            description="How much each image property counts among the others; without any, all"
            " count alike.",
        ),
    ] = ()
