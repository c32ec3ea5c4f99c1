"""Where Nova's floats and the extender's exact fractions part: for the table of departures."""

from __future__ import annotations

import math
from fractions import Fraction

from tests.conformance.case import Case, aggregates, hosts, request

_RESOURCES = {"Core": "cpu", "Ram": "ram", "Disk": "disk"}
_OPTION_KEYS = {
    "ServerGroupSoftAffinityWeigher": "soft_affinity",
    "ServerGroupSoftAntiAffinityWeigher": "soft_anti_affinity",
    "BuildFailureWeigher": "build_failure",
    "CrossCellWeigher": "cross_cell_move",
    "HypervisorVersionWeigher": "hypervisor_version",
    "NumInstancesWeigher": "num_instances",
    "ImagePropertiesWeigher": "image_props",
    "IoOpsWeigher": "io_ops",
}


def multiplier_key(weigher: str) -> str:
    """The key of aggregate metadata that a weigher's multiplier is read from."""
    word = _OPTION_KEYS.get(weigher, weigher.removesuffix("Weigher").lower())
    return f"{word}_weight_multiplier"


def resource_of(name: str) -> str | None:
    """The resource that a filter of capacity checks."""
    return _RESOURCES.get(name.removeprefix("Aggregate").removesuffix("Filter"))


def texts(case: Case, host: str, key: str) -> list[str]:
    """What a host's aggregates have under a key."""
    return [
        aggregate["metadata"][key]
        for aggregate in aggregates(case)
        if host in aggregate["hosts"] and key in aggregate["metadata"]
    ]


def _floats(found: list[str]) -> list[float] | None:
    try:
        return [float(text) for text in found]
    except ValueError:
        return None


def has_odd_ratio(case: Case, name: str, host: int) -> bool:
    """Whether a host's aggregates give the filter a ratio that is not finite, or below 0."""
    resource = resource_of(name)
    if resource is None or not name.startswith("Aggregate"):
        return False
    found = _floats(texts(case, hosts(case)[host]["host"], f"{resource}_allocation_ratio"))
    return any(not math.isfinite(ratio) or ratio < 0 for ratio in found or ())


def has_odd_multiplier(case: Case, weigher: str) -> bool:
    """Whether an aggregate of a host gives the weigher a multiplier that is not finite."""
    key = multiplier_key(weigher)
    for host in hosts(case):
        found = _floats(texts(case, host["host"], key))
        if any(not math.isfinite(number) for number in found or ()):
            return True
    return False


def rounds_otherwise(case: Case, name: str, host: int) -> bool:
    """Whether floats and fractions give another verdict, or another limit, on this very host."""
    resource = resource_of(name)
    if resource is None:
        return False
    one = hosts(case)[host]
    ratio = one[f"{resource}_allocation_ratio"]
    if name.startswith("Aggregate"):
        found = texts(case, one["host"], f"{resource}_allocation_ratio")
        numbers = _floats(found)
        if numbers and all(math.isfinite(number) for number in numbers):
            ratio = min(found, key=float)
    total, used, need, unit = _amounts(case, one, resource)
    limit, exact = total * float(ratio), total * Fraction(ratio.strip().replace("_", ""))
    rounded = (limit - used >= need, int(limit / unit))
    return rounded != (exact - used >= need, int(exact / unit))


def rounds_weights(case: Case, nova: list[float], ours: list[float]) -> bool:
    """Whether free vCPUs differ just as floats and fractions do."""
    rounded, exact = [], []
    for one in hosts(case):
        total, used, ratio = one["vcpus_total"], one["vcpus_used"], one["cpu_allocation_ratio"]
        rounded.append(total * float(ratio) - used)
        exact.append(float(total * Fraction(ratio) - used))
    return rounded == nova and exact == ours and rounded != exact


def devices_abound(case: Case, host: int) -> bool:
    """Whether a host has devices enough for each request, even if no two share a pool."""
    pools = hosts(case)[host]["pci_pools"]
    asked = request(case)["pci_requests"]
    needed = sum(one["count"] for one in asked)
    return all(
        any(pool["count"] >= needed and _serves(pool, spec) for pool in pools)
        for one in asked
        for spec in one["spec"]
    )


def _serves(pool: Case, spec: Case) -> bool:
    known = {"resource": pool["resource"], **pool.get("attributes", {})}
    return all(known.get(name) == value for name, value in spec.items())


def _amounts(case: Case, host: Case, resource: str) -> tuple[int, int, int, int]:
    """Total, use and request of a resource as Nova's filter has them, and the limit's unit."""
    flavor = request(case)["flavor"]
    if resource == "cpu":
        return host["vcpus_total"], host["vcpus_used"], flavor["vcpus"], 1
    if resource == "ram":
        total = host["total_usable_ram_mb"]
        return total, total - host["free_ram_mb"], flavor["memory_mb"], 1
    total = host["total_usable_disk_gb"] * 1024
    need = 1024 * (flavor["root_gb"] + flavor["ephemeral_gb"]) + flavor["swap"]
    return total, total - host["free_disk_mb"], need, 1024
