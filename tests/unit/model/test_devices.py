"""Extended resources as columns."""

from __future__ import annotations

from extender.model import devices
from extender.model.columns import LARGEST
from extender.model.pci import PciPool
from tests.builders import host, instance, spec, table

GPU, NIC = "nvidia.com/gpu", "example.com/nic"
A100 = (("numa_node", "0"), ("serial", "17"), ("vendor_id", "10de"))


def test_kind() -> None:
    """Resources by name, with the attributes named; an empty pool is no pool."""
    one = host(pci_pools=(PciPool(GPU, 8, A100), PciPool(NIC, 1), PciPool("a.b/gone", 0)))
    assert devices.kind(one) == ((NIC, ()), (GPU, ()))
    assert devices.kind(one, frozenset({"vendor_id", "numa_node", "other"})) == (
        (NIC, ()),
        (GPU, (("numa_node", "0"), ("vendor_id", "10de"))),
    )
    assert devices.kind(host()) == ()


def test_hosts_alike_share_a_code() -> None:
    """Neither sizes nor attributes that nobody asks about tell hosts apart."""
    hosts = table(
        host("a", pci_pools=(PciPool(GPU, 8, (("serial", "1"),)),)),
        host("b", pci_pools=(PciPool(GPU, 4, (("serial", "2"),)),)),
        host("c"),
    )
    assert devices.kinds(hosts).codes.tolist() == [0, 0, 1]
    assert devices.kinds(hosts, frozenset({"serial"})).codes.tolist() == [0, 1, 2]


def test_free() -> None:
    """Total less used, never below 0, 0 where there is none."""
    hosts = table(
        host("a", pci_pools=(PciPool(GPU, 8),), extended_used={GPU: 3, NIC: 1}),
        host("b", pci_pools=(PciPool(GPU, 2),), extended_used={GPU: 3}),
        host("c", extended_used={GPU: 1}),
    )
    assert devices.free(hosts, GPU).tolist() == [5, 0, 0]
    assert devices.free(hosts, NIC).tolist() == [0, 0, 0]
    assert devices.left(hosts.host_state(0), GPU) == 5


def test_free_devices() -> None:
    """The sum over the pools; one that is used beyond its size does not eat the others."""
    pools = (PciPool(NIC, 4), PciPool(GPU, 8))
    hosts = table(
        host("a", pci_pools=pools, extended_used={GPU: 3}),
        host("b", pci_pools=pools, extended_used={NIC: 9}),
        host("c"),
    )
    assert devices.free_devices(hosts).tolist() == [9, 8, 0]


def test_columns_follow_what_is_consumed() -> None:
    """An instance's devices are gone for the next one, and the kind stays."""
    hosts = table(host("a", pci_pools=(PciPool(GPU, 8),)))
    assert devices.free(hosts, GPU).tolist() == [8]
    assert devices.free_devices(hosts).tolist() == [8]
    one = hosts.host_state(0)
    one.consume(spec().flavor, instance("new"), extended=((GPU, 8),))
    hosts.usage_changed(one)
    assert devices.free(hosts, GPU).tolist() == [0]
    assert devices.free_devices(hosts).tolist() == [0]
    assert devices.kinds(hosts).vocabulary.values == [((GPU, ()),)]


def test_absurd_amounts() -> None:
    """What no column can hold is cut, in either direction."""
    most = 2**63 - 1
    pools = (PciPool(GPU, most), PciPool(NIC, most))
    hosts = table(
        host("a", pci_pools=pools),
        host("b", pci_pools=pools, extended_used={GPU: 10**30, NIC: 10**30}),
    )
    assert devices.free(hosts, GPU).tolist() == [LARGEST, 0]
    assert devices.free_devices(hosts).tolist() == [LARGEST, 0]
