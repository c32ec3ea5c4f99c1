"""What a test sets up on the control plane: nodes, an extender, a kube-scheduler, pods."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.e2e import objects, verbs
from tests.e2e.bulk import Bulk
from tests.e2e.controlplane import ControlPlane
from tests.e2e.extender_process import Extender, start_extender
from tests.e2e.scheduler_config import scheduler_config
from tests.e2e.waiting import wait_until


class Scene:
    """One test's cluster."""

    def __init__(self, control_plane: ControlPlane, workdir: Path) -> None:
        self.control_plane = control_plane
        self.api = control_plane.api
        self.workdir = workdir
        self.extender: Extender | None = None

    def nodes(self, *nodes: objects.Object) -> None:
        """Create nodes and wait until those that kwok keeps are ready."""
        kept = [node for node in nodes if "conditions" not in node["status"]]
        with Bulk(self.api) as bulk:
            bulk.create(nodes)
        names = {node["metadata"]["name"] for node in kept}
        wait_until(
            lambda: all(
                objects.is_ready(node)
                for node in self.api.list("Node")
                if node["metadata"]["name"] in names
            ),
            60,
            "the nodes ready",
        )

    def install_kinds(self) -> None:
        """Let the API server serve HostAggregate, Flavor and ServerGroup."""
        self.control_plane.install_kinds()

    def start(
        self,
        config: Mapping[str, Any] | None = None,
        kubeconfig: Path | None = None,
        *,
        wait: bool = True,
        env: Mapping[str, str] | None = None,
        **scheduler: Any,
    ) -> Extender:
        """Start an extender, and kube-scheduler asking it.

        Args:
            config: The extender's configuration.
            kubeconfig: How the extender reaches the API server; by default as the administrator.
            wait: Whether to wait until the extender is ready.
            env: More of the extender's environment.
            **scheduler: Handed to `scheduler_config`, such as `bind=True`.
        """
        self.extender = start_extender(
            self.workdir, kubeconfig or self.control_plane.kubeconfig, config, wait=wait, env=env
        )
        self.control_plane.start_scheduler(scheduler_config(self.extender.url, **scheduler))
        return self.extender

    def start_without_extender(self) -> None:
        """Start kube-scheduler by itself, for comparison."""
        self.control_plane.start_scheduler(scheduler_config(None))

    def place(self, pod: objects.Object, timeout: float = 30) -> str:
        """Create a pod, wait until it is bound and the extender has seen it; gives the node."""
        name = self.api.create(pod)["metadata"]["name"]
        wait_until(
            lambda: self.node_of(name) is not None,
            timeout,
            lambda: f"{name} bound: {self.why(name)}",
        )
        if self.extender is not None:
            wait_until(lambda: self.counted() == self._bound(), 10, "the watch to follow")
        node = self.node_of(name)
        assert node is not None
        return node

    def _bound(self) -> int:
        """How many pods are bound now; others that waited may get bound meanwhile."""
        return sum(node is not None for node in self.api.placements().values())

    def refused(self, pod: objects.Object, timeout: float = 30) -> str:
        """Create a pod, wait until kube-scheduler gives up on it; gives the event's text."""
        name = self.api.create(pod)["metadata"]["name"]
        wait_until(lambda: self.failed_scheduling(name) is not None, timeout, f"{name} refused")
        text = self.failed_scheduling(name)
        assert text is not None
        assert self.node_of(name) is None
        return text

    def node_of(self, pod: str) -> str | None:
        """The node a pod is bound to."""
        found = self.api.find("Pod", pod)
        node: str | None = found["spec"].get("nodeName") if found else None
        return node

    def why(self, pod: str) -> str | None:
        """What the pod's condition says."""
        found = self.api.find("Pod", pod)
        return objects.unschedulable_message(found) if found else "no such pod"

    def failed_scheduling(self, pod: str) -> str | None:
        """The text of the pod's newest FailedScheduling event."""
        events = [
            event
            for event in self.api.list("Event")
            if event["reason"] == "FailedScheduling" and event["involvedObject"]["name"] == pod
        ]
        text: str | None = events[-1]["message"] if events else None
        return text

    def metric(self, series: str) -> float:
        """A series of the extender's metrics, by its name, labels and all."""
        assert self.extender is not None
        with urllib.request.urlopen(f"{self.extender.health_url}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
        assert found is not None, f"no series {series} in:\n{text}"
        return float(found[1])

    def hosts(self) -> dict[str, dict[str, Any]]:
        """The nodes as the extender sees them, by name: the lines of `/debug/hosts`."""
        assert self.extender is not None
        with urllib.request.urlopen(f"{self.extender.debug_url}/debug/hosts", timeout=5) as answer:
            told = json.load(answer)
        return {host["host"]: host for host in told["hosts"]}

    def ask_filter(self, pod: objects.Object, *nodes: str) -> tuple[set[str], dict[str, str]]:
        """Ask the extender itself about a pod of its own: who passes, and why the others do not."""
        assert self.extender is not None
        asked = {**pod, "metadata": {**pod["metadata"], "uid": pod["metadata"]["name"]}}
        body = verbs.filter_body(asked, nodes)
        _, reply, _ = verbs.ask(self.extender.url, "filter", body)
        assert reply["Error"] == ""
        return set(reply["NodeNames"]), reply["FailedAndUnresolvableNodes"] or {}

    def counted(self) -> int:
        """How many bound pods the extender has seen."""
        return int(self.metric('nova_extender_pods{state="counted"}'))

    def logs(self) -> dict[str, str]:
        """The ends of the logs, for a failed test."""
        tails = {"kube-scheduler log": ""}
        scheduler = self.control_plane.processes.get("kube-scheduler")
        if scheduler is not None:
            tails["kube-scheduler log"] = scheduler.tail()
        if self.extender is not None:
            tails["extender log"] = self.extender.process.tail()
        return tails

    def close(self) -> None:
        """Stop the schedulers and take everything away."""
        self.control_plane.stop("kube-scheduler")
        if self.extender is not None:
            self.extender.stop()
        # The owners first, or they would make the pods anew.
        for kind in ("Deployment", "DaemonSet", "ReplicaSet"):
            self.api.delete_all(kind)
        for kind in ("ReplicaSet", "DaemonSet"):
            wait_until(partial(self._none, kind), 60, f"no {kind} left")
        wait_until(self._no_pods, 120, lambda: f"the pods gone: {self.api.placements()}")
        for kind in ("Event", "Node"):
            self.api.delete_all(kind)

    def _none(self, kind: str) -> bool:
        return not self.api.list(kind)

    def _no_pods(self) -> bool:
        """Ask for every pod's end at once; whether there is none left."""
        self.api.delete_all("Pod")
        return self._none("Pod")
