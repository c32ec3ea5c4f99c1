"""What is on every node, counted anew from the API in the plainest way.

Shares no code with the extender, so that a mistake there is not made here too.
"""

from __future__ import annotations

import json
import math
import re
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.e2e.api import Api
from tests.e2e.waiting import wait_until

Json = Mapping[str, Any]

SUFFIXES = {
    **{s: Fraction(1000) ** power for power, s in enumerate(("n", "u", "m", "", "k"), start=-3)},
    **{s: Fraction(1000) ** power for power, s in enumerate(("M", "G", "T", "P", "E"), start=2)},
    **{s: Fraction(1024) ** power for power, s in enumerate(("Ki", "Mi", "Gi", "Ti"), start=1)},
    **{s: Fraction(1024) ** power for power, s in enumerate(("Pi", "Ei"), start=5)},
}
NAMES = ("cpu", "memory", "ephemeral-storage")
POD_LEVEL = ("cpu", "memory")
Amounts = dict[str, Fraction]


@dataclass(frozen=True)
class Usage:
    """What the pods of a node take, in the units of `/debug/hosts`."""

    vcpus_used_milli: int
    memory_used_bytes: int
    disk_used_bytes: int
    instances: frozenset[str]

    @property
    def num_instances(self) -> int:
        """How many pods there are."""
        return len(self.instances)


def quantity(text: str | float) -> Fraction:
    """A Kubernetes quantity as an exact number."""
    found = re.fullmatch(r"([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+))?([a-zA-Z]*)", str(text))
    assert found is not None, text
    number, exponent, suffix = found.groups()
    return Fraction(number) * Fraction(10) ** int(exponent or 0) * SUFFIXES[suffix]


def demand(pod: Json) -> Amounts:
    """What a pod asks for: the sum of its containers, or what starting them takes if that is more.

    A container of a pod that is being resized counts with the largest of what it asks for, was
    allocated and has.
    """
    spec, status = pod["spec"], pod.get("status", {})
    seen = {
        each["name"]: each
        for key in ("containerStatuses", "initContainerStatuses")
        for each in status.get(key) or ()
    }
    total = dict.fromkeys(NAMES, Fraction(0))
    sidecars = dict(total)
    start = dict(total)
    for container in spec.get("initContainers") or ():
        asked = _asked(container, seen.get(container["name"], {}))
        restartable = container.get("restartPolicy") == "Always"
        for name in NAMES:
            if restartable:
                sidecars[name] += asked[name]
                start[name] = max(start[name], sidecars[name])
            else:
                start[name] = max(start[name], sidecars[name] + asked[name])
    for container in spec["containers"]:
        asked = _asked(container, seen.get(container["name"], {}))
        for name in NAMES:
            total[name] += asked[name]
    whole = (spec.get("resources") or {}).get("requests") or {}
    overhead = spec.get("overhead") or {}
    result = {}
    for name in NAMES:
        result[name] = max(total[name] + sidecars[name], start[name])
        if name in POD_LEVEL and name in whole:
            result[name] = quantity(whole[name])
        result[name] += quantity(overhead.get(name, 0))
    return result


def recount(pods: Iterable[Json], nodes: Iterable[Json]) -> dict[str, Usage]:
    """The usage of every node by the pods that are bound to it and have not ended."""
    on: dict[str, list[Json]] = {node["metadata"]["name"]: [] for node in nodes}
    for pod in pods:
        node = pod["spec"].get("nodeName")
        if node in on and pod["status"].get("phase") not in {"Succeeded", "Failed"}:
            on[node].append(pod)
    return {node: _usage(found) for node, found in on.items()}


def of_cluster(api: Api) -> dict[str, Usage]:
    """The recount of the whole cluster now."""
    return recount(api.list("Pod", None), api.list("Node"))


def of_extender(debug_url: str) -> dict[str, Usage]:
    """What the extender believes, claims that no watch has confirmed yet included."""
    with urllib.request.urlopen(f"{debug_url}/debug/hosts", timeout=10) as answer:
        told = json.load(answer)
    return {
        host["host"]: Usage(
            host["vcpus_used_milli"],
            host["memory_used_bytes"],
            host["disk_used_bytes"],
            frozenset(host["instances"]),
        )
        for host in told["hosts"]
    }


def differences(api: Api, debug_url: str) -> dict[str, tuple[Usage | None, Usage | None]]:
    """By node, what is counted here and what the extender says, where the two are not the same."""
    ours, theirs = of_cluster(api), of_extender(debug_url)
    return {
        node: (ours.get(node), theirs.get(node))
        for node in sorted(ours.keys() | theirs.keys())
        if ours.get(node) != theirs.get(node)
    }


def wait_equal(api: Api, debug_url: str, timeout: float = 10.0) -> None:
    """Waits until the extender's state is the recount's; a cluster at rest is compared."""
    wait_until(
        lambda: not differences(api, debug_url),
        timeout,
        lambda: f"the extender's state to equal the recount: {_shown(api, debug_url)}",
        interval=0.25,
    )


def _asked(container: Json, status: Json) -> Amounts:
    views = [
        (container.get("resources") or {}).get("requests") or {},
        status.get("allocatedResources") or {},
        (status.get("resources") or {}).get("requests") or {},
    ]
    return {name: max(quantity(view.get(name, 0)) for view in views) for name in NAMES}


def _usage(pods: Iterable[Json]) -> Usage:
    cpu = memory = disk = 0
    uids = []
    for pod in pods:
        asked = demand(pod)
        cpu += math.ceil(asked["cpu"] * 1000)
        memory += math.ceil(asked["memory"])
        disk += math.ceil(asked["ephemeral-storage"])
        uids.append(pod["metadata"]["uid"])
    return Usage(cpu, memory, disk, frozenset(uids))


def _shown(api: Api, debug_url: str) -> str:
    found = list(differences(api, debug_url).items())
    lines = [f"{len(found)} nodes differ"]
    for node, (ours, theirs) in found[:5]:
        counted = ours.instances if ours is not None else frozenset()
        believed = theirs.instances if theirs is not None else frozenset()
        lines.append(
            f"{node}: {len(counted)} pods counted, {len(believed)} believed; "
            f"missing {sorted(counted - believed)[:3]}, too many {sorted(believed - counted)[:3]}"
        )
    return "\n".join(lines)
