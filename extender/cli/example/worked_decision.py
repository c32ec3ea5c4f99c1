"""One decision on the example cluster, got over HTTP from the extender itself."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

from rich.console import Console

from extender.cli import tables
from extender.config.options import Config

POD: dict[str, Any] = {
    "metadata": {
        "name": "cart",
        "namespace": "web",
        "uid": "00000000-0000-4000-9000-000000000903",
        "annotations": {
            "nova-extender.io/flavor": "m1.medium",
            "nova-extender.io/ignore_hosts": "compute-a2",
            "nova-extender.io/retry": json.dumps(
                {"num_attempts": 2, "hosts": [["compute-a4", "compute-a4"]]}
            ),
        },
    },
    "spec": {
        "containers": [{"name": "main", "resources": {"requests": {"cpu": "2", "memory": "4Gi"}}}]
    },
}
"""The pod that is asked about: it names a flavor and a host to ignore, and was tried before."""


def start(config: Config, hosts: list[str], say: Callable[[str], object] = print) -> None:
    """Ask and print, from a thread: the server has to answer meanwhile."""
    thread = threading.Thread(
        target=_run, args=(config, hosts, say), name="worked-example", daemon=True
    )
    thread.start()


def _run(config: Config, hosts: list[str], say: Callable[[str], object]) -> None:
    server = config.server
    try:
        asked = {"Pod": POD, "Nodes": None, "NodeNames": hosts}
        passed = _post(f"http://{server.bind}/filter", asked)["NodeNames"]
        scores = _post(f"http://{server.bind}/prioritize", {**asked, "NodeNames": passed})
        attempt = _get(f"http://{server.debug_bind}/debug/attempts/web/cart")[0]
    except (OSError, ValueError, KeyError) as error:
        say(f"the worked example could not be asked for: {error!r}")
        return
    say(f"\nPOST /filter for pod web/cart (flavor m1.medium) on {len(hosts)} nodes answered:\n")
    tables.print_attempt(attempt, Console())
    best = max(scores, key=lambda entry: entry["Score"])
    say(f"\nPOST /prioritize answered {json.dumps(scores)}")
    say(f"The winner is {best['Host']}: kube-scheduler would bind the pod there.\n")
    say("Try, in another terminal:\n")
    for line in curl_lines(config, passed):
        say(f"  {line}")
    say("\nCtrl-C ends it.")
    sys.stdout.flush()


def curl_lines(config: Config, names: list[str]) -> list[str]:
    """Commands that work as pasted while the example is served."""
    server = config.server
    small = {
        "Pod": {
            "metadata": {"name": "try", "namespace": "default"},
            "spec": {"containers": [{"resources": {"requests": {"cpu": "6"}}}]},
        },
        "NodeNames": [*names, "compute-a4", "compute-b3"],
    }
    body = json.dumps(small, separators=(",", ":"))
    return [
        f"curl -s http://{server.bind}/filter -d '{body}'",
        f"curl -s http://{server.debug_bind}/debug/explain/default/report",
        f"curl -s http://{server.debug_bind}/debug/attempts",
        f"curl -s 'http://{server.health_bind}/readyz?verbose'",
        f"curl -s http://{server.health_bind}/metrics | grep rejections_total",
    ]


def _post(url: str, value: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310 - our own http address
        url, json.dumps(value).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
        return json.load(answer)


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own http address
        return json.load(answer)
