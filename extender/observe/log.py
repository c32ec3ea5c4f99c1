"""The log: structured lines on stderr, and Nova's own lines rendered from attempts.

Source of the lines: ``nova.filters.BaseFilterHandler``, ``nova.scheduler.host_manager`` and
``nova.scheduler.filter_scheduler``, at their levels.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from extender.model.attempt import PRE_STAGE, Attempt, BindPart, Fault, FilterPart, Step, WeighPart
from extender.model.reason import FILTER_STOPPED
from extender.observe.text import printable

FAULTS_REMEMBERED = 256
FAULTS_AT_ONCE = 5


def configure(
    level: str = "info",
    form: str = "json",
    stream: TextIO | None = None,
) -> None:
    """Send the log, and what libraries log, to stderr as lines of one form.

    Args:
        level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
        form: ``json``, or ``console`` for reading.
        stream: another stream than stderr.
    """
    stream = stream or sys.stderr
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Neither form shows the local variables of a traceback: there may be tokens among them.
    after: list[Processor]
    if form == "json":
        after = [
            structlog.processors.format_exc_info,
            _event_first,
            structlog.processors.JSONRenderer(),
        ]
    else:
        console = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(),
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        )
        after = [_printable, console]
    least = structlog.processors.NAME_TO_LEVEL[level]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        # One write a line: what libraries log goes to the same stream by another way.
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries log whole answers of the API server at debug, Secrets and tokens among them.
    root.setLevel(max(least, logging.INFO))


class Log:
    """Writes what an attempt is worth, as far as the level lets it through.

    Made after ``configure``, whose level and form it takes over.
    """

    def __init__(self) -> None:
        self._log: FilteringBoundLogger = structlog.get_logger().bind()
        self._debug = self._log.is_enabled_for(logging.DEBUG)
        self._info = self._log.is_enabled_for(logging.INFO)
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def record(self, attempt: Attempt) -> None:
        """Log an attempt: the part that is new, which is the last one it has."""
        if attempt.bound is not None:
            self._bound(attempt, attempt.bound)
        elif attempt.weighed is not None:
            if attempt.weighed.faults:
                self._faults(attempt, attempt.weighed.faults)
            if self._debug:
                self._of(attempt).debug(_weighed(attempt.weighed))
        elif attempt.filtered is not None:
            if attempt.filtered.faults:
                self._faults(attempt, attempt.filtered.faults)
            if self._info:
                self._filtering(attempt, attempt.filtered)

    def failure(self, what: str, error: Exception) -> None:
        """Log that the extender itself failed at something, once for each text."""
        if self._unseen([(what, repr(error))]):
            self._log.error(f"{what} failed: {error!r}", exc_info=error)

    def _bound(self, attempt: Attempt, part: BindPart) -> None:
        if part.judged is not None and part.judged.faults:
            self._faults(attempt, part.judged.faults)
        if not self._info:
            return
        log = self._of(attempt).bind(host=part.host, outcome=part.outcome)
        if part.text:
            log.info("Not bound: %s", part.text)
        else:
            # Nova: "Selected host: …" of nova.scheduler.filter_scheduler, at debug.
            log.debug("Selected host: (%s, %s)", part.host, part.host)

    def _of(self, attempt: Attempt) -> FilteringBoundLogger:
        return self._log.bind(pod=attempt.name, namespace=attempt.namespace, uid=attempt.uid)

    def _filtering(self, attempt: Attempt, part: FilterPart) -> None:
        if not self._debug and not part.no_valid_host and not _matched_fewer(part):
            return
        log = self._of(attempt)
        _matching(log, attempt, part)
        steps = _filters(part)
        if steps:
            log.debug("Starting with %d host(s)", steps[0][1].entering)
        stopped = False
        for number, step in steps:
            stopped = step.leaving == 0 and _says_stop(part, number)
            if stopped:
                log.debug("Filter %s says to stop filtering", step.name)
            elif step.leaving:
                log.debug("Filter %s returned %d host(s)", step.name, step.leaving)
            else:
                log.info("Filter %s returned 0 hosts", step.name)
        if steps and part.no_valid_host and not stopped:
            removed = (
                "Filtering removed all hosts for the request with instance ID '%s'. "
                "Filter results: %s"
            )
            if self._debug:
                log.debug(removed, attempt.uid, full_filter_results(part))
            log.info(removed, attempt.uid, part_filter_results(part))
        if self._debug:
            log.debug("Filtered [%s]", ", ".join(f"({h}, {h})" for h in _passed(part)))

    def _faults(self, attempt: Attempt, faults: Sequence[Fault]) -> None:
        """Log each fault not seen lately, and no more than a few of them at once."""
        hosts = {(fault.plugin, fault.text): fault.host for fault in reversed(faults)}
        fresh = self._unseen(reversed(hosts))
        log = self._of(attempt)
        for plugin, text in fresh[:FAULTS_AT_ONCE]:
            if host := hosts[plugin, text]:
                log.error("%s failed on host %s, which is refused: %s", plugin, host, text)
            else:
                log.error("%s failed: %s", plugin, text)
        if len(fresh) > FAULTS_AT_ONCE:
            log.error("%d further faults in this attempt", len(fresh) - FAULTS_AT_ONCE)

    def _unseen(self, faults: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those not logged before, as far as memory goes; remembers them."""
        fresh = []
        with self._lock:
            for fault in faults:
                if fault not in self._seen:
                    fresh.append(fault)
                self._seen[fault] = None
                self._seen.move_to_end(fault)
            while len(self._seen) > FAULTS_REMEMBERED:
                self._seen.popitem(last=False)
        return fresh


def part_filter_results(part: FilterPart) -> list[str]:
    """Nova's short results: for each filter that ran, how many hosts it got and left."""
    return [
        f"{step.name}: (start: {step.entering}, end: {step.leaving})" for _, step in _filters(part)
    ]


def full_filter_results(
    part: FilterPart,
) -> list[tuple[str, list[tuple[str, str]] | None]]:
    """Nova's long results: for each filter that ran, the (host, node) pairs it left.

    ``None`` stands for those of the filter that left nothing.
    """
    return [
        (step.name, [(host, host) for host in part.survivors(number)] if step.leaving else None)
        for number, step in _filters(part)
    ]


def _filters(part: FilterPart) -> list[tuple[int, Step]]:
    """The filters that ran, with their places among the steps; Nova's lists know no pre-stage."""
    return [(number, step) for number, step in enumerate(part.steps) if step.name != PRE_STAGE]


def _passed(part: FilterPart) -> list[str]:
    return part.survivors(len(part.steps))


def _says_stop(part: FilterPart, number: int) -> bool:
    step = part.steps[number]
    return any(
        part.step_of(code) is step and part.reason(code) == FILTER_STOPPED
        for code in part.rejections
    )


def _matched_fewer(part: FilterPart) -> bool:
    """Whether hosts were refused before the first filter."""
    before = part.steps[0] if part.steps else None
    return before is not None and before.name == PRE_STAGE and before.leaving < before.entering


def _matching(log: FilteringBoundLogger, attempt: Attempt, part: FilterPart) -> None:
    """What was decided before the first filter.

    Nova's lines about forced hosts and destinations that match nothing name what was asked for;
    an attempt holds only what was found, so one line of our own gives the reasons instead.
    """
    if not _matched_fewer(part):
        return
    before = part.steps[0]
    refused = {
        part.reason(code): (code, count)
        for code, count in part.rejections.items()
        if part.step_of(code) is before
    }
    # By id: the reasons themselves are the scheduler's, which is not known here.
    ids = {reason.id: code for reason, (code, _) in refused.items()}
    if "not_requested_destination" in ids and before.leaving == 1:
        [host] = part.survivors(0)
        log.info("Host filter only checking host %s and node %s", host, host)
    if "host_ignored" in ids:
        ignored = (part.hosts[i] for i in (part.codes == ids["host_ignored"]).nonzero()[0])
        log.info("Host filter ignoring hosts: %s", ", ".join(ignored))
    if "not_forced_host" in ids and before.leaving:
        log.info("Host filter forcing available hosts to %s", ", ".join(part.survivors(0)))
    if not before.leaving:
        reasons = ", ".join(f"{count} {reason.text}" for reason, (_, count) in refused.items())
        if attempt.refusal:
            log = log.bind(detail=attempt.refusal)
        log.info("No hosts left before the first filter: %s", reasons)


def _weighed(part: WeighPart) -> str:
    hosts = (
        f"WeighedHost [host: ({part.hosts[i]}, {part.hosts[i]}), weight: {part.weights[i]}]"
        for i in part.order.tolist()
    )
    return f"Weighed [{', '.join(hosts)}]"


def _event_first(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put time, level and text in front, where the eye looks for them."""
    front = ("timestamp", "level", "event", "pod", "namespace", "uid")
    known = {key: event[key] for key in front if key in event}
    return {**known, **event}


def _printable(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """One line each, whatever names and texts hold."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = printable(value)
    return event
