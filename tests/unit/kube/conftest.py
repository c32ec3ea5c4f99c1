"""What the tests of this folder share."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from kubernetes.client import Configuration

from extender.kube.transport import Transport
from tests.unit.kube.apiserver import Answer, FakeApiServer

Serve = Callable[..., FakeApiServer]
Connect = Callable[[FakeApiServer], Transport]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the developer's proxy nor their clusters."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def _stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def serve(_stack: ExitStack) -> Serve:
    """Starts a server with a script of answers."""

    def start(answers: Sequence[Answer] = (), tls: ssl.SSLContext | None = None) -> FakeApiServer:
        return _stack.enter_context(FakeApiServer(answers, tls))

    return start


@pytest.fixture
def connect(_stack: ExitStack) -> Connect:
    """A transport without credentials, closed at the end."""

    def open_transport(server: FakeApiServer) -> Transport:
        return _stack.enter_context(Transport(lambda: Configuration(host=server.url)))

    return open_transport


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1."""

    path: Path
    key: Path

    @property
    def server_side(self) -> ssl.SSLContext:
        """What a server needs to show it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


def make_certificate(folder: Path) -> Certificate:
    """Makes one with the openssl command, which every system with TLS has."""
    made = Certificate(folder / "tls.crt", folder / "tls.key")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(made.key), "-out", str(made.path)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return made


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One for all tests."""
    return make_certificate(tmp_path_factory.mktemp("tls"))
