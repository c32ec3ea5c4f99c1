"""The cells that pods ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.model.numa import LARGE, NUMARequest
from extender.model.options import TranslateOptions
from extender.model.request_spec import RequestSpec
from extender.translate.numa_request import numa_request
from extender.translate.numa_specs import NUMAError
from extender.translate.pod import request_spec
from tests.builders import MILLI, flavor
from tests.unit.translate.making import Known, container, pod


def read(
    extra_specs: dict[str, str] | None = None,
    vcpus: Any = 4,
    memory_mb: Any = 1024,
    **properties: object,
) -> NUMARequest | None:
    """What a flavor and an image ask for."""
    made = flavor(vcpus=vcpus, memory_mb=memory_mb, extra_specs=extra_specs or {})
    return numa_request(made, properties)


def cells(request: NUMARequest | None) -> list[tuple[int, int, int]]:
    """Shared CPUs, dedicated CPUs and MiB of each cell."""
    assert request is not None
    return [(cell.shared, cell.dedicated, cell.memory) for cell in request.cells]


@pytest.mark.parametrize(
    "extra_specs",
    [
        {},
        {"capabilities:x": "1"},
        {"hw:cpu_policy": "shared"},
        {"hw:emulator_threads_policy": "share"},
        {"hw:numa_nodes": ""},
        {"hw:mem_page_size": "0"},
        {"hw:pmem": " , "},
        {"hw:numa_cpus.0": "0-3", "hw:numa_mem.0": "1024"},
        {"resources:VCPU": "4"},
        {"resources:PCPU": "0"},
    ],
)
def test_no_cells(extra_specs: dict[str, str]) -> None:
    """Shared CPUs on their own, and lists without a number of cells, ask for none."""
    assert read(extra_specs) is None


@pytest.mark.parametrize(
    "extra_specs",
    [
        {"hw:numa_nodes": "1"},
        {"hw:mem_page_size": "large"},
        {"hw:pmem": "6GB"},
    ],
)
def test_one_cell_of_shared_cpus(extra_specs: dict[str, str]) -> None:
    """Nodes, pages and persistent memory each make a cell."""
    request = read(extra_specs)
    assert cells(request) == [(4, 0, 1024)]
    assert request is not None
    assert request.pagesize == (LARGE if "hw:mem_page_size" in extra_specs else None)


def test_dedicated_cpus_make_a_cell() -> None:
    """By policy, by resources, and by the image's policy."""
    assert cells(read({"hw:cpu_policy": "dedicated"})) == [(0, 4, 1024)]
    assert cells(read({"resources:PCPU": "4"})) == [(0, 4, 1024)]
    assert cells(read(hw_cpu_policy="dedicated")) == [(0, 4, 1024)]
    mixed = {"hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "1-2"}
    assert cells(read(mixed)) == [(2, 2, 1024)]


def test_everything_at_once() -> None:
    """All that a request may carry."""
    request = read(
        {
            "hw:numa_nodes": "2",
            "hw:cpu_policy": "dedicated",
            "hw:cpu_thread_policy": "require",
            "hw:mem_page_size": "2MB",
            "hw:emulator_threads_policy": "isolate",
            "hw:pci_numa_affinity_policy": "socket",
        }
    )
    assert request is not None
    assert cells(request) == [(0, 2, 512), (0, 2, 512)]
    assert (request.cpu_policy, request.cpu_thread_policy) == ("dedicated", "require")
    assert request.pagesize == 2048
    assert request.emulator_threads_isolated
    assert request.threads_required
    assert request.pci_numa_affinity_policy == "socket"


def test_amounts_are_rounded_up() -> None:
    """Pods may ask for parts of vCPUs and of MiB."""
    assert cells(read({"hw:numa_nodes": "2"}, vcpus=3 + MILLI, memory_mb="1.5")) == [
        (2, 0, 1),
        (2, 0, 1),
    ]


def test_image_alone() -> None:
    """Typed properties ask as extra specs do."""
    request = read(hw_numa_nodes=2, hw_numa_cpus=[{0}, {1, 2, 3}], hw_numa_mem=[24, 1000])
    assert cells(request) == [(1, 0, 24), (3, 0, 1000)]


@pytest.mark.parametrize(
    ("extra_specs", "properties", "wrong"),
    [
        ({"hw:numa_nodes": "0"}, {}, "extra spec hw:numa_nodes: '0' is no number of cells"),
        ({"hw:numa_nodes": "two"}, {}, "'two' is no number of cells; accepted: 1 to 64"),
        ({"hw:numa_nodes": "-1"}, {}, "'-1' is no number of cells"),
        ({"hw:numa_nodes": "65"}, {}, "'65' is no number of cells"),
        ({"hw:numa_nodes": "02"}, {}, "'02' is no number of cells"),
        ({"hw:numa_nodes": "9" * 5000}, {}, "is no number of cells"),
        ({}, {"hw_numa_nodes": 0}, "image property hw_numa_nodes: '0' is no number of cells"),
        (
            {"hw:numa_nodes": "2"},
            {"hw_numa_nodes": 2},
            "extra spec hw:numa_nodes and image property hw_numa_nodes: they do not go together",
        ),
        ({"hw:numa_nodes": "3"}, {}, "hw:numa_nodes 3: 4 vCPUs and 1024 MiB cannot be shared"),
        (
            {"hw:numa_nodes": "1", "hw:pci_numa_affinity_policy": "near"},
            {},
            "extra spec hw:pci_numa_affinity_policy: 'near' is no policy",
        ),
        (
            {"hw:numa_nodes": "1", "hw:pci_numa_affinity_policy": "legacy"},
            {"hw_pci_numa_affinity_policy": "required"},
            "they do not go together; accepted: the same policy",
        ),
    ],
)
def test_what_cannot_be(
    extra_specs: dict[str, str], properties: dict[str, object], wrong: str
) -> None:
    """It is told what is wrong, and what would be right."""
    with pytest.raises(NUMAError) as caught:
        read(extra_specs, **properties)
    assert wrong in str(caught.value)
    assert "; accepted: " in str(caught.value)
    assert len(str(caught.value)) < 400


def test_kinds_are_bounded() -> None:
    """Six cells of different size may be asked for, the first one's emulator threads included."""

    def lists(number: int) -> dict[str, str]:
        return {
            "hw:numa_nodes": str(number),
            **{f"hw:numa_cpus.{n}": str(n) for n in range(number)},
            **{f"hw:numa_mem.{n}": str(n) for n in range(number)},
        }

    assert len(cells(read(lists(6), vcpus=6, memory_mb=15))) == 6
    with pytest.raises(NUMAError, match="7 cells of different size; accepted: at most 6"):
        read(lists(7), vcpus=7, memory_mb=21)
    many = {
        "hw:numa_nodes": "64",
        "hw:cpu_policy": "dedicated",
        "hw:emulator_threads_policy": "isolate",
    }
    assert len(cells(read(many, vcpus=64, memory_mb=64))) == 64


def spec_of(
    annotations: dict[str, Any], cpu: str = "4", memory: str = "1Gi", **flavors: Any
) -> RequestSpec:
    """The request of a pod with these annotations."""
    given = {name: json.dumps(value) for name, value in annotations.items()}
    made = pod(
        {"containers": [container(requests={"cpu": cpu, "memory": memory})]}, annotations=given
    )
    return request_spec(made, TranslateOptions(), Known(**flavors))


def test_pods() -> None:
    """Extra specs and image properties come from the pod's annotations."""
    asked = spec_of(
        {
            "extra_specs": {"hw:numa_nodes": "2", "hw:mem_page_size": "any"},
            "image_properties": {
                "hw_mem_page_size": "2048",
                "hw_numa_cpus.0": "0",
                "hw_numa_cpus.1": "1-3",
                "hw_numa_mem.0": 24,
                "hw_numa_mem.1": "1000",
            },
        }
    )
    assert asked.refusal is None
    assert cells(asked.numa_topology) == [(1, 0, 24), (3, 0, 1000)]
    assert asked.numa_topology is not None
    assert asked.numa_topology.pagesize == 2048


def test_contradictions_refuse_the_pod() -> None:
    """Everywhere, and with the cause; Nova's API answers with an error."""
    asked = spec_of({"extra_specs": {"hw:numa_nodes": "3"}})
    assert asked.numa_topology is None
    assert asked.refusal is not None
    assert asked.refusal.reason.id == "invalid_annotation"
    assert asked.refusal.detail.startswith("hw:numa_nodes 3: 4 vCPUs and 1024 MiB cannot be shared")


def test_pods_that_ask_for_nothing() -> None:
    """No annotation, no cells."""
    assert spec_of({}).numa_topology is None
