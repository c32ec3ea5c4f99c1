"""HostState: exact amounts, Nova's units at the edge."""

from __future__ import annotations

from fractions import Fraction

import pytest

from extender.model.host_parts import Service, Unreadable
from extender.model.host_state import HostState
from tests.builders import BYTE_MB, MILLI, aggregate, flavor, host, instance

MIB = 1024 * 1024
GIB = 1024 * MIB


def test_vcpus() -> None:
    """Milli-cores show as vCPUs."""
    node = host(vcpus_total="3.92", vcpus_used=2)
    assert node.vcpus_total == 3.92
    assert node.vcpus_used == 2


def test_units_are_floored() -> None:
    """A byte short of a MiB is the MiB below."""
    node = host(
        total_usable_ram_mb=2048 - BYTE_MB,
        free_ram_mb=1024 - BYTE_MB,
        total_usable_disk_gb=Fraction(10 * GIB - 1, GIB),
        free_disk_mb=512 + BYTE_MB,
    )
    assert node.total_usable_ram_mb == 2047
    assert node.free_ram_mb == 1023
    assert node.total_usable_disk_gb == 9
    assert node.free_disk_mb == 512


def test_units_are_floored_below_zero_too() -> None:
    """Half a MiB too much is -1 MiB, not 0."""
    node = host(free_ram_mb=Fraction(-1, 2), free_disk_mb=Fraction(-3, 2))
    assert node.free_ram_mb == -1
    assert node.free_disk_mb == -2


def test_ratios_show_as_floats() -> None:
    """Nova holds ratios as floats."""
    node = host(
        cpu_allocation_ratio="16.0", ram_allocation_ratio="1.5", disk_allocation_ratio="0.9"
    )
    assert node.cpu_allocation_ratio == 16.0
    assert node.ram_allocation_ratio == 1.5
    assert node.disk_allocation_ratio == 0.9


def test_names() -> None:
    """A node and its host bear one name; folded for comparisons that ignore case."""
    node = host("Node-A")
    assert node.nodename == node.host == "Node-A"
    assert node.folded_host == "node-a"


def test_zone_of_a_bare_host() -> None:
    """Without aggregate and label a host is in the default zone, and in no other."""
    node = host(default_availability_zone="home")
    assert node.zones == {"home"}
    assert node.zones_from == "option DEFAULT.default_availability_zone"
    assert host().zones == {"nova"}


def test_zone_from_the_label() -> None:
    """The topology label counts before the default."""
    node = host(zone_label="eu-1a")
    assert node.zones == {"eu-1a"}
    assert node.zones_from == "label topology.kubernetes.io/zone"


def test_zones_from_aggregates() -> None:
    """Aggregates' comma lists are united and hide label and default."""
    node = host(
        zone_label="eu-1a",
        aggregates=(
            aggregate("one", availability_zone="zone-a, zone-b"),
            aggregate("other", rack="7"),
            aggregate("two", availability_zone="zone-b,zone-c"),
        ),
    )
    assert node.zones == {"zone-a", "zone-b", "zone-c"}
    assert node.zones_from == "aggregate one, two"


@pytest.mark.parametrize("blank", ["", "  ", " , "])
def test_blank_zone_is_no_zone(blank: str) -> None:
    """Empty text is absent: the label counts, and is named as where the zone comes from."""
    node = host(zone_label="eu-1a", aggregates=(aggregate("blank", availability_zone=blank),))
    assert node.zones == {"eu-1a"}
    assert node.zones_from == "label topology.kubernetes.io/zone"


def test_only_aggregates_that_name_a_zone_are_named() -> None:
    """A blank beside a real zone adds nothing, neither a zone nor a source."""
    node = host(
        aggregates=(
            aggregate("blank", availability_zone=" "),
            aggregate("real", availability_zone="zone-a,"),
        )
    )
    assert node.zones == {"zone-a"}
    assert node.zones_from == "aggregate real"


def test_empty_label_is_no_label() -> None:
    """A topology label without text leaves the default zone."""
    node = host(zone_label="")
    assert node.zones == {"nova"}
    assert node.zones_from == "option DEFAULT.default_availability_zone"


def test_num_instances_counts_instances() -> None:
    """Each pod counts once, by UID."""
    node = host(num_instances=3)
    assert node.num_instances == 3
    node.instances["again"] = instance("again")
    node.instances["again"] = instance("again")
    assert node.num_instances == 4


def test_consume() -> None:
    """An instance takes its vCPUs, memory and all its disk, and is building."""
    node = host(vcpus_used=1, free_ram_mb=8192, free_disk_mb=50 * 1024, num_io_ops=2)
    asked = flavor("m1", vcpus=2, memory_mb=1024, root_gb=10, ephemeral_gb=5, swap=512)
    node.consume(asked, instance("uid-9", flavor="m1"))
    assert node.vcpus_used == 3
    assert node.free_ram_mb == 7168
    assert node.free_disk_mb == 50 * 1024 - 15 * 1024 - 512
    assert node.num_io_ops == 3
    assert node.num_instances == 1
    assert node.instances["uid-9"].flavor == "m1"


def test_consume_leaves_totals_and_limits_alone() -> None:
    """Only use changes: limit and total stay what the node said."""
    node = host(vcpus_total=8, cpu_allocation_ratio=16)
    node.consume(flavor(vcpus=8), instance())
    assert (node.cpu.total, node.cpu.limit) == (8000, 128000)


def test_consume_below_zero() -> None:
    """Free amounts go below 0 rather than stop there."""
    node = host(total_usable_ram_mb=1024)
    node.consume(flavor(memory_mb=1536), instance())
    assert node.free_ram_mb == -512


def test_consume_what_only_the_extender_counts() -> None:
    """A virtual instance takes all of its flavor, of which the kubelet sees the rest."""
    node = host(vcpus_used=1)
    asked = flavor(vcpus=4, memory_mb=1, root_gb=1)
    node.consume(asked, instance("uid-1"), virtual=(3750, asked.memory, -5))
    assert (node.cpu.used, node.cpu.virtual, node.cpu.requested) == (5000, 3750, 1250)
    assert (node.ram.used, node.ram.requested) == (asked.memory, 0)
    assert (node.disk.used, node.disk.requested) == (asked.root, asked.root + 5)
    node.consume(asked, instance("uid-2"))
    assert (node.cpu.used, node.cpu.virtual) == (9000, 3750)


def test_virtual_amounts_come_and_go() -> None:
    """What was noted can be taken back; of a pod that asks for nothing virtual there is nothing."""
    node = host()
    for amounts in ((1, -2, 3), None, (10, 20, 30)):
        node.use_virtual(amounts)
    assert (node.cpu.virtual, node.ram.virtual, node.disk.virtual) == (11, 18, 33)
    for amounts in ((10, 20, 30), None, (1, -2, 3)):
        node.use_virtual(amounts, -1)
    assert (node.cpu.virtual, node.ram.virtual, node.disk.virtual) == (0, 0, 0)


def test_copy_is_independent() -> None:
    """Consuming on a copy does not touch the original, nor the other way round."""
    node = host(vcpus_used=1)
    twin = node.copy()
    twin.consume(flavor(vcpus=1, memory_mb=1, root_gb=1), instance("uid-2"))
    assert node.vcpus_used == 1
    assert node.ram.used == 0
    assert node.disk.used == 0
    assert node.instances == {}
    assert node.num_io_ops == 0
    twin.use_virtual((1, 1, 1))
    assert (node.cpu.virtual, node.ram.virtual, node.disk.virtual) == (0, 0, 0)
    node.consume(flavor(vcpus=4), instance("uid-3"))
    assert twin.vcpus_used == 2
    assert set(twin.instances) == {"uid-2"}


def test_copy_keeps_what_the_node_said() -> None:
    """All else is the same, what could not be read included."""
    node = host(
        zone_label="eu-1a",
        uuid="u-1",
        aggregates=(aggregate("a"),),
        unreadable=Unreadable.DISK,
        num_io_ops=4,
        failed_builds=2,
        cpu_allocation_ratio=3 * MILLI,
    )
    assert node.copy() == node


def test_defaults() -> None:
    """A host by name alone: no resources, service up, nothing unreadable."""
    node = HostState(host="bare")
    assert (node.vcpus_total, node.total_usable_ram_mb, node.total_usable_disk_gb) == (0, 0, 0)
    assert node.service == Service()
    assert node.service.ready
    assert node.unreadable == Unreadable(0)
    assert node.cpu_allocation_ratio == 1.0
