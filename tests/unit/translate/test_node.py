"""Node → HostState."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.flavor import GIB
from extender.model.groups import HostAggregate
from extender.model.host_parts import Service, Unreadable
from extender.model.host_state import HostState
from extender.model.metrics import HostMetric
from extender.model.options import TranslateOptions
from extender.translate.annotations import PREFIX
from extender.translate.node import host_state
from extender.translate.objects import decode_node
from tests.unit.translate.making import node

READY = {"type": "Ready", "status": "True"}
STATUS = {
    "allocatable": {
        "cpu": "3920m",
        "memory": "16Gi",
        "ephemeral-storage": "100Gi",
        "pods": "110",
    },
    "conditions": [READY],
    "addresses": [
        {"type": "Hostname", "address": "node-a"},
        {"type": "InternalIP", "address": "10.0.3.7"},
        {"type": "InternalIP", "address": "fd00::7"},
    ],
    "nodeInfo": {"containerRuntimeVersion": "containerd://2.1.4"},
}


def state(
    annotations: dict[str, str] | None = None,
    status: dict[str, Any] | None = None,
    options: TranslateOptions | None = None,
    **more: Any,
) -> HostState:
    """Node node-a with STATUS, read."""
    read = node(STATUS if status is None else status, annotations=annotations, **more)
    return host_state(read, [], options or TranslateOptions())


def allocatable(**amounts: Any) -> dict[str, Any]:
    """A status with these amounts; "_" stands for "-"."""
    return {"allocatable": {name.replace("_", "-"): value for name, value in amounts.items()}}


def test_names_and_amounts() -> None:
    """Milli-cores and bytes of status.allocatable, and where they come from."""
    host = state()
    assert (host.host, host.nodename, host.uuid) == ("node-a", "node-a", "n1")
    assert (host.cpu.total, host.cpu.total_from) == (3920, "status.allocatable.cpu")
    assert (host.ram.total, host.ram.total_from) == (16 * GIB, "status.allocatable.memory")
    assert host.disk.total == 100 * GIB
    assert host.disk.total_from == "status.allocatable.ephemeral-storage"
    assert (host.cpu.used, host.ram.used, host.disk.used, host.num_instances) == (0, 0, 0, 0)
    assert (host.unreadable, host.problems) == (Unreadable(0), ())


def test_address_and_runtime() -> None:
    """The first InternalIP, and the container runtime as the hypervisor."""
    host = state(labels={"kubernetes.io/hostname": "a.example"})
    assert host.host_ip == "10.0.3.7"
    assert (host.hypervisor_type, host.hypervisor_version) == ("containerd", 2001004)
    assert host.hypervisor_hostname == "a.example"


def test_trust() -> None:
    """The label that the option names, else the annotation before it; and nothing said."""
    labels = {"nova-extender.io/trust_lvl": "low", "example/level": "high"}
    assert (state().trust_lvl, state().trust_time) == ("unknown", None)
    assert state(labels=labels).trust_lvl == "low"
    options = TranslateOptions(attestation_label="example/level")
    assert state(labels=labels, options=options).trust_lvl == "high"
    attested = {"attestation": '{"trust_lvl": "t", "vtime": "2000-01-01T00:00:01Z"}'}
    host = state(attested, labels=labels)
    assert (host.trust_lvl, host.trust_time) == ("t", 946684801.0)


def test_metrics_of_the_annotation() -> None:
    """They are the node's own report; what is observed is for others to say."""
    host = state({"metrics": '[{"name": "cpu.percent", "value": 37}]'})
    assert host.reported_metrics == host.metrics == (HostMetric("cpu.percent", 37.0),)
    assert host.observed_metrics == ()


@pytest.mark.parametrize(
    ("name", "text", "bit"),
    [
        ("attestation", '{"trust_lvl": 1}', Unreadable.TRUST),
        ("attestation", "trusted", Unreadable.TRUST),
        ("metrics", '[{"name": "cpu.percent"}]', Unreadable.METRICS),
        ("metrics", "37", Unreadable.METRICS),
    ],
)
def test_an_unreadable_report(name: str, text: str, bit: Unreadable) -> None:
    """It is marked and named; the node is judged as if it said nothing, its label unheard."""
    host = state({name: text}, labels={"nova-extender.io/trust_lvl": "trusted"})
    assert host.unreadable == bit
    assert (host.trust_lvl == "unknown") == (bit == Unreadable.TRUST)
    assert (host.trust_time, host.reported_metrics) == (None, ())
    (problem,) = host.problems
    assert problem.startswith(f"node annotation nova-extender.io/{name}: ")


@pytest.mark.parametrize(
    ("amounts", "capacity"),
    [
        ({"cpu": "8", "memory": "16Gi"}, (8000, 16 * GIB)),
        ({"cpu": "7.5", "memory": 1000}, (7500, 1000)),
        ({"cpu": "7.5"}, (7500, 0)),
        ({"cpu": "many", "memory": "-1"}, (0, 0)),
        ({}, (0, 0)),
        (None, (0, 0)),
    ],
)
def test_capacity(amounts: dict[str, Any] | None, capacity: tuple[int, int]) -> None:
    """What metrics are shares of; where it cannot be read there are none, and no filter minds."""
    host = state(status={**STATUS, "capacity": amounts})
    assert host.capacity == capacity
    assert (host.unreadable, host.problems) == (Unreadable(0), ())


@pytest.mark.parametrize(
    ("text", "runtime", "version"),
    [
        ("containerd://2.1.4", "containerd", 2_001_004),
        ("containerd://1.7.0-rc1", "containerd", 1_007_000),
        ("cri-o://1.34.10+dev", "cri-o", 1_034_010),
        ("docker://v28.5", "docker", 28_005_000),
        ("docker://28", "docker", 28_000_000),
        ("containerd://1.x.3", "containerd", 1_000_000),
        ("containerd://unknown", "containerd", None),
        ("containerd://", "containerd", None),
        ("containerd", None, None),
        ("", None, None),
        ("://1.2", None, None),
        (None, None, None),
    ],
)
def test_runtime_version(text: str | None, runtime: str | None, version: int | None) -> None:
    """Major, minor and patch as Nova packs them, of the digits that lead each part."""
    host = state(status={"nodeInfo": {"containerRuntimeVersion": text}})
    assert (host.hypervisor_type, host.hypervisor_version) == (runtime, version)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"metadata": {"name": "node-a"}}',
        (
            b'{"metadata": {"name": "node-a", "labels": null, "annotations": null}, "spec": null, '
            b'"status": null}'
        ),
        (
            b'{"metadata": {"name": "node-a"}, "spec": {"taints": null, "unschedulable": null}, '
            b'"status": {"allocatable": null, "conditions": null, "addresses": null, '
            b'"nodeInfo": null}}'
        ),
    ],
)
def test_a_node_that_says_nothing(raw: bytes) -> None:
    """Totals 0, not ready, and no error."""
    host = host_state(decode_node(raw), [], TranslateOptions())
    assert (host.cpu.total, host.ram.total, host.disk.total) == (0, 0, 0)
    assert host.service == Service(ready=False)
    assert (host.host_ip, host.hypervisor_type, host.hypervisor_version) == (None, None, None)
    assert (host.zone_label, host.cell_uuid, host.hypervisor_hostname) == (None, "", "node-a")
    assert (host.unreadable, host.problems) == (Unreadable(0), ())


def test_an_object_without_metadata() -> None:
    """Not even a name is an error here."""
    assert host_state(decode_node(b"{}"), [], TranslateOptions()).host == ""


# -- amounts (test_inventory has the rules) ------------------------------------------------------


def test_each_resource_in_its_place() -> None:
    """CPU, memory and disk as they are read, and what is wrong with one with all other problems."""
    host = state(
        {"cpu_allocation_ratio": "4.0", "disk_allocation_ratio": "none", "disabled": "maybe"},
        allocatable(cpu="2", memory="1Gi", ephemeral_storage="10Gi"),
    )
    assert (host.cpu.limit, host.ram.limit, host.disk.limit) == (8000, GIB, 10 * GIB)
    assert host.unreadable == Unreadable.DISK_RATIO | Unreadable.SERVICE
    assert [problem.split(": ")[0] for problem in host.problems] == [
        f"node annotation {PREFIX}disk_allocation_ratio",
        f"node annotation {PREFIX}disabled",
    ]


def test_what_no_filter_reads_is_only_told() -> None:
    """A floor that is no number, a ratio of memory that does not count: the host is judged."""
    host = state({"allocatable_floor_cpu": "much", "ram_allocation_ratio": "1.5"})
    assert host.unreadable == Unreadable(0)
    assert len(host.problems) == 2


# -- service, zone, aggregates -------------------------------------------------------------------


def service(
    annotations: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
    conditions: list[dict[str, str]] | None = None,
) -> Service:
    """The service of a node that is ready unless said otherwise."""
    status = {"conditions": [READY] if conditions is None else conditions}
    return state(annotations, status, spec=spec).service


def test_service_of_a_healthy_node() -> None:
    """Neither disabled nor down."""
    assert service() == Service()
    assert service({"disabled": "false", "forced_down": "false"}) == Service()


@pytest.mark.parametrize(
    ("annotations", "spec", "expected"),
    [
        ({"disabled": "true"}, None, Service(disabled=True)),
        (
            {"disabled": "true", "disabled_reason": " broken fan "},
            None,
            Service(disabled=True, disabled_reason="broken fan"),
        ),
        ({"forced_down": "true"}, None, Service(forced_down=True)),
        (None, {"unschedulable": True}, Service(unschedulable=True)),
        (
            None,
            {"taints": [{"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}]},
            Service(forced_down=True),
        ),
        (
            {"forced_down": "false"},
            {"taints": [{"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}]},
            Service(forced_down=True),
        ),
        (
            None,
            {"taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]},
            Service(),
        ),
    ],
)
def test_service(
    annotations: dict[str, str] | None, spec: dict[str, Any] | None, expected: Service
) -> None:
    """Annotations, cordon and the out-of-service taint, each in its own field."""
    assert service(annotations, spec) == expected


@pytest.mark.parametrize(
    ("conditions", "ready"),
    [
        ([], False),
        ([{"type": "Ready", "status": "False"}], False),
        ([{"type": "Ready", "status": "Unknown"}], False),
        ([{"type": "MemoryPressure", "status": "True"}], False),
        ([{"type": "MemoryPressure", "status": "False"}, READY], True),
    ],
)
def test_ready(conditions: list[dict[str, str]], ready: bool) -> None:
    """Up is condition Ready at True; no condition is down."""
    assert service(conditions=conditions).ready is ready


@pytest.mark.parametrize("name", ["disabled", "forced_down"])
@pytest.mark.parametrize("value", ["yes", "True", "1"])
def test_an_unreadable_flag(name: str, value: str) -> None:
    """Marks the service and counts as false."""
    host = state({name: value})
    assert host.unreadable == Unreadable.SERVICE
    assert host.service == Service()
    assert host.problems == (
        f"node annotation {PREFIX}{name}: '{value}' is not a boolean; accepted: true or false",
    )


def test_an_unreadable_reason_is_only_told() -> None:
    """No filter reads disabled_reason, so none refuses the node for it."""
    host = state({"disabled_reason": "x" * 70_000})
    assert host.unreadable == Unreadable(0)
    assert len(host.problems) == 1


def test_several_problems() -> None:
    """Everything that is wrong is marked and told at once."""
    host = state({"cpu_allocation_ratio": "x", "disabled": "x"}, allocatable(memory="x"))
    assert host.unreadable == Unreadable.CPU_RATIO | Unreadable.RAM | Unreadable.SERVICE
    assert len(host.problems) == 3


def test_labels() -> None:
    """Zone and cell are labels; an empty zone is none."""
    labels = {"topology.kubernetes.io/zone": "zone-a", "nova-extender.io/cell": "cell1"}
    host = state(labels=labels)
    assert (host.zone_label, host.cell_uuid, dict(host.labels)) == ("zone-a", "cell1", labels)
    assert state(labels={"topology.kubernetes.io/zone": ""}).zone_label is None


def test_default_zone() -> None:
    """Without label and aggregate the zone is the option's."""
    host = state(options=TranslateOptions(default_availability_zone="az1"))
    assert host.zones == {"az1"}


def test_aggregates() -> None:
    """By name or by labels, sorted by name, the very objects given."""
    by_name = HostAggregate("zeta", hosts=frozenset({"node-a"}))
    by_label = HostAggregate("alpha", node_selector={"disk": "ssd"})
    others = [
        HostAggregate("beta", hosts=frozenset({"node-b"})),
        HostAggregate("gamma", node_selector={"disk": "hdd"}),
        HostAggregate("delta"),
    ]
    host = host_state(
        node(STATUS, labels={"disk": "ssd"}), [by_name, *others, by_label], TranslateOptions()
    )
    assert [a.name for a in host.aggregates] == ["alpha", "zeta"]
    assert host.aggregates[0] is by_label


VALUES = st.text() | st.sampled_from(["true", "1.5", "0", "9" * 30, "1Gi", "[", "-1", " "])
KEYS = [
    "cpu_allocation_ratio",
    "ram_allocation_ratio",
    "raw_allocatable_cpu",
    "amplified_allocatable_cpu",
    "raw_allocatable_memory",
    "disabled",
    "forced_down",
    "disabled_reason",
]


@given(
    annotations=st.dictionaries(st.sampled_from(KEYS), VALUES),
    amounts=st.dictionaries(
        st.sampled_from(["cpu", "memory", "ephemeral-storage"]),
        VALUES
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.none()
        | st.lists(st.integers()),
    ),
)
def test_never_raises(annotations: dict[str, str], amounts: dict[str, Any]) -> None:
    """Whatever the annotations and amounts: totals of 0 or more, and a problem for each mark."""
    host = state(annotations, {"allocatable": amounts})
    assert min(host.cpu.total, host.ram.total, host.disk.total) >= 0
    assert bool(host.unreadable) <= bool(host.problems)
