"""The certificate that a TLS listener shows, read anew when its files change.

A Secret's files are replaced every few months by whoever issues certificates; nobody is to have to
restart anything for that.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from extender.server.addresses import ListenError

_LARGEST: Final = 1024 * 1024
"""Bytes of a file that are read: a chain of certificates has a few thousand."""


class CertificateError(ListenError):
    """A certificate that cannot be used; the text names the option and the file."""


class _Files(NamedTuple):
    """What the two files hold."""

    certificate: bytes
    key: bytes


class ServingCertificate:
    """A certificate and its key, as the files have them now. For any number of threads.

    Files that are being replaced may not match for a moment, and what is written there may be
    wrong; what was read before then stays in use, and that is told once.

    Args:
        certificate: path of the certificate and those it was signed by, in PEM.
        key: path of its private key, in PEM and not encrypted.
        tell: told of a change that was taken over, or that could not be.
        options: the options that the two paths come from.

    Raises:
        CertificateError: they cannot be read, or do not belong together.
    """

    def __init__(
        self,
        certificate: str,
        key: str,
        tell: Callable[[str], object],
        options: tuple[str, str] = ("server.webhook_cert_file", "server.webhook_key_file"),
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._tell = tell
        self._options = options
        self._lock = threading.Lock()
        # Files that cannot be read are remembered by what is wrong with them.
        self._seen: _Files | str = self._read()
        self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """What to begin a connection with; looks at the files, some 70 microseconds."""
        with self._lock:
            try:
                found: _Files | str = self._read()
            except CertificateError as error:
                found = str(error)
            if found != self._seen:
                self._seen = found
                self._tell(self._take_over(found))
            return self._context

    def _take_over(self, found: _Files | str) -> str:
        """Use what the files hold now, if it can be used; gives what to say of it."""
        wrong = found if isinstance(found, str) else ""
        if not wrong:
            try:
                self._context = self._load()
            except CertificateError as error:
                wrong = str(error)
        if wrong:
            return f"{wrong}; the certificate before stays in use"
        return f"{self._certificate} has changed, and is in use"

    def _read(self) -> _Files:
        """The two files, as they are now.

        Raises:
            CertificateError: one of them cannot be read.
        """
        texts = []
        for option, path in zip(self._options, (self._certificate, self._key), strict=True):
            try:
                if not Path(path).is_file() and Path(path).exists():
                    raise CertificateError(f"{option}: {path} is no file")
                with Path(path).open("rb") as file:
                    texts.append(file.read(_LARGEST))
            except (OSError, ValueError) as error:
                why = (error.strerror if isinstance(error, OSError) else None) or str(error)
                raise CertificateError(f"{option}: cannot read {path}: {why}") from error
        return _Files(*texts)

    def _load(self) -> ssl.SSLContext:
        """A context with what the files hold.

        Raises:
            CertificateError: it cannot be used.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._certificate, self._key, self._no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise CertificateError(
                f"{self._options[0]}: cannot use {self._certificate} with {self._key} "
                f"({self._options[1]}): {_why(error)}"
            ) from error
        return context

    def _no_password(self) -> str:
        """Refuse an encrypted key: OpenSSL would ask the terminal for its password."""
        raise CertificateError(f"{self._options[1]}: the key in {self._key} is encrypted")


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key is not that of the certificate"
        return f"not a certificate and its private key in PEM ({error.reason or error})"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
