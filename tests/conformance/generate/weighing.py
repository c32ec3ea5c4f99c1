"""Weighers: equal weights, negative ones, multipliers in options and in aggregates."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.conformance.case import Case
from tests.conformance.generate import properties, values
from tests.conformance.generate.base import metadata, option
from tests.conformance.generate.placing import instances_somewhere

Strategy = Callable[[Random, Case], None]

MULTIPLIERS: tuple[float, ...] = (1.0, -1.0, 0.0, 2.5, 0.1, -1000.0, 1000000.0)
NOT_NEGATIVE: tuple[float, ...] = (1.0, 0.0, 2.5, 0.1, 1000000.0)
AT_LEAST_0 = ("pci", "soft_affinity", "soft_anti_affinity")
TEXTS: tuple[str, ...] = ("1.0", "2.5", "-1", "0", " 3 ", "1e2", "0.1", "500", "1000", "1_0")
NO_NUMBERS = ("", "x", "1,2", "1.0x")
ODD: tuple[str, ...] = ("inf", "nan", "-inf")
PROPERTIES = (("os_distro", "ubuntu"), ("os_type", "linux"), ("hw_cpu_cores", 4))


def with_multiplier(option_name: str, key: str, strategy: Strategy) -> Strategy:
    """The same under another multiplier, from the option or from aggregates."""

    def both(rng: Random, case: Case) -> None:
        strategy(rng, case)
        if rng.randrange(2):
            numbers = NOT_NEGATIVE if option_name.startswith(AT_LEAST_0) else MULTIPLIERS
            option(case, option_name, rng.choice(numbers))
        if rng.randrange(2):
            pool = ODD if values.chance(rng, 30) else TEXTS
            texts = [values.one_bad(rng, pool, NO_NUMBERS) for _ in range(rng.choice((1, 1, 2)))]
            metadata(rng, case, key, texts)

    return both


def set_each(key: str, choices: tuple[object, ...]) -> Strategy:
    """A field of each host, from few values, so that some are equal."""

    def strategy(rng: Random, case: Case) -> None:
        few = rng.sample(choices, min(len(choices), rng.choice((1, 2, 3))))
        for host in case["hosts"]:
            host[key] = rng.choice(few)

    return strategy


def cpu(rng: Random, case: Case) -> None:
    """Free vCPUs with ratios."""
    for host in case["hosts"]:
        host["vcpus_total"] = rng.choice((0, 4, 8, 64))
        host["vcpus_used"] = rng.choice((0, 4, 5, 100))
        host["cpu_allocation_ratio"] = rng.choice((*values.GOOD_RATIOS, "1.1"))


def metrics(rng: Random, case: Case) -> None:
    """Zero and negative ratios, a name set twice; metrics missing, required or not."""
    names = values.some(rng, properties.METRICS, 0, 3)
    setting = [[name, rng.choice((1.0, -2.0, 0.0, 0.5))] for name in names]
    if setting and values.chance(rng, 5):
        setting.append([setting[0][0], rng.choice((1.0, -1.0))])
    option(case, "metrics_weight_setting", setting)
    option(case, "metrics_required", values.chance(rng, 4))
    if values.chance(rng, 3):
        option(case, "metrics_weight_of_unavailable", rng.choice((-1.0, 0.0, 50.0)))
    properties.metric_values(rng, case, rng.choice((2, 4, 100)))


def soft_group(policy: str) -> Strategy:
    """Members on hosts, of this policy or of another."""

    def strategy(rng: Random, case: Case) -> None:
        instances_somewhere(rng, case)
        case["request"]["group"] = {
            "policy": rng.choice((policy, policy, policy, "soft-affinity", "anti-affinity")),
            "members": values.some(rng, values.UUIDS, 0, 6),
        }

    return strategy


def cells(rng: Random, case: Case) -> None:
    """A preferred cell, with and without leave to move."""
    for host in case["hosts"]:
        host["cell_uuid"] = rng.choice(values.CELLS)
    if values.chance(rng, 6):
        return
    case["request"]["destination"] = {
        "cell": rng.choice((*values.CELLS, "cell-9")),
        "allow_cross_cell_move": bool(rng.randrange(4)),
    }


def image_props(rng: Random, case: Case) -> None:
    """The same properties on several instances; settings for some of them."""
    instances_somewhere(rng, case)
    for host in case["hosts"]:
        for instance in host["instances"]:
            instance["image"] = dict(rng.sample(PROPERTIES, rng.randrange(3)))
            if values.chance(rng, 4):
                instance["image"]["os_distro"] = "größe"
    case["request"]["image"] = {"properties": dict(rng.sample(PROPERTIES, rng.randrange(4)))}
    if rng.randrange(2):
        names = [rng.choice(("os_distro", "os_type", "nothing")) for _ in range(2)]
        option(case, "image_props_weight_setting", [[n, rng.choice((2.0, -1.0))] for n in names])
    option(case, "image_props_weight_multiplier", rng.choice((1.0, 1.0, -1.0, 0.0)))


def pools(rng: Random, case: Case) -> None:
    """Devices, about a hundred at times."""
    properties.pools(rng, case)
    for host in case["hosts"]:
        for pool in host["pci_pools"]:
            if values.chance(rng, 5):
                pool["count"] = rng.choice((50, 98, 99, 100, 101, 5000))
