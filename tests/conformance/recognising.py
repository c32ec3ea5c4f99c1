"""Which difference is which departure: narrow tests on the case and on both answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance import arithmetic
from tests.conformance.case import (
    Case,
    aggregates,
    hosts,
    instances,
    options,
    request,
)
from tests.conformance.compare import (
    FILTER,
    REQUEST,
    SCHEDULE,
    SEQUENCE,
    TOTAL,
    WEIGHER,
    Difference,
)


def _aborts(answer: Any) -> bool:
    return isinstance(answer, str) and answer.startswith("error: ")


def _several(case: Case) -> bool:
    """Whether the loop is to place more than one instance."""
    asked = case.get("schedule")
    return asked is not None and asked.get("instances", 1) > 1


_UNREADABLE = {
    "AggregateInstanceExtraSpecsFilter": ("invalid_extra_spec",),
    "ComputeCapabilitiesFilter": ("invalid_extra_spec",),
    "JsonFilter": ("invalid_query",),
    "SimpleCIDRAffinityFilter": ("invalid_hint", "host_ip_unknown"),
}
"""The reasons that stand for Nova's exceptions, by filter."""


def abort(_case: Case, found: Difference) -> bool:
    """Nova raised where we refuse with a reason that says so."""
    return (
        found.kind == FILTER
        and _aborts(found.nova[0])
        and found.ours[0] is False
        and found.ours[1] in _UNREADABLE.get(found.name, ())
    )


def abort_beside_match(case: Case, found: Difference) -> bool:
    """Nova raised over one of several values of a key."""
    if found.kind != FILTER or found.name != "AggregateInstanceExtraSpecsFilter":
        return False
    specs = request(case)["flavor"]["extra_specs"]
    several = _several_values(case, found.host, specs)
    return _aborts(found.nova[0]) and several


def _several_values(case: Case, host: int, specs: Case) -> bool:
    """Whether a key of the specs has more than one value among the host's aggregates."""
    name = hosts(case)[host]["host"]
    for spec in specs:
        key = spec.removeprefix("aggregate_instance_extra_specs:")
        texts = [
            a["metadata"][key]
            for a in aggregates(case)
            if name in a["hosts"] and key in a["metadata"]
        ]
        if len({item.strip() for text in texts for item in text.split(",")}) > 1:
            return True
    return False


def request_0(case: Case, found: Difference) -> bool:
    """Nothing is asked for, and Nova refuses."""
    asked = request(case)["flavor"]
    disk = 1024 * (asked["root_gb"] + asked["ephemeral_gb"]) + asked["swap"]
    need = {"Core": asked["vcpus"], "Ram": asked["memory_mb"], "Disk": disk}
    resource = found.name.removeprefix("Aggregate").removesuffix("Filter")
    if found.kind != FILTER or need.get(resource) != 0:
        return False
    return found.nova[0] is False and found.ours[0] is True


def exact(case: Case, found: Difference) -> bool:
    """Floats and fractions give different answers here."""
    if found.kind == WEIGHER and found.name == "CPUWeigher" and not _aborts(found.nova):
        return arithmetic.rounds_weights(case, found.nova["raw"], found.ours["raw"])
    return found.kind == FILTER and arithmetic.rounds_otherwise(case, found.name, found.host)


def odd_ratio(case: Case, found: Difference) -> bool:
    """An aggregate's ratio is not finite, or below 0."""
    return found.kind == FILTER and arithmetic.has_odd_ratio(case, found.name, found.host)


def odd_multiplier(case: Case, found: Difference) -> bool:
    """An aggregate's multiplier is not finite."""
    return found.kind == WEIGHER and arithmetic.has_odd_multiplier(case, found.name)


def metric_missing(_case: Case, found: Difference) -> bool:
    """Nova raised over a metric that a host lacks."""
    if found.name == "MetricsWeigher" or found.kind in (TOTAL, SCHEDULE):
        return _aborts(found.nova) and "ComputeHostMetricNotFound" in found.nova
    return False


def stale_trust(case: Case, found: Difference) -> bool:
    """The attestation is older than the time-out."""
    if found.kind != FILTER or found.name != "TrustedFilter":
        return False
    return bool(hosts(case)[found.host]["trust_age"] > options(case)["attestation_auth_timeout"])


def no_flavor(case: Case, found: Difference) -> bool:
    """An instance on the host has no flavor, and Nova refuses."""
    if found.kind != FILTER or found.name != "TypeAffinityFilter":
        return False
    named = [request(case)["flavor"]["name"]]
    named += [i["flavor"] for i in instances(hosts(case)[found.host])]
    nameless = "" in named
    return nameless and found.nova[0] is False and found.ours[0] is True


def _zones(case: Case, host: str) -> set[str] | None:
    """The zones that a host's aggregates name, blank ones too; ``None`` where none names any."""
    texts = arithmetic.texts(case, host, "availability_zone")
    return {item.strip() for text in texts for item in text.split(",")} if texts else None


def blank_zone(case: Case, found: Difference) -> bool:
    """The host's aggregates name a zone of no name, and no other."""
    if found.kind == FILTER and found.name == "AvailabilityZoneFilter":
        return _zones(case, hosts(case)[found.host]["host"]) == {""}
    return _zones_alone(case, found, lambda zones: zones == {""})


def several_zones(case: Case, found: Difference) -> bool:
    """Only the zone differs, of hosts that are in several."""
    return _zones_alone(case, found, lambda zones: len(zones or ()) > 1)


def _zones_alone(case: Case, found: Difference, expected: Callable[[Any], bool]) -> bool:
    """Whether choices differ in nothing but the zones of hosts whose zones are as expected."""
    if found.kind != SCHEDULE or not all("chosen" in a for a in (found.nova, found.ours)):
        return False
    pairs = [
        (nova, ours)
        for one, other in zip(found.nova["chosen"], found.ours["chosen"], strict=True)
        for nova, ours in zip(one, other, strict=False)
    ]
    lengths = [[len(each) for each in answer["chosen"]] for answer in (found.nova, found.ours)]
    return lengths[0] == lengths[1] and all(
        nova[:2] == ours[:2] and (nova[2] == ours[2] or expected(_zones(case, nova[0])))
        for nova, ours in pairs
    )


def swap(case: Case, found: Difference) -> bool:
    """Disk matters, there is swap, and a further instance is placed."""
    uses = {"DiskFilter", "DiskWeigher"} & {*case.get("filters", []), *case.get("weighers", [])}
    several = _several(case) and bool(uses)
    return found.kind == SCHEDULE and several and request(case)["flavor"]["swap"] > 0


def no_image(case: Case, found: Difference) -> bool:
    """Nova raised for want of an image."""
    if found.kind != FILTER or found.name != "NUMATopologyFilter":
        return False
    return request(case)["image"] is None and _aborts(found.nova[0])


def pool_order(case: Case, found: Difference) -> bool:
    """Whether pools that a request may take from say more of themselves than others do."""
    if found.kind != FILTER or found.name != "PciPassthroughFilter":
        return False
    pools = hosts(case)[found.host]["pci_pools"]
    always = {"vendor_id", "product_id", "numa_node"}
    lengths = {len(pool.get("attributes", {}).keys() - always) for pool in pools}
    return len(lengths) > 1 and len(request(case)["pci_requests"]) > 1


def devices_in_cells(case: Case, found: Difference) -> bool:
    """Cells and devices are asked for, and the devices may be too few."""
    asked = request(case)
    if found.kind == SCHEDULE and _several(case) and "NUMATopologyFilter" in case["filters"]:
        return bool(asked["numa"] and asked["pci_requests"])
    if found.kind != FILTER or found.name != "NUMATopologyFilter":
        return False
    cells = asked["numa"] and hosts(case)[found.host]["numa"] is not None
    refused = found.nova[0] is False and found.ours[0] is True
    return bool(cells and refused and asked["pci_requests"]) and not arithmetic.devices_abound(
        case, found.host
    )


def no_cores(case: Case, found: Difference) -> bool:
    """Nova raised over a cell that does not say what its cores are."""
    if found.kind == FILTER and found.name == "NUMATopologyFilter":
        answer, judged = found.nova[0], [hosts(case)[found.host]]
    elif found.kind == SCHEDULE:
        answer, judged = found.nova, hosts(case)
    else:
        return False
    cells = [cell for host in judged for cell in (host["numa"] or {}).get("cells", [])]
    silent = any(not cell.get("siblings") for cell in cells)
    return silent and _aborts(answer) and "empty sequence" in answer


def search(case: Case, found: Difference) -> bool:
    """Two or more cells are asked of a host that has three or more."""
    if found.kind != FILTER or found.name != "NUMATopologyFilter" or _aborts(found.nova[0]):
        return False
    cells = (hosts(case)[found.host]["numa"] or {}).get("cells", [])
    nodes = int(request(case)["flavor"]["extra_specs"].get("hw:numa_nodes", 1))
    return len(cells) > 2 and nodes > 1


def newer_names(case: Case, found: Difference) -> bool:
    """Nova's objects refuse a name that did not exist when its lists were made."""
    image = request(case)["image"] or {}
    named = {image.get("properties", {}).get(n) for n in ("hw_architecture", "img_hv_type")}
    newer = named & {"arm64", "riscv64", "containerd", "cri-o"}
    return found.kind == REQUEST and found.ours == "taken" and bool(newer)


def address_bits(case: Case, found: Difference) -> bool:
    """Nova raised over the width of addresses."""
    if found.kind != FILTER or found.name != "ImagePropertiesFilter":
        return False
    image = request(case)["image"] or {}
    wanted = "hw_maxphysaddr_bits" in image.get("properties", {})
    return wanted and _aborts(found.nova[0])


def _page_word(case: Case) -> bool:
    """Whether pages are asked for by a word and not by their size."""
    asked = request(case)
    word = asked["flavor"]["extra_specs"].get("hw:mem_page_size")
    return bool(asked["numa"]) and word in ("small", "large", "any")


def page_size(case: Case, found: Difference) -> bool:
    """Pages are asked for by a word, and a host's cells have different ones."""
    if found.kind != FILTER or found.name != "NUMATopologyFilter" or _aborts(found.nova[0]):
        return False
    cells = [cell for host in hosts(case) for cell in (host["numa"] or {}).get("cells", [])]
    sizes = [page["size_kb"] for cell in cells for page in cell.get("mempages", [])]
    return _page_word(case) and len(cells) > 1 and len(set(sizes)) > 1


def handed_on(case: Case, found: Difference) -> bool:
    """Several cells, or pages by a word, are asked for, and a further instance is placed."""
    nodes = int(request(case)["flavor"]["extra_specs"].get("hw:numa_nodes", 1))
    cells = request(case)["numa"] and nodes > 1
    return found.kind == SCHEDULE and _several(case) and bool(cells or _page_word(case))


def no_pages(case: Case, found: Difference) -> bool:
    """A cell of a host does not say what its pages are, and a further instance is placed."""
    cells = [cell for host in hosts(case) for cell in (host["numa"] or {}).get("cells", [])]
    silent = request(case)["numa"] and any(not cell.get("mempages") for cell in cells)
    return found.kind == SCHEDULE and _several(case) and bool(silent)


def unplaced_image(case: Case, found: Difference) -> bool:
    """The images of instances placed before matter to a weigher."""
    enabled = "ImagePropertiesWeigher" in case.get("weighers", [])
    return found.kind == SCHEDULE and _several(case) and enabled


_COUNTERS = ("num_instances", "io_workload", "failed_builds", "num_proj_")


def counters(case: Case, found: Difference) -> bool:
    """The query names a counter of the host's stats."""
    queries = (request(case)["hints"] or {}).get("query", [])
    named = any(f"$stats.{name}" in text for text in queries for name in _COUNTERS)
    return found.kind == FILTER and found.name == "JsonFilter" and named


def nothing_to_judge(_case: Case, found: Difference) -> bool:
    """Both have no host left, and Nova alone ran a filter on none."""
    if found.kind != SEQUENCE or _aborts(found.nova) or _aborts(found.ours):
        return False
    nova, ours = found.nova, found.ours
    return bool(nova["left"] == ours["left"] == ours["steps"] == [] and nova["steps"][0][1] == 0)
