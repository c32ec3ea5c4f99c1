"""Tests of extender.observe.metrics."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from extender.model.attempt import Fault
from extender.model.reason import FILTER_ERROR
from extender.observe.metrics import Metrics
from tests.unit.observe.making import (
    COMPUTE,
    CORE,
    DOWN,
    FILTERS,
    IGNORED,
    NO_VCPUS,
    attempt,
    part,
    weighed,
    weigher,
)

PART = part({"a": None, "b": (1, NO_VCPUS), "c": (1, NO_VCPUS), "d": (2, DOWN), "e": (0, IGNORED)})


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One sample's value; ``None`` where the series does not exist."""
    return metrics.registry.get_sample_value(f"nova_extender_{name}", labels)


def test_series_exist_from_the_start() -> None:
    """Filters, reasons, verbs and results are there at 0 before anything happened."""
    metrics = Metrics([CORE], verbs=["filter"])
    assert value(metrics, "filter_evaluations_total", filter="CoreFilter") == 0
    assert value(metrics, "filter_evaluations_total", filter="pre_stage") == 0
    for reason in CORE[1]:
        series = {"filter": "CoreFilter", "reason": reason.id}
        assert value(metrics, "filter_rejections_total", **series) == 0
    assert value(metrics, "filter_errors_total", filter="CoreFilter") == 0
    assert value(metrics, "no_valid_host_total", filter="CoreFilter") == 0
    assert value(metrics, "hosts_entering_count", filter="CoreFilter") == 0
    assert value(metrics, "attempts_total", result="passed") == 0
    assert value(metrics, "attempts_total", result="no_valid_host") == 0
    for outcome in ("ok", "error"):
        assert value(metrics, "requests_total", verb="filter", outcome=outcome) == 0
    assert value(metrics, "filter_evaluations_total", filter="RamFilter") is None


def test_the_pre_stage_has_no_time_and_no_errors() -> None:
    """What is not measured has no series."""
    metrics = Metrics()
    assert value(metrics, "filter_duration_seconds_count", filter="pre_stage") is None
    assert value(metrics, "filter_errors_total", filter="pre_stage") is None


def test_hosts_of_each_step_are_counted() -> None:
    """5 hosts enter, the pre-stage refuses 1, CoreFilter 2 of 4, ComputeFilter 1 of 2."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt(PART))
    metrics.record(attempt(PART))
    for name, entering, leaving in (
        ("pre_stage", 5, 4),
        ("CoreFilter", 4, 2),
        ("ComputeFilter", 2, 1),
    ):
        assert value(metrics, "filter_evaluations_total", filter=name) == 2 * entering
        assert value(metrics, "hosts_entering_sum", filter=name) == 2 * entering
        assert value(metrics, "hosts_leaving_sum", filter=name) == 2 * leaving
        assert value(metrics, "hosts_leaving_count", filter=name) == 2


def test_rejections_are_counted_by_reason() -> None:
    """Each refused host is one rejection of the filter that refused it, for its reason."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt(PART))
    rejections = {
        (sample.labels["filter"], sample.labels["reason"]): sample.value
        for family in metrics.registry.collect()
        if family.name == "nova_extender_filter_rejections"
        for sample in family.samples
        if sample.value
    }
    assert rejections == {
        ("pre_stage", "host_ignored"): 1,
        ("CoreFilter", "insufficient_vcpus"): 2,
        ("ComputeFilter", "host_down"): 1,
    }


def test_the_time_of_a_filter_is_observed() -> None:
    """ComputeFilter took 40 µs: in the bucket to 100 µs, not in that to 30 µs."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt(PART))
    name = "filter_duration_seconds"
    assert value(metrics, f"{name}_sum", filter="ComputeFilter") == pytest.approx(0.00004)
    assert value(metrics, f"{name}_bucket", filter="ComputeFilter", le="3e-05") == 0
    assert value(metrics, f"{name}_bucket", filter="ComputeFilter", le="0.0001") == 1


def test_hosts_fall_into_few_buckets() -> None:
    """Two hosts entered ComputeFilter: more than 1, at most 10."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt(PART))
    assert value(metrics, "hosts_entering_bucket", filter="ComputeFilter", le="1.0") == 0
    assert value(metrics, "hosts_entering_bucket", filter="ComputeFilter", le="10.0") == 1


def test_passed_and_failed_attempts_are_told_apart() -> None:
    """An attempt that leaves a host is no failure of any filter; one that does not is."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt(PART))
    assert value(metrics, "attempts_total", result="passed") == 1
    assert value(metrics, "no_valid_host_total", filter="ComputeFilter") == 0
    metrics.record(attempt(part({"a": (1, NO_VCPUS), "b": (2, DOWN)})))
    assert value(metrics, "attempts_total", result="no_valid_host") == 1
    assert value(metrics, "no_valid_host_total", filter="ComputeFilter") == 1
    assert value(metrics, "no_valid_host_total", filter="CoreFilter") == 0


def test_the_pre_stage_may_be_decisive() -> None:
    """Hosts all refused before the first filter count for the pre-stage."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt(part({"a": (0, IGNORED)})))
    assert value(metrics, "no_valid_host_total", filter="pre_stage") == 1
    assert value(metrics, "filter_evaluations_total", filter="CoreFilter") == 0


def test_an_attempt_without_hosts_has_no_decisive_filter() -> None:
    """Nothing asked is no valid host, but nobody's doing."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt(part({})))
    assert value(metrics, "attempts_total", result="no_valid_host") == 1
    for name in ("pre_stage", "CoreFilter", "ComputeFilter"):
        assert value(metrics, "no_valid_host_total", filter=name) == 0


def test_the_share_of_hosts_received() -> None:
    """Two of eight known hosts were sent: a quarter; with none known there is no share."""
    metrics = Metrics(FILTERS)
    two = {"a": None, "b": None}
    metrics.record(attempt(part(two, known=8)))
    metrics.record(attempt(part(two, known=0)))
    assert value(metrics, "candidates_received_ratio_count") == 1
    assert value(metrics, "candidates_received_ratio_sum") == 0.25
    assert value(metrics, "candidates_received_ratio_bucket", le="0.1") == 0
    assert value(metrics, "candidates_received_ratio_bucket", le="0.25") == 1


def test_faults_are_counted_by_filter() -> None:
    """Two hosts a filter failed on are two errors."""
    metrics = Metrics(FILTERS)
    faults = [Fault("CoreFilter", host, "Boom()") for host in ("a", "b")]
    verdicts = {"a": (1, FILTER_ERROR), "b": (1, FILTER_ERROR), "c": None}
    metrics.record(attempt(part(verdicts, faults=faults)))
    assert value(metrics, "filter_errors_total", filter="CoreFilter") == 2
    assert value(metrics, "filter_errors_total", filter="ComputeFilter") == 0


def test_joining_the_weights_counts_nothing_twice() -> None:
    """The second record of an attempt adds what belongs to weighing, and that only."""
    metrics = Metrics(FILTERS)
    a = attempt(PART)
    metrics.record(a)
    a.weighed = weighed({"a": 1.0}, faults=[Fault("RAMWeigher", "", "Boom()")])
    metrics.record(a)
    assert value(metrics, "attempts_total", result="passed") == 1
    assert value(metrics, "filter_evaluations_total", filter="pre_stage") == 5
    assert value(metrics, "weigher_errors_total", weigher="RAMWeigher") == 1


def test_an_attempt_without_parts_counts_nothing() -> None:
    """There is nothing to draw a number from."""
    metrics = Metrics(FILTERS)
    metrics.record(attempt())
    assert value(metrics, "attempts_total", result="passed") == 0
    assert value(metrics, "attempts_total", result="no_valid_host") == 0


def test_a_filter_that_was_not_announced_is_counted_too() -> None:
    """As after a reload of the configuration; ``expect`` announces more of them."""
    metrics = Metrics()
    metrics.record(attempt(PART))
    assert value(metrics, "filter_evaluations_total", filter="CoreFilter") == 4
    metrics.expect([("RamFilter", (NO_VCPUS,))])
    assert value(metrics, "filter_evaluations_total", filter="RamFilter") == 0
    metrics.expect(FILTERS)
    assert value(metrics, "filter_evaluations_total", filter="CoreFilter") == 4


def test_requests_are_counted_and_timed() -> None:
    """Two calls, one of them refused, of 1 ms and 2 s."""
    metrics = Metrics(verbs=["filter"])
    metrics.request("filter", "ok", 0.001)
    metrics.request("filter", "bad_request", 2.0)
    assert value(metrics, "requests_total", verb="filter", outcome="ok") == 1
    assert value(metrics, "requests_total", verb="filter", outcome="bad_request") == 1
    assert value(metrics, "request_duration_seconds_sum", verb="filter") == 2.001
    assert value(metrics, "request_duration_seconds_bucket", verb="filter", le="0.00025") == 0
    assert value(metrics, "request_duration_seconds_bucket", verb="filter", le="0.001") == 1
    assert value(metrics, "request_duration_seconds_bucket", verb="filter", le="5.0") == 2


def test_the_order_of_filters() -> None:
    """The first filter is 1, the pre-stage before it 0; one no longer enabled has no place."""
    metrics = Metrics([CORE, COMPUTE])
    names = ("pre_stage", "CoreFilter", "ComputeFilter")
    assert [value(metrics, "filter_position", filter=name) for name in names] == [0, 1, 2]
    metrics.expect(FILTERS[::-2])
    assert [value(metrics, "filter_position", filter=name) for name in names] == [0, None, 1]


def test_stages_and_weighers_are_counted_from_attempts() -> None:
    """The parts that have files of their own hear of an attempt."""
    metrics = Metrics(weighers=["RAMWeigher"])
    step = weigher("RAMWeigher", [1, 2], [0, 1])
    metrics.record(replace(attempt(PART), stages={"filter": 0.5}))
    metrics.record(attempt(PART, weighed({"a": 0.0, "b": 1.0}, [step])))
    assert value(metrics, "stage_duration_seconds_sum", stage="filter") == 0.5
    assert value(metrics, "weigher_spread_sum", weigher="RAMWeigher") == 1


def test_the_exposition_is_prometheus_text() -> None:
    """It parses, has our prefix but for the process's own metrics, and no _created series."""
    metrics = Metrics(FILTERS, verbs=["filter", "prioritize"])
    metrics.record(attempt(PART))
    text, content_type = metrics.exposition()
    assert content_type.startswith("text/plain; version=")
    families = list(text_string_to_metric_families(text.decode()))
    ours = [f for f in families if f.name.startswith("nova_extender_")]
    assert len(ours) == 39
    assert all(f.documentation for f in ours)
    assert {f.name.split("_")[0] for f in families if f not in ours} <= {"process"}
    assert b"_created" not in text


def test_no_label_names_a_pod_or_a_host() -> None:
    """Series stay bounded whatever is scheduled where."""
    metrics = Metrics(FILTERS, verbs=["filter"])
    metrics.record(attempt(PART))
    labels = {
        label
        for family in metrics.registry.collect()
        for sample in family.samples
        for label in sample.labels
    }
    assert labels <= {
        *("filter", "reason", "verb", "outcome", "weigher", "result", "state", "le"),
        *("version", "python_version", "agree", "stage"),
    }


def test_two_registries_do_not_meet() -> None:
    """Each Metrics counts for itself, so a test or a second engine may have its own."""
    one, other = Metrics(FILTERS), Metrics(FILTERS)
    one.record(attempt(PART))
    assert value(other, "attempts_total", result="passed") == 0


def test_threads_lose_no_count() -> None:
    """Eight threads that record 200 attempts each make 1600, new filters included."""
    metrics = Metrics()

    def record() -> None:
        for _ in range(200):
            metrics.record(attempt(PART))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=record) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert value(metrics, "attempts_total", result="passed") == 1600
    assert value(metrics, "filter_evaluations_total", filter="CoreFilter") == 6400
    series = {"filter": "CoreFilter", "reason": "insufficient_vcpus"}
    assert value(metrics, "filter_rejections_total", **series) == 3200
