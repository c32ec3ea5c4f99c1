"""What a node can run, and what is known of its CPU."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.host_parts import Unreadable
from extender.model.options import TranslateOptions
from extender.translate.capabilities import Capabilities, read_capabilities
from extender.translate.node import host_state
from tests.unit.translate.making import node

CPUID = "feature.node.kubernetes.io/cpu-cpuid."
MODEL = "feature.node.kubernetes.io/cpu-model."
OWN = ("x86_64", "containerd", "exe")
Problems = list[tuple[Unreadable, str]]


def read(
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    architecture: object = "amd64",
    runtime: str | None = "containerd",
) -> tuple[Capabilities, Problems]:
    """The capabilities of such a node, and what of it cannot be read."""
    problems: Problems = []
    asked = node({"nodeInfo": {"architecture": architecture}}, None, annotations, labels)
    return read_capabilities(
        asked, runtime, lambda bit, text: problems.append((bit, text))
    ), problems


def sound(
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    architecture: object = "amd64",
    runtime: str | None = "containerd",
) -> Capabilities:
    """The same of a node that can be read."""
    found, problems = read(annotations, labels, architecture, runtime)
    assert problems == []
    return found


# -- supported_instances -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("architecture", "runtime", "guest"),
    [
        ("amd64", "containerd", OWN),
        ("arm64", "cri-o", ("aarch64", "cri-o", "exe")),
        ("arm", "docker", ("armv7l", "docker", "exe")),
        ("386", "containerd", ("i686", "containerd", "exe")),
        ("ppc64le", "containerd", ("ppc64le", "containerd", "exe")),
        ("riscv64", "CRI-O", ("riscv64", "cri-o", "exe")),
        ("Loong64", "iSulad", ("loong64", "isulad", "exe")),
        ("amd64", None, ("x86_64", "", "exe")),
        ("amd64", "", ("x86_64", "", "exe")),
        (None, "containerd", ("", "containerd", "exe")),
    ],
)
def test_containers(architecture: object, runtime: str | None, guest: tuple[str, ...]) -> None:
    """What the kubelet reports; of which one half may be missing, and neither has to be known."""
    assert sound(None, None, architecture, runtime).supported_instances == (guest,)


@pytest.mark.parametrize("status", [None, {}, {"nodeInfo": {}}, {"nodeInfo": {"architecture": ""}}])
def test_a_node_that_reports_nothing(status: Mapping[str, object] | None) -> None:
    """It advertises nothing."""
    problems: Problems = []
    found = read_capabilities(node(status), None, lambda bit, text: problems.append((bit, text)))
    assert found == ((), {}, {})
    assert problems == []


def test_further_guests() -> None:
    """The annotation adds to the kubelet's, by canonical names, each once."""
    given = '[["AMD64", "kvm", "hv"], ["x86_64", "kvm", "hvm"], ["x86_64", "containerd", "exe"]]'
    found = sound({"supported_instances": given})
    assert found.supported_instances == (OWN, ("x86_64", "kvm", "hvm"))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("{}", "'{}' is not a list; accepted: a JSON list"),
        ("[", "is not valid JSON"),
        ('["x86_64", "kvm", "hvm"]', '"x86_64" is no guest; accepted: lists of architecture'),
        ('[["x86_64", "kvm"]]', '["x86_64", "kvm"] is no guest'),
        ('[["x86-64", "kvm", "hvm"]]', '"x86-64" is not a name that Nova knows; accepted: aarch64'),
        ('[["x86_64", "hvm", "kvm"]]', '"hvm" is not a name that Nova knows; accepted: baremetal'),
        ('[["x86_64", "kvm", null]]', "null is not a name that Nova knows; accepted: exe, hvm"),
        ("x" * 70_000, "the value has 70000 bytes"),
    ],
)
def test_guests_that_cannot_be_read(given: str, text: str) -> None:
    """The containers remain, and the filter that reads it is told."""
    found, ((bit, problem),) = read({"supported_instances": given})
    assert found.supported_instances == (OWN,)
    assert bit == Unreadable.SUPPORTED_INSTANCES
    assert problem.startswith("node annotation nova-extender.io/supported_instances: ")
    assert text in problem


# -- cpu_info ------------------------------------------------------------------------------------


def test_labels_of_node_feature_discovery() -> None:
    """Vendor, model and features; a feature that is not true is none."""
    labels = {
        f"{CPUID}AVX512F": "true",
        f"{CPUID}AESNI": "true",
        f"{CPUID}SVE": "false",
        f"{CPUID}LEVEL": "3",
        f"{MODEL}vendor_id": "Intel",
        f"{MODEL}family": "6",
        f"{MODEL}id": "85",
        "feature.node.kubernetes.io/cpu-hardware_multithreading": "true",
        "feature.node.kubernetes.io/kernel-version.major": "6",
        "kubernetes.io/arch": "amd64",
    }
    assert sound(None, labels).cpu_info == {
        "arch": "x86_64",
        "vendor": "Intel",
        "model": {"family": "6", "id": "85"},
        "features": ["aesni", "avx512f"],
    }


def test_as_pythons_text() -> None:
    """What extra specs are compared with."""
    info = sound(None, {f"{CPUID}B": "true", f"{CPUID}A": "true"}).cpu_info
    assert str(info["features"]) == "['a', 'b']"
    assert str(info) == "{'arch': 'x86_64', 'features': ['a', 'b']}"


def test_without_such_labels() -> None:
    """The architecture is known all the same, and nothing else stands there empty."""
    assert sound(None, {"disktype": "ssd"}).cpu_info == {"arch": "x86_64"}
    assert sound(None, {f"{MODEL}vendor_id": ""}, None).cpu_info == {}


def test_names_of_the_annotation_win() -> None:
    """Each as a whole."""
    labels = {f"{MODEL}vendor_id": "Intel", f"{MODEL}family": "6", f"{CPUID}AES": "true"}
    given = {"model": "Cascadelake-Server", "features": ["x"], "maxphysaddr": {"bits": 46}}
    assert sound({"cpu_info": json.dumps(given)}, labels).cpu_info == {
        "arch": "x86_64",
        "vendor": "Intel",
        "model": "Cascadelake-Server",
        "features": ["x"],
        "maxphysaddr": {"bits": 46},
    }


@pytest.mark.parametrize("width", [{}, {"bits": 0}, {"bits": 52, "mode": "emulate"}])
def test_address_widths(width: dict[str, object]) -> None:
    """Nova's shape, also where nothing is said in it."""
    info = sound({"cpu_info": json.dumps({"maxphysaddr": width})}).cpu_info
    assert info["maxphysaddr"] == width


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("[]", "'[]' is not an object; accepted: a JSON object"),
        ('{"maxphysaddr": 46}', 'maxphysaddr is 46; accepted: an object such as {"bits": 46}'),
        ('{"maxphysaddr": null}', "maxphysaddr is null"),
        ('{"maxphysaddr": {"bits": "46"}}', 'maxphysaddr is {"bits": "46"}'),
        ('{"maxphysaddr": {"bits": -1}}', 'maxphysaddr is {"bits": -1}'),
        ('{"maxphysaddr": {"bits": true}}', 'maxphysaddr is {"bits": true}'),
        ('{"a": ' * 30 + "1" + "}" * 30, "nested deeper than 20"),
    ],
)
def test_cpu_info_that_cannot_be_read(given: str, text: str) -> None:
    """The labels remain, and the filters that read it are told."""
    found, ((bit, problem),) = read({"cpu_info": given}, {f"{MODEL}vendor_id": "Intel"})
    assert found.cpu_info == {"arch": "x86_64", "vendor": "Intel"}
    assert bit == Unreadable.CPU_INFO
    assert problem.startswith("node annotation nova-extender.io/cpu_info: ")
    assert text in problem


def test_equal_nodes_share_what_they_say() -> None:
    """A thousand equal nodes have one object, however else their labels differ."""
    labels = {f"{CPUID}F{number}": "true" for number in range(100)}
    first = sound(None, {**labels, "kubernetes.io/hostname": "a"})
    other = sound(None, {**labels, "kubernetes.io/hostname": "b"})
    assert other.cpu_info is first.cpu_info
    assert other.supported_instances is first.supported_instances
    assert sound(None, {**labels, f"{CPUID}F1": "false"}).cpu_info != first.cpu_info


# -- stats ---------------------------------------------------------------------------------------


def test_stats() -> None:
    """An object of anything."""
    given = {"rack_power": "9500", "raid": 10, "tags": ["a", {"b": None}]}
    assert sound({"stats": json.dumps(given)}).stats == given
    assert sound().stats == {}


@pytest.mark.parametrize("given", ["[]", "9500", '{"a": 1e400}', '{"a": 1, "a": 2}'])
def test_stats_that_cannot_be_read(given: str) -> None:
    """None are known then, and the filters that read them are told."""
    found, ((bit, problem),) = read({"stats": given})
    assert found.stats == {}
    assert bit == Unreadable.STATS
    assert problem.startswith("node annotation nova-extender.io/stats: ")


# -- together ------------------------------------------------------------------------------------


def test_in_the_host_state() -> None:
    """Each in its field; what is unreadable stands beside it, and spoils nothing else."""
    asked = node(
        {"nodeInfo": {"architecture": "arm64", "containerRuntimeVersion": "containerd://2.1.4"}},
        None,
        {"stats": '{"raid": "10"}', "cpu_info": "[", "supported_instances": "{}"},
        {f"{MODEL}vendor_id": "ARM"},
    )
    host = host_state(asked, (), TranslateOptions())
    assert host.supported_instances == (("aarch64", "containerd", "exe"),)
    assert host.cpu_info == {"arch": "aarch64", "vendor": "ARM"}
    assert host.reported_stats == {"raid": "10"}
    assert host.stats["raid"] == "10"
    assert host.unreadable == Unreadable.SUPPORTED_INSTANCES | Unreadable.CPU_INFO
    assert len(host.problems) == 2


ANNOTATIONS = st.dictionaries(
    st.sampled_from(["supported_instances", "cpu_info", "stats"]),
    st.text()
    | st.sampled_from(
        ["[[]]", '[["arm64","kvm","hvm"]]', '{"maxphysaddr":{"bits":46}}', "{}", "[]"]
    ),
)
LABELS = st.dictionaries(
    st.sampled_from([f"{CPUID}AES", f"{CPUID}", f"{MODEL}id", f"{MODEL}vendor_id", "x"]),
    st.sampled_from(["true", "false", "", "6"]),
)


@given(ANNOTATIONS, LABELS, st.text())
def test_never_raises(
    annotations: dict[str, str], labels: dict[str, str], architecture: str
) -> None:
    """Whatever a node says, it can be grouped by, and is the same when it is read again."""
    found, problems = read(annotations, labels, architecture)
    assert len(problems) <= len(annotations)
    assert hash(found.supported_instances) is not None
    assert hash(found.cpu_info) == hash(read(annotations, labels, architecture)[0].cpu_info)
    assert read(annotations, labels, architecture) == (found, problems)
