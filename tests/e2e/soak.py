"""Pods come and go for minutes on end: `python -m tests.e2e.soak`, or `make soak`.

50 pods a second are created and as many deleted on 1,000 nodes that kwok plays. Looked at: whether
the extender's memory stays flat after it has warmed up, whether its state is right, whether its
background recount found a difference, and what filter's p99 is.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.e2e import objects, recount, verbs
from tests.e2e.build import BuildError
from tests.e2e.bulk import Bulk
from tests.e2e.controlplane import ControlPlane
from tests.e2e.extender_process import Extender
from tests.e2e.objects import pod
from tests.e2e.pod_history import PodHistory
from tests.e2e.scene import Scene

NODES = 1000
RATE = 50
# How many pods stand at a time, once warm: each lives for as many seconds as this makes.
STANDING = 1000
FLAT = 0.10
THREADS = 8
SAMPLE_EVERY = 1.0
TICK = 0.2
BEHIND = 50
# Parts of the run: after the first the memory is to be flat; over the second it is averaged.
WARM_UP = 0.4
WINDOW = 0.2
FILTER = 'verb="filter"'
CONFIG: dict[str, Any] = {
    # The record of past decisions is to be full when the warm-up ends, also in a short run.
    "server": {"attempts_memory_bytes": 4 * 2**20},
}


@dataclass(frozen=True)
class Outcome:
    """What a soak has shown."""

    minutes: float
    created: int
    bound: int
    rate: float
    memory: tuple[float, float]
    drift: float
    unequal: int
    filter: verbs.Latency
    asked: str

    @property
    def growth(self) -> float:
        """How much the memory has grown after the warm-up, as a part of 1."""
        before, after = self.memory
        return after / before - 1

    def faults(self) -> list[str]:
        """What is not as it should be."""
        found = []
        if abs(self.growth) > FLAT:
            found.append(f"memory changed by {self.growth:+.1%}, more than {FLAT:.0%}")
        if self.drift:
            found.append(f"the background recount found {self.drift:.0f} differences")
        if self.unequal:
            found.append(f"{self.unequal} nodes differ from the recount at the end")
        if self.bound < self.created:
            found.append(f"{self.created - self.bound} pods were never bound")
        return found

    def __str__(self) -> str:
        before, after = self.memory
        return (
            f"soak of {self.minutes:g} minutes on {NODES} nodes: {self.created} pods created and "
            f"{self.bound} bound, {self.rate:.0f} a second; memory {before:.0f} MiB after warm-up, "
            f"{after:.0f} MiB at the end ({self.growth:+.1%}); drift {self.drift:.0f}; "
            f"filter over 1,000 names: {self.filter}; as kube-scheduler saw it: {self.asked}"
        )


def soak(scene: Scene, minutes: float) -> Outcome:
    """Runs it on an empty cluster."""
    scene.nodes(*(objects.node(f"n{number:04}", "32", "128Gi") for number in range(NODES)))
    extender = scene.start(CONFIG, bind=True)
    memory: list[float] = []
    stop = threading.Event()
    with PodHistory(scene.api) as history, Bulk(scene.api, THREADS) as bulk:
        sampling = threading.Thread(target=_sample, args=(extender, memory, stop))
        sampling.start()
        try:
            created = _churn(bulk, history, minutes * 60)
        finally:
            stop.set()
            sampling.join()
        with suppress(TimeoutError):
            history.wait(lambda pods: all(each.node for each in pods.values()), 60, "all bound")
        unequal = _unequal(scene, extender)
        bound = {state.uid for state in history.states() if state.node}
        rate = history.binding_rate()
    names = [node["metadata"]["name"] for node in scene.api.list("Node")]
    body = verbs.filter_body(pod("asked", "100m", "128Mi"), names)
    running = verbs.measure_filter(extender.url, body, 5, scene.workdir / "filter.json")
    return Outcome(
        minutes=minutes,
        created=created,
        bound=len(bound),
        rate=rate,
        memory=_before_and_after(memory),
        drift=scene.metric("nova_extender_drift_total"),
        unequal=unequal,
        filter=verbs.measured(running),
        asked=_seen_by_scheduler(extender),
    )


def _churn(bulk: Bulk, history: PodHistory, seconds: float) -> int:
    """Creates `RATE` pods a second and deletes the oldest that are bound; returns how many."""
    created = 0
    standing: deque[str] = deque()
    under_way: deque[Iterator[object]] = deque()
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        due = int(now * RATE) - created
        names = [f"soak-{created + number:06}" for number in range(due)]
        created += due
        standing += names
        under_way.append(bulk.begin(pod(name, "100m", "128Mi", "16Mi") for name in names))
        bound = {each.name for each in history.latest().values() if each.node}
        oldest = []
        while len(standing) > STANDING and standing[0] in bound:
            oldest.append(standing.popleft())
        under_way.append(bulk.begin_deleting(oldest))
        # What went wrong a while ago is told here.
        while len(under_way) > BEHIND:
            list(under_way.popleft())
        time.sleep(TICK)
    for each in under_way:
        list(each)
    return created


def _unequal(scene: Scene, extender: Extender) -> int:
    """How many nodes the extender sees otherwise, once it has had its ten seconds."""
    with suppress(TimeoutError):
        recount.wait_equal(scene.api, extender.debug_url)
    return len(recount.differences(scene.api, extender.debug_url))


def _sample(extender: Extender, memory: list[float], stop: threading.Event) -> None:
    while not stop.wait(SAMPLE_EVERY):
        memory.append(_resident(extender))


def _resident(extender: Extender) -> float:
    """MiB that the extender's processes hold, its own and its worker's."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # After the command in parentheses: state, parent, process group.
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
            if group == extender.process.pid:
                total += int((folder / "statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE") / 2**20


def _before_and_after(memory: Sequence[float]) -> tuple[float, float]:
    """The middle of what was seen just after the warm-up, and of what was seen last."""
    count = len(memory)
    first = memory[int(count * WARM_UP) : int(count * (WARM_UP + WINDOW))]
    return median(first), median(memory[-int(count * WINDOW) :])


def _seen_by_scheduler(extender: Extender) -> str:
    """Filter's p99 over the whole run as the extender's own histogram bounds it."""
    with urllib.request.urlopen(f"{extender.health_url}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    buckets = []
    for line in text.splitlines():
        if line.startswith("nova_extender_request_duration_seconds_bucket{") and FILTER in line:
            bound = re.search(r'le="([^"]+)"', line)
            assert bound is not None
            buckets.append((float(bound[1]), float(line.rpartition(" ")[2])))
    buckets.sort()
    total = buckets[-1][1]
    bound_99 = next(le for le, seen in buckets if seen >= 0.99 * total)
    return f"{total:.0f} calls, p99 at most {bound_99 * 1000:g} ms"


def main() -> int:
    """Runs a soak on a control plane of its own; 0 if all was well."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
            workdir = Path(scratch)
            control_plane = stack.enter_context(ControlPlane(workdir / "control-plane"))
            scene = Scene(control_plane, workdir)
            try:
                outcome = soak(scene, options.minutes)
            finally:
                if scene.extender is not None:
                    scene.extender.stop()
    except (BuildError, RuntimeError, TimeoutError, OSError) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    print(outcome)
    for fault in outcome.faults():
        print(f"soak: {fault}", file=sys.stderr)
    return 1 if outcome.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
