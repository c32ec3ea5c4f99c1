"""Nova's request pre-filters: what they add to a request before Placement is asked.

Source: ``nova.scheduler.request_filter``, of which these are left: ``require_tenant_aggregate``,
``map_az_to_placement_aggregate``, ``isolate_aggregates`` and ``compute_status_filter``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from extender.model.columns import Bool
from extender.model.groups import Aggregates
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler.placement import Demand

STATUS_DISABLED = "COMPUTE_STATUS_DISABLED"
"""The trait of hosts whose compute service is disabled; forbidden for every request."""

TENANT_KEY = "filter_tenant_id"
ZONE_KEY = "availability_zone"
TRAIT_KEY = "trait:"


@dataclass(frozen=True, slots=True)
class Rule:
    """Aggregates of which a host must be in one, or in none: by name, and by whose order.

    ``asked`` is what of the request the rule goes by, for explanations.
    """

    option: str
    aggregates: frozenset[str]
    required: bool
    asked: str

    def admits(self, aggregates: Aggregates) -> bool:
        """Whether a host of these aggregates may be taken."""
        return any(found.name in self.aggregates for found in aggregates) == self.required


def rules(
    known: Aggregates, spec: RequestSpec, asked: Demand, options: SchedulerOptions
) -> tuple[Rule, ...]:
    """What the aggregates' metadata ask of this request's host, in Nova's order.

    Args:
        known: all aggregates there are, also those without hosts.
        spec: the request.
        asked: what it asks of Placement.
        options: which pre-filters are on.
    """
    found = []
    if options.limit_tenants_to_placement_aggregate:
        found += _tenant(known, spec.project_id, options)
    if options.query_placement_for_availability_zone and spec.availability_zone:
        found += _zone(known, spec.availability_zone)
    if options.enable_isolated_aggregate_filtering:
        found += _isolated(known, asked.required)
    return tuple(found)


def outside(hosts: HostTable, found: Iterable[Rule]) -> Bool:
    """Which hosts one of the rules keeps out."""
    kept = tuple(found)
    return hosts.encoded("aggregates").spread(
        lambda aggregates: not all(rule.admits(aggregates) for rule in kept), np.bool_
    )


def forbidden_trait(hosts: HostTable, asked: Demand, *, skips_filters: bool) -> Bool | None:
    """Which hosts have a trait that the request forbids; ``None`` where none has.

    A disabled service gives a host the trait COMPUTE_STATUS_DISABLED. ComputeFilter refuses such
    a host and says more; where no filter judges, it is refused here.
    """
    traits = hosts.encoded("traits")
    disabled = traits.vocabulary.array(
        STATUS_DISABLED, lambda names: STATUS_DISABLED in names, np.bool_
    )
    found: Bool | None = disabled[traits.codes] if disabled.any() else None
    if asked.forbidden:
        has = traits.spread(lambda names: not names.isdisjoint(asked.forbidden), np.bool_)
        found = has if found is None else found | has
    if skips_filters and hosts.disabled.any():
        found = hosts.disabled if found is None else found | hosts.disabled
    return found


def missing_trait(hosts: HostTable, asked: Demand) -> Bool:
    """Which hosts lack a trait that the request needs."""
    return hosts.encoded("traits").spread(lambda names: not names >= asked.required, np.bool_)


def _tenant(known: Aggregates, project: str, options: SchedulerOptions) -> list[Rule]:
    """``require_tenant_aggregate``: the project's own aggregates, where it has any."""
    own = frozenset(
        a.name
        for a in known
        if any(key.startswith(TENANT_KEY) and value == project for key, value in a.metadata.items())
    )
    if not own and not options.placement_aggregate_required_for_tenants:
        return []
    return [Rule("limit_tenants_to_placement_aggregate", own, required=True, asked=project)]


def _zone(known: Aggregates, zone: str) -> list[Rule]:
    """``map_az_to_placement_aggregate``: no aggregate of the zone, no rule."""
    named = frozenset(a.name for a in known if a.metadata.get(ZONE_KEY) == zone)
    if not named:
        return []
    return [Rule("query_placement_for_availability_zone", named, required=True, asked=zone)]


def _isolated(known: Aggregates, required: frozenset[str]) -> list[Rule]:
    """``isolate_aggregates``: those that want a trait which the request does not ask for."""
    isolated = frozenset(
        a.name
        for a in known
        if any(
            key.startswith(TRAIT_KEY)
            and value == "required"
            and key[len(TRAIT_KEY) :] not in required
            for key, value in a.metadata.items()
        )
    )
    if not isolated:
        return []
    traits = ", ".join(sorted(required)) or "no traits"
    return [Rule("enable_isolated_aggregate_filtering", isolated, required=False, asked=traits)]
