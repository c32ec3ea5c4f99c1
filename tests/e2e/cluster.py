"""A Kubernetes for a developer without Docker: `python -m tests.e2e.cluster`, or `make cluster`.

Builds what is missing, starts a control plane with twelve nodes that kwok plays, the extender and
a kube-scheduler that asks it, and stays until it is interrupted.
"""

from __future__ import annotations

import argparse
import fcntl
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.e2e import objects
from tests.e2e.build import BuildError, bin_dir, build_all
from tests.e2e.controlplane import ControlPlane
from tests.e2e.extender_process import Extender, start_extender
from tests.e2e.process import Process
from tests.e2e.scheduler_config import scheduler_config
from tests.e2e.waiting import wait_until

ZONES = ("zone-a", "zone-b", "zone-c")
# One of each in every zone: cpu, memory, disk, and what its annotations say. A ratio below 1 holds
# a part of the machine back.
SIZES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("4", "16Gi", "100Gi", {}),
    ("8", "32Gi", "200Gi", objects.nova(cpu_allocation_ratio="0.5")),
    ("16", "64Gi", "400Gi", objects.nova(ram_allocation_ratio="0.75")),
    (
        "32",
        "128Gi",
        "800Gi",
        objects.nova(cpu_allocation_ratio="0.25", disk_allocation_ratio="0.5"),
    ),
)
REPLICAS = 12


def nodes() -> Iterator[objects.Object]:
    """The twelve nodes."""
    for zone in ZONES:
        for number, (cpu, memory, disk, said) in enumerate(SIZES, start=1):
            name = f"{zone.removeprefix('zone-')}{number}"
            yield objects.node(name, cpu, memory, disk, zone=zone, annotations=said)


def run(workdir: Path, config: dict[str, Any], with_extender: bool) -> None:
    """Starts everything, tells how to use it, and stays until interrupted."""
    with ExitStack() as stack:
        control_plane = stack.enter_context(ControlPlane(workdir))
        api = control_plane.api
        control_plane.install_kinds()
        print("control plane: ready, with our kinds", flush=True)
        expected = [api.create(node)["metadata"]["name"] for node in nodes()]
        wait_until(
            lambda: all(objects.is_ready(node) for node in api.list("Node")), 60, "the nodes ready"
        )
        print(f"nodes: {len(expected)} ready", flush=True)
        extender: Extender | None = None
        processes: list[Process] = []
        if with_extender:
            extender = start_extender(workdir, control_plane.kubeconfig, config)
            stack.callback(extender.stop)
            processes.append(extender.process)
            print(f"extender: ready at {extender.url}", flush=True)
        url = extender.url if extender else None
        control_plane.start_scheduler(scheduler_config(url, bind=True, preempt=True))
        api.create(objects.deployment("web", REPLICAS, "500m", "512Mi"))
        wait_until(
            lambda: sum(node is not None for node in api.placements().values()) == REPLICAS,
            60,
            lambda: f"{REPLICAS} pods on nodes: {api.placements()}",
        )
        print(f"deployment web: {REPLICAS} pods on nodes", flush=True)
        print(_welcome(control_plane, extender), flush=True)
        processes += control_plane.processes.values()
        _stay(processes)


def _welcome(control_plane: ControlPlane, extender: Extender | None) -> str:
    explain = "kubectl describe pod late"
    if extender is not None:
        explain = f"nova-extender explain default/late --server {extender.debug_url}"
    commands = Path(sys.executable).parent
    return f"""
export KUBECONFIG={control_plane.kubeconfig}
export PATH={control_plane.binaries}:{commands}:$PATH

Three commands to try: where the pods are, a pod for a zone that does not exist, and why it waits.

kubectl get pods -o wide
kubectl run late --image={objects.IMAGE} --annotations=nova-extender.io/availability_zone=zone-z
{explain}

The logs are in {control_plane.workdir / "logs"}. Ctrl-C ends the cluster.
"""


def _stay(processes: list[Process]) -> None:
    while True:
        for process in processes:
            if not process.alive:
                raise RuntimeError(f"{process.name} ended by itself:\n{process.tail()}")
        time.sleep(1)


@contextmanager
def _alone(workdir: Path) -> Iterator[None]:
    """Holds the folder of the cluster for this run, and empties it."""
    workdir.mkdir(parents=True, exist_ok=True)
    with workdir.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"a cluster runs in {workdir} already") from None
        shutil.rmtree(workdir)
        yield


def _terminate(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Runs the cluster; 0 when it was asked to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.cluster", description=__doc__)
    parser.add_argument("--config", type=Path, help="configuration of the extender")
    parser.add_argument("--without-extender", action="store_true", help="kube-scheduler alone")
    parser.add_argument("--workdir", type=Path, help="where it keeps its files")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminate)
    workdir = options.workdir or bin_dir().parent / "cluster"
    try:
        config = yaml.safe_load(options.config.read_text()) if options.config else {}
        build_all()
        with _alone(workdir):
            run(workdir, config, not options.without_extender)
    except KeyboardInterrupt:
        print("\ncluster: stopped")
    except (BuildError, RuntimeError, TimeoutError, OSError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
