"""Tests of extender.observe.render."""

from __future__ import annotations

import json

from extender.model.explanation import HostVerdict, Total
from extender.model.overcommit import VoidRatio
from extender.observe import render
from tests.unit.observe.making import (
    DOWN,
    NO_RAM,
    NO_VCPUS,
    amounts,
    attempt,
    blocker,
    explanation,
    lacking,
    part,
    weighed,
    weigher,
)


def test_an_attempt() -> None:
    """Who, when, what came of it, and its cycle."""
    filtered = part({"a": None, "b": (1, NO_VCPUS)}, numbers={1: amounts(2000, 500)})
    found = render.attempt(attempt(filtered, weighed({"a": 1.0})))
    identity = {key: found[key] for key in list(found)[:8]}
    assert identity == {
        "pod": "web-0",
        "namespace": "default",
        "uid": "uid-1",
        "at": "2026-01-01T00:00:00.250Z",
        "generation": 3,
        "result": "passed",
        "request": "",
        "refusal": "",
    }
    assert found["summary"] == "1 of 2 hosts passed."
    assert found["rejected"]["hosts"][0]["short_by"] == 1.5
    assert found["weights"]["hosts"][0]["host"] == "a"


def test_an_attempt_that_was_not_filtered() -> None:
    """Nothing is known of it."""
    assert render.attempt(attempt())["result"] == "unknown"
    assert "filters" not in render.attempt(attempt())


def test_an_attempt_s_lists_are_bounded() -> None:
    """The limit reaches them all."""
    found = render.attempt(attempt(part({f"h{n}": (1, NO_VCPUS) for n in range(9)})), limit=4)
    assert len(found["rejected"]["hosts"]) == 4
    assert found["rejected"]["hosts_left_out"] == 5


def test_the_same_attempt_gives_the_same_bytes() -> None:
    """In whatever order its dicts were filled."""

    def text() -> str:
        filtered = part({"a": None, "b": (1, NO_VCPUS), "c": (2, DOWN)})
        steps = [weigher("RAMWeigher", [1.0], [0.0])]
        return json.dumps(render.attempt(attempt(filtered, weighed({"a": 1.0}, steps))))

    assert text() == text()


def test_attempts_are_one_line_each_newest_first() -> None:
    """Equal times by pod."""
    fits = part({"a": None, "b": None})
    fails = part({"a": (1, NO_VCPUS)})
    found = render.attempts(
        [
            attempt(fails, name="old", at=1.0),
            attempt(fits, weighed({"a": 0.5, "b": 1.0}), name="new", at=3.0),
            attempt(fits, name="b", at=2.0),
            attempt(name="a", at=2.0),
        ]
    )["attempts"]
    assert [line["pod"] for line in found] == ["new", "a", "b", "old"]
    assert found[0] == {
        "pod": "new",
        "namespace": "default",
        "uid": "uid-1",
        "at": "1970-01-01T00:00:03.000Z",
        "generation": 3,
        "result": "passed",
        "summary": "2 of 2 hosts passed.",
        "hosts": {"known": 2, "sent": 2, "passed": 2},
        "decisive": None,
        "best": "b",
        "chosen": None,
        "bound": None,
    }
    assert found[1]["result"] == "unknown"
    assert found[3]["summary"] == "No valid host was found. 1 not enough vCPUs."
    assert found[3]["decisive"] == "CoreFilter"
    assert found[3]["best"] is None


def test_where_the_extender_decides() -> None:
    """The host that was chosen, beside the best by weight, which may be another."""
    decided = attempt(part({"a": None, "b": None}), weighed({"a": 0.5, "b": 1.0}))
    decided.chosen = "a"
    assert render.attempt(decided)["chosen"] == "a"
    [line] = render.attempts([decided])["attempts"]
    assert (line["best"], line["chosen"]) == ("b", "a")


def test_an_explanation() -> None:
    """Totals with what is blocked alone, misses nearest first with facts and sources."""
    source = ("ratio", "1", "default")
    near = HostVerdict("near", (lacking(NO_VCPUS, 2, 1.5, source),), ("odd annotation",))
    far = HostVerdict("far", (lacking(NO_VCPUS, 2, 0), lacking(NO_RAM, 512, 256, unit="MiB")))
    totals = [Total("CoreFilter", NO_VCPUS, 2, 2), Total("RamFilter", NO_RAM, 0, 1)]
    found = render.explanation(explanation(far, near, totals=totals, notes=["mind this"]))
    assert (found["pod"], found["namespace"], found["uid"]) == ("web-0", "default", "uid-1")
    assert found["at"] == "2026-01-01T00:00:00.250Z"
    assert found["result"] == "no_valid_host"
    assert found["summary"] == "No valid host was found. 2 not enough vCPUs."
    assert found["hosts"] == {"known": 2, "sent": 2, "passed": 0}
    assert found["totals"] == [
        {
            "filter": "CoreFilter",
            "reason": "insufficient_vcpus",
            "text": "not enough vCPUs",
            "category": "capacity",
            "cured": True,
            "first": 2,
            "any": 2,
            "alone": 1,
        },
        {
            "filter": "RamFilter",
            "reason": "insufficient_ram",
            "text": "not enough memory",
            "category": "capacity",
            "cured": True,
            "first": 0,
            "any": 1,
            "alone": 0,
        },
    ]
    assert [miss["host"] for miss in found["nearest_misses"]["hosts"]] == ["near", "far"]
    assert found["nearest_misses"]["hosts"][0] == {
        "host": "near",
        "blockers": [
            {
                "filter": "CoreFilter",
                "reason": "insufficient_vcpus",
                "text": "not enough vCPUs",
                "category": "capacity",
                "cured": True,
                "need": 2,
                "have": 1.5,
                "short_by": 0.5,
                "unit": "vCPU",
                "sources": [{"name": "ratio", "value": "1", "where": "default"}],
            }
        ],
        "problems": ["odd annotation"],
    }
    assert len(found["nearest_misses"]["hosts"][1]["blockers"]) == 2
    assert found["passing"]["hosts"] == []
    assert [line["filter"] for line in found["filters"]] == ["pre_stage", "CoreFilter"]
    assert found["notes"] == ["mind this"]
    assert found["request"]["pod"] == "web-0"
    assert found["suggestions"][0]["id"] == "closest_host"


def test_hosts_that_pass_have_their_weights() -> None:
    """Best first, with their nodes' problems; they are no misses."""
    hosts = [HostVerdict("a", ()), HostVerdict("b", (), ("odd",))]
    found = render.explanation(explanation(*hosts, passing=weighed({"a": 1.0, "b": 2.0})))
    assert found["result"] == "passed"
    lines = found["passing"]["hosts"]
    assert [(line["host"], line["total"], line["problems"]) for line in lines] == [
        ("b", 2.0, ["odd"]),
        ("a", 1.0, []),
    ]
    assert found["nearest_misses"] == {"hosts": [], "hosts_left_out": 0}


def test_a_host_that_passes_is_no_miss() -> None:
    """The filters as they run have the last word: forced hosts skip them."""
    forced = HostVerdict("a", (blocker("ComputeFilter", DOWN),))
    found = render.explanation(explanation(forced, passing=weighed({"a": 0.0})))
    assert found["nearest_misses"]["hosts"] == []
    assert [line["host"] for line in found["passing"]["hosts"]] == ["a"]


def test_an_explanation_s_lists_are_bounded() -> None:
    """Three of five misses, one of two hosts that pass."""
    misses = [HostVerdict(f"h{n}", (lacking(NO_VCPUS, 9, n),)) for n in range(5)]
    passing = weighed({"p": 1.0, "q": 2.0})
    all_hosts = [*misses, HostVerdict("p", ()), HostVerdict("q", ())]
    found = render.explanation(explanation(*all_hosts, passing=passing), limit=3)
    assert [miss["host"] for miss in found["nearest_misses"]["hosts"]] == ["h4", "h3", "h2"]
    assert found["nearest_misses"]["hosts_left_out"] == 2
    assert found["passing"]["hosts_left_out"] == 0
    found = render.explanation(explanation(*all_hosts, passing=passing), limit=1)
    assert found["passing"]["hosts_left_out"] == 1


def test_an_explanation_without_hosts() -> None:
    """No node is known yet."""
    found = render.explanation(explanation())
    assert found["summary"] == "No valid host was found. No hosts are known."
    assert found["result"] == "no_valid_host"


def test_everything_is_json() -> None:
    """Nothing NumPy's own is left in it."""
    near = HostVerdict("near", (lacking(NO_VCPUS, 2, 1.5),))
    passing = weighed({"p": 1.0}, [weigher("W", [1.0], [0.0])])
    found = render.explanation(explanation(near, HostVerdict("p", ()), passing=passing))
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_times_are_rfc_3339_in_utc() -> None:
    """To the millisecond, whole seconds too."""
    assert render.rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert render.rfc3339(1767225600.9996) == "2026-01-01T00:00:00.999Z"


def test_notes_on_void_ratios_come_first() -> None:
    """Before what is always said."""
    void = [VoidRatio("cpu", 1, "a", 8000, 128_000)]
    found = render.explanation(explanation(HostVerdict("a", ()), notes=["mind this"], void=void))
    assert len(found["notes"]) == 2
    assert found["notes"][0].startswith("the cpu ratio is void on 1 of 1 hosts: ")
    assert found["notes"][1] == "mind this"
