"""A stand-in for the kubelet that runs the pods of a release: their very containers, here.

The pods are those that the Deployment's controllers made, as the API server admitted them. They
get a node, their containers are started as processes of this machine, their probes are asked, and
what comes of it is written to their statuses, so that the real helm and the real controllers see
pods that are ready or not. Nothing happens by itself: whoever waits, waits with `wait_until`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Self, TypeVar

from tests.e2e import objects
from tests.e2e.api import Object
from tests.e2e.controlplane import ControlPlane
from tests.e2e.pod_container import Container
from tests.e2e.pod_volumes import Volumes
from tests.e2e.waiting import wait_until

NODE = "control-plane"
TAINT = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
START_TIMEOUT = 60.0

T = TypeVar("T")


class RunningPod:
    """A pod whose containers are processes of this machine."""

    def __init__(self, plane: ControlPlane, pod: Object, folder: Path, number: int) -> None:
        meta = pod["metadata"]
        self.name: str = meta["name"]
        self.uid: str = meta["uid"]
        self.grace: float = pod["spec"]["terminationGracePeriodSeconds"]
        # As the API server is told: an address that leads nowhere, for it takes no loopback one.
        self.ip = f"192.0.2.{number}"
        block = secrets.randbelow(2**16)
        self.address = f"127.{64 + block // 256 % 64}.{block % 256}.{number}"
        pod["status"]["podIP"] = self.ip
        volumes = Volumes(plane.api, pod)
        self.containers = {
            spec["name"]: Container(plane, pod, spec, volumes, folder, self.address)
            for spec in pod["spec"]["containers"]
        }
        self.ready = False
        self.failing = ""
        self._ending: float | None = None

    def start(self) -> None:
        """Starts its containers, each whether the others are ready or not."""
        for each in self.containers.values():
            each.process.start()

    def look(self) -> None:
        """Asks the probes, and brings the files of its volumes up to date."""
        for container in self.containers.values():
            if not container.process.alive:
                raise RuntimeError(f"{container.name} ended:\n{container.process.tail()}")
            container.refresh()
        failing = [
            f"{probe} of {container.name}"
            for container in self.containers.values()
            for probe in PROBES
            if not container.passes(probe)
        ]
        self.ready, self.failing = not failing, ", ".join(failing)

    def end(self) -> bool:
        """Ends each container once the pause before its end is over; says if all have ended."""
        if self._ending is None:
            self._ending = time.monotonic()
        for each in self.containers.values():
            if time.monotonic() >= self._ending + each.pause:
                each.process.stop(self.grace)
        return not any(each.process.alive for each in self.containers.values())

    def stop(self) -> None:
        """Ends its containers, without a pause; the last one first."""
        for each in reversed(self.containers.values()):
            each.process.stop(self.grace)

    def tail(self) -> str:
        """The ends of their logs, for a failed test."""
        tails = (
            f"{name} of {self.name}:\n{each.process.tail()}"
            for name, each in self.containers.items()
        )
        return "\n".join(tails)

    def status(self, started_at: str) -> Object:
        """What is told the API server."""
        ready = "True" if self.ready else "False"
        return {
            "phase": "Running",
            "podIP": self.ip,
            "podIPs": [{"ip": self.ip}],
            "startTime": started_at,
            "conditions": [
                {"type": kind, "status": status, "lastTransitionTime": started_at}
                for kind, status in (
                    ("PodScheduled", "True"),
                    ("Initialized", "True"),
                    ("ContainersReady", ready),
                    ("Ready", ready),
                )
            ],
        }


class PodKubelet:
    """Runs the pods of one release in one namespace, between entry and exit.

    Args:
        plane: Where.
        folder: For the files and logs of the pods.
        namespace: The pods' namespace.
        selector: The labels of the pods.
    """

    def __init__(self, plane: ControlPlane, folder: Path, namespace: str, selector: str) -> None:
        self._plane = plane
        self._api = plane.api
        self._folder = folder
        self._namespace = namespace
        self._selector = selector
        self._numbers: Iterator[int] = count(1)
        self.pods: dict[str, RunningPod] = {}
        """The pods that run, by name, the oldest first."""

    def __enter__(self) -> Self:
        self._api.create(_node())
        return self

    def __exit__(self, *_: object) -> None:
        for pod in self.pods.values():
            pod.stop()
        for name in list(self.pods):
            self._forget(name)
        self._api.delete("Node", NODE)

    def step(self) -> None:
        """Does what there is to do for each pod, once."""
        found = self._api.list("Pod", self._namespace, self._selector)
        for name in set(self.pods) - {pod["metadata"]["name"] for pod in found}:
            self.pods.pop(name).stop()
        for pod in found:
            name = pod["metadata"]["name"]
            if "deletionTimestamp" in pod["metadata"]:
                self._end(name)
            elif name not in self.pods:
                self._begin(pod)
            else:
                self._keep(self.pods[name])

    def wait_until(
        self, predicate: Callable[[], T], timeout: float, what: str | Callable[[], str]
    ) -> T:
        """Waits for something while the pods are taken care of."""

        def asked() -> T:
            self.step()
            return predicate()

        return wait_until(asked, timeout, what)

    def wait_ready(self, count: int, timeout: float = START_TIMEOUT) -> list[RunningPod]:
        """Waits until so many pods are there and so many of them ready; gives them."""

        def ready() -> list[RunningPod] | None:
            found = [pod for pod in self.pods.values() if pod.ready]
            return found if len(found) == count else None

        def told() -> str:
            states = [
                f"{pod.name}: {pod.failing or 'ready'}\n{pod.tail()}" for pod in self.pods.values()
            ]
            return f"{count} pods ready; there are: " + "\n".join(states)

        found = self.wait_until(ready, timeout, told)
        assert found is not None
        return found

    def during(self, action: Callable[[], T], timeout: float = 120) -> T:
        """Does something that waits for the pods, such as `helm install --wait`."""
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(action)
            self.wait_until(future.done, timeout, "what waits for the pods")
            return future.result()

    def _begin(self, pod: Object) -> None:
        """Takes a pod in and starts it."""
        name = pod["metadata"]["name"]
        if not pod["spec"].get("nodeName"):
            self._api.bind(name, NODE, self._namespace)
            pod["spec"]["nodeName"] = NODE
        number = next(self._numbers)
        running = RunningPod(self._plane, pod, self._folder / name, number)
        self.pods[name] = running
        running.start()
        self._tell(running)

    def _keep(self, pod: RunningPod) -> None:
        """Asks how a pod is, and tells of it where that has changed."""
        before = pod.ready
        pod.look()
        if pod.ready != before:
            self._tell(pod)

    def _end(self, name: str) -> None:
        """Stops a pod that is to go, and lets it go once it has stopped."""
        if name not in self.pods or self.pods[name].end():
            self._forget(name)

    def _forget(self, name: str) -> None:
        self.pods.pop(name, None)
        if self._api.find("Pod", name, self._namespace) is not None:
            self._api.delete("Pod", name, self._namespace, grace=0)

    def _tell(self, pod: RunningPod) -> None:
        created = self._api.get("Pod", pod.name, self._namespace)["metadata"]["creationTimestamp"]
        status = {"status": pod.status(created)}
        self._api.patch("Pod", pod.name, status, self._namespace, subresource="status")


def _node() -> Object:
    """A node for the release's own pods: ready, closed to others, and kept by nobody else."""
    node = objects.node(NODE, "16", "64Gi", ready=False, taints=[TAINT])
    (condition,) = node["status"]["conditions"]
    condition |= {"status": "True", "reason": "KubeletReady", "message": "kubelet is ready"}
    return node
