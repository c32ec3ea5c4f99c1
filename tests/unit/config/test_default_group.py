"""Nova's group ``DEFAULT``: names, defaults and limits."""

from __future__ import annotations

from fractions import Fraction

import pytest

from extender.config.default_group import DefaultGroup
from tests.unit.config.reading import check_limits, refusal, value


def test_defaults_of_default() -> None:
    """No overcommitment and no reserves until someone says so; zones as in Nova."""
    group = DefaultGroup()
    assert (group.cpu_allocation_ratio, group.ram_allocation_ratio) == (None, None)
    assert group.disk_allocation_ratio is None
    assert group.initial_cpu_allocation_ratio == 1
    assert group.initial_ram_allocation_ratio == 1
    assert group.initial_disk_allocation_ratio == 1
    assert (group.reserved_host_cpus, group.reserved_host_memory_mb) == (0, 0)
    assert group.reserved_host_disk_mb == 0
    assert group.default_availability_zone == "nova"
    assert group.default_schedule_zone is None


@pytest.mark.parametrize("resource", ["cpu", "ram", "disk"])
def test_ratios_are_exact_and_may_be_unset(resource: str) -> None:
    """One tenth is read as one tenth; 0.0 unsets the ratio, and never the initial one."""
    name = f"{resource}_allocation_ratio"
    assert value("DEFAULT", name, "0.1") == Fraction(1, 10)
    assert value("DEFAULT", name, "0.0") is None
    assert value("DEFAULT", f"initial_{name}", "0.1") == Fraction(1, 10)
    assert "not above 0" in refusal("DEFAULT", f"initial_{name}", "0.0")
    for text in (".nan", ".inf", "-1", "abc", "1e9", "true", "[1]", "1.0000"):
        assert "is not a ratio" in refusal("DEFAULT", name, text)
        assert "is not a ratio" in refusal("DEFAULT", f"initial_{name}", text)


@pytest.mark.parametrize(
    "name", ["reserved_host_cpus", "reserved_host_memory_mb", "reserved_host_disk_mb"]
)
def test_limits_of_reserves(name: str) -> None:
    """Nothing or more."""
    check_limits("DEFAULT", name, 0)
