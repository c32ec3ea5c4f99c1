"""The chart as an operator has it: installed by the real helm, its pods running."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e import objects
from tests.e2e.api import Object
from tests.e2e.chart import RELEASE, Helm, HelmError
from tests.e2e.controlplane import ControlPlane
from tests.e2e.pod_kubelet import PodKubelet, RunningPod
from tests.e2e.waiting import wait_until

NAMESPACE = "nova-extender"
SCHEDULER_NAME = "nova-scheduler"
# Pods of the release's Deployment, and none of its hooks.
PODS = f"app.kubernetes.io/instance={RELEASE},pod-template-hash"
# What a client or kube-scheduler says of a right that it has not.
DENIED = re.compile(r".*(?:[Ff]orbidden|[Uu]nauthorized|cannot (?:get|list|watch|patch)\b).*")


class Release:
    """The chart between entry and exit: in a namespace of its own, and gone with its CRDs.

    Args:
        plane: Where.
        folder: For the pods' files and logs.
        values: The chart's values.
        wait: Whether helm is to wait for all pods; of several standalone ones one is ready only.
        last: Whether the control plane goes next, so that nothing has to be taken away.
    """

    def __init__(
        self,
        plane: ControlPlane,
        folder: Path,
        values: Mapping[str, Any] | None = None,
        *,
        wait: bool = True,
        last: bool = False,
    ) -> None:
        self.plane = plane
        self.api = plane.api
        self.helm = Helm(plane, NAMESPACE)
        self.kubelet = PodKubelet(plane, folder, NAMESPACE, PODS)
        self.expected: set[str] = set()
        """Lines about rights that a test took away."""
        self._folder = folder
        self._last = last
        self._values = dict(values or {})
        self._arguments = ["--reset-values", *(["--wait", "--timeout=90s"] if wait else [])]

    def __enter__(self) -> Self:
        # Those of another test, which no release owns.
        remove_kinds(self.plane)
        self.kubelet.__enter__()
        try:
            self.api.create(objects.namespace(NAMESPACE, {}))
            self.upgrade(self._values)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kubelet.__exit__()
        if self._last:
            return
        self.helm.uninstall("--no-hooks")
        self.api.delete("Namespace", NAMESPACE)
        remove_kinds(self.plane)
        wait_until(lambda: self.api.find("Namespace", NAMESPACE) is None, 60, "the namespace gone")

    @property
    def pods(self) -> list[RunningPod]:
        """The pods of the release that run."""
        return list(self.kubelet.pods.values())

    def upgrade(self, values: Mapping[str, Any]) -> None:
        """Installs the chart or changes it, and waits as long as helm does.

        Values that are not given are the chart's own: helm would keep the release's where none is.
        """
        try:
            self.kubelet.during(lambda: self.helm.install(values, *self._arguments))
        except HelmError as error:
            error.add_note(self.tail())
            raise

    def uid(self) -> set[str]:
        """Which pods there are: others after a roll-out."""
        return {pod.uid for pod in self.pods}

    def nodes(self, *nodes: Object) -> None:
        """Creates nodes that kwok keeps, and waits until they are ready."""
        for node in nodes:
            self.api.create(node)
        names = {node["metadata"]["name"] for node in nodes}
        self.kubelet.wait_until(
            lambda: all(objects.is_ready(self.api.get("Node", name)) for name in names),
            60,
            "the nodes ready",
        )

    def node_of(self, pod: str, namespace: str = "default") -> str | None:
        """The node a pod is bound to."""
        found = self.api.find("Pod", pod, namespace)
        node: str | None = found["spec"].get("nodeName") if found else None
        return node

    def place(self, pod: Object, timeout: float = 30) -> str:
        """Creates a pod and waits until it is bound; gives the node."""
        meta = self.api.create(pod)["metadata"]
        name, namespace = meta["name"], meta["namespace"]

        def told() -> str:
            found = self.api.get("Pod", name, namespace)
            return f"{name} bound: {objects.unschedulable_message(found)}\n{self.tail()}"

        node = self.kubelet.wait_until(lambda: self.node_of(name, namespace), timeout, told)
        assert node is not None
        return node

    def log(self) -> str:
        """What all containers have said, those of pods that are gone included."""
        logs = sorted(self._folder.glob("*/*.log"))
        return "".join(log.read_text(errors="replace") for log in logs)

    def tail(self) -> str:
        """The ends of their logs, for a failed test."""
        return "\n".join(pod.tail() for pod in self.pods)

    def denied(self) -> list[str]:
        """The lines of the logs that tell of a right that somebody has not."""
        lines = (line for line in self.log().splitlines() if DENIED.match(line))
        return [line for line in lines if line not in self.expected]

    def metric(self, pod: RunningPod, series: str) -> float:
        """A series of an extender's metrics, as its pod serves them; 0 where there is none."""
        text = read(pod, pod.containers["extender"].port("metrics"), "/metrics")
        found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def clear(self) -> None:
        """Takes the pods of the namespace default and all nodes but the release's own away."""
        self.api.delete_all("Pod")
        self.kubelet.wait_until(lambda: not self.api.list("Pod"), 30, "the pods gone")
        self.api.delete_all("Node", None, "kwok.x-k8s.io/node")


def remove_kinds(plane: ControlPlane) -> None:
    """Has the API server serve our kinds no more, whoever installed them."""
    names = (f"{kind}.nova-extender.io" for kind in ("flavors", "hostaggregates", "servergroups"))
    plane.kubectl("delete", "crd", "--ignore-not-found", *names)


def read(pod: RunningPod, port: int, path: str) -> str:
    """What a GET at a port of a pod answers."""
    with urllib.request.urlopen(f"http://{pod.address}:{port}{path}", timeout=5) as answer:
        text: str = answer.read().decode()
    return text
