"""Nova's group ``DEFAULT``, under Nova's names."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from extender.config.group import Nova, OptionGroup
from extender.config.kinds import Ratio, Whole
from extender.config.text_kinds import Text


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
        Nova(since="16"),
        Field(
            description="CPUs kept from pods on every node, beyond what the node's allocatable"
            " already leaves out.",
        ),
    ] = 0
    reserved_host_memory_mb: Annotated[
        int,
        Whole(unit="MiB"),
        Nova(since="2012.1", default="512"),
        Field(
            description="Memory kept from pods on every node, beyond what the node's allocatable"
            " already leaves out.",
        ),
    ] = 0
    reserved_host_disk_mb: Annotated[
        int,
        Whole(unit="MiB"),
        Nova(since="2012.1"),
        Field(
            description="Ephemeral storage kept from pods on every node, beyond what the node's"
            " allocatable already leaves out.",
        ),
    ] = 0
    default_availability_zone: Annotated[
        str,
        Text(),
        Nova(legacy="node_availability_zone", since="2012.1"),
        Field(
            description="The zone of a node that neither an aggregate nor the label"
            " topology.kubernetes.io/zone puts into one.",
        ),
    ] = "nova"
    default_schedule_zone: Annotated[
        str | None,
        Text(may_be_unset=True),
        Nova(since="2012.1"),
        Field(description="The zone asked for on behalf of a pod that names none."),
    ] = None
