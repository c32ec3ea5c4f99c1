"""What the tests of this folder share."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from kubernetes.client import Configuration

from extender.kube.transport import Transport
from tests.unit.kube.apiserver import Answer, Connect, FakeApiServer, Serve
from tests.unit.kube.certificates import Certificate, make_certificate


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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One for all tests."""
    return make_certificate(tmp_path_factory.mktemp("tls"))
