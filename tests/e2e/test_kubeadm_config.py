"""What is told to kubeadm, by hand or through kind: the real kubeadm takes it, in both versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import kind
from tests.e2e.build import REPOSITORY
from tests.e2e.kind import CONFIGS, VERSIONS, RefusedError

SNIPPETS = REPOSITORY / "deploy" / "kubeadm"
FILES = "/etc/kubernetes/nova-extender"
VOLUME = {
    "name": "nova-extender",
    "hostPath": FILES,
    "mountPath": FILES,
    "readOnly": True,
    "pathType": "Directory",
}


def completed(snippet: dict[str, Any], version: str, folder: Path) -> Path:
    """A snippet as part of a configuration; with a version, or kubeadm would ask the internet."""
    target = folder / "kubeadm.yaml"
    target.write_text(yaml.safe_dump({**snippet, "kubernetesVersion": VERSIONS[version]}))
    return target


@pytest.mark.parametrize("version", VERSIONS)
def test_snippet(version: str, tmp_path: Path) -> None:
    """Each version's snippet is valid, and gives kube-scheduler its file and its folder."""
    snippet = yaml.safe_load((SNIPPETS / f"{version}.yaml").read_text())
    assert snippet["apiVersion"] == f"kubeadm.k8s.io/{version}"
    kind.validate(version, completed(snippet, version, tmp_path))
    scheduler = snippet["scheduler"]
    assert kind.arguments(scheduler) == {"config": f"{FILES}/scheduler-config.yaml"}
    assert scheduler["extraVolumes"] == [VOLUME]


@pytest.mark.parametrize("version", VERSIONS)
def test_kubeadm_is_strict(version: str, tmp_path: Path) -> None:
    """A misspelt field, and the other version's form of the arguments, are refused."""
    snippet = yaml.safe_load((SNIPPETS / f"{version}.yaml").read_text())
    misspelt = {**snippet, "scheduler": {"extraVolume": [VOLUME]}}
    with pytest.raises(RefusedError, match="extraVolume"):
        kind.validate(version, completed(misspelt, version, tmp_path))
    (other,) = VERSIONS.keys() - {version}
    swapped = {**yaml.safe_load((SNIPPETS / f"{other}.yaml").read_text())}
    swapped["apiVersion"] = snippet["apiVersion"]
    with pytest.raises(RefusedError, match="extraArgs"):
        kind.validate(version, completed(swapped, version, tmp_path))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_what_kind_makes_of_it(config: Path, version: str, tmp_path: Path) -> None:
    """What kind hands to kubeadm on every machine is valid, for old Kubernetes and for new."""
    made = kind.kubeadm_configs(config, VERSIONS[version])
    assert list(made) == ["nova-control-plane", "nova-worker", "nova-worker2", "nova-worker3"]
    for name, text in made.items():
        target = tmp_path / f"{name}.yaml"
        target.write_text(text)
        kind.validate(version, target)
        cluster = kind.documents(text)["ClusterConfiguration"]
        assert cluster["apiVersion"] == f"kubeadm.k8s.io/{version}"


@pytest.mark.parametrize("version", VERSIONS)
def test_default_scheduler_is_patched(version: str) -> None:
    """kube-scheduler gets its file, its folder and an open address; kind's own arguments stay."""
    text = kind.kubeadm_configs(CONFIGS[1], VERSIONS[version])["nova-control-plane"]
    cluster = kind.documents(text)["ClusterConfiguration"]
    assert isinstance(cluster["scheduler"]["extraArgs"], dict if version == "v1beta3" else list)
    assert kind.arguments(cluster["scheduler"]) == {
        "config": f"{FILES}/scheduler-config.yaml",
        "bind-address": "0.0.0.0",
    }
    assert cluster["scheduler"]["extraVolumes"] == [VOLUME]
    unpatched = kind.kubeadm_configs(CONFIGS[0], VERSIONS[version])["nova-control-plane"]
    other = kind.documents(unpatched)["ClusterConfiguration"]
    for component in ("apiServer", "controllerManager"):
        assert cluster[component] == other[component]


@pytest.mark.parametrize("version", VERSIONS)
def test_zones(version: str) -> None:
    """The workers join with the labels of their zones, the control plane with none."""
    zones = {}
    for name, text in kind.kubeadm_configs(CONFIGS[0], VERSIONS[version]).items():
        registration = kind.documents(text)["JoinConfiguration"]["nodeRegistration"]
        given = registration["kubeletExtraArgs"]
        labels = kind.arguments({"extraArgs": given})["node-labels"]
        zones[name] = labels.removeprefix("topology.kubernetes.io/zone=")
    assert zones == {
        "nova-control-plane": "",
        "nova-worker": "zone-a",
        "nova-worker2": "zone-a",
        "nova-worker3": "zone-b",
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [("role: worker", "role: wrker"), ("hostPath:", "hostpath:"), ("name: nova\n", "name: a b\n")],
)
def test_kind_is_strict(old: str, new: str, tmp_path: Path) -> None:
    """The real kind refuses a role, a field or a name that it does not know."""
    text = CONFIGS[1].read_text()
    assert old in text
    target = tmp_path / "kind.yaml"
    target.write_text(text.replace(old, new, 1))
    with pytest.raises(RefusedError):
        kind.kubeadm_configs(target, VERSIONS["v1beta4"])
