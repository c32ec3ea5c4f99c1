"""kind's and kubeadm's files, by the real kind and the real kubeadm; no container is started."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.e2e import build

FOLDER = build.REPOSITORY / "deploy" / "kind"
CONFIGS = (FOLDER / "kind.yaml", FOLDER / "kind-default-scheduler.yaml")
# A version of Kubernetes for which kind writes each version of kubeadm's configuration, and the
# kubeadm that reads it.
VERSIONS = {"v1beta3": "v1.35.4", "v1beta4": "v1.37.1"}
KUBEADM = {"v1beta3": "kubeadm-v1beta3", "v1beta4": "kubeadm"}

Document = dict[str, Any]


class RefusedError(Exception):
    """What kind or kubeadm says of a file that it does not take."""


def kubeadm_configs(config: Path, kubernetes: str) -> dict[str, str]:
    """What kind would hand to kubeadm, by the name of the node.

    Raises:
        RefusedError: kind does not take the file.
    """
    command = [str(build.build_all() / "kind-kubeadm-config"), str(config), kubernetes]
    found: dict[str, str] = json.loads(_run(command))
    return found


def validate(version: str, config: Path) -> None:
    """Has kubeadm judge a configuration, which must be of this version.

    Raises:
        RefusedError: kubeadm does not take it.
    """
    command = [str(build.build_all() / KUBEADM[version])]
    _run([*command, "config", "validate", f"--config={config}"])


def documents(text: str) -> dict[str, Document]:
    """The documents of a configuration, by kind."""
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def arguments(component: Document) -> dict[str, str]:
    """The extraArgs of a component, whichever form they have."""
    given = component.get("extraArgs") or {}
    if isinstance(given, list):
        return {each["name"]: each["value"] for each in given}
    return dict(given)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise RefusedError(done.stderr.strip())
    return done.stdout
