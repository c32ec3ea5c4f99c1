"""Tests of extender.observe.cycle."""

from __future__ import annotations

import json

import numpy as np

from extender.model.attempt import Fault, FilterPart, WeigherStep
from extender.model.facts import MEBIBYTE
from extender.model.flavor import MIB
from extender.model.names import as_names
from extender.observe.cycle import cycle, filters, rejected, summary, weights
from tests.unit.observe.making import (
    CORE,
    DOWN,
    IGNORED,
    NO_VCPUS,
    NOT_IN_CACHE,
    PRE_REASONS,
    TOO_LARGE,
    amounts,
    part,
    weighed,
    weigher,
)


def test_the_summary_of_a_pod_that_fits() -> None:
    """How many of how many."""
    assert summary(part({"a": None, "b": (1, NO_VCPUS), "c": None})) == "2 of 3 hosts passed."


def test_the_summary_of_a_pod_that_fits_nowhere() -> None:
    """Nova's words, then reasons by count, equal counts by text."""
    verdicts = {
        "a": (1, NO_VCPUS),
        "b": (0, NOT_IN_CACHE),
        "c": (1, NO_VCPUS),
        "d": (2, DOWN),
    }
    assert summary(part(verdicts)) == (
        "No valid host was found. 2 not enough vCPUs, 1 host is down, 1 not in cache yet."
    )


def test_the_summary_of_nothing() -> None:
    """No host was asked about."""
    assert summary(part({})) == "No valid host was found. No hosts were asked about."


def test_each_filter_s_part() -> None:
    """In order, with its reasons most frequent first; a step that refused nobody has none."""
    verdicts = {
        "a": (1, TOO_LARGE),
        "b": (1, NO_VCPUS),
        "c": (1, NO_VCPUS),
        "d": None,
    }
    found = filters(part(verdicts))
    assert [(line["filter"], line["start"], line["end"]) for line in found] == [
        ("pre_stage", 4, 4),
        ("CoreFilter", 4, 1),
        ("ComputeFilter", 1, 1),
    ]
    assert [line["rejected"] for line in found] == [
        [],
        [
            {
                "reason": "insufficient_vcpus",
                "text": "not enough vCPUs",
                "category": "capacity",
                "cured": True,
                "count": 2,
            },
            {
                "reason": "request_exceeds_host_vcpus",
                "text": "request exceeds the vCPUs of the host",
                "category": "capacity",
                "cured": False,
                "count": 1,
            },
        ],
        [],
    ]
    assert found[2]["seconds"] == 0.00004


def test_a_filter_that_is_enabled_twice_is_shown_twice() -> None:
    """Each of its steps with its own part."""
    twice = (("pre_stage", PRE_REASONS), CORE, CORE)
    found = filters(part({"a": (1, NO_VCPUS), "b": (2, NO_VCPUS), "c": None}, twice))
    assert [sum(r["count"] for r in line["rejected"]) for line in found] == [0, 1, 1]


def test_refused_hosts_stand_nearest_first() -> None:
    """Those that came furthest, then those that lack least, then as asked."""
    verdicts = {
        "ignored": (0, IGNORED),
        "short-of-3": (1, NO_VCPUS),
        "short-of-1": (1, NO_VCPUS),
        "passes": None,
        "also-3": (1, NO_VCPUS),
        "down": (2, DOWN),
    }
    found = rejected(part(verdicts, numbers={1: amounts(4000, 1000, 3000, 1000)}))
    assert [line["host"] for line in found["hosts"]] == [
        "down",
        "short-of-1",
        "short-of-3",
        "also-3",
        "ignored",
    ]
    assert found["hosts_left_out"] == 0


def test_numbers_are_shown_in_their_unit() -> None:
    """4 vCPUs asked, 2.5 there; another filter's hosts have no numbers."""
    verdicts = {"a": (1, NO_VCPUS), "b": (2, DOWN), "c": None}
    found = rejected(part(verdicts, numbers={1: amounts(4000, 2500)}))
    assert found["hosts"] == [
        {"host": "b", "filter": "ComputeFilter", "reason": "host_down", "text": "host is down"},
        {
            "host": "a",
            "filter": "CoreFilter",
            "reason": "insufficient_vcpus",
            "text": "not enough vCPUs",
            "need": 4,
            "have": 2.5,
            "short_by": 1.5,
            "unit": "vCPU",
        },
    ]


def test_numbers_in_mebibytes() -> None:
    """Half a MiB is missing; a host that lacks nothing is short of 0."""
    numbers = amounts(2 * MIB, MIB + MIB // 2, 3 * MIB, unit=MEBIBYTE)
    found = rejected(part({"a": (1, NO_VCPUS), "b": (1, NO_VCPUS)}, numbers={1: numbers}))
    assert [(line["host"], line["short_by"]) for line in found["hosts"]] == [("b", 0), ("a", 0.5)]


def test_numbers_that_do_not_match_the_hosts_are_left_out() -> None:
    """A plug-in gave one for two hosts: nobody can tell whose it is."""
    verdicts = {"a": (1, NO_VCPUS), "b": (1, NO_VCPUS)}
    found = rejected(part(verdicts, numbers={1: amounts(4000, 2500)}))
    assert [list(line) for line in found["hosts"]] == [["host", "filter", "reason", "text"]] * 2


def test_lists_are_bounded() -> None:
    """Two hosts listed, the rest counted, in every list."""
    verdicts = {f"r{n}": (1, NO_VCPUS) for n in range(5)} | {f"p{n}": None for n in range(4)}
    numbers = {1: amounts(4000, 1000, 2000, 3000, 0, 500)}
    faults = [Fault("F", str(n), "Boom()") for n in range(3)]
    table = weighed({f"p{n}": n for n in range(4)})
    found = cycle(part(verdicts, numbers=numbers, faults=faults), table, limit=2)
    assert [line["host"] for line in found["rejected"]["hosts"]] == ["r2", "r1"]
    assert found["rejected"]["hosts_left_out"] == 3
    assert found["passed"] == {"hosts": ["p0", "p1"], "hosts_left_out": 2}
    assert [line["host"] for line in found["weights"]["hosts"]] == ["p3", "p2"]
    assert found["weights"]["hosts_left_out"] == 2
    assert len(found["faults"]) == 2
    assert found["faults_left_out"] == 1
    assert found["hosts"] == {"known": 9, "sent": 9, "passed": 4}


def test_the_weights() -> None:
    """Best first: 0.75 + (−1 × 0.5) = 0.25 beats 0.25 + 0 = 0.25 only by the order asked."""
    steps = [
        weigher("RAMWeigher", [300.0, 100.0, 0.0], [0.75, 0.25, 0.0]),
        weigher("IoOpsWeigher", [1.0, 0.0, 2.0], [0.5, 0.0, 1.0], -1.0),
    ]
    found = weights(weighed({"a": 0.25, "b": 0.25, "c": -1.0}, steps))
    assert found["weighers"] == ["RAMWeigher", "IoOpsWeigher"]
    ranks = [(line["host"], line["rank"], line["total"], line["score"]) for line in found["hosts"]]
    assert ranks == [("a", 1, 0.25, 2), ("b", 1, 0.25, 2), ("c", 2, -1.0, -10)]
    assert found["hosts"][0]["weights"] == [
        {
            "weigher": "RAMWeigher",
            "raw": 300.0,
            "normalised": 0.75,
            "multiplier": 1.0,
            "weighed": 0.75,
        },
        {
            "weigher": "IoOpsWeigher",
            "raw": 1.0,
            "normalised": 0.5,
            "multiplier": -1.0,
            "weighed": -0.5,
        },
    ]
    assert (found["margin"], found["decided_by"]) == (0.0, None)


def test_who_decided() -> None:
    """RAM gives b 0.75 more, I/O takes 0.25 from it: b leads by 0.5, by RAM."""
    steps = [
        weigher("RAMWeigher", [1.0, 4.0], [0.25, 1.0]),
        weigher("IoOpsWeigher", [0.0, 1.0], [0.0, 0.25], -1.0),
    ]
    found = weights(weighed({"a": 0.25, "b": 0.75}, steps))
    assert (found["margin"], found["decided_by"]) == (0.5, "RAMWeigher")


def test_one_host_or_none_has_no_margin() -> None:
    """There is nothing to compare."""
    assert weights(weighed({"a": 0.0}))["margin"] is None
    assert weights(weighed({})) == {
        "weighers": [],
        "margin": None,
        "decided_by": None,
        "hosts": [],
        "hosts_left_out": 0,
    }


def test_multipliers_may_differ_by_host() -> None:
    """As aggregates set them: 1 × 2 for a, 0.5 × 4 for b."""
    step = WeigherStep("W", np.array([2.0, 1.0]), np.array([1.0, 0.5]), np.array([2.0, 4.0]))
    found = weights(weighed({"a": 2.0, "b": 2.0}, [step]))
    assert [line["weights"][0]["multiplier"] for line in found["hosts"]] == [2.0, 4.0]
    assert [line["weights"][0]["weighed"] for line in found["hosts"]] == [2.0, 2.0]


def test_numbers_are_json_s() -> None:
    """No minus zero, and nothing in place of what is not finite."""
    step = weigher("W", [0.0, 1.0], [0.0, 1.0], -1.0)
    found = weights(weighed({"a": float("inf"), "b": -1.0}, [step]))
    text = json.dumps(found, allow_nan=False)
    assert "-0.0" not in text
    assert found["hosts"][0]["total"] is None


def test_a_cycle_as_a_whole() -> None:
    """The parts side by side, and the faults of both."""
    filtered = part({"a": None, "b": (1, NO_VCPUS)}, faults=[Fault("CoreFilter", "b", "Boom()")])
    found = cycle(filtered, weighed({"a": 0.0}, faults=[Fault("RAMWeigher", "", "Bang()")]))
    assert list(found) == [
        *("result", "summary", "hosts", "decisive", "filters", "rejected", "passed", "weights"),
        *("faults", "faults_left_out"),
    ]
    assert found["result"] == "passed"
    assert found["decisive"] is None
    assert found["faults"] == [
        {"plugin": "CoreFilter", "host": "b", "text": "Boom()"},
        {"plugin": "RAMWeigher", "host": "", "text": "Bang()"},
    ]
    failed = cycle(part({"a": (1, NO_VCPUS)}), None)
    assert (failed["result"], failed["decisive"]) == ("no_valid_host", "CoreFilter")
    assert failed["weights"] is None


def test_a_part_without_steps() -> None:
    """Nothing ran: all hosts are there still."""
    bare = FilterPart(as_names(["a"]), 1, np.zeros(1, dtype=np.uint16), ())
    assert cycle(bare, None)["filters"] == []
