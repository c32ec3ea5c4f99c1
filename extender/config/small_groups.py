"""Nova's groups of a few options: ``metrics``, ``compute``, ``pci`` and ``trusted_computing``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from extender.config.aliases import Aliases, DeviceAlias
from extender.config.group import Nova, OptionGroup
from extender.config.kinds import Boolean, Number, Whole
from extender.config.text_kinds import Name
from extender.config.weights import Weights


class MetricsGroup(OptionGroup):
    """Group ``metrics``: what hosts were measured at, for MetricsFilter and MetricsWeigher."""

    weight_multiplier: Annotated[
        float,
        Number(),
        Nova(since="2014.1"),
        Field(description="How much the metrics of weight_setting count in a host's weight."),
    ] = 1.0
    weight_setting: Annotated[
        tuple[tuple[str, float], ...],
        Weights(many="metrics", example="cpu.percent=-1.0"),
        Nova(since="2014.1"),
        Field(
            description="The metrics that MetricsFilter demands of a host, each with the number by"
            " which MetricsWeigher multiplies it; a name that stands there twice counts twice.",
        ),
    ] = ()
    required: Annotated[
        bool,
        Boolean(),
        Nova(since="2014.1"),
        Field(
            description="Whether no host may be without one of those metrics; MetricsFilter must"
            " then be enabled.",
        ),
    ] = True
    weight_of_unavailable: Annotated[
        float,
        Number(),
        Nova(since="2014.1"),
        Field(description="What MetricsWeigher takes a host for that lacks one of those metrics."),
    ] = -10000.0


class ComputeGroup(OptionGroup):
    """Group ``compute``: what Nova's compute service and the scheduler share."""

    consecutive_build_service_disable_threshold: Annotated[
        int,
        Whole(),
        Nova(since="16"),
        Field(
            description="Whether BuildFailureWeigher counts the pods that a kubelet has rejected:"
            " any number but 0 says that it does.",
        ),
    ] = 10
    packing_host_numa_cells_allocation_strategy: Annotated[
        bool,
        Boolean(),
        Nova(since="25"),
        Field(
            description="Where simulate places several instances that ask for NUMA cells, whether"
            " each takes the fuller cells of its host first, not the emptier ones.",
        ),
    ] = False


class PciGroup(OptionGroup):
    """Group ``pci``: devices."""

    alias: Annotated[
        tuple[DeviceAlias, ...],
        Aliases(),
        Nova(legacy="pci_alias", since="2013.2"),
        Field(
            description="Names for devices, which the extra spec pci_passthrough:alias may ask for;"
            " entries of one name are alternatives, and numa_policy has no effect.",
        ),
    ] = ()


class TrustedComputingGroup(OptionGroup):
    """Group ``trusted_computing``: how TrustedFilter learns how far a node is trusted."""

    attestation_auth_timeout: Annotated[
        int,
        Whole(unit="seconds"),
        Nova(since="2012.2", until="17", default="60"),
        Field(
            description="After how long the trust that annotation attestation states is none any"
            " more; 0 for never.",
        ),
    ] = 0
    attestation_label: Annotated[
        str,
        Name(one="the key of a label", pattern=Name.LABEL),
        Field(
            description="The node label that states how far a node is trusted; one below"
            " node-restriction.kubernetes.io is out of the kubelet's own reach.",
        ),
    ] = "nova-extender.io/trust_lvl"
