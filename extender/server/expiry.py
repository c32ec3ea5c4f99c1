"""When certificates expire.

Python's ``ssl`` tells it of authorities it has loaded and of peers it has talked to, not of the
certificate that it shows itself. One field of the certificate's DER (RFC 5280 section 4.1) is all
that is read here; whether the certificate is any good is OpenSSL's to say.
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from typing import Final, NamedTuple

_PEM: Final = re.compile(
    rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----\s*([A-Za-z0-9+/=\s]+)-----END "
)
_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_SERIAL: Final = 0x02
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_LONG: Final = 0x80
"""The bit of a length that says how many bytes the length itself has."""


class _Value(NamedTuple):
    """One value of DER, and what follows it."""

    tag: int
    content: bytes
    rest: bytes


def expiries(pem: bytes) -> list[float]:
    """When each certificate of a text expires, in seconds since 1970, in the text's order.

    Raises:
        ValueError: one of them cannot be read.
    """
    return [
        _not_after(
            ssl.PEM_cert_to_DER_cert(
                f"{ssl.PEM_HEADER}\n{found[1].decode('ascii').strip()}\n{ssl.PEM_FOOTER}"
            )
        )
        for found in _PEM.finditer(pem)
    ]


def _not_after(der: bytes) -> float:
    """The end of a certificate's validity.

    Certificate = {body, algorithm, signature}; its body = {version, serial number, algorithm,
    issuer, {not before, not after}, subject, …}, of which version 1 does not say its version.
    """
    body = _enter(_enter(der))
    version = _next(body)
    serial = _next(version.rest) if version.tag == _VERSION else version
    algorithm = _next(_expect(serial, _SERIAL).rest)
    issuer = _next(algorithm.rest)
    not_before = _next(_enter(issuer.rest))
    return _time(_next(not_before.rest))


def _next(der: bytes) -> _Value:
    """The first value."""
    try:
        tag, length, start = der[0], der[1], 2
    except IndexError:
        raise ValueError("the certificate ends too soon") from None
    if length & _LONG:
        start += length & ~_LONG
        length = int.from_bytes(der[2:start], "big")
    content = der[start : start + length]
    if len(content) != length:
        raise ValueError("the certificate ends too soon")
    return _Value(tag, content, der[start + length :])


def _enter(der: bytes) -> bytes:
    """What is inside the sequence that comes first."""
    return _expect(_next(der), _SEQUENCE).content


def _expect(value: _Value, tag: int) -> _Value:
    if value.tag != tag:
        raise ValueError(f"the certificate has a value of kind {value.tag} in place of {tag}")
    return value


def _time(value: _Value) -> float:
    """A point in time, which certificates give in UTC and to the second."""
    if value.tag == _UTC_TIME:
        # Two digits of the year: those up to 49 are of this century (RFC 5280 section 4.1.2.5.1).
        text = value.content.decode("ascii")
        text = f"{'20' if int(text[:2]) < 50 else '19'}{text}"  # noqa: PLR2004 - see above
    else:
        text = _expect(value, _GENERALIZED_TIME).content.decode("ascii")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
