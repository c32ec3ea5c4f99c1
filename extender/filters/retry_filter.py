"""Not where it was tried before."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts
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
        """Mark the rows of the pairs tried."""
        judged = np.zeros(len(hosts), dtype=np.uint8)
        for host, node in spec.retry.hosts if spec.retry else ():
            row = hosts.row(host) if host == node else None
            if row is not None:
                judged[row] = self.code(PREVIOUSLY_TRIED)
        return judged

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The attempts so far."""
        retry = spec.retry
        if retry is None:
            return Facts(sources=(Source("retry.hosts", "none", "no retry history"),))
        tried = ", ".join(name for name, _ in retry.hosts) or "none"
        where = "pod annotation nova-extender.io/retry"
        return Facts(
            have=host.host,
            sources=(
                Source("retry.hosts", tried, where),
                Source("retry.num_attempts", str(retry.num_attempts), where),
            ),
        )
