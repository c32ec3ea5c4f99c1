"""TLS for the verbs, where client and server both show certificates."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from extender.server.certificate import ServingCertificate
from extender.server.clients import AllowedClients

_SILENCE: Final = 60.0
"""Seconds for which nothing more is said of handshakes that fail in one way."""

_UNKNOWN: Final = frozenset((18, 19, 20, 21))
"""OpenSSL's codes (``x509_vfy.h``) where nobody known is at the end of a chain."""

_PLAIN: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": (
        "it showed no certificate, and server.client_ca_file is set"
    ),
    "HTTP_REQUEST": "it asked in the clear, and server.cert_file is set",
}


class MutualTls:
    """What a listener needs to know its clients. For any number of threads.

    Args:
        certificate: what to show, and which authorities clients' certificates must be by.
        clients: which of those clients may ask.
        tell: told of handshakes that fail, of each way at most once a minute.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        certificate: ServingCertificate,
        clients: AllowedClients,
        tell: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.certificate = certificate
        self._clients = clients
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}

    def context(self) -> ssl.SSLContext:
        """What to begin a connection with."""
        return self.certificate.context()

    def refusal(self, certificate: Mapping[str, Any]) -> str:
        """Why a client may not ask although its certificate is in order; "" for one that may."""
        return self._clients.refusal(certificate)

    def failed(self, error: OSError, address: str) -> None:
        """Tell of a handshake that failed, unless the client has just gone.

        kube-scheduler's own log says little more of it than that it failed.
        """
        wrong = _what_failed(error)
        if not wrong:
            return
        now = self._clock()
        with self._lock:
            if now - self._told.get(wrong, -_SILENCE) < _SILENCE:
                return
            self._told[wrong] = now
        self._tell(f"no connection with a client at {address}: {wrong}")


def _what_failed(error: OSError) -> str:
    """What went wrong, "" where a client connected and left, as probes of load balancers do.

    There are few of these texts: OpenSSL has a fixed list of reasons.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _UNKNOWN:
            return "no authority in server.client_ca_file has signed its certificate"
        return f"its certificate is refused by server.client_ca_file: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError):
        return ""
    reason = error.reason or str(error)
    _, alert, refusal = reason.partition("_ALERT_")
    if alert:
        said = refusal.replace("_", " ").lower()
        return f"it refused ours, and perhaps the certificate in server.cert_file: {said}"
    return _PLAIN.get(reason, f"no TLS came about: {reason}")
