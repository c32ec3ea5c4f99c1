"""extender.server.certificate: the authorities of clients, and when certificates expire."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from extender.server.certificate import CertificateError, FromFile, ServingCertificate
from tests.issued import Issued

CERT, KEY, CA = "server.cert_file", "server.key_file", "server.client_ca_file"


@pytest.fixture
def issued(tmp_path: Path) -> Issued:
    """A certificate, and the authority it is by."""
    return Issued(tmp_path / "secret")


def mutual(server: Issued) -> tuple[ServingCertificate, list[str]]:
    """One to show whose clients have to show one, too, and what is told of it."""
    told: list[str] = []
    files = (FromFile(CERT, str(server.path)), FromFile(KEY, str(server.key)))
    client_ca = FromFile(CA, str(server.authorities))
    return ServingCertificate(*files, told.append, client_ca), told


def accepted(context: ssl.SSLContext, server: Issued, client: Issued | None) -> bool:
    """Whether a client gets through the handshake."""
    ours, theirs = socket.socketpair()

    def greet() -> None:
        with (
            suppress(OSError),
            server.client(client).wrap_socket(theirs, server_hostname="localhost") as connected,
        ):
            connected.recv(1)

    thread = threading.Thread(target=greet)
    thread.start()
    try:
        with ours, theirs, context.wrap_socket(ours, server_side=True) as connected:
            connected.send(b"x")
            return True
    except ssl.SSLError:
        return False
    finally:
        thread.join()


def test_clients_have_to_show_a_certificate(issued: Issued, tmp_path: Path) -> None:
    """By one of the authorities; without authorities anyone may come."""
    certificate, _ = mutual(issued)
    known = Issued(tmp_path / "known", "a", authority=issued.authority)
    stranger = Issued(tmp_path / "stranger", "a")
    found = [accepted(certificate.context(), issued, each) for each in (known, stranger, None)]
    assert found == [True, False, False]
    open_to_all = ServingCertificate(
        FromFile(CERT, str(issued.path)), FromFile(KEY, str(issued.key)), print
    )
    assert accepted(open_to_all.context(), issued, None)


def test_an_intermediate_authority_is_trusted_by_itself(issued: Issued, tmp_path: Path) -> None:
    """Its own authority need not stand in the file, and may have signed others."""
    root = trustme.CA()
    issued.trusted = [between := root.create_child_ca()]
    issued.renew()
    certificate, _ = mutual(issued)
    below = Issued(tmp_path / "below", "a", authority=between)
    beside = Issued(tmp_path / "beside", "a", authority=root)
    assert accepted(certificate.context(), issued, below)
    assert not accepted(certificate.context(), issued, beside)


def test_authorities_are_replaced(issued: Issued, tmp_path: Path) -> None:
    """The old, both, the new; what has changed is named."""
    certificate, told = mutual(issued)
    old = Issued(tmp_path / "old", "a", authority=issued.authority)
    new = Issued(tmp_path / "new", "a")
    found = []
    for trusted in ([issued.authority], [issued.authority, new.authority], [new.authority]):
        issued.trusted = trusted
        issued.renew()
        found.append([accepted(certificate.context(), issued, each) for each in (old, new)])
    assert found == [[True, False], [True, True], [False, True]]
    both = f"{issued.path} and {issued.authorities} have changed, and are in use"
    assert told == [f"{issued.path} has changed, and is in use", both, both]


def test_only_the_authorities_change(tmp_path: Path) -> None:
    """The certificate is not named then."""
    issued = Issued(tmp_path / "secret")
    plain = tmp_path / "ca.crt"
    plain.write_bytes(issued.ca)
    told: list[str] = []
    files = (FromFile(CERT, str(issued.path)), FromFile(KEY, str(issued.key)))
    certificate = ServingCertificate(*files, told.append, FromFile(CA, str(plain)))
    plain.write_bytes(trustme.CA().cert_pem.bytes())
    certificate.context()
    assert told == [f"{plain} has changed, and is in use"]


@pytest.mark.parametrize("wrong", [b"", b"no PEM", "é".encode()])
def test_authorities_that_become_unusable_change_nothing(
    issued: Issued, tmp_path: Path, wrong: bytes
) -> None:
    """Above all not to a listener that asks nobody for a certificate."""
    plain = tmp_path / "ca.crt"
    plain.write_bytes(issued.ca)
    told: list[str] = []
    files = (FromFile(CERT, str(issued.path)), FromFile(KEY, str(issued.key)))
    certificate = ServingCertificate(*files, told.append, FromFile(CA, str(plain)))
    context = certificate.context()
    plain.write_bytes(wrong)
    assert certificate.context() is context
    assert not accepted(certificate.context(), issued, None)
    assert told == [
        f"{CA}: cannot use {plain}: no certificate in PEM; the certificates before stay in use"
    ]


def test_authorities_that_are_unusable_at_the_start(issued: Issued, tmp_path: Path) -> None:
    """The option and the file are named."""
    empty = tmp_path / "empty"
    empty.touch()
    files = (FromFile(CERT, str(issued.path)), FromFile(KEY, str(issued.key)))
    for path, why in (
        (empty, f"cannot use {empty}: no certificate in PEM"),
        (issued.key, f"cannot use {issued.key}: no certificate in PEM"),
        (tmp_path / "no", f"cannot read {tmp_path / 'no'}: No such file or directory"),
    ):
        with pytest.raises(CertificateError) as caught:
            ServingCertificate(*files, print, FromFile(CA, str(path)))
        assert str(caught.value) == f"{CA}: {why}"


def test_when_they_expire(tmp_path: Path) -> None:
    """The certificate that is shown, and the first of the authorities; of those in use."""
    moments = [datetime(2040 + number, 1, 1, tzinfo=UTC) for number in range(3)]
    issued = Issued(tmp_path / "secret", "localhost", not_after=moments[1])
    # An authority that expires is made of a certificate: trustme's own end in the year 3000.
    early = trustme.CA().issue_cert("a", not_after=moments[0]).cert_chain_pems[0].bytes()
    late = trustme.CA().issue_cert("b", not_after=moments[2]).cert_chain_pems[0].bytes()
    plain = tmp_path / "ca.crt"
    plain.write_bytes(late + early)
    files = (FromFile(CERT, str(issued.path)), FromFile(KEY, str(issued.key)))
    certificate = ServingCertificate(*files, print, FromFile(CA, str(plain)))
    assert certificate.expiry() == moments[1].timestamp()
    assert certificate.client_ca_expiry() == moments[0].timestamp()
    plain.write_bytes(late)
    assert certificate.client_ca_expiry() == moments[2].timestamp()
    # What cannot be used is not in use.
    issued.path.unlink()
    assert certificate.expiry() == moments[1].timestamp()
