"""The certificates whose files the configuration names."""

from __future__ import annotations

from collections.abc import Callable

from extender.config.own_groups import HttpServerGroup
from extender.observe.certificates import Expiries
from extender.server.certificate import FromFile, ServingCertificate
from extender.server.clients import AllowedClients
from extender.server.tls import MutualTls


def tls_of_verbs(server: HttpServerGroup, tell: Callable[[str], object]) -> MutualTls | None:
    """How the verbs speak TLS; None where they do not.

    Raises:
        CertificateError: a file cannot be used.
    """
    if server.cert_file is None:
        return None
    # The configuration has one of these options with the others only.
    certificate = ServingCertificate(
        FromFile("server.cert_file", server.cert_file),
        FromFile("server.key_file", server.key_file or ""),
        tell,
        FromFile("server.client_ca_file", server.client_ca_file or ""),
    )
    return MutualTls(certificate, AllowedClients(server.allowed_clients, tell), tell)


def certificate_of_webhook(
    server: HttpServerGroup, tell: Callable[[str], object]
) -> ServingCertificate | None:
    """What the webhook shows; None where it is off.

    Raises:
        CertificateError: a file cannot be used.
    """
    if not server.webhook_bind:
        return None
    # The configuration has no address without the files.
    return ServingCertificate(
        FromFile("server.webhook_cert_file", server.webhook_cert_file or ""),
        FromFile("server.webhook_key_file", server.webhook_key_file or ""),
        tell,
    )


def expiries(verbs: MutualTls | None, webhook: ServingCertificate | None) -> Expiries:
    """When each certificate that there is expires, for the metrics."""
    found = {}
    if verbs is not None:
        found["verbs"] = verbs.certificate.expiry
        found["client_ca"] = verbs.certificate.client_ca_expiry
    if webhook is not None:
        found["webhook"] = webhook.expiry
    return found
