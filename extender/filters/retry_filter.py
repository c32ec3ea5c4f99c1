"""Not where it was tried before."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.facts import Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

PREVIOUSLY_TRIED = Reason("previously_tried", "host was tried before", Category.RETRY)


class RetryFilter(HostFilter):
    """Refuse the (host, node) pairs in the request's retry history.

    The whole pair must match, case and all. Source: ``RetryFilter``, Nova 2012.2 to 21.
    """

    added_in = "2012.2"
    removed_in = "22.0.0"
    reasons = (PREVIOUSLY_TRIED,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark the hosts of the pairs tried; a host and its node bear the same name."""
        pairs = spec.retry.hosts if spec.retry else ()
        tried = {host for host, node in pairs if host == node}
        if not tried:
            return np.zeros(len(hosts), dtype=np.uint8)
        mask = hosts.encoded("host").isin(tried)
        return refuse((mask, self.code(PREVIOUSLY_TRIED)), hosts=hosts)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The attempts, this one included, and where the history is known from."""
        retry = spec.retry
        if retry is None:
            return Facts(sources=(Source("retry.hosts", "none", "no retry history"),))
        tried = ", ".join(name for name, _ in retry.hosts) or "none"
        where = spec.sources.get("retry", "request" if retry.hosts else "first attempt")
        return Facts(
            have=host.host,
            sources=(
                Source("retry.hosts", tried, where),
                Source("retry.num_attempts", str(retry.num_attempts), where),
            ),
        )
