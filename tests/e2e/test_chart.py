"""The chart as helm sees it: clean, complete, and strict about its values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.chart import Helm, HelmError, ci_values
from tests.e2e.controlplane import ControlPlane
from tests.e2e.other_kinds import CERT_MANAGER, PROMETHEUS_OPERATOR, served

POLICY = "MutatingAdmissionPolicy"
HAS_POLICIES = f"--api-versions=admissionregistration.k8s.io/v1/{POLICY}"
CI = ci_values()


@pytest.fixture(scope="module")
def helm(control_plane: ControlPlane) -> Iterator[Helm]:
    """The real one."""
    yield Helm(control_plane)
    Helm(control_plane).uninstall("--no-hooks")


def _kinds(manifests: str) -> list[str]:
    return [each["kind"] for each in yaml.safe_load_all(manifests) if each]


@pytest.mark.parametrize("values", CI, ids=[file.stem for file in CI])
def test_lint(helm: Helm, values: Path) -> None:
    """Helm finds nothing wrong, not even a little."""
    assert "0 chart(s) failed" in helm.lint(f"--values={values}")


@pytest.fixture(scope="module")
def judge(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """An API server that knows all kinds the chart may have."""
    with served(control_plane, CERT_MANAGER, PROMETHEUS_OPERATOR):
        yield control_plane


@pytest.mark.parametrize("values", CI, ids=[file.stem for file in CI])
def test_the_api_server_takes_it(helm: Helm, judge: ControlPlane, values: Path) -> None:
    """All that is rendered would be accepted, each field and policies' expressions included."""
    manifests = helm.template(None, f"--values={values}", HAS_POLICIES)
    answered = judge.kubectl(
        *("apply", "--dry-run=server", "--validate=strict", "-f", "-"), input=manifests
    )
    assert answered.count("(server dry run)") == len(_kinds(manifests))


def test_delivery(helm: Helm) -> None:
    """By itself the chart takes the policy where the cluster has the kind, and else does not."""
    assert POLICY in _kinds(helm.template(None, HAS_POLICIES))
    assert POLICY not in _kinds(helm.template({"overcommit": {"delivery": "webhook"}}))
    for mode in ("virtual", "advisory"):
        amplifies = "nova-extender-overcommit"
        rendered = yaml.safe_load_all(helm.template({"overcommit": {"mode": mode}}, HAS_POLICIES))
        names = [each["metadata"]["name"] for each in rendered if each and each["kind"] == POLICY]
        assert amplifies not in names


def test_installed_and_uninstalled(helm: Helm, control_plane: ControlPlane) -> None:
    """The release comes, changes and goes; on a cluster that has the kind, the policy with it."""
    path = "apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
    helm.install_overcommit({})
    (policy,) = control_plane.api.request("GET", path)["items"]
    assert policy["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
    assert "dyn({})" in policy["spec"]["variables"][1]["expression"]
    helm.install_overcommit({"mode": "advisory"})
    assert control_plane.api.request("GET", path)["items"] == []
    helm.uninstall("--no-hooks")


@pytest.mark.parametrize(
    "overcommit",
    [
        {"mode": "both"},
        {"delivery": "pigeon"},
        {"unknown": True},
        *({"defaultRatios": {"cpu": text}} for text in ("4,0", "nan", "0", "0.0", "-1", "1.0005")),
        {"defaultRatios": {"cpu": 4.0}},
        {"defaultRatios": {"disk": "2.0"}},
        {"nodeSelector": {"a b": "c"}},
        {"nodeSelector": {"a": True}},
        {"ratioCheck": ["Warn", "Deny"]},
        {"ratioCheck": ["Shout"]},
        {"webhook": {"url": "http://plain"}},
        {"webhook": {"timeoutSeconds": 0}},
        {"virtual": {"schedulerNames": ["Nova"]}},
    ],
    ids=str,
)
def test_wrong_values(helm: Helm, overcommit: dict[str, Any]) -> None:
    """Values that mean nothing are refused before anything is rendered."""
    with pytest.raises(HelmError, match="values don't meet the specifications"):
        helm.template({"overcommit": overcommit})
