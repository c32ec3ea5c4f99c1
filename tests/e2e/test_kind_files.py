"""What `make kind` installs besides the chart, taken by those who read it: the real ones."""

from __future__ import annotations

import ipaddress
import re
import ssl
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import kind, objects
from tests.e2e.build import REPOSITORY
from tests.e2e.chart import CHART, Helm
from tests.e2e.controlplane import ControlPlane
from tests.e2e.debian import program
from tests.e2e.waiting import wait_until

MONITORING = "monitoring"
NAMESPACE = "nova-extender"
PROMETHEUS = f"system:serviceaccount:{MONITORING}:prometheus"
FILES = "/etc/kubernetes/nova-extender"
KUBECONFIG = "/etc/kubernetes/scheduler.conf"
CONFIG = "prometheus.yml"


def manifests(name: str) -> list[dict[str, Any]]:
    """The objects of a file of deploy/kind."""
    return list(yaml.safe_load_all((kind.FOLDER / name).read_text()))


def named(name: str, kind_: str, object_: str) -> dict[str, Any]:
    """One object of a file of deploy/kind."""
    (found,) = [
        each
        for each in manifests(name)
        if (each["kind"], each["metadata"]["name"]) == (kind_, object_)
    ]
    return found


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What certificates.sh makes."""
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run([kind.FOLDER / "certificates.sh", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def monitoring(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """Prometheus and Grafana installed as up.sh does it; nobody schedules their pods."""
    control_plane.api.create(objects.namespace(NAMESPACE, {}))
    files = [f"--filename={kind.FOLDER / name}.yaml" for name in ("prometheus", "grafana")]
    namespace = f"--filename={kind.FOLDER / 'monitoring.yaml'}"
    try:
        control_plane.kubectl("apply", namespace)
        control_plane.kubectl("apply", *files)
        yield control_plane
    finally:
        control_plane.kubectl("delete", "--ignore-not-found", "--wait=false", *files, namespace)
        control_plane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
        wait_until(
            lambda: (
                not any(
                    control_plane.api.find("Namespace", name) for name in (MONITORING, NAMESPACE)
                )
            ),
            60,
            "the namespaces gone",
        )


def test_the_api_server_takes_all_of_it(monitoring: ControlPlane) -> None:
    """Applied a second time as it stands, nothing changes: no field is unknown or put right."""
    for name in ("monitoring", "prometheus", "grafana"):
        told = monitoring.kubectl("apply", "-f", str(kind.FOLDER / f"{name}.yaml")).splitlines()
        assert len(told) == len(manifests(f"{name}.yaml"))
        assert all(line.endswith(" unchanged") for line in told), told


def test_their_pods_are_restricted(monitoring: ControlPlane) -> None:
    """The namespace lets in pods of the profile "restricted" only, and lets these in."""
    namespace = monitoring.api.get("Namespace", MONITORING)
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    wait_until(
        lambda: (
            {pod["metadata"]["labels"]["app"] for pod in monitoring.api.list("Pod", MONITORING)}
            == {"prometheus", "grafana"}
        ),
        30,
        "a pod of each",
    )
    for pod in monitoring.api.list("Pod", MONITORING):
        for container in pod["spec"]["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            # A version, not whatever is newest.
            assert re.search(r":v?\d+\.\d+\.\d+$", container["image"])


@pytest.mark.parametrize(
    ("allowed", "what"),
    [
        (True, ["list", "endpointslices.discovery.k8s.io", "-n", NAMESPACE]),
        (True, ["watch", "services", "-n", NAMESPACE]),
        (True, ["watch", "pods", "-n", NAMESPACE]),
        (True, ["list", "pods", "-n", "kube-system"]),
        (True, ["get", "/metrics"]),
        (False, ["list", "pods", "-n", "default"]),
        (False, ["list", "secrets", "-n", NAMESPACE]),
        (False, ["list", "services", "-n", "kube-system"]),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, list) else None,
)
def test_what_prometheus_may(monitoring: ControlPlane, allowed: bool, what: list[str]) -> None:
    """It finds what it scrapes, and nothing else."""
    path = "apis/authorization.k8s.io/v1/subjectaccessreviews"
    verb, target, *where = what
    if target.startswith("/"):
        asked: dict[str, Any] = {"nonResourceAttributes": {"verb": verb, "path": target}}
    else:
        resource, _, group = target.partition(".")
        attributes = {"verb": verb, "resource": resource, "group": group, "namespace": where[1]}
        asked = {"resourceAttributes": attributes}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": PROMETHEUS, **asked},
    }
    answer = monitoring.api.request("POST", path, review)
    assert answer["status"]["allowed"] is allowed


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    """Promtool finds nothing wrong; it looks where it may, for the ports of the chart's Service."""
    config = yaml.safe_load(named("prometheus.yaml", "ConfigMap", "prometheus")["data"][CONFIG])
    # Debian's Prometheus is built without Kubernetes.
    looked_for = {
        scrape["job_name"]: scrape.pop("kubernetes_sd_configs")
        for scrape in config["scrape_configs"]
    }
    target = tmp_path / CONFIG
    target.write_text(yaml.safe_dump(config))
    command = [str(program("promtool")), "check", "config", "--syntax-only", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    slices = [{"role": "endpointslice", "namespaces": {"names": [NAMESPACE]}}]
    pods = [{"role": "pod", "namespaces": {"names": ["kube-system"]}}]
    assert looked_for == {
        "nova-extender": slices,
        "kube-scheduler": slices,
        "kube-scheduler-default": pods,
    }
    kept = {scrape["job_name"]: scrape["relabel_configs"][0] for scrape in config["scrape_configs"]}
    port = ["__meta_kubernetes_endpointslice_port_name"]
    component = ["__meta_kubernetes_pod_label_component"]
    assert kept == {
        "nova-extender": {"source_labels": port, "action": "keep", "regex": "metrics"},
        "kube-scheduler": {"source_labels": port, "action": "keep", "regex": "scheduler"},
        "kube-scheduler-default": {
            "source_labels": component,
            "action": "keep",
            "regex": "kube-scheduler",
        },
    }


def test_what_the_volumes_are_made_of() -> None:
    """The rules and the dashboards that up.sh mounts are there."""
    assert (CHART / "files" / "rules.yaml").is_file()
    assert list((CHART / "files" / "dashboards").glob("*.json"))


def test_the_scheduler_asks_what_the_notes_say(control_plane: ControlPlane) -> None:
    """kube-scheduler's file has the very extenders that helm prints for the chart's values."""
    values = yaml.safe_load((kind.FOLDER / "values-default-scheduler.yaml").read_text())
    # Another test may have given this control plane the CRDs already, without helm.
    told = Helm(control_plane, NAMESPACE).install(
        {**values, "crds": {"install": False}}, "--dry-run=server"
    )
    stanza = re.search(
        r"^( *)extenders:\n(?:\1[ -].*\n|\n)+", told.partition("\nNOTES:\n")[2] + "\n", re.MULTILINE
    )
    assert stanza is not None, told
    config = yaml.safe_load((kind.FOLDER / "scheduler-config.yaml").read_text())
    assert config["extenders"] == yaml.safe_load(textwrap.dedent(stanza[0]))["extenders"]


def test_the_address_is_one_of_the_cluster(certificates: Path) -> None:
    """The Service's fixed address is in kind's range, in kube-scheduler's file and certified."""
    values = yaml.safe_load((kind.FOLDER / "values-default-scheduler.yaml").read_text())
    address = values["service"]["clusterIP"]
    made = kind.kubeadm_configs(kind.CONFIGS[1], kind.VERSIONS["v1beta4"])["nova-control-plane"]
    subnet = kind.documents(made)["ClusterConfiguration"]["networking"]["serviceSubnet"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(subnet)
    (extender,) = yaml.safe_load((kind.FOLDER / "scheduler-config.yaml").read_text())["extenders"]
    assert extender["urlPrefix"] == f"https://{address}"
    for name in (address, extender["tlsConfig"]["serverName"]):
        assert handshake(certificates, name) == "nova-extender-client"


def test_whom_the_extender_lets_in() -> None:
    """The name in the client's certificate is the one that the chart lets in by itself."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["tls"]["allowedClients"] == ["nova-extender-client"]


def test_certificates_stay(certificates: Path) -> None:
    """A second run changes nothing, and the authority's key is gone."""
    before = {path: path.read_bytes() for path in certificates.rglob("*") if path.is_file()}
    assert {str(path.relative_to(certificates)) for path in before} == {
        "ca.crt",
        *(
            f"{who}/{file}"
            for who in ("server", "client")
            for file in ("ca.crt", "tls.crt", "tls.key")
        ),
    }
    subprocess.run([kind.FOLDER / "certificates.sh", certificates], check=True)
    assert {path: path.read_bytes() for path in before} == before


def test_what_is_mounted_is_what_is_read() -> None:
    """Every file that kube-scheduler is told of comes from the host, and is made or is ours."""
    control_plane, *_ = yaml.safe_load(kind.CONFIGS[1].read_text())["nodes"]
    mounts = {each["containerPath"]: each["hostPath"] for each in control_plane["extraMounts"]}
    (extender,) = yaml.safe_load((kind.FOLDER / "scheduler-config.yaml").read_text())["extenders"]
    read = {path for key, path in extender["tlsConfig"].items() if key.endswith("File")}
    assert mounts.keys() == read | {f"{FILES}/scheduler-config.yaml"}
    config = mounts.pop(f"{FILES}/scheduler-config.yaml")
    assert REPOSITORY / config == kind.FOLDER / "scheduler-config.yaml"
    for inside, outside in mounts.items():
        assert outside == f".cache/kind/client/{Path(inside).name}"


def test_kube_scheduler_takes_its_file(
    control_plane: ControlPlane, certificates: Path, tmp_path: Path
) -> None:
    """The real one reads it, builds its client of the extender, and knows what to ask it."""
    done, written = read_by_kube_scheduler(control_plane, certificates / "client", tmp_path)
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load(written.read_text())
    (extender,) = config["extenders"]
    assert extender["managedResources"] == [
        {"name": "nova-extender.io/schedule", "ignoredByScheduler": True}
    ]
    assert "ignorable" not in extender
    assert config["percentageOfNodesToScore"] == 100
    (profile,) = config["profiles"]
    (fit,) = [each for each in profile["pluginConfig"] if each["name"] == "NodeResourcesFit"]
    assert profile["schedulerName"] == "default-scheduler"
    # So it does not look for it on nodes, of which none has it.
    assert fit["args"]["ignoredResources"] == ["nova-extender.io/schedule"]


def test_kube_scheduler_needs_its_certificate(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Without its files it ends at once, as the pages say: they come before the cluster."""
    done, _ = read_by_kube_scheduler(control_plane, tmp_path / "nowhere", tmp_path)
    assert done.returncode != 0
    assert "no such file or directory" in done.stderr


def read_by_kube_scheduler(
    control_plane: ControlPlane, client: Path, folder: Path
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Has the real kube-scheduler read its file, and write what it understood."""
    text = (kind.FOLDER / "scheduler-config.yaml").read_text()
    for inside, outside in ((FILES, client), (KUBECONFIG, control_plane.kubeconfig)):
        assert inside in text
        text = text.replace(inside, str(outside))
    config, written = folder / "scheduler-config.yaml", folder / "written.yaml"
    config.write_text(text)
    command = [str(control_plane.binaries / "kube-scheduler"), f"--config={config}"]
    done = subprocess.run(
        [*command, f"--write-config-to={written}", "--secure-port=0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, written


def handshake(certificates: Path, name: str) -> str:
    """Mutual TLS between both certificates, the server asked for by `name`; the client's CN."""
    client = ssl.create_default_context(cafile=certificates / "client" / "ca.crt")
    server = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=certificates / "server" / "ca.crt"
    )
    server.verify_mode = ssl.CERT_REQUIRED
    for context, who in ((client, "client"), (server, "server")):
        folder = certificates / who
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(down, up, server_hostname=name)
    answering = server.wrap_bio(up, down, server_side=True)
    for _ in range(3):
        for side in (asking, answering):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    shown: Any = answering.getpeercert()
    name_of: dict[str, str] = dict(pair for part in shown["subject"] for pair in part)
    return name_of["commonName"]
