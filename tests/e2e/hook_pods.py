"""A stand-in for the kubelet that runs the pods of a chart's hook Jobs: their very commands, here.

No image is pulled: the command runs in this checkout, as the pod's own service account and with no
other rights, and the pod ends as the command did.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from types import TracebackType
from typing import Self

from tests.e2e.api import Object
from tests.e2e.build import REPOSITORY
from tests.e2e.chart import NAMESPACE
from tests.e2e.controlplane import ControlPlane

POLL = 0.2
TIMEOUT = 120


class HookPods:
    """Runs the pods of Jobs in the chart's namespace, while it is open."""

    def __init__(self, control_plane: ControlPlane, namespace: str = NAMESPACE) -> None:
        self._plane = control_plane
        self._namespace = namespace
        self._api = control_plane.api
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hook pods", daemon=True)
        self.outputs: list[tuple[list[str], int, str]] = []
        """The arguments of each command that was run, its exit code and what it printed."""
        self.errors: list[BaseException] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(TIMEOUT)
        assert self.errors == []

    def _run(self) -> None:
        while not self._stop.wait(POLL):
            try:
                for pod in self._api.list("Pod", self._namespace, "batch.kubernetes.io/job-name"):
                    if pod["status"]["phase"] == "Pending":
                        self._play(pod)
            except Exception as error:  # noqa: BLE001 - told by the test, in its own thread
                self.errors.append(error)
                return

    def _play(self, pod: Object) -> None:
        """Run a pod's one container to its end."""
        (container,) = pod["spec"]["containers"]
        program, *arguments = container["command"]
        assert program == "nova-extender"
        # Without the mounted token the command could not speak to the API server.
        (mount,) = container["volumeMounts"]
        assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
        account = pod["spec"]["serviceAccountName"]
        done = subprocess.run(
            [sys.executable, "-m", "extender.cli", *arguments],
            env={
                "KUBECONFIG": str(self._plane.kubeconfig_for(account, self._namespace)),
                "PYTHONPATH": str(REPOSITORY),
                "PATH": os.environ["PATH"],
            },
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        self.outputs.append((arguments, done.returncode, done.stdout + done.stderr))
        ended = {
            "exitCode": done.returncode,
            "reason": "Completed" if not done.returncode else "Error",
        }
        status = {
            "phase": "Failed" if done.returncode else "Succeeded",
            "containerStatuses": [
                {
                    "name": container["name"],
                    "image": container["image"],
                    "imageID": "",
                    "ready": False,
                    "restartCount": 0,
                    "state": {"terminated": ended},
                }
            ],
        }
        name = pod["metadata"]["name"]
        self._api.patch("Pod", name, {"status": status}, self._namespace, subresource="status")
