"""What extra specs ask of Placement."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from extender.model.flavor import Flavor
from extender.model.request_spec import ImageMeta, RequestSpec
from extender.scheduler.placement import NOTHING, Demand, demand, resource_class

SSD, GPU = "CUSTOM_SSD", "CUSTOM_NVIDIA_COM_GPU"


def asked(extra_specs: dict[str, str], **properties: Any) -> Demand:
    """What is asked with these extra specs and image properties."""
    image = ImageMeta(properties=MappingProxyType(properties))
    return demand(RequestSpec(flavor=Flavor(extra_specs=extra_specs), image=image))


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("nvidia.com/gpu", "CUSTOM_NVIDIA_COM_GPU"),
        ("nvidia.com/mig-1g.5gb", "CUSTOM_NVIDIA_COM_MIG_1G_5GB"),
        ("a--b.c/d_e", "CUSTOM_A_B_C_D_E"),
        ("é.io/x", "CUSTOM__IO_X"),
        ("", "CUSTOM_"),
    ],
)
def test_resource_class(resource: str, expected: str) -> None:
    """Upper case; a run of anything but letters and digits is one underscore."""
    assert resource_class(resource) == expected


def test_nothing_asked() -> None:
    """Without extra specs, and with those of others, nothing is asked."""
    assert asked({}) is NOTHING
    others = {"hw:cpu_policy": "dedicated", "resources": "1", "xresources:VCPU": "1", "trait": "x"}
    assert asked(others) == NOTHING


def test_resources() -> None:
    """Amounts by class, standard ones and custom ones."""
    found = asked({"resources:VCPU": "4", "resources:MEMORY_MB": "2048", f"resources:{GPU}": "2"})
    assert found.resources == {GPU: 2, "MEMORY_MB": 2048, "VCPU": 4}
    assert found.notes == ()


def test_zero_removes() -> None:
    """An amount of 0 asks for nothing, as in Nova."""
    assert asked({"resources:DISK_GB": "0", "resources:VGPU": "0"}) == NOTHING


def test_groups_add_up() -> None:
    """One class in several groups: 1 + 2 + 4."""
    found = asked({"resources:VCPU": "1", "resources1:VCPU": "2", "resources_NET-a:VCPU": "4"})
    assert found.resources == {"VCPU": 7}


@pytest.mark.parametrize(
    ("amount", "expected"), [(" 5 ", 5), ("1_0", 10), ("+3", 3), ("007", 7), ("9" * 50, 10**50 - 1)]
)
def test_amounts_as_python_reads_them(amount: str, expected: int) -> None:
    """Nova casts with int()."""
    assert asked({"resources:VCPU": amount}).resources == {"VCPU": expected}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("resources:VCPU", "-1"),
        ("resources:VCPU", "1.5"),
        ("resources:VCPU", ""),
        ("resources:VCPU", "many"),
        ("resources:VCPU", "9" * 5000),
        ("resources:vcpu", "1"),
        ("resources:CPU", "1"),
        ("resources:", "1"),
        ("resources:nvidia.com/gpu", "1"),
        ("resourcesx:custom_y", "1"),
        ("trait:X", "Required"),
        ("trait:X", ""),
        ("trait1:X", "preferred"),
        ("group_policy", "isolated"),
        ("group_policy", ""),
    ],
)
def test_what_nova_ignores(key: str, value: str) -> None:
    """Bad classes, amounts, trait values and policies ask nothing, and are noted."""
    found = asked({key: value})
    assert found == Demand(notes=found.notes)
    (note,) = found.notes
    assert key in note
    assert "accepted: " in note
    assert len(note) < 300


def test_good_ones_beside_bad_ones() -> None:
    """One bad extra spec spoils no other."""
    found = asked({"resources:VCPU": "x", "resources:MEMORY_MB": "1", "trait:A": "required"})
    assert found.resources == {"MEMORY_MB": 1}
    assert found.required == {"A"}
    assert len(found.notes) == 1


def test_many_bad_ones() -> None:
    """The notes are bounded, in number and in length."""
    bad = {f"resources{n}:{'X' * 1000}": "\u2603" * 1000 for n in range(1, 500)}
    notes = asked(bad).notes
    assert 0 < len(notes) < 20
    assert max(map(len, notes)) < 300


@pytest.mark.parametrize(
    "key", ["resources" + "x" * 65 + ":VCPU", "resources é:VCPU", "Resources:VCPU"]
)
def test_keys_that_are_no_groups(key: str) -> None:
    """A suffix of other characters, or a longer one, is no suffix: the key is somebody else's."""
    assert asked({key: "1"}) == NOTHING


def test_traits() -> None:
    """Required and forbidden ones, of all groups."""
    found = asked(
        {
            "trait:A": "required",
            "trait1:B": "required",
            "trait2:C": "forbidden",
            "trait:D": "forbidden",
        }
    )
    assert found.required == {"A", "B"}
    assert found.forbidden == {"C", "D"}


@pytest.mark.parametrize("traits", [["A", "B"], ("A", "B"), {"A", "B"}, ["A", 7, "B", None]])
def test_traits_of_the_image(traits: Any) -> None:
    """Image property traits_required adds to those of the flavor."""
    assert asked({}, traits_required=traits).required == {"A", "B"}
    assert asked({"trait:C": "required"}, traits_required=traits).required == {"A", "B", "C"}


@pytest.mark.parametrize("traits", [None, "", "A", 7, {"A": "required"}, []])
def test_no_traits_of_the_image(traits: Any) -> None:
    """What is no list of traits requires none."""
    assert asked({}, traits_required=traits).required == set()


@pytest.mark.parametrize(
    ("extra_specs", "clash"),
    [
        ({"resources1:VCPU": "1", "resources2:MEMORY_MB": "1"}, "the host itself"),
        ({"resources1:VCPU": "1", f"resources2:{GPU}": "1"}, ""),
        ({f"resources1:{GPU}": "1", f"resources2:{GPU}": "1"}, GPU),
        ({f"resources:{GPU}": "1", f"resources2:{GPU}": "1"}, ""),
        ({f"resources1:{GPU}": "1", f"resources2:{GPU}": "0"}, ""),
        ({f"resources1:{GPU}": "1", "resources2:CUSTOM_X": "1"}, ""),
        ({"trait1:A": "required", "resources2:VCPU": "1"}, "the host itself"),
        ({"trait1:A": "forbidden", "trait2:B": "required"}, "the host itself"),
        ({f"resources1:{GPU}": "1", "trait1:A": "required", "resources2:VCPU": "1"}, ""),
        (
            {
                f"resources1:{GPU}": "1",
                "resources1:VCPU": "1",
                f"resources2:{GPU}": "1",
                "resources2:PCPU": "1",
            },
            f"{GPU}, the host itself",
        ),
        ({"resources1:VCPU": "1"}, ""),
        ({}, ""),
    ],
)
def test_isolated_groups(extra_specs: dict[str, str], clash: str) -> None:
    """Two suffixed groups must not need the same provider: the host, or an extended resource."""
    assert asked({**extra_specs, "group_policy": "isolate"}).clash == clash
    assert asked({**extra_specs, "group_policy": "none"}).clash == ""


def test_groups_without_a_policy() -> None:
    """Taken as none, with a note: Placement itself would refuse the query."""
    found = asked({"resources1:VCPU": "1", "resources2:VCPU": "1"})
    assert found.clash == ""
    assert "group_policy" in found.notes[0]
    assert asked({"resources:VCPU": "1", "resources2:VCPU": "1"}).notes == ()
