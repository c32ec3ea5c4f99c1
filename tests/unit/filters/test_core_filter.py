"""CoreFilter: enough virtual CPUs."""

from __future__ import annotations

import pytest

from extender.filters.core_filter import CoreFilter
from extender.model.host_parts import Unreadable
from tests.builders import MILLI, Amount, host, instance, reason, spec, table

EXCEEDS = "request_exceeds_host_vcpus"
LACKING = "insufficient_vcpus"


def test_eight_cores_at_ratio_sixteen_take_128_vcpus() -> None:
    """A hundred and twenty-eight instances of one vCPU fit, the next does not."""
    node = host(vcpus_total=8, cpu_allocation_ratio="16.0")
    for n in range(128):
        assert reason(CoreFilter(), node, spec(vcpus=1)) is None
        node.consume(spec(vcpus=1).flavor, instance(f"uid-{n}"))
    assert node.vcpus_used == 128
    assert reason(CoreFilter(), node, spec(vcpus=1)) == LACKING
    assert reason(CoreFilter(), node, spec(vcpus=MILLI)) == LACKING


def test_sixteen_of_eight_take_them_too() -> None:
    """So do sixteen instances of eight vCPUs, the largest one instance may be."""
    node = host(vcpus_total=8, cpu_allocation_ratio="16.0")
    for n in range(16):
        assert reason(CoreFilter(), node, spec(vcpus=8)) is None
        node.consume(spec(vcpus=8).flavor, instance(f"uid-{n}"))
    assert reason(CoreFilter(), node, spec(vcpus=1)) == LACKING


@pytest.mark.parametrize(("asked", "found"), [(8, None), (8 + MILLI, EXCEEDS), (129, EXCEEDS)])
def test_one_instance_may_not_have_more_than_the_host(asked: Amount, found: str | None) -> None:
    """Of 128 vCPUs for all, one instance may have 8."""
    node = host(vcpus_total=8, cpu_allocation_ratio="16.0")
    assert reason(CoreFilter(), node, spec(vcpus=asked)) == found


@pytest.mark.parametrize(
    ("used", "found"),
    [(120, None), (120 + MILLI, LACKING), (120 - MILLI, None), (128, LACKING), (130, LACKING)],
)
def test_boundary_of_use(used: Amount, found: str | None) -> None:
    """Eight more vCPUs fit up to 120 used, to the milli-core."""
    node = host(vcpus_total=8, vcpus_used=used, cpu_allocation_ratio=16)
    assert reason(CoreFilter(), node, spec(vcpus=8)) == found


@pytest.mark.parametrize(
    ("ratio", "fits", "does_not"),
    [
        ("0.001", "0.008", "0.009"),
        ("0.1", "0.8", "0.801"),
        ("0.999", "7.992", "7.993"),
    ],
)
def test_ratios_below_one(ratio: str, fits: str, does_not: str) -> None:
    """A ratio below 1 keeps a share of the 8 cores free: 8 × ratio fit."""
    node = host(vcpus_total=8, cpu_allocation_ratio=ratio)
    assert reason(CoreFilter(), node, spec(vcpus=fits)) is None
    assert reason(CoreFilter(), node, spec(vcpus=does_not)) == LACKING


@pytest.mark.parametrize(
    ("ratio", "used"), [("1.0", 7), ("1.5", 11), ("16.0", 127), ("999.999", "7998.992")]
)
def test_ratios_from_one(ratio: str, used: Amount) -> None:
    """With 8 × ratio − 1 in use one vCPU more fits, and a milli-core beyond it does not."""
    node = host(vcpus_total=8, vcpus_used=used, cpu_allocation_ratio=ratio)
    assert reason(CoreFilter(), node, spec(vcpus=1)) is None
    assert reason(CoreFilter(), node, spec(vcpus=1 + MILLI)) == LACKING


@pytest.mark.parametrize("asked", [MILLI, 1, 10**6])
def test_host_without_vcpus_passes(asked: Amount) -> None:
    """Nova's fail-safe: who does not report vCPUs is not judged by them."""
    assert reason(CoreFilter(), host(vcpus_total=0), spec(vcpus=asked)) is None
    assert reason(CoreFilter(), host(vcpus_total=0, vcpus_used=5), spec(vcpus=asked)) is None


def test_host_without_vcpus_passes_whatever_its_ratio() -> None:
    """Nova looks at the ratio only after the total."""
    node = host(vcpus_total=0, unreadable=Unreadable.CPU_RATIO)
    assert reason(CoreFilter(), node, spec(vcpus=1)) is None


def test_total_that_cannot_be_read_is_not_a_total_of_nothing() -> None:
    """The fail-safe does not cover an annotation that says nonsense."""
    node = host(vcpus_total=0, unreadable=Unreadable.CPU)
    assert reason(CoreFilter(), node, spec(vcpus=1)) == "invalid_host_annotation"


def test_fractions_of_a_milli_core_do_not_count() -> None:
    """1.5 milli-cores hold one, as 1.5 is less than two."""
    node = host(vcpus_total="1.5", cpu_allocation_ratio="0.001")
    assert reason(CoreFilter(), node, spec(vcpus=MILLI)) is None
    assert reason(CoreFilter(), node, spec(vcpus=2 * MILLI)) == LACKING


@pytest.mark.parametrize(
    ("total", "ratio", "limit"),
    [(8, "16.0", 128), (3, "1.5", 4), (1, "0.5", 0), ("3.92", "1", 3), (1, "999.999", 999)],
)
def test_limits(total: Amount, ratio: str, limit: int) -> None:
    """Whole vCPUs, cut like Nova's SchedulerLimits: 3 × 1.5 = 4.5 → 4."""
    node = host(vcpus_total=total, cpu_allocation_ratio=ratio, vcpus_used=100)
    assert dict(CoreFilter().limits(node, spec(vcpus=1))) == {"vcpu": limit}


def test_no_limit_without_vcpus() -> None:
    """The fail-safe writes no limit."""
    assert dict(CoreFilter().limits(host(vcpus_total=0), spec(vcpus=1))) == {}


@pytest.mark.parametrize(
    ("used", "asked", "have", "short_by"),
    [
        (0, 9, 8, 1),  # too large for the host
        (120, 8, 8, 0),
        ("124.5", 4, "3.5", "0.5"),  # 128 − 124.5
        (130, 1, -2, 3),
    ],
)
def test_explains(used: Amount, asked: Amount, have: Amount, short_by: Amount) -> None:
    """Need, have and what is missing, in vCPUs."""
    node = host(vcpus_total=8, vcpus_used=used, cpu_allocation_ratio=16, num_instances=3)
    facts = CoreFilter().explain(node, spec(vcpus=asked))
    assert facts.need == asked
    assert facts.have == float(have)
    assert facts.short_by == float(short_by)
    assert facts.unit == "vCPU"
    assert facts.sources[-1].where == "3 pods on the node"


def test_explains_a_host_without_vcpus() -> None:
    """Nothing is short on a host that passes."""
    for unreadable in (Unreadable(0), Unreadable.CPU_RATIO):
        node = host(vcpus_total=0, vcpus_used=2, unreadable=unreadable)
        facts = CoreFilter().explain(node, spec(vcpus=4))
        assert facts.need == 4
        assert facts.short_by == 0


def test_explains_a_total_that_cannot_be_read() -> None:
    """A host refused for its annotation is not short by a number."""
    node = host(vcpus_total=0, unreadable=Unreadable.CPU)
    assert CoreFilter().explain(node, spec(vcpus=4)).short_by is None


def test_numbers_are_exact() -> None:
    """Milli-cores, with a unit to show them in."""
    node = host(vcpus_total=8, vcpus_used="124.5", cpu_allocation_ratio=16)
    numbers = CoreFilter().numbers(table(node), spec(vcpus=4))
    assert (numbers.need, numbers.have.tolist()) == (4000, [3500])
    assert numbers.unit.text(3500) == "3.5 vCPU"
