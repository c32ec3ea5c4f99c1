"""What holds of filter and prioritize for any cluster, any pod and any request."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.observe import render
from extender.scheduler.selection import NoValidHost
from extender.translate.objects import decode_pod
from extender.verbs.engine import Engine
from extender.verbs.explain import explain_pod
from extender.verbs.filter import filter_pod
from extender.verbs.prioritize import prioritize_pod
from extender.verbs.simulate import simulate
from tests.unit.verbs.making import (
    KEYS,
    Object,
    body,
    decoded,
    engine,
    kind,
    node,
    nodes_body,
    pod,
)

NAMES = [f"node-{n}" for n in range(10)]
ZONES = [None, "zone-a", "zone-b"]
RATIOS = [None, "0.5", "1.5", "16.0", "abc"]

AGGREGATES = [
    kind("big", "HostAggregate", hosts=["node-1", "node-2"], metadata={"instance_type": "m1, m2"}),
    kind(
        "zoned",
        "HostAggregate",
        hosts=["node-2", "node-3"],
        metadata={"availability_zone": "zone-b", "ram_weight_multiplier": "-2.5"},
    ),
]
FLAVORS = [kind("m1", "Flavor", vcpus=1), kind("m3", "Flavor")]

cpus = st.integers(1, 8000).map(lambda milli: f"{milli}m")
memory = st.integers(1, 16384).map(lambda mib: f"{mib}Mi")


@st.composite
def nodes(draw: st.DrawFn, name: str) -> Object:
    """A node that may be small, off, down, in a zone, or have a ratio nobody can read."""
    ratios = {"cpu_allocation_ratio": draw(st.sampled_from(RATIOS))}
    ratios["ram_allocation_ratio"] = draw(st.sampled_from(RATIOS))
    return node(
        name,
        cpu=draw(cpus),
        memory=draw(memory),
        zone=draw(st.sampled_from(ZONES)),
        ready=draw(st.sampled_from(["True", "True", "True", "False"])),
        annotations={key: value for key, value in ratios.items() if value is not None},
    )


@st.composite
def running(draw: st.DrawFn, number: int) -> Object:
    """A pod on some node, known or not, that may be starting."""
    return pod(
        f"running-{number}",
        cpu=draw(cpus),
        memory=draw(memory),
        on=draw(st.sampled_from([*NAMES, "elsewhere"])),
        status={"phase": draw(st.sampled_from(["Running", "Pending", "Failed"]))},
    )


@st.composite
def incoming(draw: st.DrawFn) -> Object:
    """A pod to be placed, that may ask for a zone, a flavor, or what nobody can read."""
    annotations = {
        "availability_zone": draw(st.sampled_from([None, None, "zone-a", "zone-b", "nova"])),
        "ignore_hosts": draw(st.sampled_from([None, None, "NODE-1,node-4"])),
        "flavor": draw(st.sampled_from([None, None, "m1", "m3", "none-such"])),
        "retry": draw(st.sampled_from([None, None, '{"hosts": [["node-2", "node-2"]]}', "{"])),
    }
    return pod(
        draw(st.sampled_from(["new", "running-0"])),
        cpu=draw(st.one_of(st.none(), cpus)),
        memory=draw(st.one_of(st.none(), memory)),
        annotations={key: value for key, value in annotations.items() if value is not None},
    )


@st.composite
def clusters(draw: st.DrawFn) -> tuple[list[Object], list[Object]]:
    """Nodes and what runs on them."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    found = [draw(nodes(name)) for name in names]
    return found, [draw(running(n)) for n in range(draw(st.integers(0, 6)))]


Cluster = tuple[list[Object], list[Object]]

requests = st.lists(st.sampled_from([*NAMES, "unknown-1", "unknown-2"]), max_size=16)

examples = settings(max_examples=60, deadline=None)


def made(cluster: Cluster) -> Engine:
    """An engine, built afresh."""
    return engine(
        *cluster,
        kinds=[*AGGREGATES, *FLAVORS],
        settings="kubernetes: {allow_memory_overcommit: true}",
    )


def verdicts(found: Any) -> dict[str, str]:
    """Each node's text of a filter result, "" where it passes."""
    assert tuple(found) == KEYS
    passed = dict.fromkeys(found["NodeNames"], "")
    return {**passed, **found["FailedNodes"], **found["FailedAndUnresolvableNodes"]}


def filtered(cluster: Cluster, value: Object, names: list[str]) -> dict[str, str]:
    """The verdicts of an engine built afresh."""
    return verdicts(decoded(filter_pod(made(cluster), body(value, *names))))


def scored(cluster: Cluster, value: Object, names: list[str]) -> dict[str, int]:
    """The scores of an engine built afresh."""
    found = decoded(prioritize_pod(made(cluster), body(value, *names)))
    return {entry["Host"]: entry["Score"] for entry in found}


@examples
@given(clusters(), incoming(), requests)
def test_answers_are_about_what_was_asked(
    cluster: Cluster, value: Object, names: list[str]
) -> None:
    """The result is part of the request, every name is answered, and none twice."""
    found = decoded(filter_pod(made(cluster), body(value, *names)))
    answered = [
        *found["NodeNames"],
        *found["FailedNodes"],
        *found["FailedAndUnresolvableNodes"],
    ]
    assert sorted(answered) == sorted(set(names))
    entries = decoded(prioritize_pod(made(cluster), body(value, *names)))
    assert [entry["Host"] for entry in entries] == list(dict.fromkeys(names))
    assert all(type(entry["Score"]) is int for entry in entries)


@examples
@given(clusters(), incoming(), requests, st.randoms(use_true_random=False))
def test_order_of_names_is_irrelevant(
    cluster: Cluster, value: Object, names: list[str], rng: random.Random
) -> None:
    """In whatever order nodes are named, each has the same verdict and the same score."""
    shuffled = list(names)
    rng.shuffle(shuffled)
    assert filtered(cluster, value, names) == filtered(cluster, value, shuffled)
    assert scored(cluster, value, names) == scored(cluster, value, shuffled)


@examples
@given(clusters(), incoming(), requests, st.randoms(use_true_random=False))
def test_order_of_arrival_is_irrelevant(
    cluster: Cluster, value: Object, names: list[str], rng: random.Random
) -> None:
    """In whatever order nodes and pods became known, the answers are the same bytes."""
    shuffled = (list(cluster[0]), list(cluster[1]))
    for part in shuffled:
        rng.shuffle(part)
    data = body(value, *names)
    for verb in (filter_pod, prioritize_pod):
        assert verb(made(cluster), data).body == verb(made(shuffled), data).body


@examples
@given(clusters(), incoming(), requests)
def test_same_input_same_bytes(cluster: Cluster, value: Object, names: list[str]) -> None:
    """The same call gets the same bytes: again, after other calls, and from another engine."""
    one, other = made(cluster), made(cluster)
    whole = nodes_body(value, *cluster[0])
    for data in (body(value, *names), whole):
        for verb in (filter_pod, prioritize_pod):
            first = verb(one, data).body
            filter_pod(one, body(pod("another", cpu=1), *NAMES))
            assert verb(one, data).body == first
            assert verb(other, data).body == first


@examples
@given(clusters(), incoming(), st.data())
def test_more_free_capacity_never_refuses(
    cluster: Cluster, value: Object, data: st.DataObject
) -> None:
    """Larger nodes, greater ratios and fewer pods turn no pass into a refusal.

    But for a node of 0 vCPUs, which CoreFilter passes unchecked, as in Nova.
    """
    before = filtered(cluster, value, NAMES)
    larger = copy.deepcopy(cluster[0])
    for grown in larger:
        for resource, unit in (("cpu", "m"), ("memory", "Mi")):
            amounts = grown["status"]["allocatable"]
            more = data.draw(st.integers(0, 3000))
            amounts[resource] = f"{int(amounts[resource].removesuffix(unit)) + more}{unit}"
        ratios = grown["metadata"]["annotations"]
        for key, ratio in ratios.items():
            if ratio != "abc":
                ratios[key] = str(float(ratio) * data.draw(st.sampled_from([1, 2, 4])))
    fewer = [one for one in cluster[1] if data.draw(st.booleans())]
    after = filtered((larger, fewer), value, NAMES)
    assert {name for name, text in before.items() if not text} <= {
        name for name, text in after.items() if not text
    }


def test_a_reserve_of_all_cores_leaves_none() -> None:
    """A node whose cores are all reserved has none to give, not boundlessly many."""
    reserved = engine([node("a", cpu="2")], settings="DEFAULT: {reserved_host_cpus: 2}")
    found = decoded(filter_pod(reserved, body(pod(cpu=64), "a")))
    assert found["NodeNames"] == []


@examples
@given(clusters(), incoming(), requests)
def test_few_of_many_as_all(cluster: Cluster, value: Object, names: list[str]) -> None:
    """A node's verdict is the same whether it is asked about alone, with few, or with all."""
    many = [*cluster[0], *(node(f"more-{n}", cpu="2") for n in range(50))]
    everything = [*NAMES, *(f"more-{n}" for n in range(50))]
    crowd = (many, cluster[1])
    whole = filtered(crowd, value, everything)
    few = filtered(crowd, value, names)
    assert few == {name: whole.get(name, few[name]) for name in few}
    for name in names[:2]:
        assert filtered(crowd, value, [name])[name] == few[name]


@examples
@given(clusters(), incoming())
def test_whole_nodes_as_names(cluster: Cluster, value: Object) -> None:
    """Nodes sent whole as they are known have the verdicts and scores they have by name."""
    names = [n["metadata"]["name"] for n in cluster[0]]
    found = made(cluster)
    whole = nodes_body(value, *cluster[0])
    assert verdicts(decoded(filter_pod(found, whole))) == filtered(cluster, value, names)
    entries = decoded(prioritize_pod(found, whole))
    assert {e["Host"]: e["Score"] for e in entries} == scored(cluster, value, names)


@examples
@given(clusters(), incoming(), requests)
def test_asking_changes_nothing(cluster: Cluster, value: Object, names: list[str]) -> None:
    """No question changes what is known: every column is afterwards what it was before."""
    found = made(cluster)
    table = found.cluster.table

    def columns() -> dict[str, list[Any]]:
        return {name: table.values(name).tolist() for name in table._COLUMNS}

    before = columns()
    filter_pod(found, body(value, *names))
    prioritize_pod(found, body(value, *names))
    filter_pod(found, nodes_body(value, *cluster[0]))
    explain_pod(found, decode_pod(json.dumps(value).encode()))
    assert columns() == before


# -- the same bytes in another process --------------------------------------------------------


def digest() -> str:
    """One number for the answers to a fixed lot of questions, explanations among them."""
    rng = random.Random(20)  # noqa: S311 - the same questions every time
    total = hashlib.sha256()
    for _ in range(25):
        names = [f"node-{n}" for n in range(rng.randrange(1, 30))]
        rng.shuffle(names)
        cluster = (
            [
                node(name, cpu=rng.randrange(1, 8), zone=rng.choice(ZONES), annotations=ratio)
                for name in names
                for ratio in [{"cpu_allocation_ratio": rng.choice(["1.0", "0.7", "x"])}]
            ],
            [
                pod(f"p{n}", cpu="300m", on=rng.choice(names), annotations={"flavor": "m1"})
                for n in range(40)
            ],
        )
        asked = pod("new", cpu=rng.randrange(1, 5), annotations={"ignore_hosts": "node-3"})
        found = made(cluster)
        for data in (body(asked, *names, "strange"), nodes_body(asked, *cluster[0])):
            total.update(filter_pod(found, data).body)
            total.update(prioritize_pod(found, data).body)
        value = decode_pod(json.dumps(asked).encode())
        explained = render.explanation(explain_pod(found, value))
        total.update(json.dumps(explained).encode())
        try:
            _, placed = simulate(found, value, 2)
            total.update(repr(placed.selections).encode())
        except NoValidHost as error:
            total.update(str(error).encode())
    return total.hexdigest()


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_same_bytes_whatever_the_hash_seed(seed: str) -> None:
    """Another process, in which every set and hash has another order, answers the same bytes."""
    program = "from tests.property.test_verbs import digest; print(digest())"
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert found.stdout.strip() == digest()
