"""Hosts whose aggregates have what the flavor's extra specs demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.filters.extra_specs_ops import ASKED_BY, Outcome, Requirement, parse
from extender.model.attributes import shown
from extender.model.facts import Facts, Source
from extender.model.groups import Aggregates, split_values, values_from_key
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

AGGREGATE_KEY_MISSING = Reason(
    "aggregate_key_missing", "host aggregates lack a required key", Category.POLICY
)
AGGREGATE_VALUE_MISMATCH = Reason(
    "aggregate_value_mismatch", "host aggregates do not match the flavor", Category.POLICY
)
INVALID_EXTRA_SPEC = Reason("invalid_extra_spec", "extra spec cannot be evaluated", Category.DATA)

SCOPE = "aggregate_instance_extra_specs"

Metadata = Mapping[str, frozenset[str]]
"""All metadata of a set of aggregates: comma lists taken apart, united by key."""


class _Demand(NamedTuple):
    """One extra spec that this filter heeds, and the key of the aggregates that it asks for."""

    spec: str
    key: str
    text: str
    requirement: Requirement


class AggregateInstanceExtraSpecsFilter(HostFilter):
    """Refuse hosts whose aggregates lack a key of the flavor's extra specs, or have other values.

    Heeded are ``aggregate_instance_extra_specs:KEY``, and every key without ":", which may mean
    something to ComputeCapabilitiesFilter too. Of the values that a host's aggregates have under
    the key, comma lists taken apart, one must match by the operators of ``extra_specs_ops``.
    Source: ``AggregateInstanceExtraSpecsFilter``, Nova 2012.2 on.
    """

    run_filter_once_per_request = True
    added_in = "2012.2"
    reasons = (AGGREGATE_KEY_MISSING, AGGREGATE_VALUE_MISMATCH, INVALID_EXTRA_SPEC)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Test each distinct set of aggregates once; of several demands the first counts."""
        demands = _demands(spec)
        if not demands:
            return np.zeros(len(hosts), dtype=np.uint8)
        encoded = hosts.encoded("aggregates")
        sets = encoded.vocabulary.memo(_metadata.__qualname__, _metadata)
        by_code = [self._judge(metadata, demands) for metadata in sets]
        return np.array(by_code, dtype=np.uint8)[encoded.codes]

    def _judge(self, metadata: Metadata, demands: list[_Demand]) -> int:
        for demand in demands:
            reason = _unsatisfied(metadata, demand)
            if reason is not None:
                return self.code(reason)
        return 0

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """Every demand, and each aggregate's value; need and have are those not satisfied."""
        asked_by = spec.sources.get("extra_specs", ASKED_BY)
        metadata = _metadata(host.aggregates)
        sources: list[Source] = []
        need: list[str] = []
        have: list[str] = []
        for demand in _demands(spec):
            asked = shown(demand.text)
            if _unsatisfied(metadata, demand) is not None:
                values = sorted(metadata.get(demand.key, ()))
                need.append(f"{shown(demand.key)}: {asked}")
                have.append(shown(", ".join(values)) if values else "nothing")
            sources.append(Source(f"extra spec {shown(demand.spec)}", asked, asked_by))
            sources += (
                Source(
                    f"metadata {shown(demand.key)}",
                    shown(a.metadata[demand.key]),
                    f"aggregate {a.name}",
                )
                for a in host.aggregates
                if demand.key in a.metadata
            )
        return Facts("; ".join(need) or None, "; ".join(have) or None, sources=tuple(sources))


def _demands(spec: RequestSpec) -> list[_Demand]:
    """The extra specs that name a key of aggregates, in their order."""
    found: list[_Demand] = []
    for name, text in spec.flavor.extra_specs.items():
        scope, colon, rest = name.partition(":")
        if not colon or scope == SCOPE:
            found.append(_Demand(name, rest if colon else name, text, parse(text)))
    return found


def _metadata(aggregates: Aggregates) -> Metadata:
    """Nova's ``aggregate_metadata_get_by_host``, without a key."""
    keys = {key for aggregate in aggregates for key in aggregate.metadata}
    return {key: split_values(values_from_key(aggregates, key)) for key in keys}


def _unsatisfied(metadata: Metadata, demand: _Demand) -> Reason | None:
    """Why the demand is not satisfied, if it is not.

    One value that matches is enough, also beside one that cannot be evaluated, whichever Nova
    would have come upon first.
    """
    values = metadata.get(demand.key)
    if values is None:
        return AGGREGATE_KEY_MISSING
    judge, reason = demand.requirement.judge, AGGREGATE_VALUE_MISMATCH
    for value in values:
        outcome = judge(value)
        if outcome is Outcome.HOLDS:
            return None
        if outcome is Outcome.INVALID:
            reason = INVALID_EXTRA_SPEC
    return reason
