"""The certificates of the chart: who signs them, whom they are for, and when they are made anew."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.e2e import build
from tests.e2e.chart import OVERCOMMIT_ONLY, Helm
from tests.e2e.controlplane import ControlPlane
from tests.e2e.rendering import NAME, NAMESPACE, NoCluster, Object, render

DAY = 86_400
STANDALONE = {"mode": "standalone"}
WEBHOOK = {"overcommit": {"delivery": "webhook"}}
SECRETS = ("ca", "tls", "client-tls")


@pytest.fixture
def place(tmp_path: Path) -> NoCluster:
    """Nowhere: helm only renders."""
    return NoCluster(build.build_all(), tmp_path)


def certificate(secret: Object, key: str = "tls.crt") -> x509.Certificate:
    """A certificate in a Secret."""
    return x509.load_pem_x509_certificate(base64.b64decode(secret["data"][key]))


def names(found: x509.Certificate) -> set[str]:
    """The names and addresses that a certificate is for, without its CN."""
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return {str(each.value) for each in extension.value}


def common_name(found: x509.Certificate) -> str:
    """A certificate's CN."""
    (attribute,) = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attribute.value)


def secrets(place: NoCluster, values: Mapping[str, Any]) -> dict[str, Object]:
    """The Secrets that are rendered, by what they are."""
    found = render(place, values).of("Secret")
    return {name.removeprefix(f"{NAME}-"): each for name, each in found.items()}


def test_one_authority_signs_both(place: NoCluster) -> None:
    """The extender is asked by its Service's names, and knows kube-scheduler by the first name."""
    values = {
        **STANDALONE,
        "service": {"clusterIP": "10.96.0.77"},
        "tls": {"allowedClients": ["system:kube-scheduler", "other"]},
    }
    found = secrets(place, values)
    assert set(found) == set(SECRETS)
    authority = certificate(found["ca"])
    for name in ("tls", "client-tls"):
        certificate(found[name]).verify_directly_issued_by(authority)
        assert found[name]["data"]["ca.crt"] == found["ca"]["data"]["tls.crt"]
    assert names(certificate(found["tls"])) == {
        f"{NAME}.{NAMESPACE}.svc",
        f"{NAME}.{NAMESPACE}",
        "10.96.0.77",
    }
    assert common_name(certificate(found["client-tls"])) == "system:kube-scheduler"
    assert names(certificate(found["client-tls"])) == set()


def test_how_long(place: NoCluster) -> None:
    """The authority outlives what it signs; the annotations tell the same as the certificates."""
    found = secrets(place, {**STANDALONE, "tls": {"generated": {"validity": 30}}})
    for name, days in (("ca", 3650), ("tls", 30), ("client-tls", 30)):
        ends = certificate(found[name]).not_valid_after_utc.timestamp()
        assert ends == pytest.approx(time.time() + days * DAY, abs=600)
        told = found[name]["metadata"]["annotations"]["nova-extender.io/expires"]
        assert int(told) == pytest.approx(ends, abs=600)


def test_the_webhook_has_the_same_certificate(place: NoCluster) -> None:
    """The API server is told of the authority, and asks by a name that the certificate is for."""
    rendered = render(place, {**STANDALONE, **WEBHOOK})
    served = certificate(rendered.one("Secret", f"{NAME}-tls"))
    assert f"{NAME}-overcommit.{NAMESPACE}.svc" in names(served)
    assert f"{NAME}.{NAMESPACE}.svc" in names(served)
    (webhook,) = rendered.one("MutatingWebhookConfiguration", f"{NAME}-overcommit")["webhooks"]
    authority = rendered.one("Secret", f"{NAME}-ca")["data"]["tls.crt"]
    assert webhook["clientConfig"]["caBundle"] == authority
    ports = {each["name"] for each in rendered.container("extender")["ports"]}
    assert "webhook" in ports


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://extender.example.com:8443/mutate/nodes", "extender.example.com"),
        ("https://10.1.2.3/mutate/nodes", "10.1.2.3"),
        ("https://[fd00::5]:9443/mutate/nodes", "fd00::5"),
    ],
)
def test_the_webhook_at_an_address_of_its_own(place: NoCluster, url: str, name: str) -> None:
    """The certificate is for it, too; kube-scheduler beside the extender has none."""
    found = secrets(place, {"overcommit": {"delivery": "webhook", "webhook": {"url": url}}})
    assert set(found) == {"ca", "tls"}
    assert name in names(certificate(found["tls"]))


def test_no_tls_where_nobody_speaks_it(place: NoCluster) -> None:
    """Beside kube-scheduler, with policies, the chart has no Secret at all."""
    rendered = render(place)
    assert not rendered.of("Secret")
    assert {each["name"] for each in rendered.pod()["volumes"]} == {
        "config",
        "scheduler-config",
        "tmp",
    }


def test_cert_manager(place: NoCluster) -> None:
    """An authority of the chart's own signs both; the webhook's authority is put in afterwards."""
    rendered = render(place, {**STANDALONE, **WEBHOOK, "tls": {"source": "certManager"}})
    assert not rendered.of("Secret")
    assert set(rendered.of("Issuer")) == {f"{NAME}-self-signed", NAME}
    certificates = {name: each["spec"] for name, each in rendered.of("Certificate").items()}
    assert set(certificates) == {f"{NAME}-{each}" for each in SECRETS}
    assert all(name == spec["secretName"] for name, spec in certificates.items())
    assert certificates[f"{NAME}-ca"]["isCA"] is True
    assert rendered.one("Issuer")["spec"]["ca"]["secretName"] == f"{NAME}-ca"
    assert certificates[f"{NAME}-tls"]["usages"] == ["digital signature", "server auth"]
    assert certificates[f"{NAME}-client-tls"]["usages"] == ["digital signature", "client auth"]
    configuration = rendered.one("MutatingWebhookConfiguration", f"{NAME}-overcommit")
    annotations = configuration["metadata"]["annotations"]
    assert annotations["cert-manager.io/inject-ca-from"] == f"{NAMESPACE}/{NAME}-tls"
    assert "caBundle" not in configuration["webhooks"][0]["clientConfig"]


def test_a_given_issuer(place: NoCluster) -> None:
    """It signs, and the chart has no authority of its own."""
    issuer = {"kind": "ClusterIssuer", "name": "company"}
    tls = {"source": "certManager", "certManager": {"issuerRef": issuer}}
    rendered = render(place, {**STANDALONE, "tls": tls})
    assert not rendered.of("Issuer")
    assert set(rendered.of("Certificate")) == {f"{NAME}-tls", f"{NAME}-client-tls"}
    assert all(each["spec"]["issuerRef"] == issuer for each in rendered.of("Certificate").values())


def test_given_certificates(place: NoCluster) -> None:
    """The chart makes none, and mounts those."""
    tls = {"source": "secret", "secretName": "given"}
    rendered = render(place, {**STANDALONE, "tls": tls})
    assert not rendered.of("Secret")
    assert not rendered.of("Certificate")
    volumes = {each["name"]: each for each in rendered.pod()["volumes"]}
    assert volumes["tls"]["secret"]["secretName"] == "given"


class Installed:
    """A release with certificates and without pods, upgraded again and again."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.api = plane.api
        self.helm = Helm(plane, namespace)
        self.namespace = namespace

    def upgrade(self, **values: Any) -> dict[str, str]:
        """Installs or upgrades; gives the certificates."""
        off = {**OVERCOMMIT_ONLY, "overcommit": {"mode": "advisory", "ratioCheck": []}}
        # The tests themselves write what helm would have for itself.
        arguments = ("--reset-values", "--force-conflicts")
        self.helm.install({**off, **STANDALONE, **values}, *arguments)
        return {
            name: self.api.get("Secret", f"{NAME}-{name}", self.namespace)["data"]["tls.crt"]
            for name in SECRETS
        }

    def age(self, name: str, days: float) -> None:
        """Has a certificate end so many days from now, for all that the chart can know."""
        annotations = {"nova-extender.io/expires": str(int(time.time() + days * DAY))}
        patch = {"metadata": {"annotations": annotations}}
        self.api.patch("Secret", f"{NAME}-{name}", patch, self.namespace)


@pytest.fixture
def installed(control_plane: ControlPlane) -> Iterator[Installed]:
    """In a namespace of its own."""
    namespace = "nova-tls"
    control_plane.kubectl("create", "namespace", namespace)
    made = Installed(control_plane, namespace)
    yield made
    made.helm.uninstall("--no-hooks")
    control_plane.kubectl("delete", "namespace", namespace)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_kept_over_upgrades(installed: Installed) -> None:
    """Until the last third of their time, or until they are for others; the authority stays."""
    first = installed.upgrade()
    assert _changed(first, installed.upgrade(podLabels={"a": "b"})) == set()
    # Of 365 days, 121 are the last third.
    installed.age("tls", 122)
    assert _changed(first, installed.upgrade()) == set()
    installed.age("tls", 120)
    second = installed.upgrade()
    assert _changed(first, second) == {"tls"}
    installed.age("client-tls", 120)
    third = installed.upgrade()
    assert _changed(second, third) == {"client-tls"}
    fourth = installed.upgrade(tls={"allowedClients": ["another"]})
    assert _changed(third, fourth) == {"client-tls"}
    # An authority that would end before what it is to sign.
    installed.age("ca", 364)
    fifth = installed.upgrade(tls={"allowedClients": ["another"]})
    assert _changed(fourth, fifth) == {"ca", "tls", "client-tls"}
    authority = x509.load_pem_x509_certificate(base64.b64decode(fifth["ca"]))
    for name in ("tls", "client-tls"):
        served = x509.load_pem_x509_certificate(base64.b64decode(fifth[name]))
        served.verify_directly_issued_by(authority)


def test_the_notes(place: NoCluster, installed: Installed) -> None:
    """They show what kube-scheduler is to be told, as it is rendered for the pod beside it."""
    installed.upgrade(service={"clusterIP": "10.96.44.99", "port": 8443})
    notes = installed.helm.notes()
    for line in (
        "- urlPrefix: https://10.96.44.99:8443",
        f"serverName: {NAME}.{installed.namespace}.svc",
        "enableHTTPS: true",
        "caFile: /etc/kubernetes/nova-extender/ca.crt",
        "name: nova-extender.io/schedule",
        "- ignoredByScheduler: true",
        f"kubectl get secret {NAME}-client-tls --namespace {installed.namespace}",
        "kubectl label namespace NAMESPACE nova-extender.io/schedule=true",
    ):
        assert line in notes
    (extender,) = render(place).scheduler_config()["extenders"]
    for key in ("filterVerb", "bindVerb", "weight", "httpTimeout"):
        assert f"{key}: {extender[key]}" in notes
