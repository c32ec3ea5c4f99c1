"""What NumInstancesFilter and IoOpsFilter share: a count below a maximum."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.model.attempt import Numbers
from extender.model.facts import COUNT, Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Reason
from extender.model.request_spec import RequestSpec


class CountFilter(HostFilter, ABC):
    """Refuse hosts whose ``count`` has reached the maximum."""

    count: ClassVar[str]
    option: ClassVar[str]
    too_many: ClassVar[Reason]

    def maximum(self) -> int:
        """The configured maximum."""
        found: int = getattr(self.options, self.option)
        return found

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Compare all counts with the maximum."""
        del spec
        full = hosts.values(self.count) >= self.maximum()
        return np.where(full, np.uint8(self.code(self.too_many)), np.uint8(0))

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers:
        """One more place, and the places left."""
        del spec
        return Numbers(1, self.maximum() - hosts.values(self.count), COUNT)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The places left, and where the maximum comes from."""
        del spec
        count: int = getattr(host, self.count)
        places = self.maximum() - count
        return Facts(
            need=1,
            have=places,
            short_by=max(0, 1 - places),
            unit="places",
            sources=(
                Source(self.count, str(count), "pods on the node"),
                Source(self.option, str(self.maximum()), f"option filter_scheduler.{self.option}"),
            ),
        )
