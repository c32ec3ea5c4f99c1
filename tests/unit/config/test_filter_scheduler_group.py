"""What weighers read, of Nova's group ``filter_scheduler``."""

from __future__ import annotations

import pytest

from extender.config.filter_scheduler_group import FilterSchedulerGroup
from tests.unit.config.reading import refusal, value

GROUP = "filter_scheduler"
DEFAULTS = {
    "ram": 1.0,
    "cpu": 1.0,
    "disk": 1.0,
    "io_ops": -1.0,
    "pci": 1.0,
    "soft_affinity": 1.0,
    "soft_anti_affinity": 1.0,
    "build_failure": 1000000.0,
    "cross_cell_move": 1000000.0,
    "hypervisor_version": 1.0,
    "num_instances": 0.0,
    "image_props": 0.0,
}
NEVER_NEGATIVE = {"pci", "soft_affinity", "soft_anti_affinity"}


def test_defaults_of_multipliers() -> None:
    """Nova's, and there are no others."""
    group = FilterSchedulerGroup()
    names = {f"{weigher}_weight_multiplier": default for weigher, default in DEFAULTS.items()}
    assert {name: getattr(group, name) for name in names} == names
    fields = FilterSchedulerGroup.model_fields
    assert {name for name in fields if name.endswith("_weight_multiplier")} == set(names)
    assert group.image_props_weight_setting == ()


@pytest.mark.parametrize("weigher", DEFAULTS)
def test_multipliers_are_finite_numbers(weigher: str) -> None:
    """Of any size, and of any sign but where Nova wants none below 0."""
    name = f"{weigher}_weight_multiplier"
    assert value(GROUP, name, "1e9") == 1e9
    assert value(GROUP, name, "0") == 0.0
    assert value(GROUP, name, "'2.5'") == 2.5
    for text in (".nan", ".inf", "-.inf", "abc", "true", "[1]", "null", "1e999"):
        assert "is not a finite number" in refusal(GROUP, name, text)
    if weigher in NEVER_NEGATIVE:
        assert refusal(GROUP, name, "-0.5") == "-0.5 is less than 0"
    else:
        assert value(GROUP, name, "-1.5") == -1.5


def test_weights_of_image_properties() -> None:
    """In order, and as often as given."""
    name = "image_props_weight_setting"
    expected = (("os_distro", 2.0), ("hw_machine_type", -1.0), ("os_distro", 0.5))
    as_list = "[os_distro=2, hw_machine_type=-1.0, 'os_distro = 0.5']"
    assert value(GROUP, name, as_list) == expected
    assert value(GROUP, name, "'os_distro=2,hw_machine_type=-1.0,os_distro=0.5'") == expected
    assert "is not of the form name=number" in refusal(GROUP, name, "[os_distro]")
