"""Node → HostState."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.flavor import GIB, MIB
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


# -- totals: raw and amplified -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "unit", "column"),
    [("cpu", 1, "cpu"), ("memory", 1000, "ram"), ("ephemeral_storage", 1000, "disk")],
)
def test_amplified(resource: str, unit: int, column: str) -> None:
    """While the allocatable is the one the policy wrote, the saved raw amount counts."""
    host = state(
        {f"raw_allocatable_{resource}": "2000", f"amplified_allocatable_{resource}": "32000"},
        allocatable(**{resource: str(32000 // 1000 if unit == 1 else 32000)}),
    )
    inventory = getattr(host, column)
    assert inventory.total == 2000
    assert inventory.total_from == f"node annotation {PREFIX}raw_allocatable_{resource}"


@pytest.mark.parametrize(
    ("annotations", "why"),
    [
        ({"raw_allocatable_cpu": "2000", "amplified_allocatable_cpu": "32001"}, "another amount"),
        ({"raw_allocatable_cpu": "2000"}, "no amplified amount"),
        ({"amplified_allocatable_cpu": "32000"}, "no raw amount"),
        ({"raw_allocatable_cpu": " ", "amplified_allocatable_cpu": "32000"}, "an empty one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_not_amplified(annotations: dict[str, str], why: str) -> None:
    """Any other allocatable is a new one of the kubelet's, and is raw itself."""
    host = state(annotations, allocatable(cpu="32"))
    assert host.cpu.total == 32_000, why
    assert host.cpu.total_from == "status.allocatable.cpu"
    assert not host.unreadable


def test_amplified_is_compared_rounded_up() -> None:
    """31999.1 milli-cores are 32000, as kube-scheduler rounds a node's allocatable."""
    host = state(
        {"raw_allocatable_cpu": "2000", "amplified_allocatable_cpu": "32000"},
        allocatable(cpu="31999100u"),
    )
    assert host.cpu.total == 2000


def test_no_allocatable_is_never_amplified() -> None:
    """Without an allocatable there is nothing the saved amounts could belong to."""
    host = state({"raw_allocatable_cpu": "5", "amplified_allocatable_cpu": "0"}, {})
    assert host.cpu.total == 0


def test_reserves() -> None:
    """reserved_host_* are taken off: whole CPUs and MiB."""
    options = TranslateOptions(
        reserved_host_cpus=1, reserved_host_memory_mb=512, reserved_host_disk_mb=1024
    )
    host = state(options=options)
    assert host.cpu.total == 2920
    assert host.ram.total == 16 * GIB - 512 * MIB
    assert host.disk.total == 99 * GIB


def test_reserves_come_off_the_raw_amount() -> None:
    """Nova's (total - reserved) x ratio, not the amplified amount less the reserve."""
    host = state(
        {
            "raw_allocatable_cpu": "2000",
            "amplified_allocatable_cpu": "8000",
            "cpu_allocation_ratio": "4.0",
        },
        allocatable(cpu="8"),
        TranslateOptions(reserved_host_cpus=1),
    )
    assert (host.cpu.total, host.cpu.limit) == (1000, 4000)


def test_a_reserve_never_makes_a_total_negative() -> None:
    """More reserved than there is leaves 0."""
    host = state(
        options=TranslateOptions(
            reserved_host_cpus=4, reserved_host_memory_mb=20_000, reserved_host_disk_mb=200_000
        )
    )
    assert (host.cpu.total, host.ram.total, host.disk.total) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "column", "bit"),
    [
        ("cpu", "cpu", Unreadable.CPU),
        ("memory", "ram", Unreadable.RAM),
        ("ephemeral-storage", "disk", Unreadable.DISK),
    ],
)
@pytest.mark.parametrize("value", ["abc", "-1", "", True, [1], {}])
def test_an_unreadable_allocatable(name: str, column: str, bit: Unreadable, value: object) -> None:
    """Counts as 0, is marked for that resource only, and is told."""
    status = {**STATUS, "allocatable": {**STATUS["allocatable"], name: value}}  # type: ignore[dict-item]
    host = state(status=status)
    assert getattr(host, column).total == 0
    assert host.unreadable == bit
    (problem,) = host.problems
    assert problem.startswith(f"status.allocatable.{name}: ")
    assert "accepted: " in problem
    assert [c for c in ("cpu", "ram", "disk") if getattr(host, c).total == 0] == [column]


@pytest.mark.parametrize(
    ("resource", "bit"),
    [
        ("cpu", Unreadable.CPU),
        ("memory", Unreadable.RAM),
        ("ephemeral_storage", Unreadable.DISK),
    ],
)
@pytest.mark.parametrize("kind", ["raw", "amplified"])
@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "1Gi", "9" * 20])
def test_an_unreadable_saved_amount(resource: str, bit: Unreadable, kind: str, value: str) -> None:
    """Marks the resource; the others, and weighers, go on with status.allocatable."""
    host = state({f"{kind}_allocatable_{resource}": value})
    assert host.unreadable == bit
    assert (host.cpu.total, host.ram.total, host.disk.total) == (3920, 16 * GIB, 100 * GIB)
    (problem,) = host.problems
    assert problem.startswith(f"node annotation {PREFIX}{kind}_allocatable_{resource}: ")


# -- ratios --------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["cpu", "ram", "disk"])
def test_ratio_precedence(resource: str) -> None:
    """Annotation, then option, then initial option; each says where it came from."""
    name = f"{resource}_allocation_ratio"
    options = TranslateOptions(**{name: Fraction(3), f"initial_{name}": Fraction(2)})  # type: ignore[arg-type]
    initial = TranslateOptions(**{f"initial_{name}": Fraction(2)})  # type: ignore[arg-type]

    def seen(host: HostState) -> tuple[Fraction, str]:
        inventory = getattr(host, resource)
        return inventory.ratio, inventory.ratio_from

    annotated = state({name: "16.5"}, options=options)
    assert seen(annotated) == (Fraction(33, 2), f"node annotation {PREFIX}{name}")
    assert seen(state(options=options)) == (Fraction(3), f"option DEFAULT.{name}")
    assert seen(state(options=initial)) == (Fraction(2), f"option DEFAULT.initial_{name}")
    assert seen(state()) == (Fraction(1), f"option DEFAULT.initial_{name}")


def test_the_limit_is_floored() -> None:
    """3920 milli-cores x 1.001 are 3923.92, of which 3923 count."""
    assert state({"cpu_allocation_ratio": "1.001"}).cpu.limit == 3923


@pytest.mark.parametrize(
    ("resource", "bit"),
    [
        ("cpu", Unreadable.CPU_RATIO),
        ("ram", Unreadable.RAM_RATIO),
        ("disk", Unreadable.DISK_RATIO),
    ],
)
@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1", "1e9", "abc", "x" * 70_000])
def test_an_unreadable_ratio(resource: str, bit: Unreadable, value: str) -> None:
    """Marks that ratio only; the limit is reckoned with 1, not with the option."""
    host = state(
        {f"{resource}_allocation_ratio": value},
        options=TranslateOptions(initial_cpu_allocation_ratio=Fraction(4)),
    )
    assert host.unreadable == bit
    assert getattr(host, resource).ratio == 1
    assert getattr(host, resource).limit == getattr(host, resource).total
    (problem,) = host.problems
    assert problem.startswith(f"node annotation {PREFIX}{resource}_allocation_ratio: ")
    assert len(problem) < 400


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
