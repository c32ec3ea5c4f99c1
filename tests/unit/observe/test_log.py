"""Tests of extender.observe.log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import structlog

from extender.model.attempt import Attempt, Fault, FilterPart, Step
from extender.model.names import as_names
from extender.model.reason import COMMON_REASONS, FILTER_ERROR, FILTER_STOPPED
from extender.observe.log import (
    FAULTS_REMEMBERED,
    Log,
    configure,
    full_filter_results,
    part_filter_results,
)
from tests.unit.observe.making import (
    DOWN,
    ELSEWHERE,
    FILTERS,
    IGNORED,
    NO_VCPUS,
    NOT_FORCED,
    NOT_IN_CACHE,
    attempt,
    part,
    weighed,
)

REMOVED = "Filtering removed all hosts for the request with instance ID 'uid-1'. Filter results: "


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(level: str, *attempts: Attempt) -> list[dict[str, Any]]:
    """The lines that recording these attempts leaves at a level, decoded."""
    stream = io.StringIO()
    configure(level, "json", stream)
    log = Log()
    for one in attempts:
        log.record(one)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def lines(level: str, *attempts: Attempt) -> list[tuple[str, str]]:
    """The same, each line's level and text."""
    return [(line["level"], line["event"]) for line in logged(level, *attempts)]


def test_nova_s_results() -> None:
    """Nova's two lists, for its example: 3 hosts, A leaves 2, B leaves 0."""
    filters = (("pre_stage", ()), ("FilterA", COMMON_REASONS), ("FilterB", COMMON_REASONS))
    refused = {"Host1": (2, FILTER_ERROR), "Host2": (2, FILTER_ERROR), "Host3": (1, FILTER_ERROR)}
    found = part(refused, filters)
    assert str(part_filter_results(found)) == (
        "['FilterA: (start: 3, end: 2)', 'FilterB: (start: 2, end: 0)']"
    )
    assert str(full_filter_results(found)) == (
        "[('FilterA', [('Host1', 'Host1'), ('Host2', 'Host2')]), ('FilterB', None)]"
    )


def test_the_debug_lines_of_a_pod_that_fits() -> None:
    """Start, each filter and the outcome; the pre-stage is no filter of Nova's."""
    found = part({"a": None, "b": (1, NO_VCPUS), "c": None})
    assert lines("debug", attempt(found)) == [
        ("debug", "Starting with 3 host(s)"),
        ("debug", "Filter CoreFilter returned 2 host(s)"),
        ("debug", "Filter ComputeFilter returned 2 host(s)"),
        ("debug", "Filtered [(a, a), (c, c)]"),
    ]


def test_a_pod_that_fits_is_no_news_at_info() -> None:
    """Nova is silent about it, and so is this."""
    assert lines("info", attempt(part({"a": None, "b": (1, NO_VCPUS)}))) == []


def test_the_lines_of_a_pod_that_fits_nowhere() -> None:
    """The filter that emptied the list, then the long results at debug, the short at info."""
    found = part({"a": (1, NO_VCPUS), "b": (2, DOWN)})
    short = "['CoreFilter: (start: 2, end: 1)', 'ComputeFilter: (start: 1, end: 0)']"
    assert lines("debug", attempt(found)) == [
        ("debug", "Starting with 2 host(s)"),
        ("debug", "Filter CoreFilter returned 1 host(s)"),
        ("info", "Filter ComputeFilter returned 0 hosts"),
        ("debug", REMOVED + "[('CoreFilter', [('b', 'b')]), ('ComputeFilter', None)]"),
        ("info", REMOVED + short),
        ("debug", "Filtered []"),
    ]
    assert lines("info", attempt(found)) == [
        ("info", "Filter ComputeFilter returned 0 hosts"),
        ("info", REMOVED + short),
    ]
    assert lines("warning", attempt(found)) == []


def test_an_empty_request_runs_the_first_filter() -> None:
    """Nova's start 0, end 0."""
    before, core = (Step(name, 0, 0, reasons) for name, reasons in FILTERS[:2])
    empty = FilterPart(as_names([]), 1, np.zeros(0, dtype=np.uint16), (before, core))
    assert lines("info", attempt(empty)) == [
        ("info", "Filter CoreFilter returned 0 hosts"),
        ("info", REMOVED + "['CoreFilter: (start: 0, end: 0)']"),
    ]


def test_a_filter_that_says_to_stop() -> None:
    """Nova then says nothing more: its filters gave no list at all."""
    found = part({"a": (1, FILTER_STOPPED), "b": (1, FILTER_STOPPED)})
    assert lines("debug", attempt(found)) == [
        ("debug", "Starting with 2 host(s)"),
        ("debug", "Filter CoreFilter says to stop filtering"),
        ("debug", "Filtered []"),
    ]


def test_ignored_and_forced_hosts_and_the_destination() -> None:
    """Nova's info lines name the hosts found, in the order asked."""
    ignoring = part({"a": (0, IGNORED), "b": None, "c": (0, IGNORED)})
    forcing = part({"a": (0, NOT_FORCED), "b": None, "c": None})
    checking = part({"a": (0, ELSEWHERE), "b": None})
    found = lines("info", attempt(ignoring), attempt(forcing), attempt(checking))
    assert found == [
        ("info", "Host filter ignoring hosts: a, c"),
        ("info", "Host filter forcing available hosts to b, c"),
        ("info", "Host filter only checking host b and node b"),
    ]


def test_a_destination_of_several_hosts_names_none() -> None:
    """A cell or aggregates were asked for: Nova's line is about one host."""
    found = part({"a": (0, ELSEWHERE), "b": None, "c": None})
    assert lines("info", attempt(found)) == []


def test_no_host_left_before_the_filters() -> None:
    """One line of our own with the reasons, and what is wrong with the pod where something is."""
    found = part({"a": (0, NOT_FORCED), "b": (0, NOT_FORCED), "c": (0, NOT_IN_CACHE)})
    [line] = logged("info", attempt(found, refusal="there is no Flavor 'x'"))
    assert line["event"] == (
        "No hosts left before the first filter: 1 not in cache yet, 2 not a forced host"
    )
    assert line["detail"] == "there is no Flavor 'x'"
    assert "detail" not in logged("info", attempt(found))[0]


def test_json_lines_say_whose_they_are() -> None:
    """Pod, namespace and uid are fields, time and level in front."""
    [line, _] = logged("info", attempt(part({"a": (1, NO_VCPUS)})))
    assert list(line) == ["timestamp", "level", "event", "pod", "namespace", "uid"]
    assert (line["pod"], line["namespace"], line["uid"]) == ("web-0", "default", "uid-1")
    assert line["timestamp"].endswith("Z")


def test_the_weights_are_logged_when_they_join() -> None:
    """Best first, at debug; the filter lines are not repeated."""
    joined = attempt(part({"a": None, "b": None}), weighed({"a": 0.5, "b": 2.0}))
    best_first = (
        "Weighed [WeighedHost [host: (b, b), weight: 2.0], WeighedHost [host: (a, a), weight: 0.5]]"
    )
    assert lines("debug", joined) == [("debug", best_first)]
    assert lines("info", joined) == []


def test_an_attempt_without_parts_logs_nothing() -> None:
    """There is nothing to say."""
    assert lines("debug", attempt()) == []


def test_a_fault_is_logged_once() -> None:
    """The same text of the same filter again is no news, whatever the pod and the host."""
    one = part({"a": (1, FILTER_ERROR)}, faults=[Fault("CoreFilter", "a", "Boom()")])
    two = part({"b": (1, FILTER_ERROR)}, faults=[Fault("CoreFilter", "b", "Boom()")])
    other = part({"b": (1, FILTER_ERROR)}, faults=[Fault("CoreFilter", "b", "Bang()")])
    found = lines("error", attempt(one), attempt(two), attempt(other))
    assert found == [
        ("error", "CoreFilter failed on host a, which is refused: Boom()"),
        ("error", "CoreFilter failed on host b, which is refused: Bang()"),
    ]


def test_a_weigher_s_fault_is_logged() -> None:
    """It is no host's: the weigher failed as a whole."""
    faults = [Fault("RAMWeigher", "", "Boom()")]
    joined = attempt(part({"a": None}), weighed({"a": 0.0}, faults=faults))
    assert lines("error", joined) == [("error", "RAMWeigher failed: Boom()")]


def test_many_faults_at_once_are_cut_short() -> None:
    """Seven new texts in one attempt are five lines and a count."""
    faults = [Fault("CoreFilter", f"host-{n}", f"Boom({n})") for n in range(7)]
    found = lines("error", attempt(part({"a": None}, faults=faults)))
    assert [text for _, text in found][:2] == [
        "CoreFilter failed on host host-0, which is refused: Boom(0)",
        "CoreFilter failed on host host-1, which is refused: Boom(1)",
    ]
    assert len(found) == 6
    assert found[-1] == ("error", "2 further faults in this attempt")


def test_the_memory_of_faults_is_bounded() -> None:
    """The oldest text is forgotten, and logged again when it comes back."""

    def fault(number: int) -> Attempt:
        return attempt(part({"a": None}, faults=[Fault("F", "a", f"Boom({number})")]))

    texts = [*range(FAULTS_REMEMBERED + 1), FAULTS_REMEMBERED, 0]
    found = lines("error", *(fault(number) for number in texts))
    assert len(found) == FAULTS_REMEMBERED + 2
    assert "Boom(0)" in found[-1][1]


def test_a_failure_is_logged_once_with_its_traceback() -> None:
    """What fails in observing itself is told, without the local variables."""
    stream = io.StringIO()
    configure("info", "json", stream)
    log = Log()

    def fail(token: str) -> None:
        raise ValueError(len(token))

    for _ in range(2):
        try:
            fail("a secret"[::-1])
        except ValueError as error:
            log.failure("counting", error)
    [line] = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert line["event"] == "counting failed: ValueError(8)"
    assert "raise ValueError" in line["exception"]
    assert "terces a" not in stream.getvalue()


def test_the_console_form_is_for_reading() -> None:
    """One line each, without colours where it is no terminal, control characters escaped."""
    stream = io.StringIO()
    configure("info", "console", stream)
    Log().record(attempt(part({"a": (1, NO_VCPUS)})))
    structlog.get_logger().warning("hostile \x1b[31m\ntext", detail="more\r\n")
    first, _, hostile = stream.getvalue().splitlines()
    assert "[info     ] Filter CoreFilter returned 0 hosts" in first
    assert "namespace=default pod=web-0 uid=uid-1" in first
    assert "hostile \\x1b[31m\\ntext" in hostile
    assert "more\\r\\n" in hostile
    assert "\x1b" not in stream.getvalue()


def test_what_libraries_log_comes_in_the_same_form() -> None:
    """With the library's name; never more than info, for they log the API server's answers."""
    stream = io.StringIO()
    configure("debug", "json", stream)
    library = logging.getLogger("kubernetes.client.rest")
    library.debug("response body: a token")
    library.warning("retrying %s", "GET")
    [line] = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert (line["level"], line["event"]) == ("warning", "retrying GET")
    assert line["logger"] == "kubernetes.client.rest"
    configure("error", "json", stream)
    library.warning("retrying again")
    assert "again" not in stream.getvalue()


def test_it_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Stdout is for the answers of commands."""
    configure()
    Log().record(attempt(part({"a": (1, NO_VCPUS)})))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Filter CoreFilter returned 0 hosts" in captured.err


def test_an_unknown_level_is_refused() -> None:
    """The configuration knows which there are; a typo here must not pass for silence."""
    with pytest.raises(KeyError):
        configure("loud")
