"""What is tested before the first filter: is the host known, asked for, ignored, forced?

Source: ``nova.scheduler.host_manager.HostManager.get_filtered_hosts``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extender.model.columns import Bool
from extender.model.groups import Aggregates
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import Destination, RequestSpec

NOT_IN_CACHE = Reason("not_in_cache", "not in cache yet", Category.DATA)
NOT_REQUESTED_DESTINATION = Reason(
    "not_requested_destination", "not the requested destination", Category.POLICY
)
HOST_IGNORED = Reason("host_ignored", "host is to be ignored", Category.POLICY)
NOT_FORCED_HOST = Reason("not_forced_host", "not a forced host", Category.POLICY)

REASONS = (NOT_IN_CACHE, NOT_REQUESTED_DESTINATION, HOST_IGNORED, NOT_FORCED_HOST)


@dataclass(frozen=True, slots=True)
class PreStage:
    """The verdicts before the filters, one code a host, and whether the filters are skipped.

    ``tests`` holds every test on its own, for explanations; a host's code is that of the first
    test it failed.
    """

    tests: tuple[tuple[Reason, Bool], ...]
    reasons: tuple[Reason, ...]
    skip_filters: bool

    def codes(self, hosts: int) -> npt.NDArray[np.uint8]:
        """One reason code a host, 0 where all tests passed."""
        codes = np.zeros(hosts, dtype=np.uint8)
        for reason, refused in reversed(self.tests):
            codes[refused] = self.reasons.index(reason) + 1
        return codes


def run(hosts: HostTable, spec: RequestSpec) -> PreStage:
    """Test known hosts in Nova's order: the pod itself, destination, ignored, forced.

    Ignoring beats forcing; forced hosts skip every filter unless a check type is hinted.
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
    return PreStage(tuple(tests), reasons, skips_filters(spec))


def skips_filters(spec: RequestSpec) -> bool:
    """Whether no filter judges this request: hosts are forced, and no check type is hinted."""
    forced = bool(spec.force_hosts or spec.force_nodes)
    return forced and not spec.get_scheduler_hint("_nova_check_type")


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
