"""extender.server.expiry."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest
import trustme

from extender.server.expiry import expiries

# 2049-12-31T23:59:59Z is the last that is written with two digits of the year (RFC 5280).
MOMENTS = {
    datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC): 1_925_089_445,
    datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC): 2_524_607_999,
    datetime(2050, 1, 1, tzinfo=UTC): 2_524_608_000,
    datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC): 1_000_000_000,
}

# The DER of a certificate of version 1, down to its validity: serial number 1, an algorithm, an
# issuer without names, from 1998-01-01 to 1999-12-31T23:59:59Z.
VALIDITY = b"\x30\x1e\x17\x0d980101000000Z\x17\x0d991231235959Z"
BODY = b"\x02\x01\x01" + b"\x30\x00" + b"\x30\x00" + VALIDITY


def sequence(content: bytes) -> bytes:
    """A sequence in DER, of fewer than 128 bytes."""
    return bytes((0x30, len(content))) + content


def pem(der: bytes) -> bytes:
    """A certificate as text."""
    return ssl.DER_cert_to_PEM_cert(der).encode()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_certificate(moment: datetime) -> None:
    """To the second, in either of the two forms; also of one that is over, and of no authority."""
    issued = trustme.CA().issue_cert(
        "localhost", not_before=datetime(2000, 1, 1, tzinfo=UTC), not_after=moment
    )
    assert expiries(issued.cert_chain_pems[0].bytes()) == [MOMENTS[moment]]


def test_several_certificates() -> None:
    """In the order of the text, whatever stands between them; what is no certificate is passed."""
    authority = trustme.CA()
    first, second = (
        authority.issue_cert("localhost", not_after=moment) for moment in list(MOMENTS)[:2]
    )
    text = b"# caf\xc3\xa9\r\n".join(
        [
            second.cert_chain_pems[0].bytes(),
            first.private_key_pem.bytes(),
            first.cert_chain_pems[0].bytes().replace(b"\n", b"\r\n"),
        ]
    )
    assert expiries(text) == [2_524_607_999, 1_925_089_445]
    assert expiries(b"") == []


def test_version_1() -> None:
    """It does not say its version; 99 is of the last century."""
    assert expiries(pem(sequence(sequence(BODY)))) == [946_684_799]


def test_openssl_reads_the_same() -> None:
    """Of authorities, which it tells."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    (told,) = context.get_ca_certs()
    assert expiries(authority.cert_pem.bytes()) == [ssl.cert_time_to_seconds(str(told["notAfter"]))]


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        b"\x30\x05",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x02\x01\x01",
        sequence(BODY),
        *(sequence(sequence(BODY[:size])) for size in range(len(BODY))),
        sequence(sequence(BODY.replace(b"991231235959Z", b"9912312359590"))),
        sequence(sequence(BODY.replace(b"991231", b"991331"))),
        sequence(sequence(BODY.replace(b"991231", b"xx1231"))),
        sequence(sequence(BODY.replace(b"991231", b"\xff\xff1231"))),
        sequence(sequence(BODY.replace(b"\x17", b"\x16"))),
    ],
)
def test_what_is_no_certificate(der: bytes) -> None:
    """It is refused, wherever it ends or what it holds."""
    text = b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
    encoded = ssl.DER_cert_to_PEM_cert(der).encode().split(b"\n", 1)[1].rsplit(b"\n", 2)[0]
    with pytest.raises(ValueError, match=r".+"):
        expiries(text % (encoded or b"="))
