"""RAMWeigher: free memory."""

from __future__ import annotations

from fractions import Fraction

from extender.model.host_parts import Unreadable
from extender.weighers.ram import RAMWeigher
from tests.builders import host, spec, table


def test_free_ram_mb() -> None:
    """The raw weight is free MiB."""
    hosts = table(host("a", free_ram_mb=512), host("b", free_ram_mb=8192), host("c"))
    assert RAMWeigher().weigh_objects(hosts, spec()).tolist() == [512.0, 8192.0, 16384.0]


def test_ratio_does_not_count() -> None:
    """Overcommitted hosts weigh what is physically left, below 0 too."""
    hosts = table(
        host("a", free_ram_mb=1024, ram_allocation_ratio=16),
        host("b", free_ram_mb=-1024, ram_allocation_ratio=16),
        host("c", free_ram_mb=1024, unreadable=Unreadable.RAM_RATIO),
    )
    assert RAMWeigher().weigh_objects(hosts, spec()).tolist() == [1024.0, -1024.0, 1024.0]


def test_not_floored() -> None:
    """Half a MiB counts."""
    hosts = table(host("a", free_ram_mb=Fraction(1, 2)), host("b", free_ram_mb=Fraction(-1, 4)))
    assert RAMWeigher().weigh_objects(hosts, spec()).tolist() == [0.5, -0.25]


def test_the_request_does_not_matter() -> None:
    """Hosts are weighed as they are, before the request."""
    hosts = table(host("a", free_ram_mb=512))
    assert RAMWeigher().weigh_objects(hosts, spec(memory_mb=256)).tolist() == [512.0]
