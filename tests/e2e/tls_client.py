"""A client of the verbs over mutual TLS, at a pod's address but for the Service's name."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

TIMEOUT = 10.0


class TlsClient:
    """Asks the verbs with the certificate of a folder; each call has a connection of its own.

    Args:
        address: Where the extender listens.
        port: Likewise.
        folder: Holds `tls.crt` and `tls.key`, which it shows, and `ca.crt`, which it trusts.
        name: What the extender's certificate must be for.
    """

    def __init__(self, address: str, port: int, folder: Path, name: str) -> None:
        self._at = (address, port)
        self._folder = folder
        self._name = name

    def ask(self, verb: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """One call: the status, and the reply; raises OSError where there is none."""
        with closing(_Connection(self._at, self._context(), self._name)) as connection:
            connection.request("POST", f"/{verb}", json.dumps(body).encode())
            answer = connection.getresponse()
            text = answer.read()
            good = answer.status == http.HTTPStatus.OK
            return answer.status, json.loads(text) if good else text.decode()

    def certificate(self) -> bytes:
        """The certificate that the extender shows, in DER."""
        with closing(_Connection(self._at, self._context(), self._name)) as connection:
            connection.connect()
            shown = connection.socket.getpeercert(binary_form=True)
        assert shown is not None
        return shown

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._folder / "ca.crt"))
        context.load_cert_chain(self._folder / "tls.crt", self._folder / "tls.key")
        return context


class _Connection(http.client.HTTPConnection):
    """To one address, for a server of another name."""

    socket: ssl.SSLSocket

    def __init__(self, at: tuple[str, int], context: ssl.SSLContext, name: str) -> None:
        super().__init__(*at, timeout=TIMEOUT)
        self._tls = context
        self._name = name

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.socket = self._tls.wrap_socket(plain, server_hostname=self._name)
        self.sock = self.socket
