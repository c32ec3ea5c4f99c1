"""What every case has: a few hosts in use, some aggregates, a modest request."""

from __future__ import annotations

from random import Random

from tests.conformance.case import Case
from tests.conformance.generate import values


def base(rng: Random) -> Case:
    """Hosts, aggregates and a request that most hosts could take."""
    names = rng.sample(values.HOSTS, rng.choice((1, 2, 3, 3, 4, 5)))
    uuids = list(values.UUIDS)
    rng.shuffle(uuids)
    hosts = [_host(rng, name, uuids) for name in names]
    return {
        "hosts": hosts,
        "aggregates": [_aggregate(rng, names) for _ in range(rng.choice((0, 1, 2, 3)))],
        "request": _request(rng),
    }


def _host(rng: Random, name: str, uuids: list[str]) -> Case:
    total, ram, disk = rng.choice((0, 1, 4, 8, 64)), rng.choice((0, 512, 4096, 65536)), 100
    free_ram = rng.choice((ram, ram // 2, 0, -512, rng.randint(-1024, max(1, ram))))
    free_disk = rng.choice((disk * 1024, disk * 512, 0, -2048, rng.randint(-1024, disk * 1024)))
    host: Case = {
        "host": name,
        "vcpus_total": total,
        "vcpus_used": rng.choice((0, total // 2, total, total + 2)),
        "total_usable_ram_mb": ram,
        "free_ram_mb": free_ram,
        "total_usable_disk_gb": disk,
        "free_disk_mb": free_disk,
    }
    for resource in ("cpu", "ram", "disk"):
        if rng.randrange(3):
            host[f"{resource}_allocation_ratio"] = rng.choice(values.GOOD_RATIOS)
    if rng.randrange(2):
        taken = [uuids.pop() for _ in range(min(len(uuids), rng.choice((0, 1, 1, 2))))]
        host["instances"] = [
            {
                "uuid": uuid,
                "project": rng.choice(values.PROJECTS),
                "flavor": rng.choice(values.FLAVORS),
            }
            for uuid in taken
        ]
    if values.chance(rng, 3):
        host["num_io_ops"] = rng.choice((0, 1, 7, 8, 9))
        host["fillers"] = rng.choice((0, 1, 3))
        host["failed_builds"] = rng.choice((0, 0, 1, 3))
    if values.chance(rng, 4):
        host["cell_uuid"] = rng.choice(values.CELLS)
    return host


def _aggregate(rng: Random, names: list[str]) -> Case:
    return {"hosts": sorted(rng.sample(names, rng.randint(0, len(names)))), "metadata": {}}


def _request(rng: Random) -> Case:
    flavor = {
        "name": rng.choice(values.FLAVORS),
        "vcpus": rng.choice((1, 1, 2, 4)),
        "memory_mb": rng.choice((64, 512, 4096)),
        "root_gb": rng.choice((0, 1, 20)),
    }
    if values.chance(rng, 3):
        flavor["ephemeral_gb"] = rng.choice((0, 1, 10))
        flavor["swap"] = rng.choice((0, 1, 512, 1024))
    return {"project": rng.choice(values.PROJECTS), "flavor": flavor}


def flavor(case: Case) -> Case:
    """The request's flavor, to write to."""
    found: Case = case["request"].setdefault("flavor", {})
    return found


def metadata(rng: Random, case: Case, key: str, texts: list[str]) -> None:
    """Put texts under a key of some aggregates, one each; make aggregates where there are none."""
    names = [host["host"] for host in case["hosts"]]
    while len(case["aggregates"]) < len(texts):
        case["aggregates"].append(_aggregate(rng, names))
    for aggregate, text in zip(rng.sample(case["aggregates"], len(texts)), texts, strict=True):
        aggregate["metadata"][key] = text


def option(case: Case, name: str, value: object) -> None:
    """Set an option."""
    case.setdefault("options", {})[name] = value
