"""The interface of filters, on two levels.

A plug-in overrides ``host_passes`` and judges one host; a built-in overrides ``filter_all`` and
judges all hosts at once, on columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from extender.model.attempt import Fault, Numbers
from extender.model.facts import Facts
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import COMMON_REASONS, FILTER_ERROR, Reason
from extender.model.request_spec import RequestSpec

Verdicts = npt.NDArray[np.uint8]
"""One reason code a host: 0 passes, else the filter's ``code(reason)``."""


class HostFilter:
    """Base class of all filters (``nova.scheduler.filters.BaseHostFilter``).

    Class attributes:
        run_filter_once_per_request: run for the first instance of a request only.
        RUN_ON_REBUILD: evaluate also when only a rebuild is checked; else such hosts pass.
        reasons: the reasons this filter may give, besides the common ones.
        added_in, removed_in: Nova releases, for the reference page.
    """

    run_filter_once_per_request: ClassVar[bool] = False
    RUN_ON_REBUILD: ClassVar[bool] = False
    reasons: ClassVar[tuple[Reason, ...]] = ()
    added_in: ClassVar[str] = ""
    removed_in: ClassVar[str] = ""

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        self.options = options or SchedulerOptions()
        self._faults: list[Fault] = []

    @classmethod
    def name(cls) -> str:
        """The name in ``enabled_filters``: the class's."""
        return cls.__name__

    @classmethod
    def all_reasons(cls) -> tuple[Reason, ...]:
        """Every reason by code: ``all_reasons()[code - 1]``."""
        return _known(cls)[0]

    @classmethod
    def code(cls, reason: Reason) -> int:
        """The code of a reason in this filter's verdicts.

        Raises:
            ValueError: the filter does not declare the reason.
        """
        code = _known(cls)[1].get(reason)
        if code is None:
            raise ValueError(f"{cls.name()} does not declare the reason {reason!r}")
        return code

    def run_filter_for_index(self, index: int) -> bool:
        """Whether to run for the ``index``-th instance of a request (``nova.filters``)."""
        return not (self.run_filter_once_per_request and index > 0)

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Judge one host: ``None`` passes, a reason from ``reasons`` refuses."""
        raise NotImplementedError(f"{self.name()} overrides neither host_passes nor filter_all")

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts | None:
        """Judge all hosts; ``None`` stops filtering and leaves no host.

        This default asks ``host_passes`` about each host, for plug-ins. A host for which it raises
        is refused as ``filter_error`` and noted (``take_faults``); the others are judged all the
        same. Giving a reason that the filter does not declare counts as raising.
        """
        verdicts = np.zeros(len(hosts), dtype=np.uint8)
        for row in range(len(hosts)):
            host = hosts.host_state(row)
            try:
                reason = self.host_passes(host, spec)
                verdicts[row] = 0 if reason is None else self.code(reason)
            except Exception as error:  # noqa: BLE001 - a plug-in's fault must not harm the request
                verdicts[row] = self.code(FILTER_ERROR)
                self._faults.append(Fault(self.name(), host.host, repr(error)))
        return verdicts

    def take_faults(self) -> list[Fault]:
        """What ``filter_all`` could not judge since this was last asked."""
        faults, self._faults = self._faults, []
        return faults

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers | None:
        """Need and have of these hosts, for a filter that compares amounts."""
        del hosts, spec
        return None

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The facts behind this filter's verdict on one host; asked for on demand only."""
        del host, spec
        return Facts()

    def limits(self, host: HostState, spec: RequestSpec) -> Mapping[str, int]:
        """What this filter writes into the selection's limits (Nova's ``limits``, integers)."""
        del host, spec
        return {}


_KNOWN: dict[type[HostFilter], tuple[tuple[Reason, ...], dict[Reason, int]]] = {}


def _known(cls: type[HostFilter]) -> tuple[tuple[Reason, ...], dict[Reason, int]]:
    """A filter's reasons, and their codes; of a reason listed twice, the first. Put together once.

    Filters ask for a dozen codes in each call.
    """
    found = _KNOWN.get(cls)
    if found is None:
        reasons = COMMON_REASONS + cls.reasons
        codes = {reason: code for code, reason in reversed(list(enumerate(reasons, 1)))}
        found = _KNOWN[cls] = (reasons, codes)
    return found


def refuse(*verdicts: tuple[npt.NDArray[np.bool_], int], hosts: HostTable) -> Verdicts:
    """Verdicts from masks: where several hold for a host, the first given counts.

    Args:
        verdicts: pairs of a mask over the hosts and the code it refuses with.
        hosts: the table judged, for its length.
    """
    result = np.zeros(len(hosts), dtype=np.uint8)
    for mask, code in reversed(verdicts):
        result[mask] = code
    return result
