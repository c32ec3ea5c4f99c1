"""NUMA cells all the way: a file with nodes and topologies, a pod, the verbs' answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from extender.cli.assembly import build_engine
from extender.cli.sources import load_file
from extender.config.load import load
from extender.scheduler.selection import NoValidHost
from extender.translate.objects import decode_pod
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.simulate import simulate
from tests.unit.verbs.making import Object, body, decoded, node, pod, raw

SETTINGS = "{filter_scheduler: {enabled_filters: [NUMATopologyFilter]}}"
CELLS = {
    "cells": [
        {
            "id": number,
            "pcpuset": list(range(4 * number, 4 * number + 4)),
            "siblings": [[4 * number, 4 * number + 1], [4 * number + 2, 4 * number + 3]],
            "memory": 4096,
        }
        for number in range(2)
    ]
}


def of_kind(name: str, value: Object) -> Object:
    """The object with its kind, as a List holds it."""
    return {"apiVersion": "v1", "kind": name, **value}


def observed(name: str, *zones: tuple[int, str]) -> Object:
    """A NodeResourceTopology: CPUs and memory left of each zone, of 4 and 4 GiB."""
    return of_kind(
        "NodeResourceTopology",
        {
            "metadata": {"name": name},
            "zones": [
                {
                    "name": f"node-{number}",
                    "type": "Node",
                    "resources": [
                        {"name": "cpu", "capacity": "4", "allocatable": "4", "available": cpus},
                        {"name": "memory", "allocatable": "4Gi", "available": memory},
                    ],
                }
                for number, (cpus, memory) in enumerate(zones)
            ],
        },
    )


def cluster(tmp_path: Path) -> tuple[Engine, list[str]]:
    """Nodes whose cells are told by an annotation, by an object, by both, and not at all."""
    told = {"numa_topology": json.dumps(CELLS)}
    objects = [
        of_kind("Node", node("annotated", cpu="8", annotations=told)),
        of_kind("Node", node("observed", cpu="8")),
        of_kind("Node", node("both", cpu="8", annotations=told)),
        of_kind("Node", node("neither", cpu="8")),
        of_kind("Node", node("wrong", cpu="8", annotations={"numa_topology": "[]"})),
        observed("observed", (4, "4Gi"), (1, "4Gi")),
        observed("both", (0, "0"), (0, "0")),
        observed("stranger", (4, "4Gi")),
        observed("wrong", (4, "many")),
    ]
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": objects}))
    made = build_engine(load(None, SETTINGS).config)
    problems: list[str] = []
    load_file(made, str(file), problems.append)
    return made, problems


def asking(cpu: str = "4", memory: str = "2Gi", **extra_specs: str) -> Object:
    """A pod that asks for cells; extra specs without ``hw:``."""
    specs = {f"hw:{name}": value for name, value in extra_specs.items()}
    return pod("new", cpu=cpu, memory=memory, annotations={"extra_specs": json.dumps(specs)})


def verdicts(made: Engine, value: Object) -> dict[str, str]:
    """Every host's text, "" where it passes."""
    names = sorted(made.cluster.table.index)
    found = decoded(filter_pod(made, body(value, *names)))
    return {**dict.fromkeys(found["NodeNames"], ""), **found["FailedAndUnresolvableNodes"]}


def texts(*found: str) -> dict[str, str]:
    """The texts of annotated, both and observed; the other hosts' are always the same."""
    return {
        **dict(zip(("annotated", "both", "observed"), found, strict=True)),
        "neither": "host reports no NUMA topology",
        "wrong": "node annotation is not valid",
    }


NO_FIT = "request does not fit the NUMA cells of the host"


def test_verdicts(tmp_path: Path) -> None:
    """From either source; what cannot be read is told of."""
    made, problems = cluster(tmp_path)
    assert [text.partition(";")[0] for text in problems] == [
        "NodeResourceTopology 'wrong': zone 0: 'memory': 'many' is not a quantity",
        "node wrong: node annotation nova-extender.io/numa_topology: '[]' is not an object",
    ]
    pinned = {"cpu_policy": "dedicated"}
    assert verdicts(made, asking(**pinned)) == texts("", "", "")
    assert verdicts(made, asking(numa_nodes="2", **pinned)) == texts("", "", NO_FIT)
    threads = texts("", "", "host has no hyper-threads")
    assert verdicts(made, asking(cpu_thread_policy="require", **pinned)) == threads
    few = texts(*["host has too few NUMA cells"] * 3)
    assert verdicts(made, asking(cpu="3", memory="3Mi", numa_nodes="3")) == few
    invalid = dict.fromkeys(texts("", "", ""), "pod annotation is not valid")
    assert verdicts(made, asking(numa_nodes="3")) == invalid
    assert set(verdicts(made, asking()).values()) == {""}


def test_simulated_instances(tmp_path: Path) -> None:
    """Each instance takes a cell of its own; when all are taken, no more fit."""
    made, _ = cluster(tmp_path)
    asked = decode_pod(raw(asking(cpu_policy="dedicated")))

    def chosen(instances: int) -> list[Any]:
        _, found = simulate(made, asked, instances)
        return sorted(selection[0].service_host for selection in found.selections)

    assert chosen(5) == ["annotated", "annotated", "both", "both", "observed"]
    with pytest.raises(NoValidHost):
        chosen(6)
