"""Filters that read aggregates: zones, flavors, tenants, extra specs, image properties, maxima."""

from __future__ import annotations

from random import Random

from tests.conformance.case import Case
from tests.conformance.generate import operators, values
from tests.conformance.generate.base import flavor, metadata, option

ZONES = ("nova", "zone-a", "zone-b", "Zone-a", "zone a", "зона")
OPT_KEYS = ("ssd", "opt1", "a:b", "größe", "Opt1", "")
IMAGE_KEYS = (
    ("hw_architecture", ("x86_64", "aarch64")),
    ("hw_disk_bus", ("virtio", "scsi", "ide")),
    ("hw_cpu_cores", (4, 8)),
    ("hw_boot_menu", (True, False)),
    ("os_type", ("linux", "windows")),
    ("os_distro", ("ubuntu", "größe")),
    ("hw_vif_multiqueue_enabled", (True, False)),
)


def zone(rng: Random, case: Case) -> None:
    """Zones in comma lists, in none, in the default; asked for in another case."""
    case["request"]["zone"] = rng.choice((*ZONES, "nova", None, ""))
    if values.chance(rng, 4):
        option(case, "default_availability_zone", rng.choice(("zone-a", "nova", "internal")))
    texts = [_list(rng, ZONES) for _ in range(rng.randrange(4))]
    metadata(rng, case, "availability_zone", texts)


def _list(rng: Random, pool: tuple[str, ...]) -> str:
    return values.listed(rng, values.some(rng, pool, 1, 3))


def flavors(rng: Random, case: Case) -> None:
    """Flavors' names in comma lists, with blanks, alike but for case."""
    flavor(case)["name"] = rng.choice(values.FLAVORS)
    texts = [_list(rng, values.FLAVORS) for _ in range(rng.randrange(4))]
    metadata(rng, case, "instance_type", texts)


def tenants(rng: Random, case: Case) -> None:
    """Projects under the key and under keys that begin like it."""
    case["request"]["project"] = rng.choice(values.PROJECTS)
    for key in rng.sample(("filter_tenant_id", "filter_tenant_id2", "filter_tenant_idx", "x"), 2):
        texts = [_list(rng, values.PROJECTS) for _ in range(rng.randrange(3))]
        metadata(rng, case, key, texts)


def extra_specs(rng: Random, case: Case) -> None:
    """Keys scoped, unscoped and scoped to another; values by the operator language."""
    specs: dict[str, str] = {}
    for key in rng.sample(OPT_KEYS, rng.randint(0, 3)):
        texts = [_words(rng) for _ in range(rng.choice((0, 1, 1, 2)))]
        metadata(rng, case, key, texts)
        has = rng.choice(texts) if texts else None
        scope = rng.choice(("aggregate_instance_extra_specs:", "", "", "capabilities:", "x:"))
        specs[scope + key] = operators.requirement(rng, has)
    flavor(case)["extra_specs"] = specs


def _words(rng: Random) -> str:
    pool = (*operators.WORDS, *operators.NUMBERS)
    return values.listed(rng, values.some(rng, pool, 1, 3))


def image_properties(rng: Random, case: Case) -> None:
    """Known and unknown properties, with and without a namespace."""
    properties = {}
    for key, choices in rng.sample(IMAGE_KEYS, rng.randint(0, 4)):
        properties[key] = rng.choice(choices)
        if values.chance(rng, 4):
            continue
        wanted = [str(rng.choice(choices)) for _ in range(rng.randint(1, 2))]
        metadata(rng, case, key, [values.listed(rng, wanted)])
    if values.chance(rng, 4):
        metadata(rng, case, rng.choice(("hw_disk_bus", "unknown_key", "os_type")), ["virtio"])
    case["request"]["image"] = None if values.chance(rng, 10) else {"properties": properties}
    if values.chance(rng, 4):
        option(case, "aggregate_image_properties_isolation_namespace", rng.choice(("hw", "os", "")))
        if rng.randrange(2):
            option(case, "aggregate_image_properties_isolation_separator", "_")


def io_ops(rng: Random, case: Case) -> None:
    """Counts about the maximum."""
    most = rng.choice((0, 1, 8))
    option(case, "max_io_ops_per_host", most)
    for host in case["hosts"]:
        host["num_io_ops"] = max(0, most + rng.choice((-1, 0, 1)))


def num_instances(rng: Random, case: Case) -> None:
    """Counts about the maximum."""
    most = rng.choice((1, 2, 5))
    option(case, "max_instances_per_host", most)
    for host in case["hosts"]:
        there = len(host.get("instances", []))
        host["fillers"] = max(0, most - there + rng.choice((-1, 0, 1)))


def maxima(key: str, count: str) -> object:
    """The same with maxima in aggregates, one bad among several good ones."""

    def strategy(rng: Random, case: Case) -> None:
        (io_ops if count == "num_io_ops" else num_instances)(rng, case)
        for host in case["hosts"]:
            if rng.randrange(2):
                host["num_io_ops" if count == "num_io_ops" else "fillers"] = rng.choice(
                    (0, 1, 2, 4, 5, 7, 8, 49)
                )
        texts = [
            values.one_bad(rng, values.INT_TEXTS, values.NO_INTS)
            for _ in range(rng.choice((0, 1, 1, 2, 3)))
        ]
        metadata(rng, case, key, texts)

    return strategy
