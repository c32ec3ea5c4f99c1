"""ImagePropertiesFilter: what the image needs to run."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.image_properties_filter import ImagePropertiesFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from extender.model.request_spec import ImageMeta, RequestSpec
from tests.builders import host, reason, reasons, spec, table

CONTAINERS = ("x86_64", "containerd", "exe")
ARM = ("aarch64", "containerd", "exe")
VMS = ("x86_64", "kvm", "hvm")
NONE, OTHER = "no_supported_instances", "image_not_supported"
VERSION, BITS = "hypervisor_version_mismatch", "physaddr_bits_too_small"
BY_DEFAULT = SchedulerOptions(image_properties_default_architecture="x86_64")


def node(*guests: tuple[str, ...], **fields: Any) -> HostState:
    """A host that supports these guests."""
    return host(supported_instances=guests, **fields)


def asking(**properties: object) -> RequestSpec:
    """A request for an image with these properties."""
    return spec(image=ImageMeta(properties=properties))


def judged(asked: RequestSpec, *guests: tuple[str, ...], **fields: Any) -> str | None:
    """The verdict on a host that supports these guests."""
    return reason(ImagePropertiesFilter(), node(*guests, **fields), asked)


# -- guests --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"os_distro": "ubuntu"},
        {"img_hv_requested_version": ">=9"},
        {"hw_maxphysaddr_bits": 64},
        {"img_hv_requested_version": ">=9", "hw_maxphysaddr_bits": 64},
    ],
)
def test_an_image_that_asks_for_no_guest(properties: dict[str, object]) -> None:
    """All hosts pass, even if a version or a width is asked for that none has."""
    hosts = table(
        node(name="a"),
        node(ARM, name="b", hypervisor_version=1, cpu_info={"maxphysaddr": {"bits": 32}}),
        node(name="c", unreadable=~Unreadable(0)),
    )
    assert reasons(ImagePropertiesFilter(), hosts, asking(**properties)) == [None, None, None]


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ({"hw_architecture": "x86_64"}, None),
        ({"hw_architecture": "aarch64"}, OTHER),
        ({"img_hv_type": "containerd"}, None),
        ({"img_hv_type": "kvm"}, OTHER),
        ({"hw_vm_mode": "exe"}, None),
        ({"hw_vm_mode": "hvm"}, OTHER),
        ({"hw_architecture": "x86_64", "img_hv_type": "containerd", "hw_vm_mode": "exe"}, None),
        ({"hw_architecture": "x86_64", "img_hv_type": "containerd", "hw_vm_mode": "hvm"}, OTHER),
    ],
)
def test_one_guest(properties: dict[str, object], found: str | None) -> None:
    """All that is asked for must be among what the host supports."""
    assert judged(asking(**properties), CONTAINERS) == found


def test_one_of_several_guests_must_have_all() -> None:
    """Halves of two guests do not make a third."""
    guests = (ARM, CONTAINERS, ("aarch64", "kvm", "hvm"))
    assert judged(asking(hw_architecture="x86_64", hw_vm_mode="exe"), *guests) is None
    assert judged(asking(hw_architecture="x86_64", img_hv_type="kvm"), *guests) == OTHER


def test_any_place_will_do() -> None:
    """As in Nova, what is asked for may stand anywhere in the guest."""
    uml = ("x86_64", "uml", "hvm")
    assert judged(asking(hw_vm_mode="uml"), uml) is None


def test_a_host_that_advertises_nothing() -> None:
    """It runs nothing that is asked for by name."""
    assert judged(asking(hw_architecture="x86_64")) == NONE


def test_a_half_known_guest() -> None:
    """What the node does not tell cannot be asked for."""
    assert judged(asking(hw_architecture="x86_64"), ("x86_64", "", "exe")) is None
    assert judged(asking(img_hv_type="containerd"), ("x86_64", "", "exe")) == OTHER
    assert judged(asking(img_hv_type=""), ("x86_64", "", "exe")) is None


# -- default architecture ------------------------------------------------------------------------


def test_default_architecture() -> None:
    """It is asked for on behalf of images that name none."""
    judge = ImagePropertiesFilter(BY_DEFAULT)
    hosts = table(node(CONTAINERS, name="a"), node(ARM, name="b"), node(name="c"))
    assert reasons(judge, hosts, asking()) == [None, OTHER, NONE]
    assert reasons(judge, hosts, asking(hw_architecture="aarch64")) == [OTHER, None, NONE]
    assert reasons(judge, hosts, asking(hw_vm_mode="exe")) == [None, OTHER, NONE]


@pytest.mark.parametrize("written", ["AMD64", "amd64", "X86_64"])
def test_default_architecture_by_another_name(written: str) -> None:
    """The option is read as image properties are."""
    judge = ImagePropertiesFilter(SchedulerOptions(image_properties_default_architecture=written))
    assert reason(judge, node(CONTAINERS), asking()) is None
    assert reason(judge, node(ARM), asking()) == OTHER


@pytest.mark.parametrize("written", ["", None])
def test_without_default_architecture(written: str | None) -> None:
    """None is asked for."""
    judge = ImagePropertiesFilter(SchedulerOptions(image_properties_default_architecture=written))
    assert reason(judge, node(), asking()) is None


@pytest.mark.parametrize("written", ["x86-64", " x86_64", "x" * 300])
def test_a_default_architecture_that_is_none(written: str) -> None:
    """It stops the start, with what would be right."""
    options = SchedulerOptions(image_properties_default_architecture=written)
    with pytest.raises(ValueError, match="is no architecture; accepted: aarch64, alpha"):
        ImagePropertiesFilter(options)


# -- version -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "found"),
    [(2_001_004, None), (1_007_000, None), (1_006_099, VERSION), (3_000_000, VERSION)],
)
def test_version(version: int, found: str | None) -> None:
    """Of the container runtime: >=1.7,<3 takes 1.7.0 and 2.1.4, not 1.6.99 and 3.0.0."""
    asked = asking(hw_vm_mode="exe", img_hv_requested_version=">=1.7,<3")
    assert judged(asked, CONTAINERS, hypervisor_version=version) == found


@pytest.mark.parametrize("version", [None, 0])
def test_a_version_that_is_not_known(version: int | None) -> None:
    """It suits, as in Nova."""
    asked = asking(hw_vm_mode="exe", img_hv_requested_version=">=99")
    assert judged(asked, CONTAINERS, hypervisor_version=version) is None


def test_conditions_that_cannot_be_read() -> None:
    """A pod with such does not come this far; Nova aborts, we refuse hosts that tell a version."""
    asked = asking(hw_vm_mode="exe", img_hv_requested_version="2.0")
    hosts = table(
        node(CONTAINERS, name="a", hypervisor_version=2_000_000), node(CONTAINERS, name="b")
    )
    assert reasons(ImagePropertiesFilter(), hosts, asked) == [VERSION, None]


# -- width of addresses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"maxphysaddr": {"bits": 45}}, BITS),
        ({"maxphysaddr": {"bits": 46}}, None),
        ({"maxphysaddr": {"bits": 2**80}}, None),
        ({"maxphysaddr": {"bits": 0}}, None),
        ({"maxphysaddr": {}}, None),
        ({"maxphysaddr": 45}, None),
        ({"maxphysaddr": None}, None),
        ({"arch": "x86_64"}, None),
        ({}, None),
    ],
)
def test_width(told: dict[str, object], found: str | None) -> None:
    """At least what is asked for, where the host tells it."""
    asked = asking(hw_architecture="x86_64", hw_maxphysaddr_bits=46)
    assert judged(asked, CONTAINERS, cpu_info=told) == found


@pytest.mark.parametrize("bits", [0, -1])
def test_no_width_is_asked_for(bits: int) -> None:
    """Any will do."""
    asked = asking(hw_architecture="x86_64", hw_maxphysaddr_bits=bits)
    assert judged(asked, CONTAINERS, cpu_info={"maxphysaddr": {"bits": 1}}) is None


# -- together ------------------------------------------------------------------------------------


def test_the_first_obstacle_is_given() -> None:
    """Guest before version before width, in Nova's order."""
    asked = asking(hw_architecture="x86_64", img_hv_requested_version=">=2", hw_maxphysaddr_bits=46)
    old, narrow = {"hypervisor_version": 1_000_000}, {"cpu_info": {"maxphysaddr": {"bits": 39}}}
    hosts = table(
        node(name="a", **old, **narrow),
        node(ARM, name="b", **old, **narrow),
        node(CONTAINERS, name="c", **old, **narrow),
        node(CONTAINERS, name="d", **narrow),
        node(CONTAINERS, name="e"),
    )
    assert reasons(ImagePropertiesFilter(), hosts, asked) == [NONE, OTHER, VERSION, BITS, None]


def test_unreadable_annotations() -> None:
    """A host is refused for those that are read for this request, and for no others."""
    bad = "invalid_host_annotation"
    guests, cpu = Unreadable.SUPPORTED_INSTANCES, Unreadable.CPU_INFO
    others = ~(guests | cpu)
    plain, wide = asking(hw_vm_mode="exe"), asking(hw_vm_mode="exe", hw_maxphysaddr_bits=46)
    for unreadable, by_plain, by_wide in (
        (guests, bad, bad),
        (cpu, None, bad),
        (others, None, None),
    ):
        assert judged(plain, CONTAINERS, unreadable=unreadable) == by_plain
        assert judged(wide, CONTAINERS, unreadable=unreadable) == by_wide


def test_once_per_request_and_on_rebuild() -> None:
    """No instance of a request changes the answer; a new image may not suit the old host."""
    judge = ImagePropertiesFilter()
    assert not judge.run_filter_for_index(1)
    assert judge.RUN_ON_REBUILD


def test_explains() -> None:
    """All that is asked for, all that the host tells of it, and where both come from."""
    one = node(
        CONTAINERS, VMS, hypervisor_version=1_006_009, cpu_info={"maxphysaddr": {"bits": 39}}
    )
    asked = asking(img_hv_type="containerd", img_hv_requested_version=">=2", hw_maxphysaddr_bits=46)
    facts = ImagePropertiesFilter(BY_DEFAULT).explain(one, asked)
    assert facts.need == "containerd, x86_64, version >=2, 46 address bits"
    assert facts.have == "x86_64 containerd exe; x86_64 kvm hvm, version 1.6.9, address bits 39"
    pod = "pod annotation nova-extender.io/image_properties"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("img_hv_type", "containerd", pod),
        (
            "hw_architecture",
            "x86_64",
            "option filter_scheduler.image_properties_default_architecture",
        ),
        ("img_hv_requested_version", ">=2", pod),
        ("hw_maxphysaddr_bits", "46", pod),
        (
            "supported_instances",
            "x86_64 containerd exe; x86_64 kvm hvm",
            "status.nodeInfo and node annotation nova-extender.io/supported_instances",
        ),
        ("hypervisor_version", "1.6.9", "status.nodeInfo.containerRuntimeVersion"),
        ("cpu_info.maxphysaddr.bits", "39", "node annotation nova-extender.io/cpu_info"),
    ]


def test_explains_what_is_not_known() -> None:
    """And that it is not."""
    asked = asking(hw_vm_mode="exe", img_hv_requested_version=">=2", hw_maxphysaddr_bits=46)
    facts = ImagePropertiesFilter().explain(node(), asked)
    assert facts.have == "none, version not known, address bits not known"


def test_explains_that_nothing_is_asked_for() -> None:
    """No need; what the host supports is told all the same."""
    facts = ImagePropertiesFilter().explain(node(CONTAINERS), asking(os_distro="ubuntu"))
    assert (facts.need, facts.have) == (None, "x86_64 containerd exe")
