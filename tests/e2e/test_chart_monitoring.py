"""What the chart has for Prometheus and Grafana: right for their operators, and nothing lost in it.

Kinds are those of the Prometheus operator, by its own definitions, in the real API server.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import build, chart
from tests.e2e.chart import Helm, HelmError, Values
from tests.e2e.controlplane import ControlPlane

OPERATOR = "github.com/prometheus-operator/prometheus-operator"
TIMEOUT_RULE = "nova_extender:http_timeout_seconds"
PAGES = "https://docs.example.com/runbooks"
NAMES = ("filter-rejections", "overcommit", "plumbing")
LABELS = {"release": "prometheus"}


def values(kind: str, mode: str = "sidecar", **more: Any) -> dict[str, Any]:
    """What switches one of the three on."""
    return {"mode": mode, "metrics": {kind: {"enabled": True, **more}}}


@pytest.fixture(scope="module")
def definitions() -> list[Path]:
    """The operator's own, at the version that the tools' module names and go.sum vouches for."""
    go = shutil.which("go")
    assert go is not None, "the Go toolchain is needed to fetch the Prometheus operator's kinds"
    done = subprocess.run(
        [go, "mod", "download", "-json", OPERATOR],
        cwd=build.REPOSITORY / "tests" / "e2e" / "tools" / "prometheus-operator",
        env={**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folder = Path(json.loads(done.stdout)["Dir"], "example", "prometheus-operator-crd")
    kinds = ("servicemonitors", "prometheusrules")
    return [folder / f"monitoring.coreos.com_{kind}.yaml" for kind in kinds]


@pytest.fixture(scope="module")
def operated(control_plane: ControlPlane, definitions: list[Path]) -> Iterator[ControlPlane]:
    """An API server that knows these kinds."""
    files = [f"--filename={path}" for path in definitions]
    control_plane.kubectl("apply", *files)
    try:
        control_plane.kubectl("wait", "--for=condition=Established", *files)
        yield control_plane
    finally:
        control_plane.kubectl("delete", "--ignore-not-found", *files)


@pytest.fixture(scope="module")
def helm(control_plane: ControlPlane) -> Helm:
    """The real one."""
    return Helm(control_plane)


def render(helm: Helm, template: str, given: Values) -> str:
    """One template of the chart."""
    return helm.template(given, f"--show-only=templates/{template}.yaml", "--namespace=monitored")


def rendered(helm: Helm, template: str, given: Values) -> list[dict[str, Any]]:
    """What it has become."""
    return [each for each in yaml.safe_load_all(render(helm, template, given)) if each]


def rules_file() -> Any:
    """The rules as they are written and tested."""
    return yaml.safe_load((chart.CHART / "files" / "rules.yaml").read_text())["groups"]


@pytest.mark.parametrize(
    ("template", "given"),
    [
        ("servicemonitor", values("serviceMonitor", labels=LABELS)),
        ("servicemonitor", values("serviceMonitor", "standalone")),
        ("prometheusrule", values("prometheusRule", runbookUrl=PAGES, labels=LABELS)),
        ("dashboards", values("dashboards", annotations={"folder": "Nova"})),
    ],
)
def test_the_api_server_takes_it(
    operated: ControlPlane, helm: Helm, template: str, given: Values
) -> None:
    """No field is unknown to the kinds, and no value wrong."""
    manifests = render(helm, template, given).replace("namespace: monitored", "namespace: default")
    answered = operated.kubectl(
        *("apply", "--dry-run=server", "--validate=strict", "-f", "-"), input=manifests
    )
    assert answered.count("(server dry run)") == len(rendered(helm, template, given))


@pytest.mark.parametrize("template", ["servicemonitor", "prometheusrule", "dashboards"])
def test_off_by_default(helm: Helm, template: str) -> None:
    """A cluster without the operator gets nothing of it."""
    with pytest.raises(HelmError, match="could not find template"):
        render(helm, template, {})


ALONE = {"metrics": "nova-extender"}
BOTH = {**ALONE, "scheduler": "kube-scheduler"}


@pytest.mark.parametrize(
    ("given", "jobs"),
    [
        pytest.param(values("serviceMonitor"), BOTH, id="sidecar"),
        pytest.param(values("serviceMonitor", scheduler=False), ALONE, id="the extender's only"),
        pytest.param(values("serviceMonitor", "standalone"), ALONE, id="standalone"),
        pytest.param({**values("serviceMonitor"), "nameOverride": "other"}, BOTH, id="renamed"),
    ],
)
def test_jobs(helm: Helm, given: Values, jobs: dict[str, str]) -> None:
    """Each port has the job that dashboards and alerts look for, whatever the chart is called."""
    (monitor,) = rendered(helm, "servicemonitor", given)
    found = {}
    for endpoint in monitor["spec"]["endpoints"]:
        (relabeling,) = endpoint["relabelings"]
        assert relabeling["targetLabel"] == "job"
        found[endpoint["port"]] = relabeling["replacement"]
        assert endpoint["interval"] == "15s"
    assert found == jobs


def test_what_is_scraped_is_there(helm: Helm) -> None:
    """A Service that the monitor selects has the ports that it names."""
    for mode in ("sidecar", "standalone"):
        given = values("serviceMonitor", mode)
        objects = [each for each in yaml.safe_load_all(helm.template(given)) if each]
        (monitor,) = (each for each in objects if each["kind"] == "ServiceMonitor")
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        selected = [
            {port["name"] for port in each["spec"]["ports"]}
            for each in objects
            if each["kind"] == "Service" and wanted <= each["metadata"]["labels"].items()
        ]
        for endpoint in monitor["spec"]["endpoints"]:
            assert len([ports for ports in selected if endpoint["port"] in ports]) == 1


def test_rules_as_they_are(helm: Helm) -> None:
    """With kube-scheduler's own time-out and no pages: the file, Prometheus' templates included."""
    (rule,) = rendered(helm, "prometheusrule", values("prometheusRule"))
    assert rule["spec"] == {"groups": rules_file()}
    assert json.dumps(rule).count("{{ $labels.") > 0


def test_rules_of_another_time_out_and_with_links(helm: Helm) -> None:
    """Two things differ from the file: the time-out, and a link in each alert."""
    given = {
        **values("prometheusRule", runbookUrl=f"{PAGES}/", labels=LABELS),
        "scheduler": {"httpTimeout": "30s"},
    }
    expected = copy.deepcopy(rules_file())
    (timeout,) = (
        each for group in expected for each in group["rules"] if each.get("record") == TIMEOUT_RULE
    )
    assert timeout["expr"] == "vector(5)"
    timeout["expr"] = "vector(30)"
    alerts = [each for group in expected for each in group["rules"] if "alert" in each]
    for alert in alerts:
        alert["annotations"]["runbook_url"] = f"{PAGES}/{alert['annotations']['runbook']}"
    assert alerts
    (rule,) = rendered(helm, "prometheusrule", given)
    assert rule["spec"] == {"groups": expected}
    assert rule["metadata"]["labels"].items() >= LABELS.items()


def test_dashboards_byte_for_byte(helm: Helm) -> None:
    """A ConfigMap each, where Grafana's sidecar finds it; the file is as it was written."""
    given = values("dashboards", labels={"grafana_dashboard": "yes"}, annotations={"folder": "N"})
    maps = {each["metadata"]["name"]: each for each in rendered(helm, "dashboards", given)}
    assert sorted(maps) == [f"nova-extender-dashboard-{name}" for name in NAMES]
    for name in NAMES:
        found = maps[f"nova-extender-dashboard-{name}"]
        written = (chart.CHART / "files" / "dashboards" / f"{name}.json").read_text()
        assert found["data"] == {f"{name}.json": written}
        assert found["metadata"]["labels"]["grafana_dashboard"] == "yes"
        assert found["metadata"]["annotations"] == {"folder": "N"}
