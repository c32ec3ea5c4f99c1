"""Where a request may go: hints, groups, retries, isolated hosts, the service, the pre-stage."""

from __future__ import annotations

from random import Random

from tests.conformance.case import Case
from tests.conformance.generate import values
from tests.conformance.generate.base import flavor, option

ADDRESSES = ("10.0.0.1", "10.0.0.200", "10.0.1.1", "192.168.1.124", "fd00::1", "fd00:0:1::5", None)
CIDRS = ("/24", "/16", "/0", "/32", "/255.255.0.0", "24", "", "/33", "/x", "/8", "/128", "/-1")
NEAR = ("10.0.0.3", "192.168.1.1", "fd00::9", "10.0", "x", "10.0.0.999", "", " 10.0.0.3", "::")
POLICIES = ("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity", "Affinity")
IMAGES = ("image-1", "image-2", "Image-1", "größe")
LEVELS = ("trusted", "untrusted", "unknown", "Trusted", "")


def names(case: Case) -> tuple[str, ...]:
    """The names of the case's hosts."""
    return tuple(host["host"] for host in case["hosts"])


def instances_somewhere(rng: Random, case: Case) -> None:
    """Instances on most hosts, each on one."""
    uuids = list(values.UUIDS)
    rng.shuffle(uuids)
    for host in case["hosts"]:
        host["instances"] = [
            {"uuid": uuids.pop(), "flavor": rng.choice(values.FLAVORS)}
            for _ in range(min(len(uuids), rng.randrange(4)))
        ]


def hinted(hint: str) -> object:
    """A hint that names instances: one, several, unknown ones, the same twice."""

    def strategy(rng: Random, case: Case) -> None:
        instances_somewhere(rng, case)
        pool = (*values.UUIDS, "unknown", "", "UID-1")
        named = values.some(rng, pool, 0, 3)
        if named and values.chance(rng, 5):
            named.append(named[0])
        case["request"]["hints"] = {hint: named}

    return strategy


def cidr(rng: Random, case: Case) -> None:
    """Networks with and without a slash, malformed ones, both versions of IP."""
    for host in case["hosts"]:
        host["host_ip"] = rng.choice(ADDRESSES)
    near = rng.choice(NEAR if values.chance(rng, 3) else NEAR[:3])
    hints = {"build_near_host_ip": [near]}
    if rng.randrange(3):
        hints["cidr"] = [rng.choice(CIDRS if rng.randrange(2) else CIDRS[:4])]
    if values.chance(rng, 15):
        hints["build_near_host_ip"].append("10.0.0.9")
    if values.chance(rng, 10):
        del hints["build_near_host_ip"]
    case["request"]["hints"] = hints


def group(policies: tuple[str, ...]) -> object:
    """A server group with members here and elsewhere, itself on a host at times."""

    def strategy(rng: Random, case: Case) -> None:
        instances_somewhere(rng, case)
        if values.chance(rng, 12):
            case["request"]["group"] = None
            return
        made: Case = {
            "policy": rng.choice(POLICIES if values.chance(rng, 5) else policies),
            "members": values.some(rng, values.UUIDS, 0, 5),
        }
        if values.chance(rng, 4):
            made["elsewhere"] = ["node-x"]
        if rng.randrange(2):
            made["max_server_per_host"] = rng.choice((1, 2, 3))
        case["request"]["group"] = made
        if rng.randrange(3) == 0:
            case["request"]["instance"] = rng.choice(values.UUIDS)

    return strategy


def retry(rng: Random, case: Case) -> None:
    """Pairs that were tried: the host's own, half of one, in another case."""
    here = names(case)
    pool = [[name, name] for name in here] + [[here[0], "x"], ["x", here[0]]]
    pool += [[here[0].upper(), here[0].upper()], ["gone", "gone"]]
    pairs = rng.sample(pool, rng.randint(0, 3))
    case["request"]["retry"] = None if values.chance(rng, 8) else {"hosts": pairs}


def isolated(rng: Random, case: Case) -> None:
    """Images and hosts that are isolated, or not, and restricted, or not."""
    option(case, "isolated_images", values.some(rng, IMAGES, 0, 2))
    option(case, "isolated_hosts", values.some(rng, (*names(case), "NODE-1"), 0, 2))
    option(case, "restrict_isolated_hosts_to_isolated_images", bool(rng.randrange(2)))
    image: Case | None = {"id": rng.choice(IMAGES)}
    if values.chance(rng, 5):
        image = rng.choice((None, {}))
    case["request"]["image"] = image


def service(rng: Random, case: Case) -> None:
    """Disabled, forced down, seen too long ago or in the future."""
    for host in case["hosts"]:
        host["disabled"] = values.chance(rng, 4)
        host["forced_down"] = values.chance(rng, 4)
        host["age"] = rng.choice((0, 5, 59, 60, 61, 3600, -5, -60, -61))


def one_flavor(rng: Random, case: Case) -> None:
    """Hosts with one flavor, with several, with none."""
    flavor(case)["name"] = mine = rng.choice(values.FLAVORS)
    instances_somewhere(rng, case)
    for host in case["hosts"]:
        for instance in host["instances"]:
            if rng.randrange(3):
                instance["flavor"] = mine
            elif values.chance(rng, 20):
                instance["flavor"] = ""


def trust(rng: Random, case: Case) -> None:
    """Levels that match, differ, or are old."""
    if rng.randrange(6):
        flavor(case)["extra_specs"] = {"trust:trusted_host": rng.choice(LEVELS)}
    option(case, "attestation_auth_timeout", 60)
    for host in case["hosts"]:
        host["trust_lvl"] = rng.choice((*LEVELS[:4], None))
        host["trust_age"] = 3600 if values.chance(rng, 25) else rng.choice((0, 1, 59))


def pre_stage(rng: Random, case: Case) -> None:
    """Ignored and forced hosts, destinations, rebuild checks."""
    here = names(case)
    pool = (*here, here[0].upper(), "gone")
    asked = case["request"]
    if rng.randrange(2):
        asked["ignore_hosts"] = values.some(rng, pool, 0, 2)
    if rng.randrange(2):
        asked["force_hosts"] = values.some(rng, pool, 0, 3)
    if values.chance(rng, 4):
        asked["force_nodes"] = values.some(rng, pool, 0, 3)
    if values.chance(rng, 3):
        asked["destination"] = _destination(rng, pool)
    if values.chance(rng, 3):
        asked.setdefault("hints", {})["_nova_check_type"] = rng.choice(
            (["rebuild"], ["rebuild"], ["x"], [], ["rebuild", "x"], [""])
        )


def _destination(rng: Random, pool: tuple[str, ...]) -> Case:
    if values.chance(rng, 4):
        return {"cell": rng.choice(values.CELLS), "allow_cross_cell_move": bool(rng.randrange(2))}
    host = rng.choice(pool)
    return {"host": host, "node": rng.choice((host, host, None, "x", ""))}


def all_hosts(rng: Random, case: Case) -> None:
    """Nothing refuses here."""
    del rng, case
