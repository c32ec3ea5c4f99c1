"""Renews the recorded requests of the contract tests: `python -m tests.e2e.record`.

A real kube-scheduler is made to ask a recording extender about pods of every kind that matters, in
both shapes of the protocol; what it sent is written to `tests/contract/recorded/`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.e2e import objects
from tests.e2e.build import REPOSITORY, TOOLS
from tests.e2e.controlplane import SCHEDULER, ControlPlane
from tests.e2e.objects import Object
from tests.e2e.recording import RecordingExtender, Request
from tests.e2e.scheduler_config import scheduler_config
from tests.e2e.waiting import wait_until

TARGET = REPOSITORY / "tests" / "contract" / "recorded"
NODES = ("node-a", "node-b", "node-c")
HIGH = {
    "apiVersion": "scheduling.k8s.io/v1",
    "kind": "PriorityClass",
    "metadata": {"name": "high"},
    "value": 1000,
}

README = """\
# Recorded requests

What kube-scheduler sends to an extender, word for word: one file a call, with the verb, the headers
and the decoded body. Written by

    python -m tests.e2e.record

which runs the real programs (`tests/e2e/controlplane.py`) and answers every call with "all nodes
pass, none is better". Run it again after a new version of Kubernetes is named in
`tests/e2e/tools/kubernetes/go.mod`, and look at what changed; identifiers, times and ports change
every time.

Recorded with {versions}.

| Folder | `nodeCacheCapable` | Candidates are sent as |
|---|---|---|
| `names/` | `true` | `NodeNames` |
| `nodes/` | `false` | `Nodes`, whole |

| File | The pod |
|---|---|
{cases}

`prioritize` is missing where only one node was a candidate: kube-scheduler does not ask then.
"""


def multi_container(name: str) -> Object:
    """An init container, a sidecar and a main container, all with requests."""
    spec = objects.pod(name, "200m", "128Mi")
    spec["spec"]["initContainers"] = [
        {
            "name": "prepare",
            "image": objects.IMAGE,
            "resources": {"requests": {"cpu": "500m", "memory": "64Mi"}},
        },
        {
            "name": "sidecar",
            "image": objects.IMAGE,
            "restartPolicy": "Always",
            "resources": {"requests": {"cpu": "100m", "memory": "32Mi"}},
        },
    ]
    return spec


ANNOTATIONS = objects.nova(
    availability_zone="zone-a",
    server_group="web",
    extra_specs='{"capabilities:cpu_info:arch": "x86_64"}',
    scheduler_hints='{"different_host": ["4ef0ad3b-8b8a-4d3e-9d5c-2b8a1e5f3c11"]}',
)

# file name: (what it is, the object that makes the pod)
CASES: dict[str, tuple[str, Callable[[str], Object]]] = {
    "deployment": (
        "of a Deployment, with requests",
        lambda name: objects.deployment(name, 1, "250m", "256Mi", "1Gi"),
    ),
    "init-containers": ("init container, sidecar and main container", multi_container),
    "pod-level": (
        "requests for the pod as a whole (`spec.resources`)",
        lambda name: objects.pod(name, resources={"requests": {"cpu": "300m", "memory": "200Mi"}}),
    ),
    "annotated": (
        "annotations of Nova's names",
        lambda name: objects.pod(name, "100m", "64Mi", annotations=ANNOTATIONS),
    ),
    "daemonset": ("of a DaemonSet", lambda name: objects.daemonset(name, "50m", "32Mi")),
    "best-effort": ("no requests at all", objects.pod),
}
PREEMPTING = (
    "of a high priority, that has to evict others: `preempt`, then `filter` with the nominated node"
)


def record(control_plane: ControlPlane, folder: Path, names_only: bool) -> None:
    """Makes kube-scheduler ask about every case and writes down the first pod of each."""
    folder.mkdir(parents=True)
    with RecordingExtender(control_plane.api) as extender:
        config = scheduler_config(
            extender.url, node_cache_capable=names_only, bind=True, preempt=True
        )
        control_plane.start_scheduler(config)
        try:
            for name, (_, make) in CASES.items():
                first = len(extender.requests)
                _place(control_plane, make(name))
                _write(folder, name, extender.requests[first:])
            first = len(extender.requests)
            _preempt(control_plane)
            asked = extender.requests[first:]
            _write(folder, "preempting", [each for each in asked if each.pod == "preempting"])
        finally:
            control_plane.stop(SCHEDULER)


def _place(control_plane: ControlPlane, workload: Object) -> None:
    """Creates something, waits until all its pods run, and removes it again."""
    kind, name = workload["kind"], workload["metadata"]["name"]
    wanted = len(NODES) if kind == "DaemonSet" else 1
    api = control_plane.api
    api.create(workload)
    wait_until(
        lambda: _running(control_plane, name) == wanted,
        30,
        lambda: f"the pods of {name} running: {api.placements(selector=f'app={name}')}",
    )
    _remove(control_plane, kind, name)


def _preempt(control_plane: ControlPlane) -> None:
    """Fills every node, then creates a pod of a higher priority."""
    api = control_plane.api
    fillers = [f"filler-{number}" for number, _ in enumerate(NODES)]
    for name in fillers:
        # Bare pods: nobody replaces the one that is evicted.
        api.create(objects.pod(name, "3", "1Gi", labels={"app": "filler"}))
    wait_until(lambda: _running(control_plane, "filler") == len(NODES), 30, "the nodes full")
    api.create(objects.pod("preempting", "2", "1Gi", priorityClassName="high"))
    wait_until(lambda: _running(control_plane, "preempting") == 1, 60, "the preempting pod running")
    for left in api.list("Pod"):
        api.delete("Pod", left["metadata"]["name"])
    wait_until(lambda: not api.list("Pod"), 30, "no pod left")


def _running(control_plane: ControlPlane, app: str) -> int:
    pods = control_plane.api.list("Pod", selector=f"app={app}")
    return sum(pod["status"]["phase"] == "Running" for pod in pods)


def _remove(control_plane: ControlPlane, kind: str, name: str) -> None:
    api = control_plane.api
    api.delete(kind, name)
    wait_until(lambda: not api.list("Pod", selector=f"app={name}"), 30, f"no pod of {name} left")


def _write(folder: Path, case: str, requests: list[Request]) -> None:
    """Writes the calls about the first pod; the number keeps several of a verb in order."""
    ours = [each for each in requests if each.pod == requests[0].pod]
    for number, request in enumerate(ours, start=1):
        target = folder / f"{case}-{number}-{request.verb}.json"
        content = {"verb": request.verb, "headers": request.headers, "body": request.body}
        target.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _readme() -> str:
    tools = {tool.name: tool for tool in TOOLS}
    versions = (
        f"Kubernetes {tools['kubernetes'].requirement('k8s.io/kubernetes')}, "
        f"etcd {tools['etcd'].requirement('go.etcd.io/etcd/server/v3')} and "
        f"kwok {tools['kwok'].requirement('sigs.k8s.io/kwok')}"
    )
    texts = {name: text for name, (text, _) in CASES.items()} | {"preempting": PREEMPTING}
    cases = "\n".join(f"| `{name}-*.json` | {text} |" for name, text in texts.items())
    return README.format(versions=versions, cases=cases)


def main() -> int:
    """Records everything anew."""
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "recorded"
        with ControlPlane(Path(scratch) / "control-plane") as control_plane:
            api = control_plane.api
            for name in NODES:
                api.create(objects.node(name, "4", "16Gi", "100Gi", zone="zone-a"))
            wait_until(
                lambda: all(objects.is_ready(node) for node in api.list("Node")), 60, "nodes ready"
            )
            api.create(HIGH)
            record(control_plane, written / "names", names_only=True)
            record(control_plane, written / "nodes", names_only=False)
        (written / "README.md").write_text(_readme())
        # Only now, so that a failure leaves the old recordings alone.
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(written, TARGET)
    print(f"{sum(1 for _ in TARGET.rglob('*.json'))} requests in tests/contract/recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
