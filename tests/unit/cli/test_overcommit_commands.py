"""The commands ``overcommit check`` and ``overcommit revert``, against an API server by script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from extender.cli import overcommit
from extender.cli.main import cli
from extender.kube.errors import ApiError
from extender.kube.transport import Response
from extender.verbs.reverting import revert
from tests.unit.verbs.making import Object, node, pod

AMPLIFIED = {
    "cpu_allocation_ratio": "4",
    "raw_allocatable_cpu": "4000",
    "amplified_allocatable_cpu": "16000",
}


class Server:
    """A transport to a cluster of one amplified node."""

    def __init__(self, *pods: Object) -> None:
        self.node = node("n-1", cpu="16", annotations=AMPLIFIED)
        self.node["metadata"]["resourceVersion"] = "7"
        self.pods = list(pods)
        self.patches: list[Any] = []
        self.takes = True
        self.refusal: ApiError | None = None

    def get(self, path: str, *_: object, **__: object) -> Response:
        """A list."""
        items = {"/api/v1/nodes": [self.node], "/api/v1/pods": self.pods}[path]
        return _answer({"metadata": {"resourceVersion": "9"}, "items": items})

    def send(self, method: str, path: str, body: bytes, *_: object, **__: object) -> Response:
        """A write of the node's status."""
        assert (method, path) == ("PATCH", "/api/v1/nodes/n-1/status")
        if self.refusal is not None:
            raise self.refusal
        self.patches.append(json.loads(body))
        if self.takes:
            patch = self.patches[-1]
            kept: Mapping[str, Any] = self.node["metadata"]["annotations"]
            gone = patch["metadata"]["annotations"]
            self.node["metadata"]["annotations"] = {k: v for k, v in kept.items() if k not in gone}
            self.node["status"]["allocatable"] |= patch["status"]["allocatable"]
        return _answer(self.node)


def _answer(body: object) -> Response:
    return Response(200, {}, json.dumps(body).encode())


class Run:
    """Runs the commands against a server, with time that goes by at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._revert = revert

    def __call__(self, server: Server, *args: str) -> Result:
        """Run one command."""

        @contextmanager
        def reach(_: str | None) -> Iterator[Server]:
            yield server

        clock = [0.0]

        def pause(seconds: float) -> None:
            clock[0] += seconds

        self._monkeypatch.setattr(overcommit, "transport", reach)

        def fast(*found: Any) -> Any:
            return self._revert(*found, clock=lambda: clock[0], pause=pause)

        self._monkeypatch.setattr(overcommit, "revert", fast)
        return CliRunner().invoke(cli, ["overcommit", *args], env={"KUBECONFIG": "x"})


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands."""
    return Run(monkeypatch)


FITS = pod("p", "4", on="n-1")
EXCEEDS = pod("p", "4100m", on="n-1")


def test_check_passes(run: Run) -> None:
    """One sentence, exit code 0, nothing written."""
    server = Server(FITS)
    result = run(server, "check")
    assert result.exit_code == 0
    assert "no running pod depends on the admission policy" in result.stdout
    assert server.patches == []


def test_check_refuses(run: Run) -> None:
    """Which node, how much, why it matters and what to do."""
    result = run(Server(EXCEEDS), "check")
    assert result.exit_code == 1
    assert "On 1 node pods request more than the node has of its own" in result.stdout
    assert ["n-1", "cpu", "4.1", "vCPU", "4", "vCPU", "0.1", "vCPU"] in [
        line.split() for line in result.stdout.splitlines()
    ]
    assert "kubectl drain NODE" in result.stdout
    assert "--no-hooks" in result.stdout


def test_check_as_json(run: Run) -> None:
    """Amounts with their unit."""
    result = run(Server(EXCEEDS), "check", "-o", "json")
    assert json.loads(result.stdout) == {
        "safe": False,
        "excesses": [
            {
                "node": "n-1",
                "resource": "cpu",
                "unit": "vCPU",
                "requested": 4.1,
                "raw": 4,
                "allocatable": 16,
                "excess": 0.1,
            }
        ],
    }
    assert json.loads(run(Server(), "check", "-o", "json").stdout) == {"safe": True, "excesses": []}


def test_revert(run: Run) -> None:
    """One write of all; then there is nothing to do."""
    server = Server(FITS)
    result = run(server, "revert")
    assert result.exit_code == 0
    assert "1 node put back to what the node has of its own: n-1." in result.stdout
    (patch,) = server.patches
    assert patch["metadata"]["resourceVersion"] == "7"
    assert patch["status"]["allocatable"] == {"cpu": "4000m"}
    again = run(server, "revert")
    assert again.exit_code == 0
    assert "Nothing is left of overcommit on any node." in again.stdout


def test_revert_refuses_unless_forced(run: Run) -> None:
    """Nothing is written then; forced, the pods do not count."""
    server = Server(EXCEEDS)
    result = run(server, "revert")
    assert result.exit_code == 1
    assert "Nothing was changed." in result.stdout
    assert server.patches == []
    assert "reverted" not in json.loads(run(server, "revert", "-o", "json").stdout)
    forced = run(server, "revert", "--force", "-o", "json")
    assert forced.exit_code == 0
    assert json.loads(forced.stdout)["reverted"] == ["n-1"]


def test_revert_under_the_policy(run: Run) -> None:
    """Who undoes it, and how to end that."""
    server = Server(FITS)
    server.takes = False
    result = run(server, "revert")
    assert result.exit_code == 1
    assert "No node was put back." in result.stdout
    assert "1 node amplified anew after each write: n-1." in result.stdout
    assert "uninstall the chart" in result.stdout


def test_revert_that_fails(run: Run) -> None:
    """By node; missing rights are the API server's own words, by the usual way of errors."""
    server = Server(FITS)
    server.refusal = ApiError(422, "Invalid", "wrong labels")
    result = run(server, "revert")
    assert result.exit_code == 1
    assert "Node n-1 cannot be written: 422 Invalid: wrong labels" in result.stdout
    server.refusal = ApiError(403, "Forbidden", 'cannot patch resource "nodes/status"')
    assert isinstance(run(server, "revert").exception, ApiError)
