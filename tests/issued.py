"""Certificates for the loopback address, replaced as a Secret's files are."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


class Issued:
    """A certificate and its key in two files, by an authority that signs the next ones, too.

    Args:
        folder: Where the files are; it may hold nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._folder = folder
        self._number = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "tls.crt"
        self.key = folder / "tls.key"
        for path in (self.path, self.key):
            path.symlink_to(folder / "..data" / path.name)
        self.renew()

    @property
    def ca(self) -> bytes:
        """The authority's own certificate, in PEM."""
        return self._authority.cert_pem.bytes()

    def renew(self) -> bytes:
        """Replaces both files at once, as the kubelet does; gives the new certificate in DER."""
        self._number += 1
        issued = self._authority.issue_cert("127.0.0.1", "localhost")
        data = self._folder / f"..{self._number}"
        data.mkdir()
        first, *_ = chain = [pem.bytes() for pem in issued.cert_chain_pems]
        (data / self.path.name).write_bytes(b"".join(chain))
        (data / self.key.name).write_bytes(issued.private_key_pem.bytes())
        link = self._folder / "..new"
        link.symlink_to(data)
        link.replace(self._folder / "..data")
        return ssl.PEM_cert_to_DER_cert(first.decode())

    def client(self) -> ssl.SSLContext:
        """What a client trusts the authority by."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._authority.configure_trust(context)
        return context
