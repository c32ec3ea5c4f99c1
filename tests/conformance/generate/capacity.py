"""Core, Ram, Disk: boundaries by one, negative free amounts, totals of 0, requests of 0."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.conformance.case import FLAVOR, HOST, Case
from tests.conformance.generate import values
from tests.conformance.generate.base import flavor, metadata

Strategy = Callable[[Random, Case], None]


def cores(rng: Random, case: Case) -> None:
    """Requests about what the hosts have left, and about their totals."""
    asked = flavor(case)
    asked["vcpus"] = rng.choice((0, 1, 1, 2, 3, 4, 8, 9))
    for host in case["hosts"]:
        total = host["vcpus_total"] = rng.choice((0, 1, 2, 3, 4, 7, 8, 10, 30, 100))
        ratio = host["cpu_allocation_ratio"] = _ratio(rng)
        left = asked["vcpus"] + rng.choice((-1, 0, 0, 1, 5))
        host["vcpus_used"] = max(0, int(total * float(ratio)) - left)


def ram(rng: Random, case: Case) -> None:
    """The same for memory; free memory may be negative."""
    asked = flavor(case)
    asked["memory_mb"] = rng.choice((0, 1, 512, 1024, 2048, 4096))
    for host in case["hosts"]:
        total = host["total_usable_ram_mb"] = rng.choice((0, 1, 512, 1000, 2048, 4096, 8192))
        ratio = host["ram_allocation_ratio"] = _ratio(rng)
        usable = asked["memory_mb"] + rng.choice((-1, 0, 0, 1, 100))
        host["free_ram_mb"] = usable - int(total * float(ratio)) + total


def disk(rng: Random, case: Case) -> None:
    """The same for root, ephemeral and swap together."""
    asked = flavor(case)
    asked["root_gb"] = rng.choice((0, 0, 1, 2, 20))
    asked["ephemeral_gb"] = rng.choice((0, 0, 1, 3))
    asked["swap"] = rng.choice((0, 0, 1, 512, 1024))
    need = 1024 * (asked["root_gb"] + asked["ephemeral_gb"]) + asked["swap"]
    for host in case["hosts"]:
        total = host["total_usable_disk_gb"] = rng.choice((0, 1, 2, 4, 20, 21, 100))
        ratio = host["disk_allocation_ratio"] = _ratio(rng)
        usable = need + rng.choice((-1, 0, 0, 1, 1024))
        host["free_disk_mb"] = usable - int(total * 1024 * float(ratio)) + total * 1024


def _ratio(rng: Random) -> str:
    return rng.choice(values.INEXACT_RATIOS if values.chance(rng, 12) else values.GOOD_RATIOS)


def from_aggregates(strategy: Strategy, key: str) -> Strategy:
    """Ratios in aggregates too: one or several, one bad among good ones, odd ones."""

    def both(rng: Random, case: Case) -> None:
        strategy(rng, case)
        texts = []
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            pool = values.ODD_RATIO_TEXTS if values.chance(rng, 12) else values.RATIO_TEXTS
            texts.append(values.one_bad(rng, pool, values.NO_NUMBERS))
        metadata(rng, case, key, texts)

    return both


def exact_cores(rng: Random, case: Case) -> None:
    """What is left is what is asked for, or nearly."""
    asked = flavor(case)
    asked["vcpus"] = rng.choice((0, 1, 2, 4))
    for host in case["hosts"]:
        total = host["vcpus_total"] = rng.choice((0, 1, 2, 4, 8))
        host["vcpus_used"] = max(0, total - asked["vcpus"] + rng.choice((-1, 0, 0, 0, 1)))


def exact_ram(rng: Random, case: Case) -> None:
    """What is left is what is asked for, or nearly."""
    asked: int = {**FLAVOR, **flavor(case)}["memory_mb"]
    if values.chance(rng, 4):
        flavor(case)["memory_mb"] = asked = 0
    for host in case["hosts"]:
        host["free_ram_mb"] = asked + rng.choice((-1, 0, 0, 0, 1, -asked, -2 * asked))


def exact_disk(rng: Random, case: Case) -> None:
    """What is left is what is asked for, or nearly; swap counts."""
    asked = {**FLAVOR, **flavor(case)}
    flavor(case)["swap"] = asked["swap"] = rng.choice((0, 1, 512))
    need = 1024 * (asked["root_gb"] + asked["ephemeral_gb"]) + asked["swap"]
    for host in case["hosts"]:
        host.setdefault("total_usable_disk_gb", HOST["total_usable_disk_gb"])
        host["free_disk_mb"] = need + rng.choice((-1, 0, 0, 0, 1, -need, 512))
