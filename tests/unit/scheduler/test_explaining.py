"""Every filter on every host: all that blocks each, near misses first, totals by reason."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from extender.filters.availability_zone_filter import AvailabilityZoneFilter
from extender.filters.base import HostFilter
from extender.filters.compute_filter import ComputeFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.ram_filter import RamFilter
from extender.model.attempt import PRE_STAGE
from extender.model.explanation import Explanation
from extender.model.facts import Facts, Source
from extender.model.flavor import GIB
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.overcommit import VoidRatio
from extender.model.reason import Category, Reason
from extender.model.request_spec import Destination, Refusal, RequestSpec
from extender.scheduler.explaining import BLIND_SPOT, explain
from extender.weighers.base import HostWeigher
from extender.weighers.ram import RAMWeigher
from tests.builders import host, spec, table
from tests.unit.scheduler.stubs import (
    ByHost,
    FilterA,
    Stopping,
    scheduler,
    steps,
    verdicts,
)


def explained(
    hosts: HostTable, asked: RequestSpec, *plugins: HostFilter | HostWeigher
) -> Explanation:
    """The explanation by these filters and weighers."""
    return explain(scheduler(*plugins), hosts, asked, at=12.5)


def amplifiable(name: str, ratio: str, allocatable: int | None = None, used: int = 0) -> HostState:
    """A host of 8 CPUs with a ratio, amplified or not."""
    cpu = Inventory(total=8000, used=used, ratio=Fraction(ratio), allocatable=allocatable)
    return replace(host(name), cpu=cpu)


def blockers(found: Explanation) -> dict[str, list[tuple[str, str]]]:
    """Filter and reason of all that blocks each host, nearest host first."""
    return {v.host: [(b.filter, b.reason.id) for b in v.blockers] for v in found.hosts}


def totals(found: Explanation) -> list[tuple[str, str, int, int]]:
    """Filter, reason, and how many hosts it blocks first and at all."""
    return [(t.filter, t.reason.id, t.first, t.any) for t in found.totals]


def test_every_blocker_of_every_host() -> None:
    """A host is told all that blocks it, not only what the pipeline met first."""
    hosts = table(
        host("all", vcpus_total=1, total_usable_ram_mb=1, ready=False),
        host("fits"),
        host("down", ready=False),
        host("small", vcpus_total=1),
    )
    found = explained(
        hosts, spec(vcpus=2, memory_mb=2048), CoreFilter(), RamFilter(), ComputeFilter()
    )
    assert blockers(found) == {
        "fits": [],
        "small": [("CoreFilter", "request_exceeds_host_vcpus")],
        "down": [("ComputeFilter", "host_down")],
        "all": [
            ("CoreFilter", "request_exceeds_host_vcpus"),
            ("RamFilter", "request_exceeds_host_ram"),
            ("ComputeFilter", "host_down"),
        ],
    }
    # the pipeline beside it stops at the first reason
    assert verdicts(found.pipeline) == {
        "all": "request_exceeds_host_vcpus",
        "fits": None,
        "down": "host_down",
        "small": "request_exceeds_host_vcpus",
    }
    assert found.at == 12.5


def test_order_of_near_misses() -> None:
    """Fewest blockers first, then the least share missing, then the name."""
    hosts = table(
        host("two", vcpus_used=5, ready=False),
        host("z-quarter", vcpus_used=5),  # 3 of 4 there: ¼ missing
        host("half", vcpus_used=6),
        host("quarter", vcpus_used=5),
        host("over-full", vcpus_used=20),  # more than all is missing: counts as all
        host("no-number", ready=False),
        host("fits"),
    )
    found = explained(hosts, spec(vcpus=4), CoreFilter(), ComputeFilter())
    assert [v.host for v in found.hosts] == [
        "fits",
        "quarter",
        "z-quarter",
        "half",
        "no-number",
        "over-full",
        "two",
    ]
    shortfalls = {v.host: [b.shortfall for b in v.blockers] for v in found.hosts}
    assert shortfalls["quarter"] == [0.25]
    assert shortfalls["half"] == [0.5]
    assert shortfalls["over-full"] == [1.0]
    assert shortfalls["two"] == [0.25, 1.0]


def test_need_have_and_short_by() -> None:
    """The numbers of a blocker: 4 needed, 8 × 0.5 − 1 there, 1 short; and where from."""
    hosts = table(host("a", vcpus_used=1, cpu_allocation_ratio="0.5"))
    found = explained(hosts, spec(vcpus=4), CoreFilter())
    facts = found.hosts[0].blockers[0].facts
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (4, 3, 1, "vCPU")
    assert {s.name: s.value for s in facts.sources} == {
        "requested": "4 vCPU",
        "total": "8 vCPU",
        "ratio": "0.5",
        "limit": "4 vCPU",
        "used": "1 vCPU",
    }


def test_totals() -> None:
    """How many hosts a reason blocks as the first and at all, most first."""
    hosts = table(
        host("a", vcpus_total=1, ready=False),
        host("b", vcpus_total=1),
        host("c", ready=False, zone_label="zone-b"),
        host("d", ready=False),
    )
    found = explained(
        hosts,
        spec(vcpus=2, availability_zone="nova"),
        CoreFilter(),
        ComputeFilter(),
        AvailabilityZoneFilter(),
    )
    assert totals(found) == [
        ("ComputeFilter", "host_down", 2, 3),
        ("CoreFilter", "request_exceeds_host_vcpus", 2, 2),
        ("AvailabilityZoneFilter", "wrong_availability_zone", 0, 1),
    ]


def test_totals_without_blockers() -> None:
    """Where everything passes there is nothing to count."""
    found = explained(table(host("a")), spec(), CoreFilter())
    assert found.totals == ()
    assert blockers(found) == {"a": []}


@pytest.mark.parametrize(
    ("asked", "reason", "source"),
    [
        ({"ignore_hosts": ("A",)}, "host_ignored", "A"),
        ({"requested_destination": Destination(host="b")}, "not_requested_destination", "b"),
    ],
)
def test_pre_stage_blocks_too(asked: dict[str, Any], reason: str, source: str) -> None:
    """Tests before the filters are blockers beside the filters' own, and say what was asked."""
    found = explained(table(host("a", ready=False)), spec(**asked), ComputeFilter())
    assert blockers(found) == {"a": [(PRE_STAGE, reason), ("ComputeFilter", "host_down")]}
    facts = found.hosts[0].blockers[0].facts
    assert facts.have == "a"
    assert source in facts.sources[0].value


def test_all_tests_of_the_pre_stage() -> None:
    """A host that fails several of them is told of each."""
    asked = spec(
        requested_destination=Destination(host="b"), ignore_hosts=("a",), force_hosts=("c",)
    )
    found = explained(table(host("a")), asked)
    assert blockers(found) == {
        "a": [
            (PRE_STAGE, "not_requested_destination"),
            (PRE_STAGE, "host_ignored"),
            (PRE_STAGE, "not_forced_host"),
        ]
    }


def test_refused_pod() -> None:
    """A pod that cannot be judged is told why, beside what the filters say of what is known."""
    bad = Reason("bad_pod", "pod is bad", Category.DATA)
    asked = spec(vcpus=99, refusal=Refusal(bad, "annotation x: y is not a z"))
    found = explained(table(host("a")), asked, CoreFilter())
    assert blockers(found) == {
        "a": [(PRE_STAGE, "bad_pod"), ("CoreFilter", "request_exceeds_host_vcpus")]
    }
    assert found.hosts[0].blockers[0].facts.sources[0].value == "annotation x: y is not a z"


def test_forced_hosts() -> None:
    """Filters that have no say on a forced host are asked all the same: they are waived there."""
    hosts = table(host("a", ready=False), host("b", ready=False))
    found = explained(hosts, spec(force_hosts=("A",)), ComputeFilter())
    assert blockers(found) == {
        "a": [("ComputeFilter", "host_down")],
        "b": [(PRE_STAGE, "not_forced_host"), ("ComputeFilter", "host_down")],
    }
    assert verdicts(found.pipeline) == {"a": None, "b": "not_forced_host"}
    assert list(found.weighed.hosts) == ["a"]


@pytest.mark.parametrize("count", [1, 2])
def test_a_filter_listed_twice_blocks_once(count: int) -> None:
    """The same filter is not counted twice."""
    found = explained(table(host("a")), spec(), *[FilterA("a")] * count)
    assert totals(found) == [("FilterA", "refused", 1, 1)]


def test_filter_at_fault() -> None:
    """A plug-in that raises for a host blocks it as a filter error; a note says how it failed."""
    found = explained(table(host("a"), host("b")), spec(), ByHost("b", raising=["a"]))
    assert blockers(found) == {"a": [("ByHost", "filter_error")], "b": [("ByHost", "refused")]}
    assert found.notes == (BLIND_SPOT, "ByHost failed on a: KeyError('a')")


def test_explaining_that_raises() -> None:
    """The verdict stands without its facts, which say what went wrong."""

    class Mute(FilterA):
        def explain(self, host: HostState, spec: RequestSpec) -> Facts:
            raise LookupError("no words", host, spec)

    found = explained(table(host("a"), host("b")), spec(), Mute("a"))
    assert blockers(found) == {"b": [], "a": [("Mute", "refused")]}
    assert "no words" in found.hosts[1].blockers[0].facts.sources[0].value


def test_filter_that_stops() -> None:
    """A filter that answers ``None`` blocks every host, and the others still have their say."""
    found = explained(table(host("a"), host("b")), spec(), Stopping(), FilterA("a"))
    assert blockers(found) == {
        "b": [("Stopping", "filter_stopped")],
        "a": [("Stopping", "filter_stopped"), ("FilterA", "refused")],
    }


def test_weights_of_those_that_pass() -> None:
    """The hosts that pass are weighed, and no other."""
    hosts = table(
        host("a", total_usable_ram_mb=1024), host("b"), host("c", total_usable_ram_mb=2048)
    )
    found = explained(hosts, spec(), FilterA("b"), RAMWeigher())
    assert list(found.weighed.hosts) == ["a", "c"]
    assert found.weighed.weights.tolist() == [0.5, 1.0]


def test_problems_of_the_node() -> None:
    """What of a node could not be read stands beside its verdict, passing or not."""
    found = explained(table(host("a", problems=("the label is odd",))), spec(), FilterA("a"))
    assert found.hosts[0].problems == ("the label is odd",)


def test_empty_cluster() -> None:
    """Without hosts there is nothing to tell, and nothing fails."""
    found = explained(table(), spec(ignore_hosts=("a",)), FilterA(), ByHost(), RAMWeigher())
    assert found.hosts == ()
    assert found.totals == ()
    assert steps(found.pipeline)[0] == (PRE_STAGE, 0, 0)


def test_blind_spot_is_always_told() -> None:
    """That kube-scheduler's own filters are not seen here is said each time."""
    found = explained(table(host("a")), spec())
    assert "kube-scheduler" in found.notes[0]


def test_explaining_changes_nothing() -> None:
    """Judging for an explanation leaves the table as it was."""
    hosts = table(host("a", vcpus_used=3))
    explained(hosts, spec(vcpus=1), CoreFilter(), ByHost())
    assert hosts.cpu_used.tolist() == [3000]
    assert hosts.host_state(0).num_instances == 0


def test_void_ratios() -> None:
    """Those of what the pod asks for, on how many hosts; and the mode that they are void in."""
    hosts = table(
        amplifiable("a", "1"), amplifiable("b", "16"), amplifiable("c", "16", allocatable=128_000)
    )
    found = explained(hosts, spec(vcpus=1), CoreFilter())
    assert found.void == (VoidRatio("cpu", 1, "b", 8000, 128_000),)
    assert found.overcommit == "native"
    assert explained(hosts, spec(memory_mb=1), CoreFilter()).void == ()


@pytest.mark.parametrize(
    ("mode", "virtual", "told"),
    [
        ("native", None, True),
        ("advisory", None, True),
        ("virtual", None, True),
        ("virtual", (1000, 0, 0), False),
        ("native", (1000, 0, 0), True),
    ],
)
def test_a_refusal_on_a_host_whose_ratio_is_void(
    mode: str, virtual: tuple[int, int, int] | None, told: bool
) -> None:
    """What kube-scheduler and the kubelet hold the pod to, unless they do not count it."""
    hosts = table(
        amplifiable("void", "2", used=16_000),
        amplifiable("amplified", "2", allocatable=16_000, used=16_000),
    )
    asked = spec(vcpus=1, virtual=virtual)
    found = explain(scheduler(CoreFilter()), hosts, asked, 12.5, mode)
    assert found.overcommit == mode
    sources = {v.host: v.blockers[0].facts.sources for v in found.hosts}
    void = Source(
        "void",
        "8 vCPU",
        "kube-scheduler and the kubelet hold requests to 8 vCPU, status.allocatable",
    )
    assert (void in sources["void"]) is told
    assert "void" not in {source.name for source in sources["amplified"]}


def test_why_memory_is_held_at_one() -> None:
    """Each host's verdict knows, for who would raise the ratio."""
    ram = Inventory(total=GIB, held_at_one="it is Tuesday")
    found = explained(table(replace(host("a"), ram=ram), host("b")), spec())
    assert [v.held_at_one for v in found.hosts] == ["it is Tuesday", ""]
