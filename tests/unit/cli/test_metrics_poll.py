"""Asking metrics.k8s.io again and again, where anybody wants to know."""

from __future__ import annotations

import json

import pytest

from extender.cli.assembly import build_scheduler
from extender.cli.metrics_poll import KEPT, MetricsPoll, wanted
from extender.config.load import load
from extender.kube.errors import ApiError, KubeError, TransportError
from extender.scheduler.filter_scheduler import FilterScheduler
from tests.unit.verbs.making import engine, node

CPU = "metrics: {weight_setting: ['cpu.percent=-1.0'], required: false}"
OFF = ""
AWAY = ApiError(503, "ServiceUnavailable", "the server is currently unable")
ALONE = "cpu.percent can only come from node annotations"


def scheduler(settings: str) -> FilterScheduler:
    """The one of a configuration."""
    return build_scheduler(load(None, settings).config)


def answer(**cores: int) -> bytes:
    """A list of these nodes with so many cores in use."""
    items = [
        {"metadata": {"name": name}, "usage": {"cpu": f"{number}"}}
        for name, number in cores.items()
    ]
    return json.dumps({"items": items}).encode()


class World:
    """A poll for hosts a and b of ten cores each, and an API that says what it is told to."""

    def __init__(self, settings: str = CPU) -> None:
        whole = {"capacity": {"cpu": "10"}}
        self.engine = engine([node(name, status=whole) for name in "ab"])
        self.configure(settings)
        self.says: bytes | KubeError | None = answer(a=1, b=2)
        self.asked = 0
        self.now = 1000.0
        self.told: list[str] = []
        self.informed: list[str] = []
        self.gained: list[str] = []
        self.poll = MetricsPoll(
            self.engine,
            self.ask,
            lambda: self.now,
            tell=self.told.append,
            inform=self.informed.append,
            gained=self.gained.append,
            pause=lambda: None,
        )

    def configure(self, settings: str) -> None:
        """Another configuration, as a reload puts it into effect."""
        self.engine.scheduler = scheduler(settings)

    def ask(self) -> bytes | None:
        """The API's answer."""
        self.asked += 1
        if isinstance(self.says, KubeError):
            raise self.says
        return self.says

    def run(self, seconds: float = 60.0) -> dict[str, list[float]]:
        """A run some time later; the metrics of each host then."""
        self.now += seconds
        self.poll.run()
        hosts = self.engine.cluster.table.hosts
        return {host.host: [metric.value for metric in host.metrics] for host in hosts}


# -- who wants to know ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("", set()),
        ("metrics: {weight_setting: [temperature=1.0], required: false}", set()),
        (CPU, {"cpu.percent"}),
        (
            "metrics: {required: no, weight_setting: [memory.percent=1, x=1, cpu.percent=0]}",
            {"cpu.percent", "memory.percent"},
        ),
        (CPU + "\nfilter_scheduler: {weight_classes: []}", set()),
        (
            CPU + "\nfilter_scheduler: {weight_classes: [], enabled_filters: [MetricsFilter]}",
            {"cpu.percent"},
        ),
        ("filter_scheduler: {enabled_filters: [MetricsFilter]}", set()),
        (CPU + "\nscheduler: {driver: chance_scheduler}", set()),
    ],
)
def test_wanted(settings: str, names: set[str]) -> None:
    """Names of the setting that the API can tell, where the filter or the weigher runs."""
    assert wanted(scheduler(settings)) == names


def test_nobody_is_asked_in_vain() -> None:
    """Without names to ask for the API is left alone."""
    world = World(OFF)
    assert world.run() == {"a": [], "b": []}
    assert (world.asked, world.told) == (0, [])


# -- answers -------------------------------------------------------------------------------------


def test_hosts_get_what_is_told() -> None:
    """Each run anew; who waits for a host is woken where one has a metric that it had not."""
    world = World()
    assert world.run() == {"a": [10.0], "b": [20.0]}
    assert world.gained == ["metrics of nodes"]
    world.says = answer(a=3)
    assert world.run() == {"a": [30.0], "b": []}
    world.says = answer(a=4, b=4)
    assert world.run() == {"a": [40.0], "b": [40.0]}
    assert len(world.gained) == 2
    assert world.told == world.informed == []


def test_switched_on_and_off() -> None:
    """A reload decides; what nobody wants any more is forgotten."""
    world = World(OFF)
    world.run()
    world.configure(CPU)
    assert world.run() == {"a": [10.0], "b": [20.0]}
    world.configure(OFF)
    assert world.run() == {"a": [], "b": []}
    assert world.asked == 1
    assert world.engine.cluster.usages == {}


# -- failures ------------------------------------------------------------------------------------


def test_an_api_that_is_not_there() -> None:
    """Told once; metrics are simply absent, and there as soon as it is."""
    world = World()
    world.says = None
    for _ in range(3):
        assert world.run() == {"a": [], "b": []}
    assert world.told == [f"metrics.k8s.io is not there; {ALONE}"]
    world.says = answer(a=1)
    assert world.run() == {"a": [10.0], "b": []}
    assert world.informed == ["metrics.k8s.io answers again"]
    world.says = None
    assert world.run() == {"a": [], "b": []}
    assert len(world.told) == 2


@pytest.mark.parametrize(
    ("says", "cause"),
    [
        (AWAY, "503 ServiceUnavailable: the server is currently unable"),
        (ApiError(403, "Forbidden", ""), "403 Forbidden"),
        (TransportError("connection lost", "connection"), "connection lost"),
        (b"<html>", "not a NodeMetricsList: JSON is malformed: invalid character (byte 0)"),
    ],
)
def test_an_api_that_fails(says: bytes | KubeError, cause: str) -> None:
    """Told once with the cause; what it told last counts for a while, then no more."""
    world = World()
    world.run()
    world.says = says
    assert world.run(KEPT) == {"a": [10.0], "b": [20.0]}
    assert world.run(1.0) == {"a": [], "b": []}
    assert world.run() == {"a": [], "b": []}
    assert world.told == [f"metrics.k8s.io cannot be asked: {cause}; {ALONE}"]
    world.says = answer(a=1)
    assert world.run() == {"a": [10.0], "b": []}
    assert world.informed == ["metrics.k8s.io answers again"]


def test_a_short_failure() -> None:
    """A server that restarts takes nothing away."""
    world = World()
    world.run()
    for _ in range(10):
        world.says = AWAY
        assert world.run() == {"a": [10.0], "b": [20.0]}
        world.says = answer(a=1, b=2)
        assert world.run() == {"a": [10.0], "b": [20.0]}
    assert len(world.gained) == 1


def test_failing_from_the_start() -> None:
    """Nothing was known, and nothing is."""
    world = World()
    world.says = AWAY
    assert world.run() == world.run() == {"a": [], "b": []}
    assert len(world.told) == 1


def test_told_anew_after_it_was_switched_off() -> None:
    """Another configuration is another beginning."""
    world = World()
    world.says = AWAY
    for settings in (CPU, OFF, CPU):
        world.configure(settings)
        world.run()
    assert len(world.told) == 2
