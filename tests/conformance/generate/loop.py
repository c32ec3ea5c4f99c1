"""The sequence of filters, the total of weighers, and the scheduling loop."""

from __future__ import annotations

from random import Random

from tests.conformance.case import Case
from tests.conformance.generate import values

IN_THE_LOOP = (
    "RetryFilter",
    "AvailabilityZoneFilter",
    "AggregateTypeAffinityFilter",
    "CoreFilter",
    "RamFilter",
    "DiskFilter",
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "AggregateInstanceExtraSpecsFilter",
    "AggregateMultiTenancyIsolation",
    "AggregateImagePropertiesIsolation",
    "AggregateIoOpsFilter",
    "AggregateNumInstancesFilter",
    "AllHostsFilter",
    "DifferentHostFilter",
    "IoOpsFilter",
    "IsolatedHostsFilter",
    "JsonFilter",
    "MetricsFilter",
    "NUMATopologyFilter",
    "NumInstancesFilter",
    "PciPassthroughFilter",
    "SameHostFilter",
    "SimpleCIDRAffinityFilter",
)
WEIGHERS = (
    "RAMWeigher",
    "CPUWeigher",
    "DiskWeigher",
    "IoOpsWeigher",
    "MetricsWeigher",
    "PCIWeigher",
    "ServerGroupSoftAffinityWeigher",
    "ServerGroupSoftAntiAffinityWeigher",
    "BuildFailureWeigher",
    "CrossCellWeigher",
    "HypervisorVersionWeigher",
    "NumInstancesWeigher",
    "ImagePropertiesWeigher",
)


def enable(rng: Random, case: Case, filters: list[str], weighers: list[str]) -> None:
    """Enable what the case is about, and some others, in any order."""
    chosen = {*filters, *values.some(rng, IN_THE_LOOP, 0, 4)} & set(IN_THE_LOOP)
    case["filters"] = rng.sample(sorted(chosen), len(chosen))
    if case["filters"] and values.chance(rng, 20):
        case["filters"].append(case["filters"][0])
    heavy = {"BuildFailureWeigher", "CrossCellWeigher"}
    others = set(values.some(rng, WEIGHERS, 0, 4))
    if rng.randrange(3):
        others -= heavy
    kept = {*weighers, *others}
    case["weighers"] = rng.sample(sorted(kept), len(kept))


def schedule(rng: Random, case: Case) -> None:
    """Several instances, alternates, claims that Placement refuses; ample hosts mostly."""
    count = rng.choice((1, 1, 2, 2, 3, 4))
    for host in case["hosts"]:
        if rng.randrange(2):
            host["vcpus_total"], host["vcpus_used"] = 8, rng.choice((0, 4, 6))
            host["total_usable_ram_mb"], host["free_ram_mb"] = 8192, rng.choice((8192, 2048, 4096))
            host["total_usable_disk_gb"], host["free_disk_mb"] = 100, rng.choice((102400, 40960))
    here = [host["host"] for host in case["hosts"]]
    refuse = [[rng.randrange(count), rng.choice(here)] for _ in range(rng.choice((0, 0, 1, 2, 4)))]
    case["schedule"] = {
        "instances": count,
        "alternates": bool(rng.randrange(2)),
        "refuse": refuse,
    }
    options = case.setdefault("options", {})
    if values.chance(rng, 3):
        options["max_attempts"] = rng.choice((1, 2, 5))
    if values.chance(rng, 4):
        options["host_subset_size"] = rng.choice((2, 3, 10))
    if values.chance(rng, 6):
        options["shuffle_best_same_weighed_hosts"] = True
