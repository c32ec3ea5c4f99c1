"""Flavor: exact amounts inside, Nova's units at the edge."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from extender.model.flavor import GIB, MIB, Flavor, vcpus
from tests.builders import flavor


def test_units() -> None:
    """A MiB is 1024² bytes and a GiB 1024 of those."""
    assert MIB == 1024 * 1024
    assert GIB == 1024 * MIB


@pytest.mark.parametrize(
    ("milli", "shown"),
    [(0, 0), (4000, 4), (3920, 3.92), (1, 0.001), (-500, -0.5), (-2000, -2), (999999, 999.999)],
)
def test_vcpus(milli: int, shown: float) -> None:
    """Milli-cores are vCPUs divided by a thousand, an int where they are whole."""
    assert vcpus(milli) == shown
    assert isinstance(vcpus(milli), int) == (milli % 1000 == 0)


def test_disk_is_all_that_disk_filter_demands() -> None:
    """Root, ephemeral and swap add up: 10 GiB + 5 GiB + 512 MiB."""
    asked = flavor(root_gb=10, ephemeral_gb=5, swap=512)
    assert asked.disk == 15 * GIB + 512 * MIB


def test_nova_units_are_floored() -> None:
    """One byte short of a unit does not count as the unit."""
    asked = Flavor(
        milli_vcpus=1500,
        memory=512 * MIB - 1,
        root=20 * GIB - 1,
        ephemeral=3 * GIB,
        swap_bytes=MIB + 1,
    )
    assert asked.vcpus == 1.5
    assert asked.memory_mb == 511
    assert asked.root_gb == 19
    assert asked.ephemeral_gb == 3
    assert asked.swap == 1


def test_asks_for_nothing_by_default() -> None:
    """A flavor without sizes is a request for nothing."""
    empty = Flavor()
    assert (empty.name, empty.milli_vcpus, empty.memory, empty.disk) == ("", 0, 0, 0)
    assert dict(empty.extra_specs) == {}


def test_is_plain_data() -> None:
    """Flavors with equal values are equal, and cannot be written to."""
    assert flavor("m1.small", vcpus=1) == flavor("m1.small", vcpus=1)
    with pytest.raises(FrozenInstanceError):
        flavor().name = "other"  # type: ignore[misc]  # what is tested
