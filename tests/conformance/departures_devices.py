"""Departures in cells, devices and images."""

from __future__ import annotations

from tests.conformance import recognising
from tests.conformance.departure import Departure, case, host

DEVICES: tuple[Departure, ...] = (
    Departure(
        "cells without image",
        "NUMATopologyFilter reads the image's properties, and fails the request of a volume, "
        "which has no image, whatever it asks for.",
        "No image has no properties.",
        "A pod always has an image, and mostly says nothing of it.",
        recognising.no_image,
        case(request={"image": None}),
    ),
    Departure(
        "order of pools",
        "Devices are taken first from the pools of which least is said.",
        "First from those whose resource comes first by name.",
        "Nova's order is a means against waste, and none that it promises.",
        recognising.pool_order,
        case(
            host(
                pci_pools=[
                    {"resource": "a", "count": 1, "attributes": {"vendor_id": "1", "x": "1"}},
                    {"resource": "b", "count": 1, "attributes": {"vendor_id": "1"}},
                ]
            ),
            request={
                "pci_requests": [
                    {"count": 1, "spec": [{"vendor_id": "1"}]},
                    {"count": 1, "spec": [{"x": "1"}]},
                ]
            },
        ),
    ),
    Departure(
        "devices of cells",
        "NUMATopologyFilter refuses a host that has not enough devices, too.",
        "It asks only where they are; PciPassthroughFilter counts them.",
        "One filter, one reason.",
        recognising.devices_in_cells,
        case(
            host(numa={"cells": [{"cpuset": [0, 1], "memory": 1024}]}),
            request={
                "flavor": {"extra_specs": {"hw:numa_nodes": "1"}},
                "numa": True,
                "pci_requests": [{"count": 1, "spec": [{"resource": "a"}]}],
            },
        ),
    ),
    Departure(
        "cells without cores",
        "Packing dedicated CPUs onto a cell that does not say which CPUs share a core raises.",
        "Each CPU is then a core of its own.",
        "Few agents report siblings.",
        recognising.no_cores,
        case(
            host(numa={"cells": [{"cpuset": [], "pcpuset": [0, 1], "memory": 1024}]}),
            request={
                "flavor": {"extra_specs": {"hw:cpu_policy": "dedicated"}},
                "numa": True,
            },
        ),
    ),
    Departure(
        "search for cells",
        "Fits already tried are remembered by the cells' ids, and a fit changes the request's "
        "ids: with more than two cells a fit may be missed, or one found that is none.",
        "All ways are tried.",
        "The answer should not hang on how cells are numbered.",
        recognising.search,
        case(
            host(
                numa={
                    "cells": [
                        {"id": 0, "cpuset": [9], "memory": 1},
                        {"id": 1, "cpuset": [0, 1, 2], "memory": 512},
                        {"id": 2, "cpuset": [3], "memory": 128},
                    ]
                }
            ),
            request={
                "flavor": {
                    "vcpus": 4,
                    "extra_specs": {
                        "hw:numa_nodes": "2",
                        "hw:numa_cpus.0": "0",
                        "hw:numa_cpus.1": "1,2,3",
                        "hw:numa_mem.0": "128",
                        "hw:numa_mem.1": "384",
                    },
                },
                "numa": True,
            },
        ),
    ),
    Departure(
        "page size sticks",
        "Where pages are asked for by a word, the size found on the first cell tried is asked of "
        "the next ones, even if the first did not fit otherwise.",
        "Each cell is tried with the word.",
        "The answer should not hang on how cells are numbered.",
        recognising.page_size,
        case(
            host(
                "a",
                numa={
                    "cells": [
                        {
                            "id": 0,
                            "memory": 512,
                            "mempages": [{"size_kb": 4, "total": 131072}],
                        },
                        {
                            "id": 1,
                            "cpuset": [0, 1],
                            "cpu_usage": 1,
                            "memory": 512,
                            "mempages": [{"size_kb": 2048, "total": 256}],
                        },
                    ]
                },
            ),
            request={"flavor": {"extra_specs": {"hw:mem_page_size": "any"}}, "numa": True},
        ),
    ),
    Departure(
        "fit is handed on",
        "The next instance of a request asks for the cells and page sizes that the one before it "
        "was given, and the search goes by their ids.",
        "Each instance asks for what the request asks for.",
        "Instances of a request are alike.",
        recognising.handed_on,
        case(
            host(
                "a",
                numa={
                    "cells": [
                        {
                            "cpuset": [0, 1, 2, 3],
                            "memory": 1024,
                            "mempages": [
                                {"size_kb": 4, "total": 131072},
                                {"size_kb": 2048, "total": 256},
                            ],
                        }
                    ]
                },
            ),
            request={"flavor": {"extra_specs": {"hw:mem_page_size": "any"}}, "numa": True},
            filters=["NUMATopologyFilter"],
            schedule={"instances": 2},
        ),
    ),
    Departure(
        "cells without pages",
        "An instance placed on a cell that does not say what its pages are is not taken off it: "
        "consuming raises, silently.",
        "It is taken off.",
        "Few agents report pages; the next instance must not get the same CPUs.",
        recognising.no_pages,
        case(
            host("a", numa={"cells": [{"cpuset": [0, 1], "memory": 512}]}),
            request={"flavor": {"extra_specs": {"hw:numa_nodes": "1"}}, "numa": True},
            filters=["NUMATopologyFilter"],
            schedule={"instances": 2},
        ),
    ),
    Departure(
        "newer names",
        "Architectures and hypervisor types are those that Nova knows: no arm64, riscv64, "
        "containerd, cri-o.",
        "These are known too; arm64 is aarch64.",
        "Nodes have them.",
        recognising.newer_names,
        case(request={"image": {"properties": {"hw_architecture": "riscv64"}}}),
    ),
    Departure(
        "address bits",
        "`hw_maxphysaddr_bits` of an image is compared with cpu_info as if that were an object; it "
        "is text, and the request fails.",
        "It is compared with `cpu_info.maxphysaddr.bits`; where the host does not tell, it holds.",
        "As the property is documented.",
        recognising.address_bits,
        case(
            host(supported_instances=[["x86_64", "kvm", "hvm"]]),
            request={
                "image": {"properties": {"hw_architecture": "x86_64", "hw_maxphysaddr_bits": 40}}
            },
        ),
    ),
)
