"""What a person does with a cluster: capture it, look at it, run one of one's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e import objects
from tests.e2e.build import REPOSITORY
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until


def extender(*arguments: str) -> Any:
    """What a command of nova-extender prints as JSON."""
    command = [sys.executable, "-m", "extender.cli", *arguments, "-o", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


def test_a_captured_cluster_is_the_live_one(scene: Scene, tmp_path: Path) -> None:
    """``kubectl get nodes,pods -A -o yaml`` replayed by --cluster: the same hosts and verdicts."""
    scene.nodes(
        objects.node("a", "4", zone="zone-a", annotations=nova(cpu_allocation_ratio="0.5")),
        objects.node("b", "8", zone="zone-b", annotations=nova(disabled="true")),
        objects.node("c", "8", zone="zone-b", taints=[{"key": "x", "effect": "NoSchedule"}]),
    )
    scene.start()
    scene.place(pod("runs", "1500m", "1Gi", "1Gi"))
    scene.refused(pod("waits", "1", annotations=nova(availability_zone="zone-b")))
    live = ["--kubeconfig", str(scene.control_plane.kubeconfig)]
    for form in ("yaml", "json"):
        file = tmp_path / f"cluster.{form}"
        file.write_text(scene.control_plane.kubectl("get", "nodes,pods", "-A", "-o", form))
        captured = ["--cluster", str(file)]
        hosts = extender("hosts", *captured)
        assert hosts == extender("hosts", *live)
        assert [(h["host"], h["cpu"]["limit"], h["cpu"]["used"]) for h in hosts] == [
            ("a", 2, 1.5),
            ("b", 8, 0),
            ("c", 8, 0),
        ]
        explained = extender("explain", "default/waits", *captured)
        assert {**explained, "at": ""}["nearest_misses"] == extender(
            "explain", "default/waits", *live
        )["nearest_misses"]


def test_a_cluster_for_a_person(tmp_path: Path) -> None:
    """``make cluster``: the commands it prints work as pasted, and Ctrl-C ends it with 0."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "tests.e2e.cluster", "--workdir", str(tmp_path / "cluster")]
    with log.open("w") as output:
        running = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_until(
            lambda: "Ctrl-C ends the cluster" in log.read_text() or running.poll() is not None,
            120,
            lambda: f"the cluster up: {log.read_text()}",
        )
        said = log.read_text()
        assert running.poll() is None, said
        lines = said.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("export KUBECONFIG="))
        pasted = "\n".join(line for line in lines[start:] if re.match(r"export|kubectl|nova", line))
        # The pod has to be refused before there is anything to explain.
        pasted = pasted.replace("nova-extender explain", "sleep 3; nova-extender explain")
        ran = subprocess.run(
            ["bash", "-c", pasted], capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 3, ran.stderr
        assert len(re.findall(r"^web-\S+ .*Running", ran.stdout, re.MULTILINE)) == 12
        assert "No valid host was found." in ran.stdout
        assert "there is zone-a, zone-b, zone-c" in ran.stdout
    finally:
        os.killpg(running.pid, signal.SIGINT)
        code = running.wait(60)
    assert code == 0, log.read_text()
