"""The chart is not taken from under running pods, and leaves nothing behind on the nodes.

The real helm waits for the chart's hook Jobs on the real control plane; their pods are run by
`HookPods`, with the rights that the chart gives them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e import chart, recount
from tests.e2e.build import REPOSITORY
from tests.e2e.chart import NAMESPACE, Helm, HelmError
from tests.e2e.hook_pods import HookPods
from tests.e2e.objects import PREFIX, node, nova, pod
from tests.e2e.scene import Scene

RATIO = f"{PREFIX}cpu_allocation_ratio"


@pytest.fixture
def amplified(scene: Scene) -> Iterator[Scene]:
    """The chart, and a node of one CPU with ratio 4 on which two pods of 900m run."""
    chart.install_overcommit(scene.control_plane, {})
    scene.nodes(node("n0", cpu="1", annotations=nova(cpu_allocation_ratio="4")))
    for name in ("p0", "p1"):
        scene.api.create(pod(name, "900m", "16Mi", scheduler="nobody"))
        scene.api.bind(name, "n0")
    # As the leader would.
    scene.api.patch("Node", "n0", {"metadata": {"annotations": nova(allocatable_floor_cpu="1800")}})
    assert cpu(scene) == 4000
    yield scene
    chart.uninstall_overcommit(scene.control_plane)
    scene.api.delete_all("Job", NAMESPACE)


def cpu(scene: Scene) -> int:
    """The node's allocatable CPU in milli-cores."""
    amounts = scene.api.get("Node", "n0")["status"]["allocatable"]
    return int(recount.quantity(amounts["cpu"]) * 1000)


def ours(scene: Scene) -> dict[str, str]:
    """The node's annotations of ours."""
    found = scene.api.get("Node", "n0")["metadata"]["annotations"]
    return {key: text for key, text in found.items() if key.startswith(PREFIX)}


def command(scene: Scene, *args: str) -> tuple[int, str]:
    """`nova-extender overcommit ...` as the administrator: its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "extender.cli", "overcommit", *args],
        env={
            "KUBECONFIG": str(scene.control_plane.kubeconfig),
            "PYTHONPATH": str(REPOSITORY),
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def hook_objects(scene: Scene) -> list[str]:
    """What is left of the hooks."""
    found = scene.control_plane.kubectl(
        "get",
        "jobs,serviceaccounts,clusterroles,clusterrolebindings",
        f"--namespace={NAMESPACE}",
        "--output=name",
    )
    return [name for name in found.split() if "nova-extender" in name]


def test_uninstall_waits_for_the_pods(amplified: Scene) -> None:
    """Refused while pods exceed the node's own, in words; then all goes, and nothing is left."""
    helm = Helm(amplified.control_plane)
    with HookPods(amplified.control_plane) as hooks, pytest.raises(HelmError):
        helm.uninstall()
    ((arguments, code, said),) = hooks.outputs
    assert (arguments, code) == (["overcommit", "check"], 1)
    assert "On 1 node pods request more than the node has of its own" in said
    assert "n0" in said
    assert "0.8 vCPU" in said
    assert "helm uninstall RELEASE --no-hooks" in said
    # Nothing has changed, and the Job is there to be read.
    assert chart.amplifies(amplified.control_plane, {})
    assert cpu(amplified) == 4000
    assert hook_objects(amplified) == ["job.batch/nova-extender-overcommit-check"]
    assert "helm rollback RELEASE" in said
    # helm itself takes the release for one that is being uninstalled, until it is told otherwise.
    with pytest.raises(HelmError, match="no deployed releases"):
        helm.install_overcommit({})
    helm.rollback(1)
    helm.install_overcommit({})

    amplified.api.delete("Pod", "p1", grace=0)
    with HookPods(amplified.control_plane) as hooks:
        helm.uninstall()
    assert [(arguments, code) for arguments, code, _ in hooks.outputs] == [
        (["overcommit", "check"], 0),
        (["overcommit", "revert"], 0),
    ]
    assert "1 node put back" in hooks.outputs[1][2]
    assert cpu(amplified) == 1000
    assert ours(amplified) == {RATIO: "4"}
    assert not chart.amplifies(amplified.control_plane, {})
    assert hook_objects(amplified) == []


def test_forced(amplified: Scene) -> None:
    """Without hooks the chart goes at once, and the nodes are put back by hand."""
    helm = Helm(amplified.control_plane)
    helm.uninstall("--no-hooks")
    chart.uninstall_overcommit(amplified.control_plane)
    assert cpu(amplified) == 4000
    code, said = command(amplified, "revert")
    assert code == 1
    assert "Nothing was changed" in said
    assert cpu(amplified) == 4000
    code, said = command(amplified, "revert", "--force", "-o", "json")
    assert code == 0
    assert json.loads(said)["reverted"] == ["n0"]
    assert cpu(amplified) == 1000
    assert ours(amplified) == {RATIO: "4"}
    # Once more finds nothing to do; the pods are still too much.
    assert command(amplified, "revert", "--force")[0] == 0


def test_reverting_under_the_policy(amplified: Scene) -> None:
    """It is undone at once, and the command says by what."""
    amplified.api.delete("Pod", "p1", grace=0)
    assert command(amplified, "check")[0] == 0
    code, said = command(amplified, "revert")
    assert code == 1
    assert "amplified anew after each write: n0" in said
    assert "still there" in said
    assert cpu(amplified) == 4000
