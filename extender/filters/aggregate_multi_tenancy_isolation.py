"""Only projects that the host's aggregates name."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.model.facts import Facts, Source
from extender.model.groups import Aggregates, split_values
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

PROJECT_NOT_ALLOWED = Reason(
    "project_not_allowed", "host is reserved for other projects", Category.POLICY
)
PREFIX = "filter_tenant_id"


class AggregateMultiTenancyIsolation(HostFilter):
    """Refuse hosts whose aggregates name projects (``filter_tenant_id``) but not the pod's own.

    A pod's project is its namespace. Every key that starts with ``filter_tenant_id`` counts, as
    30.0.0 on has it (before, only the key itself); values are comma lists. A host in no aggregate
    with such a key passes for all, so this does not keep a project's pods on its own hosts.
    Source: ``AggregateMultiTenancyIsolation``, Nova 2013.1 on.
    """

    run_filter_once_per_request = True
    added_in = "2013.1"
    reasons = (PROJECT_NOT_ALLOWED,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Test each distinct set of projects once."""
        project = spec.project_id
        refused = self.code(PROJECT_NOT_ALLOWED)
        admitted = hosts.encoded_by(
            AggregateMultiTenancyIsolation.__qualname__, _projects_of, fixed=True
        )
        return admitted.spread(
            lambda projects: 0 if not projects or (project and project in projects) else refused,
            np.uint8,
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The pod's project and those admitted, by aggregate and key."""
        named = [
            Source(key, text, f"aggregate {aggregate.name}")
            for aggregate in host.aggregates
            for key, text in sorted(aggregate.metadata.items())
            if key.startswith(PREFIX)
        ]
        admitted = _projects(host.aggregates) - {""}
        return Facts(
            need=spec.project_id or "no project",
            have=(", ".join(sorted(admitted)) or "none") if named else "any",
            sources=(
                Source("project_id", spec.project_id or "none", "namespace of the pod"),
                *named,
            ),
        )


def _projects(aggregates: Aggregates) -> frozenset[str]:
    """The projects that aggregates name; empty only where none has such a key."""
    return split_values(
        frozenset(
            text
            for aggregate in aggregates
            for key, text in aggregate.metadata.items()
            if key.startswith(PREFIX)
        )
    )


def _projects_of(host: HostState) -> frozenset[str]:
    return _projects(host.aggregates)
