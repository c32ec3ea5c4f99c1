"""extender.cli.show."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from extender.cli import show
from extender.config.options import Config
from extender.kube.errors import KubeError
from extender.verbs.engine import Engine


@pytest.fixture
def example(capsys: pytest.CaptureFixture[str]) -> Engine:
    """An engine of the example cluster."""
    made = show.engine(Config(), "example", None)
    capsys.readouterr()
    return made


def manifest(tmp_path: Path, text: str) -> str:
    """A file with this text."""
    file = tmp_path / "pod.yaml"
    file.write_text(text)
    return str(file)


def pod(tmp_path: Path, cpu: str) -> str:
    """A manifest of a pod that requests so much CPU."""
    resources = f"{{requests: {{cpu: {cpu}}}}}"
    return manifest(
        tmp_path,
        f"kind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{resources: {resources}}}]}}\n",
    )


def test_the_example_stands_in_with_a_notice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where neither a file nor a cluster is given, and it is said."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    made = show.engine(Config(), None, None, default="example")
    assert len(made.cluster.table) == 13
    assert "notice: the example cluster of the package is shown" in capsys.readouterr().err


def test_in_a_pod_its_own_cluster_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example would be taken for it; here the pod has no token, which is told."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    with pytest.raises(KubeError):
        show.engine(Config(), None, None, default="example")


def test_what_of_the_file_cannot_be_read_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    """The example's one unreadable ratio, on stderr; nothing else."""
    show.engine(Config(), "example", None)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("notice: node compute-c5: ")
    assert "'sixteen' is not an allocation ratio" in line


def test_simulation_places_all_or_none(example: Engine, tmp_path: Path) -> None:
    """6 CPUs and no memory fit 116 ÷ 6 = 19 times on a1, 16 ÷ 6 = 2 on c1, 7 ÷ 6 = 1 on b2.

    c2 and a3 admit no pod without flavor, the others have less or are down: 22 fit, 23 do not.
    """
    data, placed = show.simulation(example, show.read_pod(pod(tmp_path, "6")), 22)
    assert placed
    hosts = [instance["host"] for instance in data["instances"]]
    assert {name: hosts.count(name) for name in sorted(set(hosts))} == {
        "compute-a1": 19,
        "compute-b2": 1,
        "compute-c1": 2,
    }
    data, placed = show.simulation(example, show.read_pod(pod(tmp_path, "6")), 23)
    assert not placed
    assert data["instances"] == []
    assert data["error"] == "No valid host was found. There are not enough hosts available."
    assert len(data["cycles"]) == 23


def test_simulation_writes_nothing(example: Engine, tmp_path: Path) -> None:
    """The cluster is as it was: the same question gets the same answer."""
    first = show.simulation(example, show.read_pod(pod(tmp_path, "6")), 21)[0]["instances"]
    assert show.simulation(example, show.read_pod(pod(tmp_path, "6")), 21)[0]["instances"] == first


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: Service\nmetadata: {name: s}\n", "holds 0 Pods (and Service)"),
        ("kind: PodList\nitems: [{metadata: {name: a}}, {metadata: {name: b}}]\n", "holds 2 Pods"),
    ],
)
def test_a_file_without_just_one_pod(tmp_path: Path, text: str, says: str) -> None:
    """It says what the file holds instead."""
    with pytest.raises(show.InputError) as raised:
        show.read_pod(manifest(tmp_path, text))
    assert says in str(raised.value)


def test_a_file_that_is_not_there() -> None:
    """It names the file and the cause."""
    with pytest.raises(KubeError, match="/nonexistent cannot be read: No such file"):
        show.read_pod("/nonexistent")


def test_hosts_are_in_order_of_their_names(example: Engine) -> None:
    """Whatever the order of the file."""
    names = [host["host"] for host in show.hosts(example)]
    assert names == sorted(names)
    assert len(names) == 13


def test_explanation(example: Engine) -> None:
    """A pending pod is judged; a bound one is said to be bound, and where."""
    assert show.explanation(example, "default", "report")["result"] == "no_valid_host"
    with pytest.raises(show.InputError, match="web/web-0 is bound to node compute-a1"):
        show.explanation(example, "web", "web-0")
    with pytest.raises(show.InputError, match="no pending pod web/nothing is known"):
        show.explanation(example, "web", "nothing")


class Debug(BaseHTTPRequestHandler):
    """A debug address that knows one pod."""

    def do_GET(self) -> None:
        """Answer for default/known; a page for default/page; nothing else is known."""
        found = {"/debug/explain/default/known": b'{"result": "passed"}'}
        found["/debug/explain/default/page"] = b"<html>"
        body = found.get(self.path, json.dumps({"Error": f"no {self.path}"}).encode())
        self.send_response(200 if self.path in found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def debug_url() -> Iterator[str]:
    """Where it answers."""
    with HTTPServer(("127.0.0.1", 0), Debug) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_asking_a_running_extender(debug_url: str) -> None:
    """Its answer is taken as it is; names are quoted on the way."""
    assert show.ask(debug_url, "default", "known") == {"result": "passed"}
    with pytest.raises(show.InputError, match=r"answered 404.*/debug/explain/a%2Fb/c"):
        show.ask(debug_url, "a/b", "c")


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ("127.0.0.1:8890", "is not a URL"),
        ("file:///etc/passwd", "is not a URL"),
        ("http://127.0.0.1:1", "cannot be asked"),
    ],
)
def test_asking_nobody(server: str, says: str) -> None:
    """It says what was asked, and what to check."""
    with pytest.raises(show.InputError, match=says):
        show.ask(server, "default", "known")


def test_an_answer_that_is_no_json(debug_url: str) -> None:
    """Something else listens there."""
    with pytest.raises(show.InputError, match=r"is this its server\.debug_bind"):
        show.ask(debug_url, "default", "page")
