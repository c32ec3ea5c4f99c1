"""Annotation ``image_properties``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.image_pairs import MOST_PAIRS
from extender.translate.image_properties import (
    NO_PROPERTIES,
    ImageProperties,
    pairs_of_instance,
    read_image_properties,
)
from extender.translate.readers import AnnotationError
from tests.unit.translate.making import prefixed


def read(given: object) -> ImageProperties:
    """What an annotation of this JSON value says."""
    return read_image_properties(prefixed({"image_properties": json.dumps(given)}))


def wrong(given: object) -> str:
    """What is wrong with it, and what would be right."""
    with pytest.raises(AnnotationError) as caught:
        read(given)
    assert caught.value.key == "nova-extender.io/image_properties"
    return f"{caught.value.wrong}; {caught.value.accepted}"


# -- what Nova knows -----------------------------------------------------------------------------


def test_typed_properties() -> None:
    """As Nova types them, and canonical where Nova makes them so."""
    found = read(
        {
            "hw_architecture": "AMD64",
            "img_hv_type": "Containerd",
            "hw_vm_mode": "exe",
            "img_hv_requested_version": ">=1.7,<3",
            "hw_maxphysaddr_bits": "46",
            "hw_pmu": "yes",
            "os_distro": "ubuntu",
            "os_type": "Linux",
            "hw_mem_page_size": 2048,
        }
    )
    assert found.properties == {
        "hw_architecture": "x86_64",
        "img_hv_type": "containerd",
        "hw_vm_mode": "exe",
        "img_hv_requested_version": ">=1.7,<3",
        "hw_maxphysaddr_bits": 46,
        "hw_pmu": True,
        "os_distro": "ubuntu",
        "os_type": "linux",
        "hw_mem_page_size": "2048",
    }
    assert found.others == {}


@pytest.mark.parametrize(
    ("name", "value", "properties"),
    [
        ("architecture", "i386", {"hw_architecture": "i686"}),
        ("hypervisor_type", "KVM", {"img_hv_type": "kvm"}),
        ("vm_mode", "hv", {"hw_vm_mode": "hvm"}),
        ("hypervisor_version_requires", ">=2", {"img_hv_requested_version": ">=2"}),
        ("vmware_ostype", "otherGuest", {"os_distro": "otherGuest"}),
        ("cache_in_nova", "true", {"img_cache_in_nova": True}),
        ("vmware_adaptertype", "ide", {"hw_disk_bus": "ide"}),
        (
            "vmware_adaptertype",
            "lsiLogicsas",
            {"hw_disk_bus": "scsi", "hw_scsi_model": "lsisas1068"},
        ),
        ("vmware_adaptertype", "", {}),
    ],
)
def test_old_names(name: str, value: str, properties: dict[str, object]) -> None:
    """They are renamed on the way in; none of them is an unknown one."""
    found = read({name: value})
    assert (found.properties, found.others) == (properties, {})


@pytest.mark.parametrize("old_first", [True, False])
def test_names_of_today_win_over_old_ones(old_first: bool) -> None:
    """In whichever order they stand."""
    old = {"architecture": "i386", "vmware_adaptertype": "ide"}
    new = {"hw_architecture": "x86_64", "hw_disk_bus": "virtio"}
    found = read({**old, **new} if old_first else {**new, **old})
    assert found.properties == new


def test_numa_cells() -> None:
    """A list is given a cell at a time, in any order."""
    found = read(
        {
            "hw_numa_mem.1": "2048",
            "hw_numa_mem.0": 1024,
            "hw_numa_cpus.0": "0-3,^1",
            "hw_numa_nodes": 2,
        }
    )
    assert found.properties == {
        "hw_numa_mem": [1024, 2048],
        "hw_numa_cpus": [{0, 2, 3}],
        "hw_numa_nodes": 2,
    }
    many = read({f"hw_numa_mem.{cell}": cell for cell in range(128)})
    assert many.properties == {"hw_numa_mem": list(range(128))}


def test_required_traits() -> None:
    """A list is given a trait at a time."""
    found = read({"trait:HW_CPU_X86_AVX2": "required", "trait:CUSTOM_A": "required"})
    assert found.properties == {"traits_required": ["HW_CPU_X86_AVX2", "CUSTOM_A"]}


# -- what Nova does not know ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("gold", "gold"),
        ("", ""),
        (2, "2"),
        (True, "True"),
        (1.5, "1.5"),
        (None, "None"),
        (["a", 1], "['a', 1]"),
    ],
)
def test_unknown_names_are_texts(value: object, text: str) -> None:
    """Python's text, whatever they are."""
    found = read({"tier": value, "os_distro": "ubuntu"})
    assert found.properties == {"os_distro": "ubuntu"}
    assert found.others == {"tier": text}


@pytest.mark.parametrize(
    "name",
    [
        "HW_ARCHITECTURE",
        "hw_unknown",
        "",
        "trait:",
        "hw_numa_mem.01",
        "hw_numa_mem.x",
        "архитектура",
    ],
)
def test_other_spellings_are_unknown(name: str) -> None:
    """Names are Nova's to the letter."""
    assert read({name: "x"}).others == {name: "x"}


@pytest.mark.parametrize("text", ["", "  ", "{}", None])
def test_nothing_said(text: str | None) -> None:
    """No properties without the annotation, nor of an empty one."""
    annotations = {} if text is None else {"image_properties": text}
    assert read_image_properties(prefixed(annotations)) == NO_PROPERTIES


# -- what cannot be read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"hw_cpu_cores": "four"}, "'hw_cpu_cores' is \"four\"; a whole number"),
        ({"hw_cpu_cores": True}, "'hw_cpu_cores' is true; a whole number"),
        ({"os_distro": None}, "'os_distro' is null; a text"),
        ({"hw_boot_menu": "maybe"}, "'hw_boot_menu' is \"maybe\"; true or false, yes or no"),
        ({"hw_vm_mode": "pod"}, "'hw_vm_mode' is \"pod\"; one of exe, hvm, uml, xen"),
        ({"hw_cpu_policy": "Shared"}, '"Shared"; dedicated or shared or mixed'),
        ({"img_hv_requested_version": "2.0"}, '"2.0"; conditions like >=1.7,<3'),
        ({"img_hv_requested_version": 2}, "is 2; conditions like >=1.7,<3"),
        ({"img_hv_type": "kata"}, "one of baremetal, bhyve, containerd, cri-o, docker"),
        ({"hw_architecture": ""}, "'hw_architecture' is \"\"; one of aarch64, alpha"),
        ({"architecture": "bad", "hw_architecture": "x86_64"}, "'architecture' is \"bad\"; one of"),
        ({"vmware_adaptertype": "x"}, "'vmware_adaptertype' is \"x\"; buslogic or"),
        ({"hw_numa_mem": [1, 2]}, "'hw_numa_mem' is [1, 2]; hw_numa_mem.0, hw_numa_mem.1"),
        ({"hw_numa_mem.0": "x"}, "'hw_numa_mem.0' is \"x\"; a whole number"),
        ({"hw_numa_mem.1": 5}, "there is hw_numa_mem.1; hw_numa_mem.0 to hw_numa_mem.127 without"),
        ({"hw_numa_mem.0": 1, "hw_numa_mem.2": 5}, "there is hw_numa_mem.2"),
        ({f"hw_numa_mem.{cell}": 1 for cell in range(129)}, "there is hw_numa_mem.128"),
        ({"hw_numa_cpus.0": "3-1"}, "CPUs below 8192 such as 0-3,^2,8"),
        ({"traits_required": ["X"]}, "'traits_required' is [\"X\"]; trait:NAME"),
        ({"trait:HW_A": "forbidden"}, "'trait:HW_A' is \"forbidden\"; required"),
    ],
)
def test_wrong_values(given: dict[str, Any], text: str) -> None:
    """The property is named, with what was wrong and what would be right."""
    assert text in wrong(given)


def test_a_message_is_short_and_harmless() -> None:
    """However long the name or the value, and whatever is in it."""
    text = wrong({"trait:" + "\x1b[31m" * 2000: "\n" * 2000})
    assert len(text) < 300
    assert text.isprintable()


@pytest.mark.parametrize(
    "text", ["[]", "x", '{"a":', '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1e999}', '{"\\ud800": 1}']
)
def test_no_object(text: str) -> None:
    """Names and values are held to JSON before anything else."""
    with pytest.raises(AnnotationError):
        read_image_properties(prefixed({"image_properties": text}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.text() | st.sampled_from(
    ["hw_architecture", "hw_pmu", "hw_cpu_cores", "img_mappings", "hw_numa_cpus.0", "trait:A"]
)


@given(st.dictionaries(NAMES, JSON))
def test_anything_at_all(given: dict[str, object]) -> None:
    """It is read or refused; read twice it is the same, and each name is found once."""
    found, message = NO_PROPERTIES, ""
    try:
        found = read(given)
    except AnnotationError as error:
        message = str(error)
    assert len(message) < 1000
    assert message or read(given) == found
    assert not found.properties.keys() & found.others.keys()


# -- pods that count -----------------------------------------------------------------------------


def counted(given: object) -> tuple[object, list[str]]:
    """The pairs of a pod with this annotation, and what does not count."""
    problems: list[str] = []
    annotations = prefixed({"image_properties": json.dumps(given)})
    return pairs_of_instance(annotations, problems), problems


def test_pairs_of_an_instance() -> None:
    """Names and texts, by name."""
    pairs = (("hw_architecture", "aarch64"), ("hw_pmu", "True"), ("tier", "gold"))
    assert counted({"tier": "gold", "hw_pmu": 1, "architecture": "arm64"}) == (pairs, [])


def test_a_pod_without_properties() -> None:
    """Most pods."""
    problems: list[str] = []
    assert pairs_of_instance({}, problems) == ()
    assert problems == []


def test_a_bad_annotation_counts_as_none() -> None:
    """One bad pod must not hide a node's other pods."""
    pairs, problems = counted({"hw_pmu": "maybe", "tier": "gold"})
    assert pairs == ()
    (problem,) = problems
    assert problem.startswith("annotation nova-extender.io/image_properties: 'hw_pmu' is")


def test_too_much_does_not_count() -> None:
    """What a pod may leave in memory is bounded, and what is over is told."""
    pairs, problems = counted({f"p{n:02}": "x" for n in range(MOST_PAIRS + 3)})
    assert pairs == tuple((f"p{n:02}", "x") for n in range(MOST_PAIRS))
    (problem,) = problems
    assert "does not count 3 of the properties; accepted: 16 properties" in problem
    pairs, problems = counted({"long": "x" * 60_000, "short": "y"})
    assert pairs == (("short", "y"),)
    assert len(problems) == 1


def test_equal_annotations_are_shared() -> None:
    """The pods of an owner have one text, and one set of pairs in memory."""
    given = {"os_distro": "ubuntu", "tier": "gold"}
    assert counted(given)[0] is counted(given)[0]
