"""extender.cli.tls_files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trustme

from extender.cli.tls_files import certificate_of_webhook, expiries, tls_of_verbs
from extender.config.load import load
from extender.config.own_groups import HttpServerGroup
from extender.server.certificate import CertificateError
from tests.issued import Issued


def options(issued: Issued) -> dict[str, object]:
    """The options of the verbs."""
    return {
        "cert_file": str(issued.path),
        "key_file": str(issued.key),
        "client_ca_file": str(issued.authorities),
        "allowed_clients": ["a"],
    }


def webhook(issued: Issued) -> dict[str, object]:
    """The options of the webhook."""
    return {
        "webhook_bind": "127.0.0.1:0",
        "webhook_cert_file": str(issued.path),
        "webhook_key_file": str(issued.key),
    }


def server(**values: object) -> HttpServerGroup:
    """The group with these options."""
    return load(None, f"server: {json.dumps(values)}").config.server


def test_without_files_there_is_no_tls() -> None:
    """Neither of the verbs nor of the webhook, and nothing expires."""
    group = server()
    assert tls_of_verbs(group, print) is None
    assert certificate_of_webhook(group, print) is None
    assert expiries(None, None) == {}


def test_each_listener_has_its_own(tmp_path: Path) -> None:
    """The verbs' clients are judged by the names of the options; each certificate has its end."""
    shown = Issued(tmp_path / "verbs"), Issued(tmp_path / "webhook")
    group = server(**options(shown[0]), **webhook(shown[1]))
    verbs, hook = tls_of_verbs(group, print), certificate_of_webhook(group, print)
    assert verbs is not None
    assert hook is not None
    assert verbs.refusal({"subjectAltName": (("DNS", "a"),)}) == ""
    assert verbs.refusal({"subjectAltName": (("DNS", "b"),)})
    asked = expiries(verbs, hook)
    assert {name: ask() for name, ask in asked.items()} == {
        "verbs": verbs.certificate.expiry(),
        "client_ca": verbs.certificate.client_ca_expiry(),
        "webhook": hook.expiry(),
    }
    # Those of trustme end with the year 2999.
    assert {ask() for ask in asked.values()} == {32_503_680_000}
    assert [*expiries(verbs, None)] == ["verbs", "client_ca"]
    assert [*expiries(None, hook)] == ["webhook"]


@pytest.mark.parametrize("missing", ["path", "key", "authorities"])
def test_what_cannot_be_read_is_named(tmp_path: Path, missing: str) -> None:
    """By its option."""
    issued = Issued(tmp_path / "secret")
    getattr(issued, missing).unlink()
    names = {"path": "cert_file", "key": "key_file", "authorities": "client_ca_file"}
    with pytest.raises(CertificateError, match=rf"^server\.{names[missing]}: cannot read "):
        tls_of_verbs(server(**options(issued)), print)


def test_authorities_are_told_of(tmp_path: Path) -> None:
    """What changes, changes without a restart."""
    issued = Issued(tmp_path / "secret")
    told: list[str] = []
    verbs = tls_of_verbs(server(**options(issued)), told.append)
    assert verbs is not None
    issued.trusted = (trustme.CA(),)
    issued.renew()
    verbs.context()
    assert told == [f"{issued.path} and {issued.authorities} have changed, and are in use"]
