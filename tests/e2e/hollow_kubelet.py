"""A node with a real kubelet's admission, and without containers: Kubernetes' own `kubemark`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e import components, objects
from tests.e2e.controlplane import ControlPlane
from tests.e2e.process import Process, free_ports
from tests.e2e.waiting import wait_until

# What its fake machine has.
CPU_MILLI = 1000
MEMORY_BYTES = 3840 * 1024**2
READY_TIMEOUT = 60.0
# It writes a pod's status ten seconds after the judgement, at worst.
JUDGED_WITHIN = 40.0


class HollowKubelet:
    """One node named `name`; it registers itself, and judges each pod bound to it as any kubelet.

    To the API server it is `system:node:NAME`, with the rights of a node and no others.
    After a restart it knows nothing and admits its pods again, the oldest first. Stopped, its node
    stays Ready for as long as the control plane's grace period lasts. It listens on all addresses,
    which it cannot be told otherwise.
    """

    def __init__(self, control_plane: ControlPlane, name: str) -> None:
        self.name = name
        self._api = control_plane.api
        first, second = free_ports(2)
        self.process = Process(
            f"kubelet {name}",
            components.hollow_kubelet(
                control_plane.binaries / "kubemark",
                control_plane.workdir / f"kubelet-{name}",
                control_plane.kubeconfig_as(f"system:node:{name}", "system:nodes"),
                name,
                (first, second),
            ),
            control_plane.workdir / "logs" / f"kubelet-{name}.log",
        )

    def start(self, *, wait: bool = True) -> Self:
        """Starts it, or starts it again; waits until the node is ready, if it is to."""
        self.process.start()
        if wait:
            self.process.wait_ready(self._ready, READY_TIMEOUT)
        return self

    def stop(self) -> None:
        """Ends it without a word; the node and its pods stay in the API as they are."""
        self.process.kill()
        for folder in self._said(r"Using (\S+) as root dir"):
            shutil.rmtree(folder, ignore_errors=True)

    def restart(self) -> None:
        """Stops it and starts it again: it judges all its pods anew."""
        self.stop()
        self.start()

    def judge_anew(self, pods: Iterable[str]) -> None:
        """Restarts it, and waits until it has judged these running pods of the namespace default.

        Those that it admits it starts again, for its fake containers are gone; the others fail.
        """
        before = {name: self._started(name) for name in pods}
        self.restart()

        def left() -> list[str]:
            return [name for name, at in before.items() if self._started(name) in {"", at}]

        wait_until(
            lambda: not left(),
            JUDGED_WITHIN,
            lambda: f"{left()} judged; the kubelet's log ends:\n{self.process.tail()}",
            interval=0.5,
        )

    def run_static_pod(self, pod: objects.Object) -> str:
        """Gives it a pod by a file; returns the mirror pod's name in the API."""
        *_, folder = self._said(r'"Adding static pod path" path="([^"]+)"')
        name: str = pod["metadata"]["name"]
        Path(folder, f"{name}.json").write_text(json.dumps(pod))
        mirror = f"{name}-{self.name}"
        wait_until(
            lambda: self._api.find("Pod", mirror, pod["metadata"]["namespace"]) is not None,
            40,
            lambda: f"the mirror pod {mirror}; the kubelet's log ends:\n{self.process.tail()}",
        )
        return mirror

    def _started(self, name: str) -> str:
        """When a pod's container was started, as its status tells; the phase of one that failed."""
        status = self._api.get("Pod", name)["status"]
        if status["phase"] == "Failed":
            return "Failed"
        (container,) = status.get("containerStatuses") or [{}]
        started: str = container.get("state", {}).get("running", {}).get("startedAt", "")
        return started

    def _said(self, pattern: str) -> list[str]:
        """What its log names; it makes its folders itself, anew at each start."""
        log = self.process.log
        return re.findall(pattern, log.read_text(errors="replace")) if log.exists() else []

    def _ready(self) -> bool:
        node = self._api.find("Node", self.name)
        return node is not None and objects.is_ready(node)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
