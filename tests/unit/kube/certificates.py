"""A certificate for the loopback address, for the tests that need TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1, its key, and the authority that signed it."""

    path: Path
    key: Path
    ca: Path

    @property
    def server_side(self) -> ssl.SSLContext:
        """What a server needs to show it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


def make_certificate(folder: Path) -> Certificate:
    """Makes one, by an authority of its own."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    made = Certificate(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
    for number, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(str(made.path), append=number > 0)
    issued.private_key_pem.write_to_path(str(made.key))
    authority.cert_pem.write_to_path(str(made.ca))
    return made
