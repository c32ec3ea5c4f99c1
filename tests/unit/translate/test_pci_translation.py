"""Devices: a node's extended resources as pools, a pod's as requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.model.flavor import Flavor
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.options import PciAlias, TranslateOptions
from extender.model.pci import PciPool, PciRequest
from extender.model.request_spec import RequestSpec
from extender.translate.node import host_state
from extender.translate.pci import MOST_REQUESTS, AliasError, pci_requests
from extender.translate.pod import request_spec
from extender.translate.share import claimed, contribution
from tests.unit.translate.making import Known, bound, container, node, pod

GPU = "nvidia.com/gpu"
NIC = "example.com/nic"
A100 = (("product_id", "20b0"), ("vendor_id", "10de"))
H100 = (("product_id", "2330"), ("vendor_id", "10de"))
ALIASES = (PciAlias("a100", A100), PciAlias("any", A100), PciAlias("any", H100))
OPTIONS = TranslateOptions(pci_alias=ALIASES)


def read(allocatable: dict[str, Any] | None, pools: Any = None) -> HostState:
    """A node that offers this; ``pools`` is its annotation, as JSON unless it is a text."""
    annotations = {}
    if pools is not None:
        text = pools if isinstance(pools, str) else json.dumps(pools)
        annotations = {"pci_device_pools": text}
    return host_state(
        node({"allocatable": allocatable}, annotations=annotations), (), TranslateOptions()
    )


def asked(
    requests: dict[str, str] | None = None,
    extra_specs: dict[str, str] | None = None,
    flavor: Flavor | None = None,
) -> RequestSpec:
    """The request of a pod with one container."""
    annotations = {"extra_specs": json.dumps(extra_specs)} if extra_specs else {}
    if flavor:
        annotations["flavor"] = flavor.name
    spec = {"containers": [container(requests=requests or {})]}
    return request_spec(pod(spec, annotations=annotations), OPTIONS, Known(*filter(None, [flavor])))


def aliased(text: str) -> tuple[PciRequest, ...]:
    """What the extra spec asks."""
    return pci_requests({"pci_passthrough:alias": text}, ((GPU, 1),), ALIASES)


# -- pools -----------------------------------------------------------------------------------


def test_a_pool_for_each_extended_resource() -> None:
    """By name, whole devices, without the resources of Kubernetes and our own."""
    host = read(
        {
            GPU: "8",
            "cpu": "16",
            "hugepages-1Gi": "2Gi",
            NIC: "63500m",
            "kubernetes.io/x": "1",
            "nova-extender.io/vcpu": "9",
        }
    )
    assert host.pci_pools == (PciPool(NIC, 64), PciPool(GPU, 8))
    assert host.unreadable == Unreadable(0)


@pytest.mark.parametrize("allocatable", [None, {}, {"cpu": "1"}])
def test_no_pools(allocatable: dict[str, Any] | None) -> None:
    """A node without extended resources has none."""
    assert read(allocatable).pci_pools == ()


def test_attributes_of_a_pool() -> None:
    """The annotation's entry of the same resource: ids, NUMA node and tags, sorted, as texts."""
    host = read(
        {GPU: "8", NIC: "2"},
        [
            {
                "resource": GPU,
                "vendor_id": "10de",
                "product_id": " 20b0 ",
                "numa_node": 0,
                "tags": {"dev_type": "type-PCI"},
            },
            {"resource": "gone.example/x", "vendor_id": "ffff"},
        ],
    )
    attributes = (
        ("dev_type", "type-PCI"),
        ("numa_node", "0"),
        ("product_id", "20b0"),
        ("vendor_id", "10de"),
    )
    assert host.pci_pools == (PciPool(NIC, 2), PciPool(GPU, 8, attributes))
    assert host.problems == ()


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"vendor_id": None, "product_id": "", "numa_node": None, "tags": None},
        {"numa_node": -1, "tags": {}},
    ],
)
def test_attributes_that_say_nothing(entry: dict[str, Any]) -> None:
    """Null, blank, and the kernel's -1 for no node are no attributes."""
    host = read({GPU: "1"}, [{"resource": GPU, **entry}])
    assert host.pci_pools == (PciPool(GPU, 1),)
    assert host.unreadable == Unreadable(0)


@pytest.mark.parametrize(
    ("pools", "says"),
    [
        ("{}", "is not a list"),
        ("[", "is not valid JSON"),
        ([7], "7 is not an object"),
        ([{}], "resource is null"),
        ([{"resource": "cpu"}], 'resource is "cpu"'),
        ([{"resource": 5}], "resource is 5"),
        ([{"resource": "nova-extender.io/vcpu"}], "resource is"),
        ([{"resource": GPU}, {"resource": GPU}], "stands twice"),
        ([{"resource": GPU, "vendor": "10de"}], "'vendor' is not a name it knows"),
        ([{"resource": GPU, "vendor_id": 4318}], "vendor_id is 4318"),
        ([{"resource": GPU, "numa_node": "0"}], "numa_node is"),
        ([{"resource": GPU, "numa_node": True}], "numa_node is true"),
        ([{"resource": GPU, "numa_node": -2}], "numa_node is -2"),
        ([{"resource": GPU, "tags": ["a"]}], "tags is"),
        ([{"resource": GPU, "tags": {"a": 1}}], "tags is"),
        ([{"resource": GPU, "tags": {"vendor_id": "ffff"}}], "no tag"),
        ([{"resource": GPU, "\u2603" * 500: 1}], "…"),
    ],
)
def test_unreadable_annotation(pools: Any, says: str) -> None:
    """The pools stay, without attributes; the node is marked and told why, in bounds."""
    host = read({GPU: "8"}, pools)
    assert host.pci_pools == (PciPool(GPU, 8),)
    assert host.unreadable == Unreadable.PCI
    (problem,) = host.problems
    assert "annotation nova-extender.io/pci_device_pools" in problem
    assert says in problem
    assert len(problem) < 500


@pytest.mark.parametrize("bad", ["many", "-1", {}, True])
def test_unreadable_amount(bad: Any) -> None:
    """A pool whose size cannot be read is left out; its neighbours are not."""
    host = read({GPU: bad, NIC: "2"})
    assert host.pci_pools == (PciPool(NIC, 2),)
    assert host.unreadable == Unreadable.PCI
    assert f"status.allocatable.{GPU}" in host.problems[0]


def test_equal_pools_are_one_object() -> None:
    """Nodes that are alike share their pools."""
    entry = [{"resource": GPU, "vendor_id": "10de"}]
    assert read({GPU: "8"}, entry).pci_pools is read({GPU: "8"}, entry).pci_pools
    assert read({GPU: "8"}, entry).pci_pools is not read({GPU: "4"}, entry).pci_pools


# -- requests --------------------------------------------------------------------------------


def test_a_pod_s_extended_resources_are_requests() -> None:
    """One for each, by name."""
    spec = asked({GPU: "2", NIC: "1", "cpu": "1"})
    assert spec.extended == ((NIC, 1), (GPU, 2))
    assert spec.pci_requests == (
        PciRequest(1, ((("resource", NIC),),)),
        PciRequest(2, ((("resource", GPU),),)),
    )
    assert spec.refusal is None


def test_a_pod_without_devices_asks_none() -> None:
    """Nothing is asked of the pools."""
    assert asked({"cpu": "1"}).pci_requests == ()
    assert asked({"cpu": "1"}).extended == ()


def test_aliases_stand_in_for_extended_resources() -> None:
    """What the extra spec asks is asked instead; what the pod takes stays what it requests."""
    spec = asked({GPU: "2"}, {"pci_passthrough:alias": "a100:2"})
    assert spec.pci_requests == (PciRequest(2, (A100,), "a100"),)
    assert spec.extended == ((GPU, 2),)


def test_aliases_of_a_flavor() -> None:
    """A Flavor's extra spec counts as the annotation's does."""
    flavor = Flavor(name="gpu", extra_specs={"pci_passthrough:alias": "a100:1"})
    assert asked(flavor=flavor).pci_requests == (PciRequest(1, (A100,), "a100"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a100:1", [("a100", 1, 1)]),
        (" a100 : 2 ,any:3", [("a100", 2, 1), ("any", 3, 2)]),
        ("a100:1,a100:1", [("a100", 1, 1), ("a100", 1, 1)]),
        ("a100:007", [("a100", 7, 1)]),
        ("a100:999999999", [("a100", 999999999, 1)]),
    ],
)
def test_reading_aliases(text: str, expected: list[tuple[str, int, int]]) -> None:
    """Name and count, blanks aside, in order; entries of one name are alternatives."""
    assert [(r.alias, r.count, len(r.spec)) for r in aliased(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ":1",
        "a100",
        "a100:",
        "a100:0",
        "a100:-1",
        "a100:+1",
        "a100:1.0",
        "a100:1_0",
        "a100:x",
        "a100:٣",
        "a100:1000000000",
        "a100:1:2",
        "a100:1,",
        ",a100:1",
        "a100:1;a100:1",
    ],
)
def test_bad_counts(text: str) -> None:
    """No name, no count, or no whole number from 1 on; the text says what is accepted."""
    with pytest.raises(AliasError, match="name:count"):
        aliased(text)


def test_unknown_alias_is_named() -> None:
    """The pod is refused with the alias and those there are."""
    refusal = asked(extra_specs={"pci_passthrough:alias": "a101:1"}).refusal
    assert refusal is not None
    assert refusal.reason.id == "invalid_annotation"
    assert "'a101'" in refusal.detail
    assert "a100, any" in refusal.detail


def test_bad_count_is_named() -> None:
    """The pod is refused with the text that is wrong."""
    refusal = asked(extra_specs={"pci_passthrough:alias": "a100:many"}).refusal
    assert refusal is not None
    assert refusal.reason.id == "invalid_annotation"
    assert "'a100:many'" in refusal.detail


def test_no_alias_defined() -> None:
    """Without the option no alias is known, and the message says so."""
    with pytest.raises(AliasError, match="none is defined"):
        pci_requests({"pci_passthrough:alias": "a100:1"}, (), ())


@pytest.mark.parametrize("text", ["a" * 60000 + ":1", " " * 60000, ":" * 60000, "\x00é:1"])
def test_hostile_aliases(text: str) -> None:
    """However long or odd, the answer comes at once and in bounds."""
    with pytest.raises(AliasError) as caught:
        aliased(text)
    assert len(str(caught.value)) < 400


def test_too_many_aliases() -> None:
    """Each is judged on all hosts: there is an end to them."""
    assert len(aliased(",".join(["a100:1"] * MOST_REQUESTS))) == MOST_REQUESTS
    with pytest.raises(AliasError, match=str(MOST_REQUESTS)):
        aliased(",".join(["a100:1"] * (MOST_REQUESTS + 1)))


# -- what a pod takes ------------------------------------------------------------------------


def test_what_a_pod_takes_of_its_node() -> None:
    """The ledger is told of extended resources, bound or claimed; aliases take nothing there."""
    spec = {"containers": [container(requests={GPU: "2", "cpu": "1"})]}
    entry = contribution(bound(spec))
    assert entry is not None
    assert entry.extended == ((GPU, 2),)
    assert claimed(pod(spec), "node-a").extended == ((GPU, 2),)
    text = json.dumps({"pci_passthrough:alias": "a100:2"})
    assert claimed(pod(annotations={"extra_specs": text}), "node-a").extended == ()


def test_unreadable_extended_resource_of_a_bound_pod() -> None:
    """It counts as none and is a problem, and hides nothing else of the pod."""
    spec = {"containers": [container(requests={GPU: "two", NIC: "1", "cpu": "1"})]}
    entry = contribution(bound(spec))
    assert entry is not None
    assert entry.extended == ((NIC, 1),)
    assert entry.milli_vcpus == 1000
    assert GPU in entry.problems[0]
