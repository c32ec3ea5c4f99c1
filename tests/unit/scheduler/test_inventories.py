"""Resource classes: what extra specs ask beyond the pod's own amounts, by Placement's rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.pci import PciPool
from extender.model.request_spec import RequestSpec
from extender.scheduler import pre_stage
from extender.scheduler.inventories import Need, needs, stock
from tests.builders import BYTE_GB, BYTE_MB, MILLI, flavor, host, spec, table

MISSING, SHORT = "resource_class_missing", "insufficient_resources"
GPU, GPU_CLASS = "nvidia.com/gpu", "CUSTOM_NVIDIA_COM_GPU"


def asking(**resources: Any) -> RequestSpec:
    """A request for these amounts by class."""
    specs = {f"resources:{name}": str(amount) for name, amount in resources.items()}
    return RequestSpec(flavor=flavor(extra_specs=specs))


def judged(one: HostState, asked: RequestSpec) -> str | None:
    """Why the host is refused."""
    before = pre_stage.run(table(one), asked)
    (code,) = before.codes(1).tolist()
    return before.reasons[code - 1].id if code else None


def with_gpus(total: int, used: int = 0, **fields: Any) -> HostState:
    """A host of so many GPUs."""
    return host(pci_pools=(PciPool(GPU, total),), extended_used={GPU: used}, **fields)


@pytest.mark.parametrize("name", ["VCPU", "PCPU"])
@pytest.mark.parametrize(
    ("total", "used", "ratio", "amount", "expected"),
    [
        (8, 0, 1, 8, None),
        (8, 0, 1, 9, SHORT),
        (8, 3, 1, 5, None),
        (8, 3 + MILLI, 1, 5, SHORT),
        (8, 12, 2, 4, None),
        (8, 12, 2, 5, SHORT),
        (8, 0, 16, 8, None),
        (8, 0, 16, 9, SHORT),
        (8, 0, "0.5", 4, None),
        (8, 0, "0.5", 5, SHORT),
        (3, 4, "1.667", 1, None),
        (3, 4 + MILLI, "1.667", 1, None),
        (3, 4 + 2 * MILLI, "1.667", 1, SHORT),
        (8, 20, 1, 1, SHORT),
        (0, 0, 1, 1, MISSING),
    ],
)
def test_fit_rule(
    name: str, total: Any, used: Any, ratio: Any, amount: int, expected: str | None
) -> None:
    """Amount ≤ total, and used + amount ≤ ⌊total × ratio⌋ (3 × 1.667 = 5.001)."""
    one = host(vcpus_total=total, vcpus_used=used, cpu_allocation_ratio=ratio)
    assert judged(one, asking(**{name: amount})) == expected


def test_shared_and_dedicated_cpus_are_the_same_cpus() -> None:
    """VCPU and PCPU add up: 5 + 3 of 8."""
    assert judged(host(), asking(VCPU=5, PCPU=3)) is None
    assert judged(host(), asking(VCPU=5, PCPU=4)) == SHORT


def test_memory_in_mebibytes() -> None:
    """16384 MiB with 1024 used leave 15360; a byte more in use is too much."""
    assert judged(host(free_ram_mb=15360), asking(MEMORY_MB=15360)) is None
    assert judged(host(free_ram_mb=15360 - BYTE_MB), asking(MEMORY_MB=15360)) == SHORT
    assert judged(host(total_usable_ram_mb=0), asking(MEMORY_MB=1)) == MISSING


def test_disk_in_gibibytes() -> None:
    """100 GiB are 100 GiB; a byte less is too little."""
    assert judged(host(), asking(DISK_GB=100)) is None
    assert judged(host(total_usable_disk_gb=100 - BYTE_GB), asking(DISK_GB=100)) == SHORT
    assert judged(host(total_usable_disk_gb=0), asking(DISK_GB=1)) == MISSING


def test_checked_only_where_extra_specs_ask() -> None:
    """The pod's own amounts are the filters' to judge, and 0 asks for nothing."""
    full = host(vcpus_used=8, free_ram_mb=-5, total_usable_disk_gb=0)
    assert judged(full, spec(vcpus=99, memory_mb=999999, root_gb=999)) is None
    assert judged(full, asking(VCPU=0, MEMORY_MB=0, DISK_GB=0, PCPU=0, VGPU=0)) is None
    assert pre_stage.run(table(full), asking(VCPU=0)).tests == ()


@pytest.mark.parametrize(
    ("total", "used", "amount", "expected"),
    [(8, 3, 5, None), (8, 3, 6, SHORT), (8, 9, 1, SHORT), (8, 0, 9, SHORT), (0, 0, 1, MISSING)],
)
def test_extended_resources(total: int, used: int, amount: int, expected: str | None) -> None:
    """A custom class is the extended resource whose name makes it; there is no ratio."""
    one = with_gpus(total, used, cpu_allocation_ratio=16)
    assert judged(one, asking(**{GPU_CLASS: amount})) == expected


@pytest.mark.parametrize("name", ["VGPU", "PGPU", "CUSTOM_NVIDIA_COM", "CUSTOM_", "IPV4_ADDRESS"])
def test_classes_that_nobody_has(name: str) -> None:
    """Neither a standard class of Nova's own devices nor an unknown one is on any host."""
    assert judged(with_gpus(8), asking(**{name: 1})) == MISSING


def test_hosts_without_the_resource() -> None:
    """Each host by what it has."""
    hosts = table(host("a"), host("b", pci_pools=(PciPool(GPU, 1),)))
    before = pre_stage.run(hosts, asking(**{GPU_CLASS: 2}))
    assert [before.reasons[code - 1].id for code in before.codes(2).tolist()] == [MISSING, SHORT]


def test_names_that_make_one_class() -> None:
    """One of them must do alone: 3 and 2 are no 4."""
    pools = (PciPool("nvidia-com/gpu", 2), PciPool(GPU, 3))
    assert judged(host(pci_pools=pools), asking(**{GPU_CLASS: 3})) is None
    assert judged(host(pci_pools=pools), asking(**{GPU_CLASS: 4})) == SHORT


def test_several_classes() -> None:
    """All must fit; one that is missing counts before one that is short."""
    assert judged(with_gpus(2), asking(VCPU=8, **{GPU_CLASS: 2})) is None
    assert judged(with_gpus(2), asking(VCPU=9, **{GPU_CLASS: 2})) == SHORT
    assert judged(with_gpus(2), asking(VCPU=8, **{GPU_CLASS: 3})) == SHORT
    assert judged(with_gpus(2), asking(VCPU=9, VGPU=1)) == MISSING


def test_groups_share_an_inventory() -> None:
    """With any policy but isolate groups may be served together: 1 + 2 of 3, not 2 + 2."""
    both = {f"resources1:{GPU_CLASS}": "1", f"resources2:{GPU_CLASS}": "2", "group_policy": "none"}
    assert judged(with_gpus(3), RequestSpec(flavor=flavor(extra_specs=both))) is None
    assert judged(with_gpus(2), RequestSpec(flavor=flavor(extra_specs=both))) == SHORT
    apart = {**both, "group_policy": "isolate"}
    asked = RequestSpec(flavor=flavor(extra_specs=apart))
    assert judged(with_gpus(3), asked) == "group_policy_unsatisfied"


@pytest.mark.parametrize(
    ("bits", "asked", "refuses"),
    [
        (Unreadable.CPU, asking(VCPU=1), True),
        (Unreadable.CPU_RATIO, asking(PCPU=1), True),
        (Unreadable.RAM_RATIO, asking(MEMORY_MB=1), True),
        (Unreadable.DISK, asking(DISK_GB=1), True),
        (Unreadable.PCI, asking(**{GPU_CLASS: 1}), True),
        (Unreadable.RAM | Unreadable.PCI, asking(VCPU=1), False),
        (Unreadable.CPU, asking(**{GPU_CLASS: 1}), False),
        (Unreadable.CPU | Unreadable.PCI, asking(VCPU=0), False),
    ],
)
def test_unreadable_nodes(bits: Unreadable, asked: RequestSpec, refuses: bool) -> None:
    """A node is refused for what the request reads of it, and for nothing else."""
    expected = "invalid_host_annotation" if refuses else None
    assert judged(with_gpus(8, unreadable=bits), asked) == expected


def test_absurd_amounts() -> None:
    """Nothing overflows, on either side."""
    assert judged(with_gpus(10**30), asking(**{GPU_CLASS: 10**6})) is None
    assert judged(with_gpus(8), asking(**{GPU_CLASS: 10**40})) == SHORT
    assert judged(host(), asking(MEMORY_MB=10**40)) == SHORT
    most = host(vcpus_total=10**30, cpu_allocation_ratio=999)
    assert judged(most, asking(VCPU=10**9)) is None


def test_views() -> None:
    """Some hosts of a table are judged as they are."""
    hosts = table(host("a"), host("b", pci_pools=(PciPool(GPU, 1),)))
    before = pre_stage.run(hosts.take(np.array([1], dtype=np.intp)), asking(**{GPU_CLASS: 1}))
    assert before.codes(1).tolist() == [0]


def test_needs() -> None:
    """By inventory, in the smallest units."""
    assert needs({"PCPU": 1, "VCPU": 2, "VGPU": 3, "MEMORY_MB": 4, "DISK_GB": 5}) == (
        Need(("VGPU",), "", 3),
        Need(("DISK_GB",), "disk", 5 * 2**30),
        Need(("MEMORY_MB",), "ram", 4 * 2**20),
        Need(("PCPU", "VCPU"), "cpu", 3000),
    )
    assert needs({}) == ()


def test_stock() -> None:
    """What one host has left, and its total; no total where it has none."""
    one = with_gpus(8, 3, vcpus_used=2, cpu_allocation_ratio=16)
    assert stock(one, Need((GPU_CLASS,), "", 1)) == (5, 8)
    assert stock(one, Need(("VGPU",), "", 1)) == (0, None)
    assert stock(one, Need(("VCPU",), "cpu", 1)) == (8000, 8000)
    assert stock(host(vcpus_total=0), Need(("VCPU",), "cpu", 1)) == (0, None)
