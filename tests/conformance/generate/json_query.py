"""Queries of JsonFilter: its grammar, and every way to get it wrong."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.conformance.case import Case
from tests.conformance.generate import values

COMPARE = ("=", "<", ">", "<=", ">=", "in")
VARIABLES = (
    "$free_ram_mb",
    "$free_disk_mb",
    "$total_usable_ram_mb",
    "$vcpus_total",
    "$vcpus_used",
    "$num_io_ops",
    "$num_instances",
    "$total_usable_disk_gb",
    "$failed_builds",
    "$service.disabled",
    "$hypervisor_version",
    "$host",
    "$nodename",
    "$hypervisor_type",
    "$hypervisor_hostname",
    "$host_ip",
    "$service.forced_down",
    "$stats.rack",
    "$stats.deep",
    "$stats.num_instances",
)
NUMERIC = 11
"""So many of the variables are numbers."""
MISSING = ("$nothing", "$stats.nothing", "$limits.vcpu", "$", "$stats", "$numa_topology", "$.")
BROKEN = ("$free_ram_mb.x", "$host.x", "$vcpus_total.x.y", "$stats.rack.x")
LITERALS: tuple[Any, ...] = (0, 1, 4, 512, 4096, 1.0, 0.5, -1, True, False, "x", "node-1", "", None)
LITERALS += ("QEMU", "10.0.0.1", "7", {}, {"a": 1}, "free_ram_mb", "größe", 65536)
NUMBERS = (0, 1, 4, 8, 512, 4096, 0.5, True, 65536, -512, 6000000, *VARIABLES[:NUMERIC])
TEXTS = ("node-1", "QEMU", "kvm", "10.0.0.1", "7", "a", "", "größe", *VARIABLES[NUMERIC:])
BAD_TEXTS: tuple[str, ...] = (
    "",
    " ",
    "[",
    "x",
    "'a'",
    '["=", 1',
    "NaN",
    "[1,]",
    "null",
    "0",
    "1",
    '""',
    "{}",
    "[]",
)
BAD_TEXTS += ('"="', '"<"', '"<ab"', '"=aa"', '"ab"', '{"=": [1, 1]}', "true", "false", "[[]]")
BAD_TEXTS += ('["unknown", 1, 1]', '["", 1]', '["$host", 1]', '[["="], 1, 1]', "[1, 2]", "[null]")
BAD_TEXTS += ('["in", "a", ["a", "b"]]', '["="]', '["not"]', '["and"]', '["or"]', '["=", 1]')


def query(rng: Random, case: Case) -> None:
    """A query as text; mostly sound, often with odd arguments, at times broken."""
    for host in case["hosts"]:
        host["stats"] = {"rack": rng.choice(("7", "a")), "deep": "1"} if rng.randrange(2) else {}
        host["hypervisor_type"] = rng.choice(("QEMU", "kvm"))
    if values.chance(rng, 6):
        text = rng.choice(BAD_TEXTS)
    else:
        text = json.dumps(_node(rng, 0), ensure_ascii=bool(rng.randrange(2)))
    if values.chance(rng, 12):
        case["request"]["hints"] = rng.choice(({}, {"query": [""]}, {"query": [text, text]}))
    else:
        case["request"]["hints"] = {"query": [text]}


def _node(rng: Random, depth: int) -> Any:
    kind = rng.randrange(10)
    if depth < 3 and kind < 4:
        arguments = [_argument(rng, depth) for _ in range(rng.choice((0, 1, 2, 2, 3)))]
        return [rng.choice(("and", "or", "not")), *arguments]
    if kind == 9 and values.chance(rng, 4):
        return rng.choice(([], {}, [rng.choice(("xor", "", "AND", "!"))], [1], ["$host", 1]))
    operator = rng.choice(COMPARE)
    first = rng.choice((*VARIABLES, *VARIABLES, *MISSING))
    fitting = NUMBERS if first in VARIABLES[:NUMERIC] else TEXTS
    others = [
        _literal(rng) if values.chance(rng, 6) else rng.choice(fitting)
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))
    ]
    both = [first, *others]
    if values.chance(rng, 5):
        rng.shuffle(both)
    return [operator, *both]


def _argument(rng: Random, depth: int) -> Any:
    if values.chance(rng, 6):
        return _literal(rng)
    if values.chance(rng, 8):
        # A nested "not" is a list, and so is true whatever it negates.
        return ["not", _node(rng, depth + 1)]
    return _node(rng, depth + 1)


def _literal(rng: Random) -> Any:
    if values.chance(rng, 40):
        return rng.choice(BROKEN)
    if values.chance(rng, 6):
        return rng.choice((*VARIABLES, *MISSING))
    if values.chance(rng, 30):
        return rng.choice(([], [[]], ["not"], ["a", "b"]))
    return rng.choice(LITERALS)
