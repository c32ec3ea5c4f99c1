"""A real kube-scheduler asks the extender over mutual TLS, by `enableHTTPS` and `tlsConfig`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e import objects
from tests.e2e.objects import pod
from tests.e2e.scene import Scene
from tests.e2e.scheduler_config import scheduler_config
from tests.e2e.waiting import wait_until
from tests.issued import Issued

CLIENT = "nova-extender-client"


def server_options(server: Issued, *clients: str) -> dict[str, Any]:
    """The extender's options for TLS with the files of a Secret, for clients of these names."""
    return {
        "cert_file": str(server.path),
        "key_file": str(server.key),
        "client_ca_file": str(server.authorities),
        "allowed_clients": list(clients),
    }


def tls_config(server: Issued, client: Issued) -> dict[str, str]:
    """kube-scheduler's `tlsConfig`: whom it trusts, and what it shows."""
    return {
        "caFile": str(server.authorities),
        "certFile": str(client.path),
        "keyFile": str(client.key),
    }


def test_kube_scheduler_asks_over_mutual_tls(scene: Scene, tmp_path: Path) -> None:
    """Placed and bound, also after the certificate is renewed; strangers learn why they are not.

    A stranger whose certificate the authority signed reads the reason in the pod's event; one of
    another authority does not get so far, and our log says whom we did not know.
    """
    server = Issued(tmp_path / "server")
    client = Issued(tmp_path / "client", CLIENT, authority=server.authority)
    scene.nodes(objects.node("n1", "16", "64Gi"))
    extender = scene.start(
        {"server": server_options(server, CLIENT)}, bind=True, tls=tls_config(server, client)
    )
    assert extender.url.startswith("https://")
    assert scene.place(pod("before", "100m")) == "n1"
    server.renew()
    assert scene.place(pod("after", "100m")) == "n1"
    assert scene.metric('nova_extender_requests_total{outcome="ok",verb="bind"}') == 2

    def ask_as(stranger: Issued) -> None:
        config = scheduler_config(extender.url, bind=True, tls=tls_config(server, stranger))
        scene.control_plane.start_scheduler(config)

    ask_as(Issued(tmp_path / "other", authority=server.authority, common_name="system:node:n1"))
    text = scene.refused(pod("other-name", "100m"))
    assert 'the certificate of "system:node:n1" is valid, but server.allowed_clients' in text
    assert scene.metric('nova_extender_requests_total{outcome="forbidden",verb="filter"}') >= 1

    ask_as(Issued(tmp_path / "stranger", CLIENT))
    text = scene.refused(pod("other-authority", "100m"))
    assert "tls: unknown certificate authority" in text
    wait_until(
        lambda: "server.client_ca_file" in extender.process.log.read_text(),
        10,
        "the extender's log to tell of it",
    )
    assert scene.metric('nova_extender_requests_total{outcome="ok",verb="bind"}') == 2
