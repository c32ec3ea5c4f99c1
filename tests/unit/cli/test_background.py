"""What a serving extender does of its own accord, against an API server that answers by script."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from extender.cli.assembly import build_scheduler
from extender.cli.background import ApiServer, Background
from extender.cli.identity import Identity
from extender.config.load import load
from extender.kube.binding import Binding, Outcome
from extender.kube.errors import ApiError, TransportError
from extender.kube.lease import Elector
from extender.kube.transport import Response
from extender.observe.binds import BindMetrics
from tests.unit.verbs.making import engine, node

Answer = Callable[[str, str], Response]


class Server:
    """A transport whose server says what it is told to."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []
        self.changed = threading.Condition()

    def get(self, path: str, *_: object, **__: object) -> Response:
        """A read."""
        return self.send("GET", path)

    def send(self, method: str, path: str, *_: object, **__: object) -> Response:
        """Any call."""
        with self.changed:
            self.asked.append((method, path))
            self.changed.notify_all()
        return self.answer(method, path)

    def until(self, method: str, path: str) -> None:
        """Wait for a call."""
        with self.changed:
            assert self.changed.wait_for(lambda: (method, path) in self.asked, 5), self.asked


def away(method: str, path: str) -> Response:
    """Nobody is there."""
    raise TransportError(f"{method} {path}: no", "connection")


def background(server: Server, settings: str = "") -> Background:
    """One for an engine without hosts."""
    return Background(
        engine(),
        server,  # type: ignore[arg-type]  # a transport by its calls
        load(None, settings).config,
        Identity("nova", "ext-1", "ext-1_x"),
        BindMetrics(CollectorRegistry()),
        tell=lambda _: None,
        inform=lambda _: None,
    )


@pytest.mark.parametrize(
    ("settings", "lease"),
    [
        ("", "/apis/coordination.k8s.io/v1/namespaces/nova/leases/nova-extender"),
        (
            "kubernetes: {lease_name: other, lease_namespace: there}",
            "/apis/coordination.k8s.io/v1/namespaces/there/leases/other",
        ),
    ],
)
def test_runs_for_the_lease(settings: str, lease: str) -> None:
    """In the own namespace unless configured; nobody leads while nobody answers."""
    server = Server(away)
    made = background(server, settings)
    made.start()
    server.until("GET", lease)
    assert made.not_leading() == "is not held yet"
    made.stop()


@pytest.mark.parametrize(("word", "on"), [("on", True), ("off", False), ("auto", False)])
def test_preemption(word: str, on: bool) -> None:
    """What is configured counts from the start; auto waits for the server's version."""
    made = background(Server(away), f"kubernetes: {{preemption: '{word}'}}")
    made.start()
    assert made._engine.preemption is on
    made.stop()


@pytest.mark.parametrize(("minor", "on"), [("37", False), ("37+", False), ("38", True)])
def test_preemption_by_version(minor: str, on: bool) -> None:
    """From 1.38 on kube-scheduler's dry run takes nodes that only an extender refused."""
    body = f'{{"major": "1", "minor": "{minor}"}}'.encode()
    made = background(Server(lambda _method, _path: Response(200, {}, body)))
    made._ask_version()
    assert made._engine.preemption is on


def test_api_server_of_bind() -> None:
    """Each question goes where it belongs, and a pod that is not there is none."""

    def answer(_method: str, path: str) -> Response:
        if path.endswith("/pods/gone"):
            raise ApiError(404, "NotFound", "no such pod")
        return Response(201, {}, b'{"metadata": {"resourceVersion": "1"}, "items": []}')

    server = Server(answer)
    api = ApiServer(server)  # type: ignore[arg-type]  # a transport by its calls
    result = api.bind(Binding("ns", "p", "u", "n", {}), 1.0)
    assert result.outcome is Outcome.BOUND
    assert api.get_pod("ns", "gone", 1.0) is None
    assert api.pods_on("n", 1.0) == []
    assert api.pods_in("ns", 1.0) == []
    assert [path for _, path in server.asked] == [
        "/api/v1/namespaces/ns/pods/p/binding",
        "/api/v1/namespaces/ns/pods/gone",
        "/api/v1/pods",
        "/api/v1/namespaces/ns/pods",
    ]


WANTED = "metrics: {weight_setting: ['cpu.percent=1.0'], required: false}"
METRICS = ("GET", "/apis/metrics.k8s.io/v1beta1/nodes")


class Watched:
    """The watches of a cluster, as far as the work in the background asks them."""

    feeds = None
    synced = False

    def heard_of_pods(self) -> None:
        """Nothing yet."""


def test_metrics_of_nodes_are_asked_for() -> None:
    """At the start where somebody wants them, and as soon as a reload wants them."""
    server = Server(away)
    made = background(server)
    made.attend(Watched())  # type: ignore[arg-type]  # watches by what is asked of them
    made.start()
    assert METRICS not in server.asked
    made._engine.scheduler = build_scheduler(load(None, WANTED).config)
    made.reconfigured()
    server.until(*METRICS)
    made.stop()


class Synced(Watched):
    """Watches that have seen everything."""

    synced = True


def test_the_leader_nudges_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose ratio is not in effect; nobody else does."""
    server = Server(lambda _method, _path: Response(200, {}, b"{}"))
    made = background(server)
    annotated = node("a", annotations={"cpu_allocation_ratio": "4"})
    made._engine = engine([annotated])
    made.attend(Synced())  # type: ignore[arg-type]  # watches by what is asked of them
    (overcommit,) = (work for work in made._work if work.name == "overcommit")
    overcommit._action()
    assert ("PATCH", "/api/v1/nodes/a/status") not in server.asked
    monkeypatch.setattr(Elector, "leading", True)
    overcommit._action()
    assert ("PATCH", "/api/v1/nodes/a/status") in server.asked
