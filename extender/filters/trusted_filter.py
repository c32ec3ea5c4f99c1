"""On hosts that are trusted as far as the flavor demands."""

from __future__ import annotations

import math

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.columns import Bool
from extender.model.facts import Facts, Source
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

TRUST_LEVEL_MISMATCH = Reason(
    "trust_level_mismatch", "host does not have the required trust level", Category.POLICY
)

TRUSTED_HOST = "trust:trusted_host"
UNKNOWN = "unknown"
"""The level of a host that nobody has attested, or not lately."""


class TrustedFilter(HostFilter):
    """Refuse hosts whose trust level is not the one of extra spec ``trust:trusted_host``.

    The level is what the node's annotation or label says; attested longer ago than
    ``attestation_auth_timeout`` (0: never) it is ``unknown``, which a flavor may demand, too.
    Nova asks an attestation service. Source: ``TrustedFilter``, Nova 2012.2 to 16.
    """

    run_filter_once_per_request = True
    added_in = "2012.2"
    removed_in = "17.0.0"
    reasons = (TRUST_LEVEL_MISMATCH,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Look the level up among the distinct ones."""
        wanted = spec.flavor.extra_specs.get(TRUSTED_HOST)
        if not wanted:
            return np.zeros(len(hosts), dtype=np.uint8)
        right = hosts.encoded("trust_lvl").isin((wanted,))
        outdated = self._outdated(hosts, spec)
        if outdated is not None:
            right = np.where(outdated, wanted == UNKNOWN, right)
        return refuse(
            (hosts.cannot_read(Unreadable.TRUST), self.code(INVALID_HOST_ANNOTATION)),
            (~right, self.code(TRUST_LEVEL_MISMATCH)),
            hosts=hosts,
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The level demanded, and the host's with its age."""
        wanted = spec.flavor.extra_specs.get(TRUSTED_HOST)
        level, where = host.trust_lvl, "node annotation nova-extender.io/attestation, or node label"
        if host.trust_time is not None and spec.at is not None:
            age = spec.at - host.trust_time
            where += f", attested {age:.0f} s ago"
            timeout = self.options.attestation_auth_timeout
            if 0 < timeout < age:
                level = UNKNOWN
                where += f": {host.trust_lvl} is outdated after {timeout} s"
        return Facts(
            need=wanted or None,
            have=level,
            sources=(
                Source(TRUSTED_HOST, wanted or "any", "extra specs of the flavor or the pod"),
                Source("trust_lvl", level, where),
            ),
        )

    def _outdated(self, hosts: HostTable, spec: RequestSpec) -> Bool | None:
        """Which hosts were attested too long ago; ``None`` where none can be."""
        timeout = self.options.attestation_auth_timeout
        if timeout <= 0 or spec.at is None:
            return None
        times = hosts.column_by("trust_time", _time, np.float64, fixed=True)
        outdated: Bool = spec.at - times > timeout
        return outdated


def _time(host: HostState) -> float:
    return math.nan if host.trust_time is None else host.trust_time
