"""What is tested before the first filter: is the host known, asked for, ignored, forced?

And what in Nova Placement answers: is it in the right aggregates, has it the traits and resources
that extra specs name? A host that fails both is refused for the former, which says more.

Source: ``nova.scheduler.host_manager.HostManager.get_filtered_hosts``, and
``nova.scheduler.manager`` for Placement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extender.model.columns import Bool
from extender.model.groups import Aggregates
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import Destination, RequestSpec
from extender.scheduler import inventories, placement, prefilters
from extender.scheduler.inventories import Need
from extender.scheduler.placement import Demand
from extender.scheduler.prefilters import Rule

NOT_IN_CACHE = Reason("not_in_cache", "not in cache yet", Category.DATA)
NOT_REQUESTED_DESTINATION = Reason(
    "not_requested_destination", "not the requested destination", Category.POLICY
)
HOST_IGNORED = Reason("host_ignored", "host is to be ignored", Category.POLICY)
NOT_FORCED_HOST = Reason("not_forced_host", "not a forced host", Category.POLICY)

AGGREGATE_FORBIDDEN = Reason(
    "aggregate_forbidden", "host aggregate does not admit the request", Category.POLICY
)
TRAIT_FORBIDDEN = Reason("trait_forbidden", "host has a forbidden trait", Category.HOST)
TRAIT_MISSING = Reason("trait_missing", "host lacks a required trait", Category.HOST)
GROUP_POLICY_UNSATISFIED = Reason(
    "group_policy_unsatisfied",
    "request groups need separate resource providers",
    Category.POLICY,
)
RESOURCE_CLASS_MISSING = Reason(
    "resource_class_missing", "host has no inventory of a requested resource class", Category.HOST
)
INSUFFICIENT_RESOURCES = Reason(
    "insufficient_resources",
    "not enough of a requested resource class",
    Category.CAPACITY,
    cured=True,
)

REASONS = (
    NOT_IN_CACHE,
    NOT_REQUESTED_DESTINATION,
    HOST_IGNORED,
    NOT_FORCED_HOST,
    AGGREGATE_FORBIDDEN,
    TRAIT_FORBIDDEN,
    TRAIT_MISSING,
    GROUP_POLICY_UNSATISFIED,
    INVALID_HOST_ANNOTATION,
    RESOURCE_CLASS_MISSING,
    INSUFFICIENT_RESOURCES,
)

Tests = tuple[tuple[Reason, Bool], ...]

DEFAULTS = SchedulerOptions()
"""No pre-filter is on."""


@dataclass(frozen=True, slots=True)
class PreStage:
    """The verdicts before the filters, one code a host, and whether the filters are skipped.

    ``tests`` holds every test on its own, for explanations, and so do ``asked``, ``rules`` and
    ``needs`` what was tested; a host's code is that of the first test it failed.
    """

    tests: Tests
    reasons: tuple[Reason, ...]
    skip_filters: bool
    asked: Demand = placement.NOTHING
    rules: tuple[Rule, ...] = ()
    needs: tuple[Need, ...] = ()

    def codes(self, hosts: int) -> npt.NDArray[np.uint8]:
        """One reason code a host, 0 where all tests passed."""
        codes = np.zeros(hosts, dtype=np.uint8)
        for reason, refused in reversed(self.tests):
            codes[refused] = self.reasons.index(reason) + 1
        return codes


def run(hosts: HostTable, spec: RequestSpec, options: SchedulerOptions = DEFAULTS) -> PreStage:
    """Test known hosts: the pod itself, destination, ignored, forced, then as Placement would.

    Ignoring beats forcing; forced hosts skip every filter unless a check type is hinted, but not
    what Placement says.
    """
    tests: list[tuple[Reason, Bool]] = []
    reasons: tuple[Reason, ...] = REASONS
    if spec.refusal is not None:
        reasons = (*REASONS, spec.refusal.reason)
        tests.append((spec.refusal.reason, np.ones(len(hosts), dtype=np.bool_)))
    if spec.requested_destination is not None:
        outside = ~_at_destination(hosts, spec.requested_destination)
        tests.append((NOT_REQUESTED_DESTINATION, outside))
    if spec.ignore_hosts:
        ignored = hosts.encoded("folded_host").isin({name.lower() for name in spec.ignore_hosts})
        tests.append((HOST_IGNORED, ignored))
    if spec.force_hosts or spec.force_nodes:
        tests.append((NOT_FORCED_HOST, ~_forced(hosts, spec)))
    if spec.is_rebuild:  # Nova asks Placement nothing
        return PreStage(tuple(tests), reasons, skips_filters(spec))
    asked = placement.demand(spec)
    rules = prefilters.rules(hosts.aggregates, spec, asked, options)
    needs = inventories.needs(asked.resources)
    tests += _placement(hosts, spec, asked, rules)
    if needs:
        found = inventories.judge(hosts, needs)
        tests.append((INVALID_HOST_ANNOTATION, found.unreadable))
        tests.append((RESOURCE_CLASS_MISSING, found.missing))
        tests.append((INSUFFICIENT_RESOURCES, found.short))
    return PreStage(tuple(tests), reasons, skips_filters(spec), asked, rules, needs)


def _placement(
    hosts: HostTable, spec: RequestSpec, asked: Demand, rules: tuple[Rule, ...]
) -> Tests:
    """Aggregates, traits and groups; a test that refuses nobody is left out where that is cheap."""
    tests: list[tuple[Reason, Bool]] = []
    if rules:
        tests.append((AGGREGATE_FORBIDDEN, prefilters.outside(hosts, rules)))
    forbidden = prefilters.forbidden_trait(hosts, asked, skips_filters=skips_filters(spec))
    if forbidden is not None:
        tests.append((TRAIT_FORBIDDEN, forbidden))
    if asked.required:
        tests.append((TRAIT_MISSING, prefilters.missing_trait(hosts, asked)))
    if asked.clash:
        tests.append((GROUP_POLICY_UNSATISFIED, np.ones(len(hosts), dtype=np.bool_)))
    return tuple(tests)


def skips_filters(spec: RequestSpec) -> bool:
    """Whether no filter judges this request: hosts are forced, and no check type is hinted."""
    forced = bool(spec.force_hosts or spec.force_nodes)
    return forced and not spec.scheduler_hints.get("_nova_check_type")


def _forced(hosts: HostTable, spec: RequestSpec) -> Bool:
    kept: Bool = np.ones(len(hosts), dtype=np.bool_)
    if spec.force_hosts:
        kept &= hosts.encoded("folded_host").isin({name.lower() for name in spec.force_hosts})
    if spec.force_nodes:
        kept &= hosts.encoded("nodename").isin(spec.force_nodes)
    return kept


def _at_destination(hosts: HostTable, destination: Destination) -> Bool:
    kept: Bool = np.ones(len(hosts), dtype=np.bool_)
    if destination.host is not None:
        kept &= hosts.encoded("host").isin((destination.host,))
        if destination.node:
            kept &= hosts.encoded("nodename").isin((destination.node,))
    if destination.cell and not destination.allow_cross_cell_move:
        kept &= hosts.encoded("cell_uuid").isin((destination.cell,))
    if destination.aggregates or destination.forbidden_aggregates:

        def admitted(aggregates: Aggregates) -> bool:
            names = {aggregate.name for aggregate in aggregates}
            return not names & destination.forbidden_aggregates and all(
                names & {item.strip() for item in text.split(",")}
                for text in destination.aggregates
            )

        kept &= hosts.encoded("aggregates").spread(admitted, np.bool_)
    return kept
