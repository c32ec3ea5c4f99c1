"""The chart, by the real helm: rendered, judged, installed on a control plane and taken away."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from tests.e2e import build, objects
from tests.e2e.api import ApiError, Object
from tests.e2e.controlplane import ControlPlane
from tests.e2e.waiting import wait_until

CHART = build.REPOSITORY / "charts" / "nova-extender"
RELEASE = "nova-extender"
NAMESPACE = "kube-system"
EFFECT_TIMEOUT = 30.0

Values = Mapping[str, Any]

OVERCOMMIT_ONLY: Values = {
    "replicas": 0,
    # A scene installs them by itself.
    "crds": {"install": False},
    "rbac": {"create": False},
    "serviceAccount": {"create": False, "name": "none"},
    # A scene's extender is none of the release's pods.
    "annotationGuard": {"enabled": False},
}
"""The chart for a scene, which has an extender and a kube-scheduler of its own."""


class Place(Protocol):
    """What helm needs: a `ControlPlane`, or less where nothing is to be installed."""

    @property
    def binaries(self) -> Path:
        """Where helm is."""

    @property
    def kubeconfig(self) -> Path:
        """The way to the API server."""

    @property
    def workdir(self) -> Path:
        """For helm's own folders."""


class HelmError(Exception):
    """What helm says when it fails."""


class Helm:
    """Helm with the administrator's kubeconfig, and folders of its own.

    Args:
        place: What it speaks to.
        namespace: Where the release is.
        release: The release's name.
    """

    def __init__(self, place: Place, namespace: str = NAMESPACE, release: str = RELEASE) -> None:
        self._namespace = f"--namespace={namespace}"
        self._release = release
        self._binary = place.binaries / "helm"
        self._kubeconfig = place.kubeconfig
        self._home = place.workdir / "helm"

    def template(self, values: Values | None = None, *args: str) -> str:
        """The chart's manifests, for the API versions that the control plane has."""
        chart = [self._release, str(CHART), self._namespace]
        return self._run("template", *chart, *self._values(values), *args)

    def lint(self, *args: str) -> str:
        """What helm has to say about the chart; raises where that is anything bad."""
        return self._run("lint", "--strict", str(CHART), *args)

    def install(self, values: Values | None = None, *args: str) -> str:
        """Installs the chart, or changes the release that there is."""
        chart = [self._release, str(CHART), self._namespace]
        return self._run("upgrade", "--install", *chart, *self._values(values), *args)

    def install_overcommit(self, overcommit: Values, *args: str) -> str:
        """Installs of the chart only what overcommit is about, with these values of it."""
        return self.install({**OVERCOMMIT_ONLY, "overcommit": overcommit}, *args)

    def uninstall(self, *args: str) -> str:
        """Takes the release away, hooks included; there may be none."""
        return self._run(
            "uninstall", self._release, self._namespace, "--ignore-not-found", "--wait", *args
        )

    def rollback(self, revision: int, *args: str) -> str:
        """Makes an earlier revision of the release the current one."""
        return self._run("rollback", self._release, str(revision), self._namespace, *args)

    def test(self) -> str:
        """Runs the release's tests, and waits for their pods."""
        return self._run("test", self._release, self._namespace, "--timeout=60s")

    def notes(self) -> str:
        """What the release tells whoever installed it."""
        return self._run("get", "notes", self._release, self._namespace)

    def _values(self, values: Values | None) -> list[str]:
        """The values as a file, for helm reads texts such as "1.0" as numbers otherwise."""
        self._home.mkdir(exist_ok=True)
        target = self._home / "values.json"
        target.write_text(json.dumps(values or {}))
        return [f"--values={target}"]

    def _run(self, *args: str) -> str:
        folders = {
            f"HELM_{kind}_HOME": str(self._home / kind.lower())
            for kind in ("CACHE", "CONFIG", "DATA")
        }
        done = subprocess.run(
            [str(self._binary), *args],
            env={"KUBECONFIG": str(self._kubeconfig), "HOME": str(self._home), **folders},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise HelmError(f"helm {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout


def install_overcommit(control_plane: ControlPlane, overcommit: Values) -> None:
    """Installs the chart with these values of `overcommit`; returns once nodes are amplified.

    What was installed before is taken away first, and gone from the API server's memory: an API
    server says nothing about when it has taken notice of a changed policy.

    Args:
        control_plane: Where to.
        overcommit: The values below `overcommit`; the mode must be native.
    """
    uninstall_overcommit(control_plane)
    Helm(control_plane).install_overcommit(overcommit)
    labels = overcommit.get("nodeSelector", {})
    wait_until(
        lambda: amplifies(control_plane, labels), EFFECT_TIMEOUT, "the chart to amplify nodes"
    )


def rights(control_plane: ControlPlane, namespace: str) -> str:
    """The manifests of the extender's service account in a namespace, and of what it may do."""
    shown = [f"--show-only=templates/{name}.yaml" for name in ("serviceaccount", "rbac")]
    return Helm(control_plane, namespace).template(None, *shown)


def uninstall_overcommit(control_plane: ControlPlane) -> None:
    """Takes the chart away, without its say; returns once no node is amplified any more."""
    labels = _selected(control_plane)
    Helm(control_plane).uninstall("--no-hooks")
    wait_until(
        lambda: not amplifies(control_plane, labels), EFFECT_TIMEOUT, "nodes to be left alone"
    )


def amplifies(control_plane: ControlPlane, labels: Mapping[str, str]) -> bool:
    """Whether a node with a ratio and these labels would be amplified; none is created."""
    probe = objects.node(
        "probe", cpu="1", annotations=objects.nova(cpu_allocation_ratio="2"), labels=labels
    )
    try:
        made = control_plane.api.request("POST", "api/v1/nodes?dryRun=All", probe)
    except ApiError as error:
        # A webhook that does not answer yet.
        if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            return False
        raise
    allocatable: str = made["status"]["allocatable"]["cpu"]
    return allocatable == "2"


def _selected(control_plane: ControlPlane) -> Mapping[str, str]:
    """The labels of nodes that the chart as it is installed amplifies."""
    path = "apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings"
    bindings: list[Object] = control_plane.api.request("GET", path)["items"]
    found: Mapping[str, str] = {}
    for binding in bindings:
        selector = binding["spec"].get("matchResources", {}).get("objectSelector", {})
        found = selector.get("matchLabels", found)
    return found


def ci_values() -> list[Path]:
    """The files of values that the chart is tried with."""
    return sorted(CHART.glob("ci/*-values.yaml"))
