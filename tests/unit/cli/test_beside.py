"""extender.cli.beside."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from extender.cli.serve import Extender
from extender.config.load import load
from extender.server.addresses import ListenError, listen
from tests.issued import Issued
from tests.unit.server.loopback import free_port

RAW = "nova-extender.io/raw_allocatable_cpu"


@pytest.fixture
def issued(tmp_path: Path) -> Issued:
    """A certificate."""
    return Issued(tmp_path / "secret")


def config(issued: Issued, port: int = 0, more: str = "") -> Any:
    """A configuration with the webhook on."""
    server = {
        "health_bind": "127.0.0.1:0",
        "debug_bind": "127.0.0.1:0",
        "webhook_bind": f"127.0.0.1:{port}",
        "webhook_cert_file": str(issued.path),
        "webhook_key_file": str(issued.key),
    }
    return load(None, f"server: {json.dumps(server)}\n{more}").config


@pytest.fixture
def port() -> int:
    """One that is free."""
    return free_port()


@pytest.fixture
def extender(issued: Issued, port: int) -> Iterator[Extender]:
    """One of the example cluster, that answers beside the verbs only."""
    made = Extender(config(issued, port), "example", None)
    made.beside.start(
        made.engine, made.metrics, made.metrics.exposition, made.checks, lambda *_: None
    )
    yield made
    made.beside.stop()


def mutate(issued: Issued, port: int, body: bytes) -> tuple[int, Any]:
    """Ask the webhook as the API server does."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=issued.client())
    try:
        connection.request("POST", "/mutate/nodes?timeout=2s", body)
        with connection.getresponse() as answer:
            return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def review() -> bytes:
    """A node of 4 CPUs whose status is written."""
    node = {"metadata": {"name": "a"}, "status": {"allocatable": {"cpu": "4"}}}
    request = {
        "uid": "1",
        "resource": {"resource": "nodes"},
        "subResource": "status",
        "operation": "UPDATE",
        "object": node,
        "oldObject": node,
    }
    document = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(document).encode()


def test_ratios_follow_the_options_that_are_in_effect(
    extender: Extender, issued: Issued, port: int
) -> None:
    """1 as Nova's default is here; after a reload 2, of which 4 CPUs are 8."""
    status, answer = mutate(issued, port, review())
    assert (status, answer["response"]) == (200, {"uid": "1", "allowed": True})
    extender.apply(config(issued, port, "DEFAULT: {initial_cpu_allocation_ratio: 2.0}"))
    assert extender.engine.options.initial_cpu_allocation_ratio == Fraction(2)
    status, answer = mutate(issued, port, review())
    patch = json.loads(base64.b64decode(answer["response"]["patch"]))
    assert patch[0]["value"][RAW] == "4000"
    assert patch[1]["value"] == "8000m"


def test_requests_are_counted(extender: Extender, issued: Issued, port: int) -> None:
    """By what came of them."""
    mutate(issued, port, review())
    mutate(issued, port, b"{}")
    text, _ = extender.metrics.exposition()
    for outcome, count in (("unchanged", 1), ("bad_request", 1), ("patched", 0)):
        series = f'nova_extender_admission_requests_total{{outcome="{outcome}"}} {count}.0'
        assert series in text.decode()


def test_who_is_not_ready_answers_too(extender: Extender, issued: Issued, port: int) -> None:
    """The answer depends on the request alone."""
    extender.cluster = None  # as if it were a live one that is not watched yet
    assert extender.not_ready()
    assert mutate(issued, port, review())[0] == 200


def test_the_webhook_is_off_by_default() -> None:
    """Two listeners then."""
    made = Extender(
        load(None, "server: {health_bind: '127.0.0.1:0', debug_bind: '127.0.0.1:0'}").config,
        "example",
        None,
    )
    made.beside.start(
        made.engine, made.metrics, made.metrics.exposition, made.checks, lambda *_: None
    )
    assert len(made.beside._listeners) == 2
    made.beside.stop()


def test_files_that_cannot_be_used_end_the_start(issued: Issued) -> None:
    """Before anything is listened on or watched."""
    issued.key.unlink()
    with pytest.raises(ListenError, match=r"^server\.webhook_key_file: cannot read "):
        Extender(config(issued), "example", None)


def test_an_address_in_use_ends_the_start(issued: Issued) -> None:
    """And the addresses that were had before are given back."""
    with listen("127.0.0.1:0", "x") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=r"^server\.webhook_bind: cannot listen on "):
            Extender(config(issued, port), "example", None)
