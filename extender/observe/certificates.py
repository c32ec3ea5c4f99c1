"""When the certificates in use expire, as metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Gauge

from extender.observe.watches import NAMESPACE

Expiries = Mapping[str, Callable[[], float]]
"""By what a certificate is for: how to ask when it expires, in seconds since 1970."""


class CertificateMetrics:
    """A series for each certificate that is configured, asked when somebody asks for the metrics.

    Args:
        registry: where the metrics go.
        expiries: the certificates.
    """

    def __init__(self, registry: CollectorRegistry, expiries: Expiries) -> None:
        gauge = Gauge(
            "certificate_expiry_timestamp_seconds",
            "When a certificate in use expires, in seconds since 1970: that of the verbs, the "
            "first of those that clients' are signed by (client_ca), and that of the webhook.",
            ("certificate",),
            namespace=NAMESPACE,
            registry=registry,
        )
        for name, ask in expiries.items():
            gauge.labels(name).set_function(ask)
