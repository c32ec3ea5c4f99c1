"""Certificates for the loopback address, and for clients, replaced as a Secret's files are."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import trustme


class Issued:
    """A certificate, its key and the authorities of others, in the three files of a Secret.

    Args:
        folder: Where the files are; it may hold nothing else.
        names: Whom the certificate is for; loopback, where nobody is named.
        authority: Who signs it, and the next ones; one of its own where none is given.
        **more: Handed to trustme, such as `common_name` or `not_after`.
    """

    def __init__(
        self, folder: Path, *names: str, authority: trustme.CA | None = None, **more: Any
    ) -> None:
        self.authority = authority or trustme.CA()
        self.trusted: Sequence[trustme.CA] = (self.authority,)
        self._names = names if names or "common_name" in more else ("127.0.0.1", "localhost")
        self.more = more
        self._folder = folder
        self._number = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "tls.crt"
        self.key = folder / "tls.key"
        self.authorities = folder / "ca.crt"
        for path in (self.path, self.key, self.authorities):
            path.symlink_to(folder / "..data" / path.name)
        self.renew()

    @property
    def ca(self) -> bytes:
        """The authority's own certificate, in PEM."""
        return self.authority.cert_pem.bytes()

    def renew(self) -> bytes:
        """Replaces all files at once, as the kubelet does; gives the new certificate in DER.

        It is signed by `authority`, and is as `more` says; `trusted` are the others' authorities.
        """
        self._number += 1
        issued = self.authority.issue_cert(*self._names, **self.more)
        data = self._folder / f"..{self._number}"
        data.mkdir()
        first, *_ = chain = [pem.bytes() for pem in issued.cert_chain_pems]
        (data / self.path.name).write_bytes(b"".join(chain))
        (data / self.key.name).write_bytes(issued.private_key_pem.bytes())
        trusted = b"".join(authority.cert_pem.bytes() for authority in self.trusted)
        (data / self.authorities.name).write_bytes(trusted)
        link = self._folder / "..new"
        link.symlink_to(data)
        link.replace(self._folder / "..data")
        return ssl.PEM_cert_to_DER_cert(first.decode())

    def client(self, shown: Self | None = None) -> ssl.SSLContext:
        """What a client trusts the authority by, and shows of its own."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        if shown is not None:
            context.load_cert_chain(shown.path, shown.key)
        return context
