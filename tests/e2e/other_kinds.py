"""Kinds of other projects that the chart makes objects of, by these projects' own definitions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e import build
from tests.e2e.controlplane import ControlPlane


@dataclass(frozen=True)
class Project:
    """A Go module of another project; a folder of `tools/` names its version, and vouches for it.

    Attributes:
        tool: The folder.
        module: The module.
        folder: Where in it the definitions are.
        files: Those that are wanted.
    """

    tool: str
    module: str
    folder: str
    files: tuple[str, ...]

    def definitions(self) -> list[Path]:
        """The files, downloaded if they are not there yet."""
        go = shutil.which("go")
        assert go is not None, f"the Go toolchain is needed to fetch the kinds of {self.module}"
        done = subprocess.run(
            [go, "mod", "download", "-json", self.module],
            cwd=build.REPOSITORY / "tests" / "e2e" / "tools" / self.tool,
            env={**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOTOOLCHAIN": "local"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [Path(json.loads(done.stdout)["Dir"], self.folder, name) for name in self.files]


CERT_MANAGER = Project(
    "cert-manager",
    "github.com/cert-manager/cert-manager",
    "deploy/crds",
    ("cert-manager.io_certificates.yaml", "cert-manager.io_issuers.yaml"),
)
PROMETHEUS_OPERATOR = Project(
    "prometheus-operator",
    "github.com/prometheus-operator/prometheus-operator",
    "example/prometheus-operator-crd",
    (
        "monitoring.coreos.com_servicemonitors.yaml",
        "monitoring.coreos.com_prometheusrules.yaml",
    ),
)


@contextmanager
def served(control_plane: ControlPlane, *projects: Project) -> Iterator[None]:
    """An API server that knows these projects' kinds, and no more afterwards."""
    files = [f"--filename={path}" for project in projects for path in project.definitions()]
    control_plane.kubectl("apply", *files)
    try:
        control_plane.kubectl("wait", "--for=condition=Established", *files)
        yield
    finally:
        control_plane.kubectl("delete", "--ignore-not-found", *files)
