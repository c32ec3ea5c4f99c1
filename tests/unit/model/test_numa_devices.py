"""Where the devices of a request are, in cells of the host."""

from __future__ import annotations

import pytest

from extender.model.numa_devices import ANYWHERE, device_cells, numa_node
from extender.model.pci import PciPool, PciRequest
from tests.numa_cells import cell, numa_host

GPU = "example.com/gpu"
REQUEST = PciRequest(1, ((("resource", GPU),),))


def pool(node: str | None, resource: str = GPU, **attributes: str) -> PciPool:
    """A pool at a cell."""
    known = dict(attributes) if node is None else {**attributes, "numa_node": node}
    return PciPool(resource, 4, tuple(sorted(known.items())))


@pytest.mark.parametrize(
    ("node", "policy", "found"),
    [
        ("7", "legacy", 0b10),
        ("7", "required", 0b10),
        ("7", "preferred", ANYWHERE),
        ("7", "socket", 0b110),  # 7 and 8 are of one socket
        (None, "legacy", ANYWHERE),
        (None, "required", 0),
        (None, "preferred", ANYWHERE),
        (None, "socket", 0),
        ("9", "legacy", 0),  # no such cell
    ],
)
def test_policies(node: str | None, policy: str, found: int) -> None:
    """Cells 6, 7 and 8, of sockets 0, 1 and 1."""
    cells = (cell(6, socket=0), cell(7, socket=1), cell(8, socket=1))
    host = numa_host(*cells, pci_pools=(pool(node),))
    assert device_cells(host, REQUEST, policy) == found


def test_sockets_must_be_known() -> None:
    """Where one cell's is not, only the pool's own cell will do."""
    host = numa_host(cell(0, socket=0), cell(1), cell(2, socket=0), pci_pools=(pool("2"),))
    assert device_cells(host, REQUEST, "socket") == 0b100


def test_hosts_without_such_devices() -> None:
    """They are for PciPassthroughFilter to refuse; so are hosts without cells, for others."""
    other = pool("1", "example.com/nic")
    assert device_cells(numa_host(cell(), pci_pools=(other,)), REQUEST, "required") == ANYWHERE
    assert device_cells(numa_host(pci_pools=(pool("0"),)), REQUEST, "required") == ANYWHERE


def test_alternatives() -> None:
    """Any pool that one of the specs describes, whatever the case of its attributes."""
    request = PciRequest(
        1,
        ((("resource", GPU), ("vendor_id", "10de")), (("product_id", "ABCD"),)),
    )
    pools = (
        pool("0", vendor_id="10DE"),
        pool("1", "example.com/b", product_id="abcd"),
        pool("2", "example.com/c", product_id="other"),
    )
    host = numa_host(cell(0), cell(1), cell(2), pci_pools=pools)
    assert device_cells(host, request, "required") == 0b011
    with_unknown = numa_host(
        cell(0), cell(1), pci_pools=(*pools[:1], pool(None, "b.example/b", product_id="abcd"))
    )
    assert device_cells(with_unknown, request, "legacy") == ANYWHERE
    assert device_cells(with_unknown, request, "required") == 0b01


@pytest.mark.parametrize("text", ["", "-1", "x", "1.0", "٣", "1" * 10, " 1"])
def test_cells_that_are_none(text: str) -> None:
    """Not known is not 0."""
    assert numa_node(pool(text)) is None
    assert numa_node(pool(None)) is None
    assert numa_node(pool("12")) == 12
