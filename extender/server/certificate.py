"""The certificate that a TLS listener shows, and whose clients' it accepts, read anew on change.

A Secret's files are replaced every few months by whoever issues certificates; nobody is to have to
restart anything for that.
"""

from __future__ import annotations

import math
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from extender.server.addresses import ListenError
from extender.server.expiry import expiries

_LARGEST: Final = 1024 * 1024
"""Bytes of a file that are read: a chain of certificates has a few thousand."""


class CertificateError(ListenError):
    """A certificate that cannot be used; the text names the option and the file."""


class FromFile(NamedTuple):
    """A file, and the option that names it."""

    option: str
    path: str


class _Files(NamedTuple):
    """What the files hold."""

    certificate: bytes
    key: bytes
    client_ca: bytes


class ServingCertificate:
    """A certificate and its key, as the files have them now. For any number of threads.

    Files that are being replaced may not match for a moment, and what is written there may be
    wrong; what was read before then stays in use, and that is told once.

    Args:
        certificate: the certificate and those it was signed by, in PEM.
        key: its private key, in PEM and not encrypted.
        tell: told of a change that was taken over, or that could not be.
        client_ca: the authorities of clients' certificates, in PEM; a client then has to show one.

    Raises:
        CertificateError: they cannot be read, or do not belong together.
    """

    def __init__(
        self,
        certificate: FromFile,
        key: FromFile,
        tell: Callable[[str], object],
        client_ca: FromFile | None = None,
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._client_ca = client_ca
        self._tell = tell
        self._lock = threading.Lock()
        self._used = self._read()
        # Files that cannot be read are remembered by what is wrong with them.
        self._seen: _Files | str = self._used
        self._context = self._load()

    @property
    def paths(self) -> tuple[str, str]:
        """Of the certificate and of its key."""
        return self._certificate.path, self._key.path

    def context(self) -> ssl.SSLContext:
        """What to begin a connection with; looks at the files, some 100 microseconds."""
        with self._lock:
            self._look()
            return self._context

    def expiry(self) -> float:
        """When the certificate in use expires, in seconds since 1970; not a number if unknown."""
        with self._lock:
            self._look()
            return next(iter(_expiries(self._used.certificate)), math.nan)

    def client_ca_expiry(self) -> float:
        """When the first of the clients' authorities expires, likewise."""
        with self._lock:
            self._look()
            return min(_expiries(self._used.client_ca), default=math.nan)

    def _look(self) -> None:
        """Take over what the files hold, if it has changed and can be used."""
        try:
            found: _Files | str = self._read()
        except CertificateError as error:
            found = str(error)
        if found != self._seen:
            self._seen = found
            self._tell(self._take_over(found))

    def _take_over(self, found: _Files | str) -> str:
        """Use what the files hold now, if it can be used; gives what to say of it."""
        if isinstance(found, str):
            return self._stays(found)
        try:
            self._context = self._load()
        except CertificateError as error:
            return self._stays(str(error))
        changed = [self._certificate.path]
        if self._client_ca is not None and found.client_ca != self._used.client_ca:
            same = found[:2] == self._used[:2]
            changed = [*([] if same else changed), self._client_ca.path]
        self._used = found
        one = len(changed) == 1
        verbs = "has changed, and is" if one else "have changed, and are"
        return f"{' and '.join(changed)} {verbs} in use"

    def _stays(self, wrong: str) -> str:
        if self._client_ca is None:
            return f"{wrong}; the certificate before stays in use"
        return f"{wrong}; the certificates before stay in use"

    def _read(self) -> _Files:
        """The files, as they are now.

        Raises:
            CertificateError: one of them cannot be read.
        """
        client_ca = b"" if self._client_ca is None else _content(self._client_ca)
        return _Files(_content(self._certificate), _content(self._key), client_ca)

    def _load(self) -> ssl.SSLContext:
        """A context with what the files hold.

        Raises:
            CertificateError: it cannot be used.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Go's clients offer HTTP/2 as well, which nobody speaks here.
        context.set_alpn_protocols(["http/1.1"])
        (option, path), (key_option, key_path) = self._certificate, self._key
        try:
            context.load_cert_chain(path, key_path, self._no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise CertificateError(
                f"{option}: cannot use {path} with {key_path} ({key_option}): {_why(error)}"
            ) from error
        if self._client_ca is not None:
            _demand_certificates(context, self._client_ca)
        return context

    def _no_password(self) -> str:
        """Refuse an encrypted key: OpenSSL would ask the terminal for its password."""
        raise CertificateError(f"{self._key.option}: the key in {self._key.path} is encrypted")


def _demand_certificates(context: ssl.SSLContext, client_ca: FromFile) -> None:
    """Have a context refuse clients without a certificate by one of the authorities.

    Raises:
        CertificateError: the authorities cannot be used.
    """
    try:
        context.load_verify_locations(client_ca.path)
    except (OSError, ValueError) as error:
        why = "no certificate in PEM" if isinstance(error, ssl.SSLError) else _why(error)
        raise CertificateError(f"{client_ca.option}: cannot use {client_ca.path}: {why}") from error
    context.verify_mode = ssl.CERT_REQUIRED
    # An intermediate authority is trusted without the one above it, as everywhere in Kubernetes.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # A session that is resumed is not verified again, be its certificate expired by then.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION


def _content(file: FromFile) -> bytes:
    """What a file holds.

    Raises:
        CertificateError: it cannot be read.
    """
    option, path = file
    try:
        if not Path(path).is_file() and Path(path).exists():
            raise CertificateError(f"{option}: {path} is no file")
        with Path(path).open("rb") as opened:
            return opened.read(_LARGEST)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise CertificateError(f"{option}: cannot read {path}: {why}") from error


def _expiries(pem: bytes) -> list[float]:
    """As ``expiries``; none where one cannot be read, which OpenSSL could."""
    try:
        return expiries(pem)
    except ValueError:
        return []


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key is not that of the certificate"
        return f"not a certificate and its private key in PEM ({error.reason or error})"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
