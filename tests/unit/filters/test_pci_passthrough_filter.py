"""PciPassthroughFilter: enough free devices for all requests together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from extender.filters.pci_passthrough_filter import PciPassthroughFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.pci import PciPool, PciRequest
from extender.model.reason import Category
from extender.model.request_spec import RequestSpec
from tests.builders import host, instance, reason, reasons, spec, table

GPU, NIC = "nvidia.com/gpu", "example.com/nic"
NONE, SHORT = "no_pci_devices", "insufficient_pci_devices"


def with_gpus(total: int, used: int = 0, name: str = "node-1", **fields: Any) -> HostState:
    """A host of so many GPUs, of which so many are taken."""
    taken = {GPU: used} if used else {}
    return host(name, pci_pools=(PciPool(GPU, total),), extended_used=taken, **fields)


def gpus(*counts: int) -> RequestSpec:
    """Requests for so many GPUs each."""
    one = ((("resource", GPU),),)
    return spec(pci_requests=tuple(PciRequest(count, one) for count in counts))


def judged(one: HostState, asked: RequestSpec) -> str | None:
    """Why the host is refused."""
    return reason(PciPassthroughFilter(), one, asked)


@pytest.mark.parametrize(
    ("total", "used", "count", "expected"),
    [
        (8, 3, 5, None),
        (8, 3, 6, SHORT),
        (8, 8, 1, SHORT),
        (8, 9, 1, SHORT),
        (8, 0, 9, SHORT),
        (0, 0, 1, NONE),
        (0, 2, 1, NONE),
    ],
)
def test_free_devices(total: int, used: int, count: int, expected: str | None) -> None:
    """Total less used covers the count; a resource of which the node has 0 is none."""
    assert judged(with_gpus(total, used), gpus(count)) == expected


def test_nothing_asked() -> None:
    """Without requests every host passes, whatever its devices and its annotation."""
    hosts = table(host("a"), with_gpus(1, 9, "b"), host("c", unreadable=Unreadable.PCI))
    assert reasons(PciPassthroughFilter(), hosts, spec()) == [None] * 3


def test_hosts_without_such_devices() -> None:
    """A host of other devices has none of these, and nobody's leaving would change that."""
    hosts = table(host("a"), host("b", pci_pools=(PciPool(NIC, 4),)), with_gpus(1, 0, "c"))
    assert reasons(PciPassthroughFilter(), hosts, gpus(1)) == [NONE, NONE, None]


def test_requests_are_served_together() -> None:
    """Two requests cannot have the same device: 4 are enough for 2 + 2, not for 2 + 3."""
    assert judged(with_gpus(4), gpus(2, 2)) is None
    assert judged(with_gpus(4), gpus(2, 3)) == SHORT
    assert judged(with_gpus(4), gpus(3, 2)) == SHORT


def test_first_come_first_served() -> None:
    """As in Nova, a request takes of the first pool that serves it, though another has none left.

    The first takes both FPGAs by vendor, and none is left for the second; the other way round all
    are served.
    """
    fpga = "example.com/fpga"
    one = host(
        pci_pools=(
            PciPool(fpga, 2, (("vendor_id", "10de"),)),
            PciPool(GPU, 2, (("vendor_id", "10de"),)),
        )
    )
    vendor = PciRequest(2, ((("vendor_id", "10de"),),), "any")
    exact = PciRequest(1, ((("resource", fpga),),))
    assert judged(one, spec(pci_requests=(vendor, exact))) == SHORT
    assert judged(one, spec(pci_requests=(exact, vendor))) is None


def test_alternatives_of_a_request() -> None:
    """Pools of either kind serve it, also both together: 3 + 1 for 4."""
    either = ((("resource", GPU),), (("resource", NIC),))
    one = host(pci_pools=(PciPool(NIC, 1), PciPool(GPU, 3)))
    assert judged(one, spec(pci_requests=(PciRequest(4, either, "x"),))) is None
    assert judged(one, spec(pci_requests=(PciRequest(5, either, "x"),))) == SHORT
    assert judged(with_gpus(4), spec(pci_requests=(PciRequest(4, either, "x"),))) is None


def test_an_overused_pool_does_not_eat_another() -> None:
    """−6 of one and 2 of the other are 2."""
    either = ((("resource", GPU),), (("resource", NIC),))
    one = host(pci_pools=(PciPool(NIC, 3), PciPool(GPU, 2)), extended_used={NIC: 9})
    assert judged(one, spec(pci_requests=(PciRequest(2, either),))) is None
    assert judged(one, spec(pci_requests=(PciRequest(3, either),))) == SHORT


def test_attributes() -> None:
    """All attributes of a spec must match, tags as well."""
    tagged = PciPool(GPU, 2, (("rack", "7"), ("vendor_id", "10de")))
    hosts = table(
        host("a", pci_pools=(tagged,)),
        host("b", pci_pools=(PciPool(GPU, 2, (("vendor_id", "10de"),)),)),
        host("c", pci_pools=(PciPool(GPU, 2, (("rack", "8"), ("vendor_id", "10de"))),)),
    )
    asked = spec(pci_requests=(PciRequest(1, ((("rack", "7"), ("vendor_id", "10DE")),), "x"),))
    assert reasons(PciPassthroughFilter(), hosts, asked) == [None, NONE, NONE]


def test_unreadable_node() -> None:
    """A node whose annotation cannot be read is refused to those who ask for devices."""
    assert judged(with_gpus(8, unreadable=Unreadable.PCI), gpus(1)) == "invalid_host_annotation"
    assert judged(with_gpus(8, unreadable=Unreadable.NUMA), gpus(1)) is None


def test_one_unserved_request_is_enough() -> None:
    """A request that nothing serves counts before one that too few serve."""
    asked = spec(pci_requests=(*gpus(9).pci_requests, PciRequest(1, ((("resource", NIC),),))))
    assert judged(with_gpus(4), asked) == NONE


def test_absurd_amounts() -> None:
    """Neither counts nor sums overflow."""
    most = 2**63 - 1
    pools = tuple(PciPool(f"a.b/{n}", most, (("vendor_id", "10de"),)) for n in range(5))
    vendor = ((("vendor_id", "10de"),),)
    asked = spec(pci_requests=(PciRequest(10**30, vendor), PciRequest(1, vendor)))
    assert judged(host(pci_pools=pools), asked) is None
    assert judged(with_gpus(8), gpus(10**30)) == SHORT


def test_consumed_devices_are_gone() -> None:
    """What one instance takes the next one does not find."""
    hosts = table(with_gpus(4))
    judge = PciPassthroughFilter()
    assert reasons(judge, hosts, gpus(3)) == [None]
    one = hosts.host_state(0)
    one.consume(spec().flavor, instance(), extended=((GPU, 3),))
    hosts.usage_changed(one)
    assert reasons(judge, hosts, gpus(3)) == [SHORT]


def test_views() -> None:
    """A view of some hosts is judged as they are."""
    hosts = table(host("a"), with_gpus(4, 0, "b"), with_gpus(4, 4, "c"))
    view = hosts.take(np.array([2, 1], dtype=np.intp))
    assert reasons(PciPassthroughFilter(), view, gpus(1)) == [SHORT, None]


def test_no_hosts() -> None:
    """An empty table has no verdicts."""
    assert reasons(PciPassthroughFilter(), table(), gpus(1)) == []


def test_numbers() -> None:
    """One request: what it asks and what is free; several have no one number."""
    hosts = table(with_gpus(8, 3, "a"), host("b"))
    numbers = PciPassthroughFilter().numbers(hosts, gpus(6))
    assert numbers is not None
    assert (numbers.need, numbers.have.tolist()) == (6, [5, 0])
    assert PciPassthroughFilter().numbers(hosts, gpus(1, 1)) is None
    assert PciPassthroughFilter().numbers(hosts, spec()) is None


def test_explain() -> None:
    """Need, have, what is missing; every request, and every pool with what is known of it."""
    pools = (PciPool(NIC, 2), PciPool(GPU, 8, (("vendor_id", "10de"),)))
    one = host(pci_pools=pools, extended_used={GPU: 3})
    asked = spec(pci_requests=(PciRequest(6, ((("vendor_id", "10de"),),), "a100"),))
    facts = PciPassthroughFilter().explain(one, asked)
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (6, 5, 1, "devices")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("request", "6 of vendor_id 10de", "option pci.alias a100"),
        (NIC, "2 free of 2", "status.allocatable less what pods request"),
        (GPU, "5 free of 8, vendor_id 10de", "status.allocatable less what pods request"),
    ]


def test_explain_several_requests() -> None:
    """The numbers are those of the first request that is not served."""
    facts = PciPassthroughFilter().explain(with_gpus(4), gpus(3, 2, 1))
    assert (facts.need, facts.have, facts.short_by) == (2, 1, 1)
    assert [s.where for s in facts.sources[:3]] == ["pod requests"] * 3


def test_explain_a_host_that_passes() -> None:
    """Nothing is missing."""
    facts = PciPassthroughFilter().explain(with_gpus(4), gpus(1))
    assert (facts.need, facts.have, facts.short_by) == (1, 4, 0)
    assert PciPassthroughFilter().explain(with_gpus(4), spec()).need == "no devices"


def test_explain_an_unreadable_host() -> None:
    """What is missing is not known."""
    facts = PciPassthroughFilter().explain(with_gpus(4, unreadable=Unreadable.PCI), gpus(1))
    assert facts.short_by is None


def test_reasons() -> None:
    """Devices that are not there stay away; those in use may come free."""
    none, short = PciPassthroughFilter.reasons
    assert (none.id, none.text, none.category, none.cured) == (
        NONE,
        "host has no such devices",
        Category.HOST,
        False,
    )
    assert (short.id, short.text, short.category, short.cured) == (
        SHORT,
        "not enough free devices",
        Category.CAPACITY,
        True,
    )


def test_as_in_nova() -> None:
    """For each instance, not on a rebuild, since 2013.2."""
    assert not PciPassthroughFilter.run_filter_once_per_request
    assert not PciPassthroughFilter.RUN_ON_REBUILD
    assert (PciPassthroughFilter.added_in, PciPassthroughFilter.removed_in) == ("2013.2", "")
