"""PCIWeigher: hosts with fewer free devices first."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.host_parts import Unreadable
from extender.model.options import SchedulerOptions
from extender.model.pci import PciPool, PciRequest
from extender.scheduler.weighing import weigh
from extender.weighers.pci import PCIWeigher
from tests.builders import aggregate, host, spec, table

GPU, NIC = "nvidia.com/gpu", "example.com/nic"


def raw(*totals: int, **fields: Any) -> list[float]:
    """The raw weights of hosts with so many GPUs."""
    hosts = [
        host(f"n{row}", pci_pools=(PciPool(GPU, total),), **fields)
        for row, total in enumerate(totals)
    ]
    found: list[float] = PCIWeigher().weigh_objects(table(*hosts), spec()).tolist()
    return found


def test_raw_weight() -> None:
    """100 less the free devices, of which at most 99 count."""
    assert raw(0, 1, 8, 98, 99, 100, 2000) == [100.0, 99.0, 92.0, 2.0, 1.0, 1.0, 1.0]


def test_no_pools() -> None:
    """A host without devices has the greatest weight."""
    assert PCIWeigher().weigh_objects(table(host()), spec()).tolist() == [100.0]


def test_free_devices_of_all_pools_count() -> None:
    """100 − (8 − 3 + 4 − 4)."""
    pools = (PciPool(NIC, 4), PciPool(GPU, 8))
    hosts = table(host(pci_pools=pools, extended_used={GPU: 3, NIC: 4}))
    assert PCIWeigher().weigh_objects(hosts, spec()).tolist() == [95.0]


@pytest.mark.parametrize("used", [3, 10**30])
def test_overused_pool(used: int) -> None:
    """A pool used beyond its size is empty, not less than empty."""
    assert raw(2, extended_used={GPU: used}) == [100.0]


def test_absurd_total() -> None:
    """However many there are, 99 count."""
    assert raw(2**63 - 1, 10**40) == [1.0, 1.0]


def test_whatever_is_requested() -> None:
    """A request for devices weighs as one without."""
    hosts = table(host(pci_pools=(PciPool(GPU, 8),)))
    asked = spec(pci_requests=(PciRequest(2, ((("resource", GPU),),)),))
    assert PCIWeigher().weigh_objects(hosts, asked).tolist() == [92.0]


def test_unreadable_annotation_counts_as_absent() -> None:
    """The devices are there, whatever is said of them."""
    assert raw(8, unreadable=Unreadable.PCI) == [92.0]


def test_spread_from_least_to_greatest() -> None:
    """Without a minval 100, 96 and 92 become 1, ½ and 0; equal ones are all 0."""
    hosts = table(host("a"), *(host(f"n{n}", pci_pools=(PciPool(GPU, n),)) for n in (4, 8)))
    part = weigh([PCIWeigher()], hosts, hosts.name.tolist(), spec(), 100)
    assert part.steps[0].normalised.tolist() == [1.0, 0.5, 0.0]
    alike = table(host("a"), host("b"))
    part = weigh([PCIWeigher()], alike, ["a", "b"], spec(), 100)
    assert part.steps[0].normalised.tolist() == [0.0, 0.0]


def test_multiplier() -> None:
    """The option, or the aggregates' least value of its name."""
    weigher = PCIWeigher(SchedulerOptions(pci_weight_multiplier=2.0))
    hosts = table(host("a"), host("b", aggregates=(aggregate(pci_weight_multiplier="0.5"),)))
    assert np_list(weigher.weight_multiplier(hosts)) == [2.0, 0.5]


def np_list(found: Any) -> list[float]:
    """An array as a list."""
    values: list[float] = found.tolist()
    return values
