"""NUMA cells of hosts and of requests, small enough to be nearly full."""

from __future__ import annotations

from random import Random

from tests.conformance.case import Case
from tests.conformance.generate import values
from tests.conformance.generate.base import flavor

SMALL, LARGE, HUGE = 4, 2048, 1048576


def cells(rng: Random, case: Case) -> None:
    """Hosts with one to three cells, with and without hyper-threads and pages."""
    for host in case["hosts"]:
        host["numa"] = None if values.chance(rng, 8) else _topology(rng)
        host["cpu_allocation_ratio"] = rng.choice(("1.0", "1.5", "2.0"))
        host["ram_allocation_ratio"] = rng.choice(("1.0", "1.5"))
    asked = flavor(case)
    asked["vcpus"] = rng.choice((1, 2, 2, 3, 4))
    asked["memory_mb"] = rng.choice((256, 512, 512, 1024))
    asked["extra_specs"] = _asked(rng, asked["vcpus"], asked["memory_mb"])
    case["request"]["numa"] = True
    if values.chance(rng, 3):
        _devices(rng, case)
    if values.chance(rng, 20):
        case["request"]["image"] = None
    elif values.chance(rng, 6):
        case["request"]["image"] = {"properties": {"hw_numa_nodes": 1}}
        asked["extra_specs"] = {}


def _devices(rng: Random, case: Case) -> None:
    """Devices at cells, and how near they must be."""
    for host in case["hosts"]:
        host["pci_pools"] = [
            {
                "resource": name,
                "count": 4,
                "attributes": {"numa_node": rng.choice((0, 0, 1, 2, None)), "vendor_id": "1"},
            }
            for name in ("a.b/c", "a.b/d")[: rng.choice((1, 2))]
        ]
        for pool in host["pci_pools"]:
            if pool["attributes"]["numa_node"] is None:
                del pool["attributes"]["numa_node"]
    case["request"]["pci_requests"] = [
        {"count": 1, "spec": [rng.choice(({"resource": "a.b/c"}, {"vendor_id": "1"}))]}
    ]
    specs = flavor(case)["extra_specs"]
    if rng.randrange(4):
        specs["hw:pci_numa_affinity_policy"] = rng.choice(
            ("required", "legacy", "preferred", "socket")
        )


def _topology(rng: Random) -> Case:
    count, threads = rng.choice((1, 2, 2, 3, 3, 4)), rng.choice((1, 2, 2))
    pages, dedicated = rng.choice((_pages, _small_pages, _small_pages, None)), rng.randrange(2)
    made, first = [], 0
    for number in range(count):
        size = rng.choice((2, 4, 4))
        cpus = list(range(first, first + size))
        first += size
        shared, pinnable = cpus, cpus
        if dedicated:
            cut = rng.choice((0, 2, size))
            shared, pinnable = cpus[:cut], cpus[cut:]
        memory = rng.choice((512, 1024, 2048))
        cell: Case = {
            "id": number,
            "socket": number // 2,
            "cpuset": shared,
            "pcpuset": pinnable,
            "memory": memory,
            "cpu_usage": rng.choice((0, 0, 1, size)),
            "memory_usage": rng.choice((0, 0, 256, memory)),
            "pinned_cpus": rng.sample(pinnable, rng.choice((0, 0, min(1, len(pinnable))))),
            "siblings": [cpus[i : i + threads] for i in range(0, size, threads)],
        }
        if values.chance(rng, 40):
            cell["siblings"] = []
        cell["mempages"] = [] if pages is None else pages(rng, memory)
        made.append(cell)
    return {"cells": made}


def _pages(rng: Random, memory: int) -> list[Case]:
    large = rng.choice((0, 64, memory // 4))
    small = (memory - 2 * large) * 1024 // SMALL
    return [
        {"size_kb": SMALL, "total": small, "used": rng.choice((0, small // 2, small))},
        {"size_kb": LARGE, "total": large, "used": rng.choice((0, large)), "reserved": 0},
    ]


def _small_pages(_rng: Random, memory: int) -> list[Case]:
    """Nothing but the smallest, none of them used: what most hosts report."""
    return [{"size_kb": SMALL, "total": memory * 1024 // SMALL}]


def _asked(rng: Random, vcpus: int, memory: int) -> Case:
    specs: dict[str, str] = {}
    nodes = rng.choice((1, 1, 2, 2, 3))
    if vcpus % nodes or memory % nodes:
        nodes = 1
    if rng.randrange(5):
        specs["hw:numa_nodes"] = str(nodes)
        if nodes == 2 and vcpus > 2 and rng.randrange(2):
            specs["hw:numa_cpus.0"] = "0"
            specs["hw:numa_cpus.1"] = ",".join(map(str, range(1, vcpus)))
            specs["hw:numa_mem.0"], specs["hw:numa_mem.1"] = "128", str(memory - 128)
    if rng.randrange(2):
        specs["hw:cpu_policy"] = rng.choice(("dedicated", "dedicated", "shared", "mixed"))
        if specs["hw:cpu_policy"] == "mixed":
            specs["hw:cpu_dedicated_mask"] = rng.choice(("0", "^0", "0-1", "1"))
        if specs["hw:cpu_policy"] != "shared" and values.chance(rng, 6):
            specs["hw:emulator_threads_policy"] = rng.choice(("isolate", "share"))
        if specs["hw:cpu_policy"] == "dedicated" and rng.randrange(2):
            specs["hw:cpu_thread_policy"] = rng.choice(("prefer", "require", "isolate"))
    if values.chance(rng, 3):
        specs["hw:mem_page_size"] = rng.choice(("small", "large", "any", "2048", "4", "1048576"))
    return specs
