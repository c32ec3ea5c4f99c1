"""Pods a second through kube-scheduler: alone, and with the extender beside it.

All pods are there before kube-scheduler starts. How many it has scheduled is read off its own
counter four times a second, which costs the same in all variants, as do kwok, which plays the
kubelets of the nodes, and an etcd that never waits for a disk. Every variant looks at every node
(``percentageOfNodesToScore: 100``) and may call the API server as often as it likes.
"""

from __future__ import annotations

import re
import ssl
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.bench.live import cpu
from tests.bench.live.rates import rate
from tests.e2e import objects
from tests.e2e.bulk import Bulk
from tests.e2e.controlplane import SCHEDULER, ControlPlane
from tests.e2e.extender_process import Extender, start_extender
from tests.e2e.scheduler_config import scheduler_config
from tests.e2e.waiting import wait_until

ALONE, DECIDE, ADVISE = "alone", "decide", "advise"
VARIANTS = (ALONE, DECIDE, ADVISE)
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    DECIDE: {"kubernetes": {"placement": "decide"}},
    ADVISE: {},
}
CALLS_PER_SECOND = 10_000
EXTENDER = "extender"
_EVERY = 0.25
_PATIENCE = 300.0
_SCHEDULED = re.compile(
    r'^scheduler_schedule_attempts_total\{[^}]*result="scheduled"[^}]*\} (\S+)$', re.MULTILINE
)


class ThroughputError(Exception):
    """What keeps the pods from being scheduled as they should, in one line."""


@dataclass(frozen=True, slots=True)
class Round:
    """One variant once: pods a second, and the CPU seconds that each program took meanwhile."""

    variant: str
    pods: int
    rate: float
    cpu: Mapping[str, float]


def measure(plane: ControlPlane, variant: str, nodes: int, pods: int) -> Round:
    """Have so many pods scheduled on nodes that are there, and take them away again.

    Raises:
        ThroughputError: not all were scheduled in time, or a node has more than its share.
    """
    extender = None
    if variant != ALONE:
        extender = start_extender(plane.workdir, plane.kubeconfig, CONFIGS[variant], variant)
    try:
        with Bulk(plane.api) as bulk:
            bulk.create(objects.pod(f"bench-{n:05}", "100m", "128Mi") for n in range(pods))
        plane.start_scheduler(_config(plane, extender))
        found = _watch(plane, extender, variant, pods)
        _check(plane, nodes, pods)
        return found
    finally:
        plane.stop(SCHEDULER)
        if extender is not None:
            extender.stop()
        _clear(plane)


def _config(plane: ControlPlane, extender: Extender | None) -> dict[str, Any]:
    config = scheduler_config(None if extender is None else extender.url, bind=True)
    config["clientConnection"] = {
        "kubeconfig": str(plane.kubeconfig),
        "qps": CALLS_PER_SECOND,
        "burst": CALLS_PER_SECOND,
    }
    return config


def _watch(plane: ControlPlane, extender: Extender | None, variant: str, pods: int) -> Round:
    running = {**plane.processes} | ({} if extender is None else {EXTENDER: extender.process})
    groups = {name: one.pid for name, one in running.items() if one.pid is not None}
    before = cpu.used(groups)
    samples: list[tuple[float, float]] = [(time.monotonic(), 0.0)]
    while samples[-1][1] < pods:
        if time.monotonic() - samples[0][0] > _PATIENCE:
            text = f"{variant}: {samples[-1][1]:.0f} of {pods} pods in {_PATIENCE:.0f} s"
            raise ThroughputError(text)
        time.sleep(_EVERY)
        with suppress(OSError):  # too busy to answer just now
            samples.append((time.monotonic(), _scheduled(plane)))
    return Round(variant, pods, rate(samples, pods), cpu.between(before, cpu.used(groups)))


def _scheduled(plane: ControlPlane) -> float:
    """How many pods kube-scheduler says that it has scheduled."""
    url = plane.probe(SCHEDULER).replace("/readyz", "/metrics")
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {plane.api.token}"})
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # its own, made at its start, on the loopback address
    with urllib.request.urlopen(request, timeout=5, context=context) as answer:
        text: str = answer.read().decode()
    return sum(float(count) for count in _SCHEDULED.findall(text))


def _check(plane: ControlPlane, nodes: int, pods: int) -> None:
    """Whether all are bound in truth, and none to a node that was not meant."""
    wait_until(
        lambda: sum(node is not None for node in plane.api.placements().values()) == pods,
        60,
        f"all {pods} pods bound",
    )
    used = {node for node in plane.api.placements().values() if node is not None}
    if len(used) > nodes:
        raise ThroughputError(f"pods on {len(used)} nodes, and there are {nodes}")


def _clear(plane: ControlPlane) -> None:
    def gone() -> bool:
        plane.api.delete_all("Pod")
        return not plane.api.list("Pod")

    wait_until(gone, 180, "the pods gone")
    plane.api.delete_all("Event")


def create_nodes(plane: ControlPlane, count: int) -> None:
    """Nodes that kwok keeps, ready when this returns."""
    with Bulk(plane.api) as bulk:
        bulk.create(objects.node(f"n{n:05}", "32", "128Gi") for n in range(count))
    wait_until(
        lambda: sum(map(objects.is_ready, plane.api.list("Node"))) == count,
        180,
        f"{count} nodes ready",
    )
