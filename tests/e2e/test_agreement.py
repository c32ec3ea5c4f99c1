"""One cluster, asked in every way there is: the commands, the verbs and the debug pages agree.

The commands read what kubectl printed to a file; the verbs and the pages are those of a running
extender.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.e2e import objects, recount, verbs
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

GROUP = "together-not"
CAPTURED = "nodes,pods,hostaggregates,flavors,servergroups"
CONFIG = {
    "filter_scheduler": {
        "max_instances_per_host": 4,
        "enabled_filters": [
            "AvailabilityZoneFilter",
            "CoreFilter",
            "RamFilter",
            "DiskFilter",
            "ComputeFilter",
            "NumInstancesFilter",
            "ServerGroupAntiAffinityFilter",
        ],
    }
}
# What differs because time passes.
TIMED = frozenset({"at", "seconds"})


def command(*arguments: str) -> Any:
    """What a command of nova-extender prints as JSON."""
    ran = subprocess.run(
        [sys.executable, "-m", "extender.cli", *arguments, "-o", "json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout, ran.stderr
    return timeless(json.loads(ran.stdout))


def page(url: str) -> Any:
    """What a debug page shows."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return timeless(json.load(answer))


def timeless(data: Any) -> Any:
    """The same without what differs from one moment to the next."""
    if isinstance(data, dict):
        return {key: timeless(value) for key, value in data.items() if key not in TIMED}
    if isinstance(data, list):
        return [timeless(each) for each in data]
    return data


def make_cluster(scene: Scene) -> None:
    """Nodes that differ in everything our filters look at, and pods of ours and of others."""
    scene.nodes(
        objects.node("plain", "8", "32Gi", zone="zone-b"),
        objects.node("wide", "32", "128Gi", zone="zone-b"),
        objects.node(
            "half", "8", "32Gi", zone="zone-b", annotations=nova(cpu_allocation_ratio="0.5")
        ),
        objects.node("away", "64", "256Gi", zone="zone-a"),
        objects.node("member", "16", "64Gi", zone="zone-b"),
        objects.node("crowded", "16", "64Gi", zone="zone-b"),
        objects.node("off", "16", "64Gi", zone="zone-b", annotations=nova(disabled="true")),
    )
    scene.api.create(objects.server_group(GROUP, "anti-affinity"))
    standing = [
        (pod("on-plain", "1500m", "3Gi", "7Gi", scheduler="another"), "plain"),
        (pod("on-half", "2500m", "1Gi", scheduler="another"), "half"),
        (
            pod("first", "1", "1Gi", annotations=nova(server_group=GROUP), scheduler="another"),
            "member",
        ),
        *((pod(f"one-of-4-{n}", "10m", "1Mi", scheduler="another"), "crowded") for n in range(4)),
    ]
    for each, node in standing:
        scene.api.create(each)
        scene.api.bind(each["metadata"]["name"], node)


def test_every_way_to_ask_gives_the_same_numbers(scene: Scene, tmp_path: Path) -> None:
    """Hosts, verdicts, weights and scores of a captured cluster are those of the live one.

    Of seven nodes two pass: away is in another zone, half has 1.5 of 4 CPUs left and 2 are wanted,
    member has a member of the group, crowded has 4 pods already, off is disabled. wide is better in
    CPUs and memory.
    """
    scene.install_kinds()
    make_cluster(scene)
    # No scheduler takes care of the pod, so that it waits for ever and is asked about by us alone.
    scene.start(CONFIG)
    extender = scene.extender
    assert extender is not None
    annotations = nova(server_group=GROUP, availability_zone="zone-b")
    asked = scene.api.create(
        pod("asked", "2", "2Gi", "1Gi", annotations=annotations, scheduler="another")
    )
    recount.wait_equal(scene.api, extender.debug_url)
    explain_url = f"{extender.debug_url}/debug/explain/default/asked"
    wait_until(lambda: page(explain_url) if known(explain_url) else None, 10, "the pod known")

    config = tmp_path / "config.yaml"
    config.write_text(json.dumps(CONFIG))
    cluster = tmp_path / "cluster.json"
    cluster.write_text(scene.control_plane.kubectl("get", CAPTURED, "-A", "-o", "json"))
    given = tmp_path / "pod.json"
    given.write_text(json.dumps(asked))
    captured = ["--cluster", str(cluster), "--config", str(config)]

    hosts = {host["host"]: host for host in page(f"{extender.debug_url}/debug/hosts")["hosts"]}
    for told in command("hosts", *captured):
        assert told.items() <= hosts[told["host"]].items()
    assert recount.differences(scene.api, extender.debug_url) == {}

    live = page(explain_url)
    assert command("explain", "default/asked", *captured) == live
    passing = [host["host"] for host in live["passing"]["hosts"]]
    assert sorted(passing) == ["plain", "wide"]
    refused = {
        miss["host"]: {blocker["filter"] for blocker in miss["blockers"]}
        for miss in live["nearest_misses"]["hosts"]
    }
    assert refused == {
        "away": {"AvailabilityZoneFilter"},
        "half": {"CoreFilter"},
        "member": {"ServerGroupAntiAffinityFilter"},
        "crowded": {"NumInstancesFilter"},
        "off": {"ComputeFilter"},
    }

    names = sorted(hosts)
    _, filtered, _ = verbs.ask(extender.url, "filter", verbs.filter_body(asked, names))
    assert filtered["Error"] == ""
    assert sorted(filtered["NodeNames"]) == sorted(passing)
    failed = filtered["FailedNodes"].keys() | filtered["FailedAndUnresolvableNodes"].keys()
    assert failed == refused.keys()
    _, scores, _ = verbs.ask(
        extender.url, "prioritize", verbs.filter_body(asked, filtered["NodeNames"])
    )
    assert {each["Host"]: each["Score"] for each in scores} == {"wide": 100, "plain": 0}

    simulated = command("simulate", "-f", str(given), *captured)
    assert simulated["instances"][0]["host"] == "wide"
    (cycle,) = simulated["cycles"]
    weighed = {each["host"]: each["score"] for each in cycle["weights"]["hosts"]}
    assert weighed == {"wide": 100, "plain": 0}
    assert {each["host"]: {each["filter"]} for each in cycle["rejected"]["hosts"]} == refused
    (attempt, *_) = page(f"{extender.debug_url}/debug/attempts/default/asked")
    for part in ("weights", "rejected", "filters", "passed", "hosts"):
        assert attempt[part] == cycle[part]


def known(url: str) -> bool:
    """Whether the page exists."""
    try:
        page(url)
    except OSError:
        return False
    return True
