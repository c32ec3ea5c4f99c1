"""Running the filters in order over the hosts asked about.

Source: ``nova.filters.BaseFilterHandler.get_filtered_objects``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from extender.filters.base import HostFilter, Verdicts
from extender.model.attempt import PRE_STAGE, Codes, Fault, FilterPart, Numbers, Step, host_code
from extender.model.columns import Bool
from extender.model.host_table import HostTable, Rows
from extender.model.names import HostNames, host_names
from extender.model.options import SchedulerOptions
from extender.model.reason import COMMON_REASONS, FILTER_ERROR, FILTER_STOPPED
from extender.model.request_spec import RequestSpec
from extender.scheduler import pre_stage

ERROR_CODE = COMMON_REASONS.index(FILTER_ERROR) + 1
STOPPED_CODE = COMMON_REASONS.index(FILTER_STOPPED) + 1

Clock = Callable[[], float]
"""Seconds that only ever grow; passed in, for the core knows no clock."""


def run(
    filters: Sequence[HostFilter],
    table: HostTable,
    names: Sequence[str] | HostNames,
    rows: Rows,
    spec: RequestSpec,
    clock: Clock,
    index: int = 0,
    options: SchedulerOptions = pre_stage.DEFAULTS,
) -> FilterPart:
    """Judge hosts by the pre-stage and then by every filter, until nothing is left.

    Args:
        filters: the enabled ones, in order.
        table: all known hosts.
        names: the hosts asked about.
        rows: their rows in ``table``, -1 for one that is not known.
        spec: the request.
        clock: for the time each filter took.
        index: which instance of the request this is.
        options: what the pre-stage goes by.
    """
    return _Run(table, names, rows, spec, clock).go(filters, index, options)


class _Run:
    """The state of one pass: codes and what is still alive, in the order asked."""

    def __init__(
        self,
        table: HostTable,
        names: Sequence[str] | HostNames,
        rows: Rows,
        spec: RequestSpec,
        clock: Clock,
    ) -> None:
        self.table = table
        self.names = host_names(names)
        self.spec = spec
        self.clock = clock
        self.rows = rows
        self.known = rows >= 0
        known_rows = rows if self.known.all() else rows[self.known]
        # Whole columns are judged and the codes gathered once; for a few hosts of many it is
        # cheaper to gather the columns first.
        whole = 4 * len(rows) >= len(table)
        self.hosts = table if whole else table.take(known_rows)
        self.gather: Rows | slice = known_rows if whole else slice(None)
        self.alive = np.ones(len(rows), dtype=np.bool_)
        self.left = len(rows)
        self.codes: Codes = np.zeros(len(rows), dtype=np.uint16)
        self.steps: list[Step] = []
        self.faults: list[Fault] = []

    def go(
        self, filters: Sequence[HostFilter], index: int, options: SchedulerOptions
    ) -> FilterPart:
        before = pre_stage.run(self.hosts, self.spec, options)
        verdicts = self._asked(before.codes(len(self.hosts)))
        if not self.known.all():
            reason = self.spec.refusal.reason if self.spec.refusal else pre_stage.NOT_IN_CACHE
            verdicts[~self.known] = before.reasons.index(reason) + 1
        entering = self.left
        if verdicts.any():
            self._refuse(verdicts)
        self.steps.append(Step(PRE_STAGE, entering, self.left, before.reasons))
        # An empty request still runs the first filter, as in Nova; an emptied one stops here.
        if not before.skip_filters and (self.left or not len(self.rows)):
            for host_filter in filters:
                if runs(host_filter, index, self.faults):
                    self._judge(host_filter)
                    if self.left == 0:
                        break
        return FilterPart(
            self.names, len(self.table), self.codes, tuple(self.steps), tuple(self.faults)
        )

    def _judge(self, host_filter: HostFilter) -> None:
        started, entering = self.clock(), self.left
        numbers = None
        if judges(host_filter, self.spec):
            verdicts = self._verdicts(host_filter)
            newly = None if verdicts is None else self._refuse(verdicts)
            if newly is not None:
                numbers = _numbers(host_filter, self.table.take(self.rows[newly]), self.spec)
        self.steps.append(
            Step(
                host_filter.name(),
                entering,
                self.left,
                host_filter.all_reasons(),
                numbers,
                self.clock() - started,
            )
        )

    def _verdicts(self, host_filter: HostFilter) -> npt.NDArray[np.uint8] | None:
        """The filter's verdicts in the order asked; a plug-in is asked about survivors only.

        ``None`` where it refuses nobody.
        """
        if type(host_filter).filter_all is HostFilter.filter_all:
            survivors = self.table.take(self.rows[self.alive])
            judged = judge(host_filter, survivors, self.spec, self.faults)
            if judged is None:
                return None
            verdicts = np.zeros(len(self.rows), dtype=np.uint8)
            verdicts[self.alive] = judged
            return verdicts
        judged = judge(host_filter, self.hosts, self.spec, self.faults)
        return None if judged is None else self._asked(judged)

    def _asked(self, verdicts: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Verdicts on the table's hosts brought into the order asked; unknown hosts get 0."""
        gathered = verdicts[self.gather]
        if len(gathered) == len(self.rows):
            return gathered
        spread = np.zeros(len(self.rows), dtype=np.uint8)
        spread[self.known] = gathered
        return spread

    def _refuse(self, verdicts: npt.NDArray[np.uint8]) -> Bool | None:
        """Note who is refused now; ``None`` where nobody is."""
        newly: Bool = self.alive & (verdicts != 0)
        refused = int(np.count_nonzero(newly))
        if not refused:
            return None
        step = np.uint16(host_code(len(self.steps) + 1, 0))
        self.codes[newly] = verdicts[newly].astype(np.uint16) | step
        self.alive &= ~newly
        self.left -= refused
        return newly


def _numbers(host_filter: HostFilter, hosts: HostTable, spec: RequestSpec) -> Numbers | None:
    try:
        return host_filter.numbers(hosts, spec)
    except Exception:  # noqa: BLE001 - the verdict stands without its numbers
        return None


def runs(host_filter: HostFilter, index: int, faults: list[Fault]) -> bool:
    """Whether the filter runs for this instance of a request; one that cannot say does."""
    try:
        return host_filter.run_filter_for_index(index)
    except Exception as error:  # noqa: BLE001 - a filter's fault must never fail the request
        faults.append(Fault(host_filter.name(), "", repr(error)))
        return True


def judges(host_filter: HostFilter, spec: RequestSpec) -> bool:
    """Whether the filter has a say: none has on forced hosts, and few have on a rebuild."""
    if pre_stage.skips_filters(spec):
        return False
    return not spec.is_rebuild or host_filter.RUN_ON_REBUILD


def judge(
    host_filter: HostFilter, hosts: HostTable, spec: RequestSpec, faults: list[Fault]
) -> Verdicts | None:
    """One filter's verdicts on all hosts, whatever the filter does; ``None`` refuses nobody.

    A filter that raises on the whole table is asked about each host alone, so that only the hosts
    it cannot judge are refused (as ``filter_error``, noted in ``faults``). A filter that answers
    ``None`` refuses all.
    """
    try:
        verdicts = host_filter.filter_all(hosts, spec)
        faults.extend(host_filter.take_faults())
        if verdicts is None:
            return np.full(len(hosts), STOPPED_CODE, dtype=np.uint8)
        return _checked(host_filter, verdicts, len(hosts))
    except Exception as error:  # noqa: BLE001 - a filter's fault must never fail the request
        if len(hosts) == 1:
            faults.append(Fault(host_filter.name(), hosts.host_state(0).host, repr(error)))
            return np.full(1, ERROR_CODE, dtype=np.uint8)
    rows = np.arange(len(hosts), dtype=np.intp)
    alone = (judge(host_filter, hosts.take(rows[i : i + 1]), spec, faults) for i in rows)
    codes = [0 if verdict is None else int(verdict[0]) for verdict in alone]
    return np.array(codes, dtype=np.uint8)


def _checked(host_filter: HostFilter, verdicts: Verdicts, hosts: int) -> Verdicts | None:
    """Refuse a plug-in's answer of a wrong shape or type, or with a code it has no reason for.

    ``None`` where nobody is refused, which is the most frequent answer.
    """
    if verdicts.shape != (hosts,) or verdicts.dtype.kind not in "iu":
        raise ValueError(
            f"filter_all gave {verdicts.dtype} of shape {verdicts.shape}, "
            f"expected whole numbers (uint8) of shape {(hosts,)}"
        )
    if not verdicts.any():
        return None
    reasons = len(host_filter.all_reasons())
    if not 0 <= int(verdicts.min()) <= int(verdicts.max()) <= reasons:
        raise ValueError(
            f"filter_all gave codes from {verdicts.min()} to {verdicts.max()}, but the filter "
            f"declares {reasons} reasons"
        )
    return verdicts.astype(np.uint8, copy=False)
