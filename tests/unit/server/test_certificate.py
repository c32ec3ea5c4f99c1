"""extender.server.certificate."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from extender.server.addresses import ListenError
from extender.server.certificate import CertificateError, FromFile, ServingCertificate
from tests.issued import Issued

CERT, KEY = "server.webhook_cert_file", "server.webhook_key_file"

# An encrypted key as `openssl genpkey -algorithm ed25519 -aes-128-cbc` writes it.
ENCRYPTED = b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEAAAAAAAAAAAAAAAAAAAAAAEQAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAA=
-----END ENCRYPTED PRIVATE KEY-----
"""


@pytest.fixture
def issued(tmp_path: Path) -> Issued:
    """A certificate."""
    return Issued(tmp_path / "secret")


def serving(path: Path, key: Path) -> tuple[ServingCertificate, list[str]]:
    """One to show, and what is told of it."""
    told: list[str] = []
    files = (FromFile(CERT, str(path)), FromFile(KEY, str(key)))
    return ServingCertificate(*files, told.append), told


def shown(context: ssl.SSLContext, issued: Issued) -> bytes:
    """The certificate that a client gets to see, in DER."""
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def greet() -> None:
            with context.wrap_socket(theirs, server_side=True) as server:
                server.recv(1)

        thread = threading.Thread(target=greet)
        thread.start()
        with issued.client().wrap_socket(ours, server_hostname="localhost") as client:
            found = client.getpeercert(binary_form=True)
            client.send(b"x")
        thread.join()
    assert found is not None
    return found


def test_an_unchanged_certificate_is_not_read_again(issued: Issued) -> None:
    """The same context again and again, TLS 1.2 or newer."""
    certificate, told = serving(issued.path, issued.key)
    context = certificate.context()
    assert certificate.context() is context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert told == []


def test_a_new_certificate_is_shown_at_once(issued: Issued) -> None:
    """Without a restart; what is under way goes on with the one before."""
    certificate, told = serving(issued.path, issued.key)
    before = certificate.context()
    renewed = issued.renew()
    after = certificate.context()
    assert shown(after, issued) == renewed
    assert shown(before, issued) != renewed
    assert told == [f"{issued.path} has changed, and is in use"]
    assert certificate.context() is after


def test_a_replacement_of_the_same_size_and_time_is_noticed(issued: Issued) -> None:
    """It is the content that counts."""
    certificate, _ = serving(issued.path, issued.key)
    stat = issued.path.stat()
    renewed = issued.renew()
    for path in (issued.path, issued.key):
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert shown(certificate.context(), issued) == renewed


@pytest.mark.parametrize("wrong", ["", "no PEM", "é"])
def test_files_that_become_unusable_change_nothing(tmp_path: Path, wrong: str) -> None:
    """Whatever is written there; it is told once, and what comes right later is taken over."""
    pair = trustme.CA().issue_cert("localhost")
    path, key = tmp_path / "a.crt", tmp_path / "a.key"
    pair.cert_chain_pems[0].write_to_path(str(path))
    pair.private_key_pem.write_to_path(str(key))
    certificate, told = serving(path, key)
    context = certificate.context()
    good = path.read_bytes()
    path.write_text(wrong)
    assert certificate.context() is context
    assert certificate.context() is context
    (text,) = told
    assert text.startswith(f"server.webhook_cert_file: cannot use {path} with {key}")
    assert text.endswith("; the certificate before stays in use")
    path.write_bytes(good)
    assert certificate.context() is not context
    assert told[1:] == [f"{path} has changed, and is in use"]


def test_files_that_are_gone_for_a_while(issued: Issued) -> None:
    """A Secret that is deleted and made again."""
    certificate, told = serving(issued.path, issued.key)
    context = certificate.context()
    key = issued.key.read_bytes()
    issued.key.unlink()
    for _ in range(3):
        assert certificate.context() is context
    (text,) = told
    assert text == (
        f"server.webhook_key_file: cannot read {issued.key}: No such file or directory; "
        "the certificate before stays in use"
    )
    issued.key.write_bytes(key)
    certificate.context()
    assert len(told) == 2


def test_a_key_that_comes_after_its_certificate(issued: Issued, tmp_path: Path) -> None:
    """Files that are written one after the other do not match for a moment."""
    path, key = tmp_path / "a.crt", tmp_path / "a.key"
    path.write_bytes(issued.path.read_bytes())
    key.write_bytes(issued.key.read_bytes())
    certificate, told = serving(path, key)
    context = certificate.context()
    renewed = issued.renew()
    path.write_bytes(issued.path.read_bytes())
    assert certificate.context() is context
    assert "the key is not that of the certificate" in told[0]
    key.write_bytes(issued.key.read_bytes())
    assert shown(certificate.context(), issued) == renewed


def test_what_is_missing_at_the_start(issued: Issued, tmp_path: Path) -> None:
    """The option, the file and why, in the manner of an address that cannot be had."""
    nowhere = tmp_path / "nowhere"
    for path, key, option in (
        (nowhere, issued.key, "server.webhook_cert_file"),
        (issued.path, nowhere, "server.webhook_key_file"),
    ):
        with pytest.raises(ListenError) as caught:
            serving(path, key)
        assert str(caught.value) == f"{option}: cannot read {nowhere}: No such file or directory"


def test_what_is_no_file_at_the_start(issued: Issued, tmp_path: Path) -> None:
    """A folder, a pipe that nobody writes to, and a name that no file can have."""
    os.mkfifo(tmp_path / "pipe")
    for path, why in (
        (tmp_path, f"{tmp_path} is no file"),
        (tmp_path / "pipe", "is no file"),
        (Path("a\0b"), "null byte"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(CertificateError, match=why):
            serving(path, issued.key)


def test_what_does_not_match_at_the_start(issued: Issued, tmp_path: Path) -> None:
    """Both files are named."""
    other = Issued(tmp_path / "other")
    with pytest.raises(CertificateError) as caught:
        serving(issued.path, other.key)
    assert str(caught.value) == (
        f"server.webhook_cert_file: cannot use {issued.path} with {other.key} "
        "(server.webhook_key_file): the key is not that of the certificate"
    )


def test_what_is_no_certificate_at_the_start(issued: Issued) -> None:
    """Two files in the wrong order."""
    with pytest.raises(CertificateError, match="not a certificate and its private key in PEM"):
        serving(issued.key, issued.path)


def test_an_encrypted_key_is_refused(issued: Issued, tmp_path: Path) -> None:
    """Rather than that the terminal is asked for its password."""
    (tmp_path / "key").write_bytes(ENCRYPTED)
    with pytest.raises(CertificateError, match=r"^server.webhook_key_file: the key in .* is enc"):
        serving(issued.path, tmp_path / "key")


def test_looking_is_cheap(issued: Issued) -> None:
    """It is done for every connection, whose handshake takes a millisecond."""
    certificate, _ = serving(issued.path, issued.key)
    took = []
    for _ in range(200):
        began = time.perf_counter()
        certificate.context()
        took.append(time.perf_counter() - began)
    assert min(took) < 0.001
