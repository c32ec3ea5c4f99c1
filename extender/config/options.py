"""The whole configuration as one typed model, and the list of its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from extender.config.default_group import DefaultGroup
from extender.config.filter_scheduler_group import FilterSchedulerGroup
from extender.config.group import Nova, OptionGroup
from extender.config.kinds import Kind
from extender.config.own_groups import HttpServerGroup, KubernetesGroup
from extender.config.scheduler_group import SchedulerGroup
from extender.config.small_groups import (
    ComputeGroup,
    MetricsGroup,
    PciGroup,
    TrustedComputingGroup,
)
from extender.config.text_kinds import PluginTree

PLUGINS = "plugins"


class Config(OptionGroup):
    """Every option in effect, by group."""

    DEFAULT: Annotated[
        DefaultGroup,
        Field(description="What a host is worth before a pod asks for it."),
    ] = DefaultGroup()
    scheduler: Annotated[
        SchedulerGroup,
        Field(
            description="Which scheduler runs, how often a pod is tried, and what it demands of"
            " hosts before the filters.",
        ),
    ] = SchedulerGroup()
    filter_scheduler: Annotated[
        FilterSchedulerGroup,
        Field(description="Which filters and weighers run, and what they read."),
    ] = FilterSchedulerGroup()
    metrics: Annotated[
        MetricsGroup,
        Field(description="What hosts were measured at, for MetricsFilter and MetricsWeigher."),
    ] = MetricsGroup()
    compute: Annotated[
        ComputeGroup,
        Field(description="What Nova's compute service and its scheduler share."),
    ] = ComputeGroup()
    pci: Annotated[
        PciGroup,
        Field(description="Devices, for PciPassthroughFilter."),
    ] = PciGroup()
    trusted_computing: Annotated[
        TrustedComputingGroup,
        Field(description="How far nodes are trusted, for TrustedFilter."),
    ] = TrustedComputingGroup()
    kubernetes: Annotated[
        KubernetesGroup,
        Field(description="What Nova's way asks of a cluster."),
    ] = KubernetesGroup()
    server: Annotated[
        HttpServerGroup,
        Field(description="The HTTP server kube-scheduler asks."),
    ] = HttpServerGroup()
    plugins: Annotated[
        Mapping[str, object],
        PluginTree(),
        Field(description="Options of third-party filters and weighers, of any names."),
    ] = Field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option in effect, as its model declares it."""

    group: str
    name: str
    kind: Kind
    default: object
    description: str
    nova: Nova | None

    @property
    def path(self) -> str:
        """Where it stands in the file."""
        return f"{self.group}.{self.name}"


@cache
def group_models() -> Mapping[str, type[OptionGroup]]:
    """The model of each group that has named options, in the order they are documented."""
    return MappingProxyType(
        {
            name: field.annotation
            for name, field in Config.model_fields.items()
            if isinstance(field.annotation, type) and issubclass(field.annotation, OptionGroup)
        },
    )


@cache
def options() -> tuple[Option, ...]:
    """Every option in effect, but for the free names of ``plugins``."""
    return tuple(
        Option(
            group=group,
            name=name,
            kind=next(item for item in field.metadata if isinstance(item, Kind)),
            default=field.default,
            description=field.description or "",
            nova=next((item for item in field.metadata if isinstance(item, Nova)), None),
        )
        for group, model in group_models().items()
        for name, field in model.model_fields.items()
    )
