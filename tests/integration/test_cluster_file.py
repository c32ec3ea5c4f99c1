"""Clusters from files: what kubectl prints, what people write by hand, and what is neither."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from extender.cli.assembly import build_engine
from extender.cli.sources import load_file
from extender.config.load import load
from extender.kube.snapshot import SnapshotError
from extender.verbs.engine import Engine
from extender.verbs.explain import explain_pending
from extender.verbs.filter import filter_pod
from tests.unit.verbs.making import PREFIX, Object, body, decoded, kind, node, pod

pytestmark = pytest.mark.timeout(20)

ACCEPTED = "a Kubernetes List in YAML or JSON, such as 'kubectl get nodes,pods -A -o yaml' prints"
READ = "kinds read: Flavor, HostAggregate, Node, NodeResourceTopology, Pod, ServerGroup"


def loaded(path: Path | str) -> tuple[Engine, list[str]]:
    """An engine filled from a file, and what was told."""
    engine = build_engine(load(None).config)
    told: list[str] = []
    load_file(engine, str(path), told.append)
    return engine, told


def known(engine: Engine) -> dict[str, tuple[int, int, int]]:
    """Cores, cores used and pods of each host, by name."""
    states = sorted(engine.cluster.table.hosts, key=lambda state: state.host)
    return {s.host: (s.cpu.total, s.cpu.used, s.num_instances) for s in states}


def verdicts(engine: Engine, value: Object) -> dict[str, str]:
    """Every host's text for a pod, "" where it passes."""
    names = sorted(engine.cluster.table.index)
    found = decoded(filter_pod(engine, body(value, *names)))
    return {**dict.fromkeys(found["NodeNames"], ""), **found["FailedAndUnresolvableNodes"]}


def of_kind(name: str, value: Object) -> Object:
    """The object with its kind, as a List holds it."""
    return {"apiVersion": "v1", "kind": name, **value}


OBJECTS = [
    kind("ssd", "HostAggregate", hosts=["a"], metadata={"instance_type": "m1"}),
    kind("m1", "Flavor", vcpus=1),
    kind("web", "ServerGroup", "default", policy="affinity"),
    of_kind("Node", node("a")),
    of_kind("Node", node("b", cpu="2")),
    of_kind("Pod", pod("p", cpu="1500m", on="a")),
    of_kind("Pod", pod("q", cpu=1, on="b")),
    of_kind("Pod", pod("waits", cpu=1)),
]
LIST = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": OBJECTS}


def typed_lists() -> list[Object]:
    """Lists as the API server gives them, whose items leave out their kind."""
    found: list[Object] = []
    for name in ("Node", "Pod"):
        items = [
            {key: value for key, value in o.items() if key not in ("kind", "apiVersion")}
            for o in OBJECTS
            if o["kind"] == name
        ]
        found.append({"apiVersion": "v1", "kind": f"{name}List", "metadata": {}, "items": items})
    return [*found, *(o for o in OBJECTS if o["kind"] not in ("Node", "Pod"))]


WAYS = {
    "yaml list": lambda: yaml.safe_dump(LIST),
    "json list": lambda: json.dumps(LIST),
    "indented json": lambda: json.dumps(LIST, indent=4),
    "json after blanks": lambda: "\n  " + json.dumps(LIST),
    "documents": lambda: yaml.safe_dump_all(OBJECTS),
    "documents with gaps": lambda: (
        "---\n" + "\n---\n---\n# nothing\n".join(map(yaml.dump, OBJECTS))
    ),
    "json documents": lambda: "\n---\n".join(map(json.dumps, OBJECTS)),
    "typed lists": lambda: yaml.safe_dump_all(typed_lists()),
    "list of lists": lambda: json.dumps({"kind": "List", "items": typed_lists()}),
    "windows": lambda: yaml.safe_dump(LIST).replace("\n", "\r\n"),
    "byte order mark": lambda: "\ufeff" + yaml.safe_dump(LIST),
    "commented": lambda: "# kubectl get …\n" + yaml.safe_dump(LIST),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_cluster_in_every_form(tmp_path: Path, way: str) -> None:
    """A List, typed lists, documents; YAML or JSON: all are the same cluster."""
    file = tmp_path / "cluster"
    file.write_bytes(WAYS[way]().encode())
    engine, told = loaded(file)
    assert told == []
    assert known(engine) == {"a": (4000, 1500, 1), "b": (2000, 1000, 1)}
    assert set(engine.cluster.pending) == {("default", "waits")}
    assert set(engine.cluster.flavors) == {"m1"}
    assert set(engine.cluster.server_groups) == {("default", "web")}
    assert [a.name for a in engine.cluster.table.host_state(0).aggregates] == ["ssd"]


def test_order_does_not_matter(tmp_path: Path) -> None:
    """Pods before their nodes, aggregates last: the same cluster."""
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": OBJECTS[::-1]}))
    engine, _ = loaded(file)
    assert known(engine) == {"a": (4000, 1500, 1), "b": (2000, 1000, 1)}
    row = engine.cluster.table.index["a"]
    assert [a.name for a in engine.cluster.table.host_state(row).aggregates] == ["ssd"]


def test_amounts_are_exact_as_written(tmp_path: Path) -> None:
    """Numbers without quotes are read as they stand, not as floats."""
    file = tmp_path / "cluster.yaml"
    file.write_text(
        "{kind: Node, metadata: {name: a}, status: {allocatable: {cpu: 0.1, memory: 1e9, "
        "ephemeral-storage: 9007199254740993}}}\n---\n"
        "{kind: Node, metadata: {name: b}, status: {allocatable: {cpu: 3, memory: .5Gi}}}\n"
    )
    engine, told = loaded(file)
    assert told == []
    one, two = engine.cluster.table.hosts
    assert (one.cpu.total, one.ram.total, one.disk.total) == (100, 10**9, 9007199254740993)
    assert (two.cpu.total, two.ram.total) == (3000, 1 << 29)


def test_pending_pods_can_be_explained(tmp_path: Path) -> None:
    """A pod that waits in the file is judged on the file's nodes."""
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps(LIST))
    engine, _ = loaded(file)
    found = explain_pending(engine, "default", "waits")
    assert {v.host: [b.reason.id for b in v.blockers] for v in found.hosts} == {
        "a": ["flavor_not_allowed"],
        "b": [],
    }


def test_pods_that_do_not_count(tmp_path: Path) -> None:
    """Ended pods take nothing; a pod of a node that is not there waits for it."""
    file = tmp_path / "cluster.json"
    pods = [
        pod("done", cpu=1, on="a", status={"phase": "Succeeded"}),
        pod("failed", cpu=1, on="a", status={"phase": "Failed"}),
        pod("ending", cpu=1, on="a"),
        pod("elsewhere", cpu=1, on="gone"),
    ]
    pods[2]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    items = [of_kind("Node", node("a")), *(of_kind("Pod", p) for p in pods)]
    file.write_text(json.dumps({"kind": "List", "items": items}))
    engine, told = loaded(file)
    assert told == []
    assert known(engine) == {"a": (4000, 1000, 1)}
    assert engine.cluster.table.num_io_ops.tolist() == [1]
    assert len(engine.cluster.ledger) == 2


# -- what is told of ------------------------------------------------------------------------


def test_kinds_that_nobody_reads(tmp_path: Path) -> None:
    """They are counted by kind, and which are read is said."""
    file = tmp_path / "cluster.yaml"
    others = [of_kind("Secret", {}), of_kind("Service", {}), of_kind("Secret", {}), {"a": 1}]
    file.write_text(yaml.safe_dump({"kind": "List", "items": [*OBJECTS, *others]}))
    engine, told = loaded(file)
    assert told == [
        f"2 objects of kind Secret are not read; {READ}",
        f"1 objects of kind Service are not read; {READ}",
        f"1 objects of kind object without a kind are not read; {READ}",
    ]
    assert len(known(engine)) == 2


def test_only_kinds_that_nobody_reads(tmp_path: Path) -> None:
    """A file of nothing that is read is an empty cluster, and told."""
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump(of_kind("Deployment", {"spec": {}})))
    engine, told = loaded(file)
    assert known(engine) == {}
    assert told == [f"1 objects of kind Deployment are not read; {READ}"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (
            of_kind("Node", {**node("x"), "status": 5}),
            "Node 'x': status is a whole number; accepted: an object; the node is left out",
        ),
        (of_kind("Node", {"metadata": {}}), "a Node without metadata.name is left out"),
        (
            of_kind("Pod", {**pod("x"), "spec": {"containers": 5}}),
            (
                "Pod 'default/x': spec.containers is a whole number; accepted: a list; "
                "the pod is left out"
            ),
        ),
        (
            kind("x", "Flavor", vcpus=-3),
            "Flavor x: spec.vcpus is -3; accepted: 0 to 2147483647",
        ),
        (
            kind("x", "ServerGroup", "ns", policy="close"),
            (
                "ServerGroup ns/x: spec.policy: 'close' is not a policy; accepted: affinity, "
                "anti-affinity, soft-affinity, soft-anti-affinity"
            ),
        ),
    ],
)
def test_bad_objects_are_left_out(tmp_path: Path, bad: Object, told: str) -> None:
    """One object that cannot be read is told of with its place and cure; the others count."""
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": [bad, *OBJECTS]}))
    engine, found = loaded(file)
    assert found == [told]
    assert known(engine) == {"a": (4000, 1500, 1), "b": (2000, 1000, 1)}


def test_objects_that_are_no_objects(tmp_path: Path) -> None:
    """A list item that is no object at all spoils the file, and the text says so."""
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": [*OBJECTS, "a text"]}))
    with pytest.raises(SnapshotError, match="not a Kubernetes object"):
        loaded(file)


@pytest.mark.parametrize(
    ("second", "told", "expected"),
    [
        (
            of_kind("Node", node("a", cpu="64")),
            "node a stands twice in the file; the later one counts",
            {"a": (64000, 1500, 1), "b": (2000, 1000, 1)},
        ),
        (
            of_kind("Pod", pod("p", cpu=2, on="b")),
            "pod uid uid-p stands twice in the file; the later one counts",
            {"a": (4000, 0, 0), "b": (2000, 3000, 2)},
        ),
        (
            kind("m1", "Flavor", vcpus=2),
            "Flavor m1 stands twice; the later one counts",
            {"a": (4000, 1500, 1), "b": (2000, 1000, 1)},
        ),
    ],
)
def test_duplicates(
    tmp_path: Path, second: Object, told: str, expected: dict[str, tuple[int, int, int]]
) -> None:
    """What stands twice is told of, and the later one counts, once."""
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": [*OBJECTS, second]}))
    engine, found = loaded(file)
    assert found == [told]
    assert known(engine) == expected


def test_pods_without_uids(tmp_path: Path) -> None:
    """Pods written by hand need no UID, and are apart by namespace and name."""
    file = tmp_path / "cluster.yaml"
    pods = [
        pod("p", cpu=1, on="a", uid=""),
        pod("q", cpu=1, on="a", uid=""),
        pod("p", cpu=1, on="a", uid="", namespace="other"),
    ]
    items = [of_kind("Node", node("a")), *(of_kind("Pod", p) for p in pods)]
    file.write_text(yaml.safe_dump({"kind": "List", "items": items}))
    engine, told = loaded(file)
    assert told == []
    assert known(engine) == {"a": (4000, 3000, 3)}


# -- bad values, and who is affected ----------------------------------------------------------


@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1", "1e9", "abc"])
def test_bad_ratio_on_a_node(tmp_path: Path, value: str) -> None:
    """CoreFilter alone refuses that node alone; annotation, value and cure are told."""
    file = tmp_path / "cluster.yaml"
    bad = of_kind("Node", node("bad", annotations={"cpu_allocation_ratio": value}))
    good = [of_kind("Node", node(name)) for name in ("a", "z")]
    file.write_text(yaml.safe_dump({"kind": "List", "items": [good[0], bad, good[1]]}))
    engine, told = loaded(file)
    (text,) = told
    assert text.startswith(f"node bad: node annotation {PREFIX}cpu_allocation_ratio: '{value}' is ")
    assert "accepted: a decimal above 0 with at most three digits" in text
    assert verdicts(engine, pod(cpu=1)) == {
        "a": "",
        "bad": "allocation ratio is not valid",
        "z": "",
    }
    assert verdicts(engine, pod(memory="1Gi")) == {"a": "", "bad": "", "z": ""}


@pytest.mark.parametrize("status", [None, {}, "missing"])
def test_node_without_status(tmp_path: Path, status: Any) -> None:
    """It is known, down, and in nobody's way."""
    bad = of_kind("Node", {**node("bad"), "status": status})
    if status == "missing":
        del bad["status"]
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": [bad, of_kind("Node", node("a"))]}))
    engine, told = loaded(file)
    assert told == []
    assert verdicts(engine, pod()) == {"a": "", "bad": "host is down"}
    memory = {"a": "", "bad": "request exceeds the memory of the host"}
    assert verdicts(engine, pod(cpu=1, memory="1Gi")) == memory


@pytest.mark.parametrize(
    ("amount", "used", "told"),
    [
        ("1e400", None, ""),
        ("9" * 400, None, ""),
        ("-5", 0, "'-5' is negative; accepted: 0 or more"),
        ("NaN", 0, "'NaN' is not a quantity; accepted: a decimal number"),
    ],
)
def test_absurd_amounts_of_a_running_pod(
    tmp_path: Path, amount: str, used: int | None, told: str
) -> None:
    """Its own node is full, or it counts as nothing and is told of; other nodes are as ever."""
    file = tmp_path / "cluster.json"
    items = [of_kind("Node", node(n)) for n in ("a", "b")]
    items.append(of_kind("Pod", pod("odd", cpu=amount, on="a")))
    file.write_text(json.dumps({"kind": "List", "items": items}))
    engine, found = loaded(file)
    assert ("; ".join(found) == "") == (told == "")
    assert told in "; ".join(found)
    expected = "not enough vCPUs" if used is None else ""
    assert verdicts(engine, pod(cpu=1)) == {"a": expected, "b": ""}


def test_huge_annotations(tmp_path: Path) -> None:
    """1 MB and 10,000 levels in annotations, ours or not, spoil neither file nor neighbours."""
    deep = "[" * 10_000 + "]" * 10_000
    odd = node("odd", annotations={"cpu_allocation_ratio": deep, "disabled": "x" * (1 << 20)})
    odd["metadata"]["annotations"]["example.com/config"] = deep * 50
    waits = pod("waits", annotations={"scheduler_hints": deep})
    items = [of_kind("Node", odd), of_kind("Node", node("a")), of_kind("Pod", waits)]
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": items}))
    engine, told = loaded(file)
    assert len(told) == 2
    assert all(len(text) < 400 for text in told)
    assert verdicts(engine, pod(cpu=1)) == {"a": "", "odd": "allocation ratio is not valid"}
    found = explain_pending(engine, "default", "waits")
    assert found.spec.refusal is not None
    assert "nested deeper than 20" in found.spec.refusal.detail


# -- files that are no clusters -----------------------------------------------------------------


def refused(path: Path | str) -> str:
    """The text of the error, which names the file and says what is accepted."""
    with pytest.raises(SnapshotError) as error:
        loaded(path)
    text = str(error.value)
    assert str(path) in text
    assert ACCEPTED in text
    assert len(text) < 600 + len(str(path))
    return text


def test_no_such_file(tmp_path: Path) -> None:
    """A path that leads nowhere."""
    assert "No such file or directory" in refused(tmp_path / "none.yaml")


def test_directory(tmp_path: Path) -> None:
    """A path that is no file."""
    assert "Is a directory" in refused(tmp_path)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "holds no objects"),
        (b"\n# nothing\n---\n", "holds no objects"),
        (b'{"kind": "List", "items": []}', "holds no objects"),
        (b"kind: NodeList\nitems: []\n", "holds no objects"),
        (b"kind: [unclosed\n", "not YAML at line 2, column 1"),
        (b"a: b: c\n", "not YAML at line 1, column 5"),
        (b"\tkind: Node\n", "not YAML at line 1, column 1"),
        (b'{"kind": "List", "items": [}', "not YAML at line 1, column 28"),
        (b"just a text\n", "not a Kubernetes object: Expected `object`, got `str`"),
        (b"42\n", "not a Kubernetes object: Expected `object`, got `int`"),
        (b"- kind: Node\n", "not a Kubernetes object: Expected `object`, got `array`"),
        (b"kind: 5\n", "not a Kubernetes object: Expected `str`, got `int` - at `$.kind`"),
        (b"kind: List\nitems: 5\n", "not a Kubernetes object: Expected `array | null`"),
        (b"\x00\x01\x02", "not YAML"),
        (b"\xff\xfe\xfa", "not YAML"),
        (b"kind: \xff\n", "not YAML"),
        (b"\x1f\x8b\x08\x00\x00", "not YAML"),
        (b"a: !!python/object/apply:os.getpid []\n", "could not determine a constructor"),
        (b"a: !!binary aGk=\n", "not YAML"),
        (b"{[1]: 2}\n", "not YAML"),
    ],
)
def test_files_that_are_no_clusters(tmp_path: Path, data: bytes, told: str) -> None:
    """What is wrong with the file, where, and what is accepted."""
    file = tmp_path / "cluster"
    file.write_bytes(data)
    assert told in refused(file)


DEEP = {
    "flow lists": b"a: " + b"[" * 10_000 + b"]" * 10_000,
    "flow objects": b"{a: " * 10_000 + b"1" + b"}" * 10_000,
    "block lists": b"- " * 10_000 + b"a",
    "block objects": b"\n".join(b" " * n + b"a:" for n in range(2000)),
    "json": b'{"kind": "Node", "a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "json list": b'{"kind": "List", "items": [' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"]}",
}


@pytest.mark.parametrize("shape", DEEP)
def test_nested_ten_thousand_deep(tmp_path: Path, shape: str) -> None:
    """It is said that this is too deep."""
    file = tmp_path / "cluster"
    file.write_bytes(DEEP[shape])
    assert "nested deeper than 200 levels" in refused(file)


@pytest.mark.parametrize("data", [b"- " * 100_000 + b"a", b"a: " + b"[" * 1_000_000])
def test_nested_so_deep_that_a_stack_would_overflow(tmp_path: Path, data: bytes) -> None:
    """However deep, the process lives: a clear error, not a crash."""
    file = tmp_path / "cluster.yaml"
    file.write_bytes(data)
    program = (
        "import sys; from extender.kube.snapshot import read_snapshot, SnapshotError\n"
        "try: read_snapshot(sys.argv[1], frozenset({'Node'}))\n"
        "except SnapshotError as error: print(error)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, str(file)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert found.returncode == 0
    assert "nested deeper than 200 levels" in found.stdout


def bomb(levels: int, newline: str = "\n", times: int = 9) -> str:
    """YAML that is ``times`` to the power of ``levels`` long once its aliases are followed."""
    lines = ["kind: Node", "a0: &a0 [x, x]"]
    for n in range(1, levels):
        lines += [f"a{n}: &a{n}", *[f"- *a{n - 1}"] * times]
    return newline.join([*lines, "metadata: {name: a}", ""])


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_alias_bomb(tmp_path: Path, newline: str) -> None:
    """A small file that would grow without bound is refused at its first alias."""
    file = tmp_path / "cluster.yaml"
    file.write_bytes(bomb(30, newline).encode())
    assert "a YAML alias (*a0) at line 4 is not read" in refused(file)


@pytest.mark.parametrize(
    ("newline", "encoding"), [("\r", "utf-8"), ("\n", "utf-16"), ("\u0085", "utf-8")]
)
def test_alias_bomb_in_other_clothes(tmp_path: Path, newline: str, encoding: str) -> None:
    """Also with the other line ends and encodings that YAML has (here one that stays small)."""
    file = tmp_path / "cluster.yaml"
    file.write_bytes(bomb(8, newline, times=2).encode(encoding))
    assert "a YAML alias (*a0)" in refused(file)


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "a: &a 1\nb: *a"])
def test_aliases_of_any_kind(tmp_path: Path, text: str) -> None:
    """Loops and harmless aliases are refused alike: kubectl prints none."""
    file = tmp_path / "cluster.yaml"
    file.write_text(f"kind: Node\n{text}\n")
    assert "a YAML alias (*a) at line" in refused(file)


def test_asterisks_that_are_no_aliases(tmp_path: Path) -> None:
    """Stars in texts are texts."""
    odd = node("a")
    odd["metadata"]["annotations"] = {"cron": "*/5 * * * *", "list": "* one\n* two *bold*\n- *x\n"}
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump(of_kind("Node", odd), default_style=None))
    engine, told = loaded(file)
    assert (set(known(engine)), told) == ({"a"}, [])


# -- the cluster inside the package ---------------------------------------------------------------


def test_example_cluster() -> None:
    """It loads with the one problem it is meant to have, and is what the page promises."""
    engine, told = loaded("example")
    (text,) = told
    assert text == (
        "node compute-c5: node annotation nova-extender.io/cpu_allocation_ratio: 'sixteen' is not "
        "an allocation ratio; accepted: a decimal above 0 with at most three digits before and "
        "after the point, such as 16.0"
    )
    states = engine.cluster.table.hosts
    assert len(states) >= 12
    assert {zone for state in states for zone in state.zones} == {"zone-a", "zone-b", "zone-c"}
    assert len({state.cpu.total for state in states}) > 3
    assert len({state.cpu.ratio for state in states}) > 2
    assert len(engine.cluster.aggregates) >= 2
    assert sum(state.num_instances for state in states) >= 20
    assert len(engine.cluster.pending) >= 2
    # one that the admission policy has raised: 8 cores, 128 on the API
    (raised,) = [state for state in states if state.host == "compute-a1"]
    assert (raised.cpu.total, raised.cpu.limit) == (8000, 128_000)


def test_example_cluster_by_hand() -> None:
    """The pending pod that asks for 6 of 8 half-held cores in zone-b: who refuses it, and why."""
    engine, _ = loaded("example")
    found = explain_pending(engine, "default", "report")
    blockers = {v.host: [b.reason.id for b in v.blockers] for v in found.hosts}
    assert blockers["compute-b1"] == ["insufficient_vcpus"]
    assert blockers["compute-b3"][-1] == "host_disabled"
    assert blockers["compute-b4"][-1] == "host_down"
    assert blockers["compute-c5"] == ["wrong_availability_zone", "invalid_allocation_ratio"]
    assert all("wrong_availability_zone" in b for h, b in blockers.items() if "-b" not in h)
