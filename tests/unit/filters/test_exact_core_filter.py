"""ExactCoreFilter: just as many virtual CPUs as are left."""

from __future__ import annotations

from fractions import Fraction

import pytest

from extender.filters.exact_core_filter import ExactCoreFilter
from extender.model.host_parts import Inventory, Unreadable
from tests.builders import MILLI, Amount, host, reason, spec

OFF = "inexact_vcpus"


@pytest.mark.parametrize(
    ("asked", "found"), [(3, None), (3 - MILLI, OFF), (3 + MILLI, OFF), (2, OFF), (4, OFF)]
)
def test_to_the_milli_core(asked: Amount, found: str | None) -> None:
    """Of 4 vCPUs less 1 a request for 3 takes all, whatever the ratio."""
    node = host(vcpus_total=4, vcpus_used=1, cpu_allocation_ratio=16)
    assert reason(ExactCoreFilter(), node, spec(vcpus=asked)) == found


@pytest.mark.parametrize("asked", [0, MILLI, 4])
def test_host_without_vcpus_is_refused(asked: Amount) -> None:
    """The opposite of CoreFilter's fail-safe, as in Nova; with the reason that it is."""
    assert reason(ExactCoreFilter(), host(vcpus_total=0), spec(vcpus=asked)) == "no_vcpus_reported"
    silent = host(vcpus_total=0, unreadable=Unreadable.CPU)
    assert reason(ExactCoreFilter(), silent, spec(vcpus=asked)) == "invalid_host_annotation"


def test_host_whose_vcpus_are_all_reserved() -> None:
    """It reports some, and has none left: a pod that asks for none fits."""
    node = host()
    node.cpu = Inventory(total=0, reserved=8000, ratio=Fraction(1))
    assert reason(ExactCoreFilter(), node, spec(vcpus=1)) == OFF
    assert reason(ExactCoreFilter(), node, spec()) is None


@pytest.mark.parametrize(("total", "limit"), [(8, 8), ("3.92", 3)])
def test_limits(total: Amount, limit: int) -> None:
    """The whole vCPUs of the host, without a ratio and whatever is used."""
    node = host(vcpus_total=total, vcpus_used=2, cpu_allocation_ratio=16)
    assert dict(ExactCoreFilter().limits(node, spec(vcpus=1))) == {"vcpu": limit}
