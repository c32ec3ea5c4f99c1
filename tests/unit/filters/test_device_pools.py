"""Which pools serve a request, and how requests share them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.filters.device_pools import attributes_of, devices_taken, serving, shares
from extender.filters.pci_passthrough_filter import PciPassthroughFilter
from extender.model.devices import kind
from extender.model.host_state import HostState
from extender.model.pci import PciPool, PciRequest
from extender.model.request_spec import RequestSpec
from tests.builders import host, reasons, spec, table

GPU, NIC, FPGA = "nvidia.com/gpu", "example.com/nic", "example.com/fpga"
Pairs = dict[str, str]


def pool(resource: str, total: int, **attributes: str) -> PciPool:
    """A pool with these attributes."""
    return PciPool(resource, total, tuple(sorted(attributes.items())))


def asks(count: int, *spec: Pairs, alias: str = "") -> PciRequest:
    """A request by these alternatives."""
    return PciRequest(count, tuple(tuple(sorted(one.items())) for one in spec), alias)


def wanting(*requests: PciRequest, extended: tuple[tuple[str, int], ...] = ()) -> RequestSpec:
    """A request spec of these."""
    return spec(pci_requests=requests, extended=extended)


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        ([{"resource": GPU}], (GPU,)),
        ([{"resource": "NVIDIA.com/GPU"}], (GPU,)),
        ([{"vendor_id": "10de"}], (FPGA, GPU)),
        ([{"vendor_id": "10DE", "product_id": "20B0"}], (GPU,)),
        ([{"vendor_id": "10de", "product_id": "ffff"}], ()),
        ([{"vendor_id": "10de", "resource": NIC}], ()),
        ([{"product_id": "20b0"}, {"resource": NIC}], (NIC, GPU)),
        ([{"dev_type": "type-pf"}], (NIC,)),
        ([{"unheard": ""}], ()),
        ([{}], (FPGA, NIC, GPU)),
        ([], ()),
    ],
)
def test_serving(specs: list[Pairs], expected: tuple[str, ...]) -> None:
    """Attributes of a spec are anded, specs are ored, and case does not matter, as in Nova."""
    one = host(
        pci_pools=(
            pool(GPU, 8, vendor_id="10de", product_id="20b0"),
            pool(NIC, 4, vendor_id="8086", dev_type="type-PF"),
            pool(FPGA, 1, vendor_id="10de"),
            pool("example.com/gone", 0, vendor_id="10de"),
        )
    )
    request = asks(1, *specs)
    assert serving(kind(one, attributes_of(request)), request) == expected


def test_requests_share_a_pool() -> None:
    """Of 5 free ones the first takes 3, and the second finds 2."""
    one = host(pci_pools=(pool(GPU, 8),), extended_used={GPU: 3})
    found = shares(one, wanting(asks(3, {"resource": GPU}), asks(3, {"resource": GPU})))
    assert [(share.available, dict(share.taken)) for share in found] == [
        (5, {GPU: 3}),
        (2, {GPU: 2}),
    ]


def test_a_request_takes_of_several_pools() -> None:
    """By name: all of the first, the rest of the second."""
    one = host(pci_pools=(pool(GPU, 8, vendor_id="10de"), pool(FPGA, 2, vendor_id="10de")))
    (share,) = shares(one, wanting(asks(5, {"vendor_id": "10de"})))
    assert share.available == 10
    assert share.taken == {FPGA: 2, GPU: 3}


def test_devices_taken() -> None:
    """What aliases take, by name."""
    one = host(pci_pools=(pool(GPU, 8, vendor_id="10de"), pool(NIC, 4, vendor_id="8086")))
    asked = wanting(
        asks(2, {"vendor_id": "10de"}, alias="a"),
        asks(1, {"vendor_id": "8086"}, alias="b"),
        asks(1, {"vendor_id": "10de"}, alias="a"),
    )
    assert devices_taken(one, asked) == ((NIC, 1), (GPU, 3))


def test_devices_taken_by_the_pod_s_own_resources() -> None:
    """The pod's own amounts count once, though they are requests as well."""
    one = host(pci_pools=(pool(GPU, 8),))
    own = wanting(asks(2, {"resource": GPU}), extended=((GPU, 2),))
    assert devices_taken(one, own) == ((GPU, 2),)
    assert devices_taken(host(), own) == ((GPU, 2),)


def test_devices_taken_by_both() -> None:
    """An alias describes the pod's own devices: the greater amount counts, not the sum."""
    one = host(pci_pools=(pool(GPU, 8, vendor_id="10de"), pool(NIC, 4)))
    asked = wanting(
        asks(3, {"vendor_id": "10de"}, alias="a"), extended=((NIC, 1), (GPU, 2), ("x.y/z", 1))
    )
    assert devices_taken(one, asked) == ((NIC, 1), (GPU, 3), ("x.y/z", 1))


def test_nothing_taken() -> None:
    """No request takes nothing, of any host."""
    assert devices_taken(host(pci_pools=(pool(GPU, 8),)), spec()) == ()
    assert shares(host(), spec()) == []


pools = st.lists(
    st.builds(
        PciPool,
        resource=st.sampled_from([GPU, NIC, FPGA]),
        total=st.integers(0, 4),
        attributes=st.sampled_from(
            [(), (("vendor_id", "10de"),), (("numa_node", "0"), ("vendor_id", "8086"))]
        ),
    ),
    unique_by=lambda pool: pool.resource,
).map(tuple)
specs = st.sampled_from(
    [
        {"resource": GPU},
        {"resource": NIC},
        {"vendor_id": "10de"},
        {"vendor_id": "8086", "numa_node": "0"},
        {},
    ]
).map(lambda pairs: tuple(pairs.items()))
hosts = st.builds(
    HostState,
    host=st.uuids().map(str),
    pci_pools=pools,
    extended_used=st.dictionaries(st.sampled_from([GPU, NIC, FPGA]), st.integers(0, 5)),
)
requests = st.lists(
    st.builds(PciRequest, count=st.integers(1, 4), spec=st.lists(specs, max_size=2).map(tuple)),
    max_size=3,
).map(tuple)


@given(st.lists(hosts, max_size=5), requests)
def test_columns_give_what_each_host_gives(
    found: list[HostState], asked: tuple[PciRequest, ...]
) -> None:
    """The filter on all hosts at once refuses those whose own shares are too small."""
    wanted = wanting(*asked)
    verdicts = reasons(PciPassthroughFilter(), table(*found), wanted)
    for one, verdict in zip(found, verdicts, strict=True):
        short = any(share.available < share.request.count for share in shares(one, wanted))
        none = any(not serving(kind(one, attributes_of(request)), request) for request in asked)
        expected = "no_pci_devices" if none else "insufficient_pci_devices" if short else None
        assert verdict == expected
