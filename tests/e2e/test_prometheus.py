"""A real Prometheus watches the extender and kube-scheduler at work.

One run provokes what dashboards and alerts ask about, as far as that takes seconds. Then each
expression of each panel and rule has had data, or is one of those that promtool proves instead.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from deploy.monitoring.expressions import Expression, expressions
from extender.config.options import Config
from tests.e2e import objects, verbs
from tests.e2e.build import REPOSITORY
from tests.e2e.controlplane import SCHEDULER, ControlPlane
from tests.e2e.extender_process import LOOPBACK, Extender
from tests.e2e.objects import nova, pod
from tests.e2e.panel_proofs import PANELS
from tests.e2e.process import free_ports
from tests.e2e.prometheus import Prometheus
from tests.e2e.scene import Scene
from tests.e2e.test_rules import RULES, alerts
from tests.e2e.waiting import wait_until
from tests.issued import Issued

ALERTS_PROVEN = frozenset(
    {
        "NovaExtenderNotCalled",
        "NovaExtenderHighLatency",
        "NovaExtenderFilterErrors",
        "NovaExtenderSnapshotStale",
        "NovaExtenderWatchFlapping",
    }
)
"""Alerts whose expressions have no data here: `NAME.test.yaml` fires them."""

# A whole number of calls, so that all can be counted by hand: 20 about ten hosts, all refused for
# their zone; then 7 about the same ten, of which four have too few cores.
ZONE_CALLS, CORE_CALLS = 20, 7
WIDE = [f"wide-{number}" for number in range(6)]
NARROW = [f"narrow-{number}" for number in range(4)]
ASKED = len(WIDE) + len(NARROW)
RATES = {
    "AvailabilityZoneFilter": ZONE_CALLS * ASKED / ((ZONE_CALLS + CORE_CALLS) * ASKED),
    "CoreFilter": CORE_CALLS * len(NARROW) / (CORE_CALLS * ASKED),
}
"""Rejections by evaluations, as counted here: 200 of 270, and 28 of 70. Others refuse nothing."""

# So many that kube-scheduler could ask about a sample.
MORE_NODES = 100
# The alert wants fifty calls in all.
MORE_CALLS = 25

REJECTED = 12
"""Pods that a kubelet refuses; the alert wants ten more than the first."""


@dataclass
class Watch:
    """What Prometheus has answered in the course of the run.

    Attributes:
        prometheus: What is asked.
        panels: What dashboards ask.
        rules: The expressions of the rules, by their names.
        seen: The expressions that had data at some time.
        rates: The rejection rates right after the counted calls, by filter.
        by_reason: Those by filter and reason.
        unwell: The rules that Prometheus could not work out, with its words.
    """

    prometheus: Prometheus
    panels: Sequence[Expression]
    rules: Sequence[tuple[str, str]]
    seen: set[str] = field(default_factory=set)
    rates: dict[str, float] = field(default_factory=dict)
    by_reason: dict[tuple[str, str], float] = field(default_factory=dict)
    unwell: list[tuple[str, str]] = field(default_factory=list)

    def look(self) -> None:
        """Asks what had no data so far."""
        asked = {each.expr for each in self.panels} | {expr for _, expr in self.rules}
        self.seen |= {expr for expr in asked - self.seen if self.prometheus.has_data(expr)}


def rule_expressions() -> list[tuple[str, str]]:
    """Name and expression of each rule; an alert may have several."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules]


@pytest.fixture(scope="module")
def watch(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """The whole run; what came of it."""
    workdir = tmp_path_factory.mktemp("prometheus")
    scene = Scene(control_plane, workdir)
    try:
        extender = _begin(scene, workdir)
        port = control_plane._probes[SCHEDULER].removesuffix("/readyz")
        jobs = {
            "nova-extender": f"{extender.health_url}/metrics",
            "kube-scheduler": f"{port}/metrics",
        }
        token = control_plane.api.token
        with Prometheus(workdir / "prometheus", RULES, jobs, token) as prometheus:
            watched = Watch(prometheus, expressions(), rule_expressions())
            _refuse(scene, watched)
            _count(scene, watched)
            _schedule(scene, watched)
            _reject(scene, watched)
            _spoil_the_configuration(extender, workdir, watched)
            watched.unwell = [
                (rule["name"], rule.get("lastError", ""))
                for rule in prometheus.rules()
                if rule["health"] != "ok"
            ]
            extender.stop()
            prometheus.wait('up{job="nova-extender"} == 0', "the extender gone")
            watched.look()
        yield watched
    finally:
        scene.close()


def _begin(scene: Scene, workdir: Path) -> Extender:
    """Nodes, an extender whose certificate expires in hours, and kube-scheduler."""
    scene.nodes(
        *(objects.node(name, "4") for name in WIDE),
        *(objects.node(name, "1") for name in NARROW),
        # Nobody amplifies nodes here.
        objects.node("promising", "1", annotations=nova(cpu_allocation_ratio="4")),
        # Not kwok's, who would have the pods run before they can be rejected.
        objects.node("refusing", "64", ready=False),
        *(objects.node(f"more-{number}", "1", ready=False) for number in range(MORE_NODES)),
    )
    issued = Issued(workdir / "certificate", not_after=datetime.now(UTC) + timedelta(hours=12))
    (port,) = free_ports(1)
    server = {
        "webhook_bind": f"{LOOPBACK}:{port}",
        "webhook_cert_file": str(issued.path),
        "webhook_key_file": str(issued.key),
    }
    return scene.start({"server": server}, bind=True, preempt=True)


def _refuse(scene: Scene, watched: Watch) -> None:
    """Calls that one filter refuses all hosts of."""
    lost = pod("lost", "2", annotations=nova(availability_zone="nowhere"))
    for _ in range(ZONE_CALLS):
        passed, _ = scene.ask_filter(lost, *WIDE, *NARROW)
        assert not passed
    _scraped(scene, watched, 'nova_extender_attempts_total{result="no_valid_host"}', ZONE_CALLS)
    watched.look()


def _count(scene: Scene, watched: Watch) -> None:
    """Calls that are counted by hand, and the rates while there have been no others."""
    for _ in range(CORE_CALLS):
        passed, refused = scene.ask_filter(pod("counted", "2"), *WIDE, *NARROW)
        assert passed == set(WIDE)
        assert set(refused) == set(NARROW)
    _scraped(scene, watched, 'nova_extender_attempts_total{result="passed"}', CORE_CALLS)
    (rate,) = (
        each.expr
        for each in watched.panels
        if (each.panel, each.legend) == ("Rejection rate by filter", "{{filter}}")
    )
    asked = watched.prometheus.query(rate)
    watched.rates = {sample.labels["filter"]: sample.value for sample in asked}
    page = (REPOSITORY / "docs" / "reference" / "metrics.md").read_text()
    (formula,) = re.findall(r"^```promql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    watched.by_reason = {
        (sample.labels["filter"], sample.labels["reason"]): sample.value
        for sample in watched.prometheus.query(formula)
    }
    watched.look()


def _schedule(scene: Scene, watched: Watch) -> None:
    """Pods that kube-scheduler places, one that it cannot, and a call that nobody understands."""
    for number in range(3):
        scene.place(pod(f"placed-{number}", "1", "1Gi"))
    scene.refused(pod("refused", "1", annotations=nova(availability_zone="nowhere")))
    assert scene.extender is not None
    _, reply, _ = verbs.ask(scene.extender.url, "filter", {})
    assert reply["Error"]
    for _ in range(MORE_CALLS):
        scene.ask_filter(pod("asked", "2"), *WIDE)
    _scraped(scene, watched, 'nova_extender_binds_total{outcome="bound"}', 3)
    watched.look()


def _reject(scene: Scene, watched: Watch) -> None:
    """Pods that a kubelet refuses: one, for the series to begin, and the others."""
    rejection = {"phase": "Failed", "reason": "OutOfcpu", "message": "Node didn't have enough"}
    series = 'nova_extender_retries_total{reason="OutOfcpu"}'
    for number in range(REJECTED):
        name = f"rejected-{number}"
        scene.api.create(pod(name, "1", nodeName="refusing"))
        scene.api.patch("Pod", name, {"status": rejection}, subresource="status")
        if number == 0:
            watched.prometheus.wait(f"{series} == 1", "the first rejection")
    watched.prometheus.wait(f"{series} == {REJECTED}", "all rejections")
    watched.look()


def _spoil_the_configuration(extender: Extender, workdir: Path, watched: Watch) -> None:
    """A file that cannot be used."""
    (workdir / "nova-extender.yaml").write_text("filter_scheduler: {enabled_filters: [NoFilter]}")
    extender.process.signal(signal.SIGHUP)
    watched.prometheus.wait("nova_extender_config_reload_success == 0", "the file refused")
    watched.look()


def _scraped(scene: Scene, watched: Watch, series: str, least: float) -> None:
    """Waits until Prometheus has what the extender says of a series, which is at least so much."""
    wait_until(lambda: scene.metric(series) >= least, 10, f"{series} at {least}")
    watched.prometheus.wait(f"{series} >= {least}", "scraped")


def test_every_panel_has_data(watch: Watch) -> None:
    """No panel asks for what there is not: those without data are among the proven."""
    without = {
        (each.dashboard, each.panel, each.legend)
        for each in watch.panels
        if each.expr not in watch.seen
    }
    # A machine that is slow enough may see one of those, too.
    assert without <= set(PANELS)


def test_every_rule_has_data(watch: Watch) -> None:
    """Each rule could be worked out, and the expression of each alert has data or is proven."""
    assert watch.unwell == []
    without = {name for name, expr in watch.rules if expr not in watch.seen}
    assert without <= ALERTS_PROVEN
    assert alerts() >= ALERTS_PROVEN


def test_rates_counted_by_hand(watch: Watch) -> None:
    """A dashboard's rejection rates, and those of the page of metrics, are the ones counted."""
    enabled = Config().filter_scheduler.enabled_filters
    expected = {**dict.fromkeys(["pre_stage", *enabled], 0.0), **RATES}
    assert watch.rates == pytest.approx(expected, rel=1e-9)
    given = {name: rate for name, rate in watch.by_reason.items() if rate}
    assert given == pytest.approx(
        {
            ("AvailabilityZoneFilter", "wrong_availability_zone"): RATES["AvailabilityZoneFilter"],
            ("CoreFilter", "request_exceeds_host_vcpus"): RATES["CoreFilter"],
        },
        rel=1e-9,
    )
