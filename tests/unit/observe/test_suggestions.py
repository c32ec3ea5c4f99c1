"""Tests of extender.observe.suggestions."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from extender.model.explanation import Explanation, HostVerdict
from extender.model.facts import MEBIBYTE, VCPU, Facts, Source, Unit
from extender.model.flavor import MIB
from extender.model.overcommit import VoidRatio
from extender.model.reason import Category, Reason
from extender.model.request_spec import Refusal, RequestSpec
from extender.observe.suggestions import SOLE, smallest_ratio, suggestions
from tests.unit.observe.making import (
    DOWN,
    IGNORED,
    NO_RAM,
    NO_VCPUS,
    TOO_LARGE,
    WRONG_ZONE,
    blocker,
    explanation,
    lacking,
    weighed,
)

IN_AZ1 = RequestSpec(name="web-0", availability_zone="az1")


def texts(e: Explanation) -> dict[str, str]:
    """The suggestions by id."""
    return {suggestion["id"]: suggestion["text"] for suggestion in suggestions(e)}


def outside(host: str, zones: str, *more: object) -> HostVerdict:
    """A host of another zone."""
    found = blocker("AvailabilityZoneFilter", WRONG_ZONE, "az1", zones, ("zones", zones, "label"))
    return HostVerdict(host, (found, *more))  # type: ignore[arg-type]  # further blockers


def test_a_pod_that_is_refused_itself_is_to_be_changed() -> None:
    """Nothing else helps, whatever the hosts say."""
    refusal = Refusal(Reason("unknown_flavor", "no such", Category.DATA), "there is no Flavor 'x'.")
    e = explanation(HostVerdict("a", (lacking(NO_VCPUS, 2, 1),)), spec=RequestSpec(refusal=refusal))
    assert suggestions(e) == [
        {"id": "change_request", "text": "Change the pod: there is no Flavor 'x'."}
    ]


def test_no_hosts_at_all() -> None:
    """The extender sees no cluster."""
    assert list(texts(explanation())) == ["no_hosts"]


def test_a_pod_that_fits_here() -> None:
    """Then it is kube-scheduler that refuses."""
    e = explanation(HostVerdict("a", ()), passing=weighed({"a": 0.0}))
    assert list(texts(e)) == ["ask_kube_scheduler"]


def test_the_closest_host() -> None:
    """Of those that only lack amounts, the nearest, with all it lacks."""
    e = explanation(
        HostVerdict("node-7", (lacking(NO_VCPUS, 2, 1.5), lacking(NO_RAM, 1024, 512, unit="MiB"))),
        HostVerdict("node-8", (lacking(NO_VCPUS, 2, 0), lacking(NO_RAM, 1024, 0, unit="MiB"))),
        HostVerdict("node-1", (blocker("ComputeFilter", DOWN, "up", "not ready"),)),
    )
    assert texts(e)["closest_host"] == (
        "Free room or request less; closest: node-7, short of 0.5 vCPU and 512 MiB."
    )


def test_room_is_no_help_where_the_host_is_too_small() -> None:
    """The whole host has no more than 4."""
    e = explanation(HostVerdict("node-7", (lacking(TOO_LARGE, 6, 4),)))
    assert texts(e) == {"closest_host": "Request less; closest: node-7, short of 2 vCPU."}


def test_places_are_no_amounts() -> None:
    """A full host has its own suggestion."""
    full = Reason("too_many_instances", "too many instances", Category.CAPACITY, cured=True)
    e = explanation(HostVerdict("a", (lacking(full, 1, 0, unit="places"),)))
    assert list(texts(e)) == ["fewer_instances"]


def test_the_ratio_that_would_admit_the_nearest_host() -> None:
    """4 vCPU, 3.5 used, 1 asked: 4.5 ÷ 4 = 1.125."""
    sources = (("total", "4 vCPU", "status.allocatable"), ("ratio", "1", "default"))
    e = explanation(HostVerdict("node-1", (lacking(NO_VCPUS, 1, 0.5, *sources),)))
    assert texts(e)["raise_ratio"] == (
        "Raise on node-1 cpu_allocation_ratio to 1.125 (now 1, default); above 1 that takes the "
        "node's annotation, by which the chart's admission policy raises status.allocatable."
    )


@pytest.mark.parametrize(
    ("mode", "ending"),
    [
        ("native", "raises status.allocatable."),
        ("virtual", "pods that ask for nova-extender.io/vcpu, /memory-mb and /disk-gb instead of "),
        ("advisory", "that has no effect unless kubernetes.overcommit is native or virtual."),
    ],
)
def test_what_a_ratio_above_one_takes(mode: str, ending: str) -> None:
    """By how overcommit is set up; up to 1 it takes nothing."""
    verdict = HostVerdict(
        "a", (lacking(NO_VCPUS, 1, 0.5, ("total", "4 vCPU", ""), ("ratio", "1", "")),)
    )
    text = texts(explanation(verdict, overcommit=mode))["raise_ratio"]
    assert "to 1.125 (now 1, ); above 1 " in text
    assert ending in text
    low = HostVerdict(
        "a", (lacking(NO_VCPUS, 1, 0.5, ("total", "4 vCPU", ""), ("ratio", "0.5", "x")),)
    )
    text = texts(explanation(low, overcommit=mode))["raise_ratio"]
    assert text == "Raise on a cpu_allocation_ratio to 0.625 (now 0.5, x)."


OFF = "option kubernetes.allow_memory_overcommit is false"
RAM = (("total", "1024 MiB", ""), ("ratio", "1", "x"))


def test_memory_that_would_be_held_at_one() -> None:
    """A ratio of memory above 1 needs more than the ratio, and what is said."""
    lacks = lacking(NO_RAM, 600, 0, *RAM, unit="MiB")
    text = texts(explanation(HostVerdict("a", (lacks,), held_at_one=OFF)))["raise_ratio"]
    assert text.endswith(f", and a ratio of memory counts as 1 as long as {OFF}.")
    assert OFF not in texts(explanation(HostVerdict("a", (lacks,))))["raise_ratio"]


def test_other_ratios_are_not_held() -> None:
    """A ratio of vCPUs counts on a node whose memory is held at 1."""
    lacks = lacking(NO_VCPUS, 1, 0.5, ("total", "4 vCPU", ""), ("ratio", "1", "x"))
    text = texts(explanation(HostVerdict("a", (lacks,), held_at_one=OFF)))["raise_ratio"]
    assert OFF not in text


def test_a_void_ratio_may_be_why_kube_scheduler_refuses() -> None:
    """Where the pod passes here, and a ratio that let it pass has no effect."""
    void = [VoidRatio("cpu", 1, "a", 8000, 16_000), VoidRatio("ram", 1, "a", 1, 2)]
    e = explanation(HostVerdict("a", ()), passing=weighed({"a": 0.0}), void=void)
    assert list(texts(e)) == ["ask_kube_scheduler", "void_ratio"]
    assert texts(e)["void_ratio"] == (
        "If that says Insufficient, the ratio has no effect: the notes say which, and where."
    )


def test_ratios_of_two_resources() -> None:
    """1 of 4 vCPU missing: 0.5 + 0.25. 344 of 1024 MiB missing: 0.5 + 0.3359375, rounded up."""
    vcpus = lacking(NO_VCPUS, 2, 1, ("total", "4 vCPU", ""), ("ratio", "0.5", "annotation"))
    ram = lacking(
        *(NO_RAM, 600, 256, ("total", "1024 MiB", ""), ("ratio", "0.5", "aggregate slow")),
        unit="MiB",
    )
    assert texts(explanation(HostVerdict("node-1", (vcpus, ram))))["raise_ratio"] == (
        "Raise on node-1 cpu_allocation_ratio to 0.75 (now 0.5, annotation) and "
        "ram_allocation_ratio to 0.836 (now 0.5, aggregate slow)."
    )


def test_no_ratio_is_named_where_one_of_them_is_not_known_exactly() -> None:
    """Better no advice than a wrong one."""
    known = lacking(NO_VCPUS, 1, 0.5, ("total", "4 vCPU", ""), ("ratio", "1", ""))
    unknown = lacking(NO_RAM, 512, 256, unit="MiB")
    assert "raise_ratio" not in texts(explanation(HostVerdict("node-1", (known, unknown))))


def facts(need: int, total: int, used: int, ratio: str, unit: Unit = VCPU) -> Facts:
    """The facts of a capacity filter, in smallest parts."""
    limit = int(total * Fraction(ratio))
    have = min(total, limit - used)
    sources = (Source("total", unit.text(total), ""), Source("ratio", ratio, ""))
    return Facts(unit.show(need), unit.show(have), unit.show(need - have), unit.name, sources)


def admits(total: int, thousandths: int, used: int, need: int) -> bool:
    """Whether ⌊total × ratio⌋ − used covers the need."""
    return total * thousandths // 1000 - used >= need


@pytest.mark.parametrize(
    ("need", "total", "used", "ratio", "smallest"),
    [
        (1000, 4000, 3500, "1", 1125),
        (1, 3000, 3000, "1", 1001),
        (1000, 3000, 3000, "1", 1334),
        (1000, 8000, 120_000, "15", 15_125),
        (500, 8000, 1000, "0.1", 188),
        (7, 9, 9, "1.333", 1778),
    ],
)
def test_the_smallest_ratio(need: int, total: int, used: int, ratio: str, smallest: int) -> None:
    """In thousandths, and one less would not do."""
    assert smallest_ratio(facts(need, total, used, ratio), VCPU) == smallest
    assert admits(total, smallest, used, need)
    assert not admits(total, smallest - 1, used, need)


def test_the_smallest_ratio_in_bytes() -> None:
    """16393216 KiB, as a real node reports it, all but 1 MiB of it used, 512 MiB asked."""
    total = 16393216 * 1024
    used, need = total - MIB, 512 * MIB
    found = smallest_ratio(facts(need, total, used, "1", MEBIBYTE), MEBIBYTE)
    assert found == 1032
    assert admits(total, 1032, used, need)
    assert not admits(total, 1031, used, need)


def test_a_ratio_that_hangs_on_a_few_bytes() -> None:
    """256 of 1024 MiB missing is 1.25 or, with a byte more that is not shown, 1.251."""
    given = facts(512 * MIB, 1024 * MIB, 768 * MIB, "1", MEBIBYTE)
    assert smallest_ratio(given, MEBIBYTE) is None


@pytest.mark.parametrize("seed", range(200))
def test_a_ratio_in_bytes_is_never_wrong(seed: int) -> None:
    """Whatever the bytes behind the facts, the ratio admits, and a thousandth less would not."""
    rng = random.Random(seed)  # noqa: S311 - to vary amounts
    total = rng.randrange(MIB, 4096 * MIB)
    ratio = rng.randrange(100, 20_000)
    used = rng.randrange(total * ratio // 1000)
    need = rng.randrange(max(1, total * ratio // 1000 - used), 20 * total) % total + 1
    found = smallest_ratio(facts(need, total, used, str(Fraction(ratio, 1000)), MEBIBYTE), MEBIBYTE)
    if found is not None:
        assert admits(total, found, used, need)
        assert not admits(total, found - 1, used, need)


@pytest.mark.parametrize(
    "given",
    [
        facts(5000, 4000, 0, "1"),
        facts(1000, 4000, 3000, "1"),
        facts(1000, 1000, 1_000_000, "999"),
        Facts(1, 0.5, 0.5, "vCPU", (Source("total", "4 vCPU", ""), Source("ratio", "x", ""))),
        Facts(1, 0.5, 0.5, "vCPU", (Source("total", "4 vCPU", ""), Source("ratio", "1/0", ""))),
        Facts(1, 0.5, 0.5, "vCPU", (Source("total", "four", ""), Source("ratio", "1", ""))),
        Facts(
            *(1, float("nan"), 1, "vCPU"), (Source("total", "4 vCPU", ""), Source("ratio", "1", ""))
        ),
        Facts("much", 1, 1, "vCPU", (Source("total", "4 vCPU", ""), Source("ratio", "1", ""))),
        Facts(),
    ],
)
def test_where_no_ratio_helps_or_none_can_be_reckoned(given: Facts) -> None:
    """Larger than the host, nothing missing, above 999.999, or facts that are not numbers."""
    assert smallest_ratio(given, VCPU) is None


def test_a_zone_without_hosts() -> None:
    """The zones there are, by name."""
    e = explanation(outside("a", "az3, az2"), outside("b", "az2"), spec=IN_AZ1)
    assert texts(e) == {
        "unknown_zone": "Request another availability zone than az1; there is az2, az3."
    }


def test_a_zone_whose_hosts_are_full() -> None:
    """Only zones with a host that would take the pod are named."""
    e = explanation(
        HostVerdict("in", (lacking(NO_VCPUS, 2, 1),)),
        outside("willing", "az2"),
        outside("full", "az3", lacking(NO_VCPUS, 2, 1)),
        spec=IN_AZ1,
    )
    assert texts(e)["change_zone"] == (
        "Request another availability zone: az2; nothing else bars hosts there."
    )
    assert "unknown_zone" not in texts(e)


def test_what_alone_keeps_hosts_away() -> None:
    """By the number of hosts; a host with two blockers is no reason to cure one of them."""
    down = blocker("ComputeFilter", DOWN, "enabled and up", "not ready")
    ignored = blocker("pre_stage", IGNORED, None, "d")
    e = explanation(
        *(HostVerdict(name, (down,)) for name in "abce"),
        HostVerdict("d", (ignored,)),
        HostVerdict("f", (ignored, down)),
    )
    assert list(texts(e).items()) == [
        ("repair_host", "Repair a, b, c and 1 more (not ready)."),
        ("unignore_host", "Take d off the pod's ignore_hosts."),
    ]


def test_a_reason_nobody_knows_has_no_suggestion() -> None:
    """A plug-in's: there is no rule."""
    odd = Reason("odd", "odd", Category.POLICY)
    assert suggestions(explanation(HostVerdict("a", (blocker("OddFilter", odd),)))) == []


@pytest.mark.parametrize("reason", SOLE)
def test_every_suggestion_can_be_put_into_words(reason: str) -> None:
    """Each text names the host, and ends as a sentence."""
    found = blocker("SomeFilter", Reason(reason, "text", Category.POLICY), "need", "have")
    [suggestion] = suggestions(explanation(HostVerdict("node-1", (found,))))
    assert suggestion["id"] == SOLE[reason][0]
    assert "node-1" in suggestion["text"]
    assert suggestion["text"].endswith(".")
    assert "{" not in suggestion["text"]
