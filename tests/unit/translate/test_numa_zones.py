"""NodeResourceTopology objects as NUMA cells."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.model.numa import MOST_MEMORY, NUMATopology
from extender.translate.errors import TranslateError
from extender.translate.numa_zones import zones_topology
from extender.translate.objects import decode_node_topology

GIB = "Gi"


def amount(name: str, allocatable: object, available: object = None, **more: object) -> Any:
    """A resource of a zone; all of it is left where nothing is said."""
    left = allocatable if available is None else available
    return {"name": name, "allocatable": allocatable, "available": left, **more}


def zone(name: str, *resources: Any, kind: str = "Node") -> Any:
    """A zone of a node."""
    return {"name": name, "type": kind, "resources": list(resources)}


def read(*zones: Any) -> NUMATopology:
    """The cells of an object with these zones."""
    whole = {
        "apiVersion": "topology.node.k8s.io/v1alpha2",
        "kind": "NodeResourceTopology",
        "metadata": {"name": "node-a"},
        "topologyPolicies": ["SingleNUMANodeContainerLevel"],
        "zones": list(zones),
        "attributes": [{"name": "topologyManagerPolicy", "value": "single-numa-node"}],
    }
    return zones_topology(decode_node_topology(json.dumps(whole).encode()))


def test_a_whole_node() -> None:
    """Two cells as NFD's topology updater tells them, in any order."""
    found = read(
        zone(
            "node-1",
            amount("cpu", "4", "1", capacity="4"),
            amount("memory", "8Gi", "6Gi", capacity="10Gi"),
            amount("hugepages-2Mi", "1Gi", "512Mi"),
            amount("hugepages-1Gi", "2Gi"),
            amount("example.com/gpu", 2),
        ),
        zone("node-0", amount("cpu", 3), amount("memory", "4Gi")),
        zone("socket-0", amount("cpu", 7), kind="Socket"),
    )
    first, second = found.cells
    assert (first.id, second.id) == (0, 1)
    # Three CPUs of the first cell, then four of the second, of which three are taken.
    assert first.cpuset == first.pcpuset == {0, 1, 2}
    assert first.pinned_cpus == set()
    assert second.pcpuset == {3, 4, 5, 6}
    assert second.pinned_cpus == {3, 4, 5}
    assert second.cpuset == {6}
    assert (first.cpu_usage, second.cpu_usage) == (0, 0)
    assert not found.has_threads
    assert (first.memory, first.memory_usage) == (4096, 0)
    # 8 + 1 + 2 GiB, of which 2 and a half are gone.
    assert (second.memory, second.memory_usage) == (11264, 2560)
    assert [(p.size_kb, p.total, p.used, p.reserved) for p in second.mempages] == [
        (4, 2097152, 524288, 0),
        (2048, 512, 256, 0),
        (1048576, 2, 0, 0),
    ]
    assert [(p.size_kb, p.total, p.used) for p in first.mempages] == [(4, 1048576, 0)]


def test_rooms() -> None:
    """Free CPUs are cores of their own: any of them can be isolated."""
    (room,) = read(zone("node-0", amount("cpu", 4, 3), amount("memory", "1Gi"))).rooms
    assert (room.cpus, room.loose, room.paired, room.whole) == (3, 3, 0, 3)


@pytest.mark.parametrize(
    ("allocatable", "available", "whole", "free"),
    [
        ("3500m", "3500m", 3, 3),
        ("4", "2500m", 4, 2),
        ("4", "-1", 4, 0),
        ("4", "9", 4, 4),
        (4, 4, 4, 4),
    ],
)
def test_whole_cpus(allocatable: object, available: object, whole: int, free: int) -> None:
    """Parts of CPUs are nobody's; what is left lies between none and all."""
    (cell,) = read(zone("node-0", amount("cpu", allocatable, available))).cells
    assert len(cell.pcpuset) == whole
    assert cell.avail_pcpus == free


def test_no_static_cpu_manager() -> None:
    """A kubelet that gives no CPU away tells of none that it could: all are shared."""
    (cell,) = read(zone("node-0", amount("cpu", 0, capacity=8), amount("memory", "1Gi"))).cells
    assert len(cell.cpuset) == 8
    assert cell.pcpuset == cell.pinned_cpus == set()
    (without,) = read(zone("node-0", amount("memory", "1Gi"))).cells
    assert without.cpuset == without.pcpuset == set()


def test_a_cell_whose_cpus_are_all_reserved() -> None:
    """Where another cell has CPUs to give, a cell without has none to share."""
    reserved, other = read(
        zone("node-0", amount("cpu", 0, capacity=8)), zone("node-1", amount("cpu", 2))
    ).cells
    assert reserved.cpuset == reserved.pcpuset == set()
    assert len(other.pcpuset) == 2


def test_no_static_memory_manager() -> None:
    """A kubelet that binds no memory to cells tells of none: there is as much as one likes."""
    (cell,) = read(zone("node-0", amount("cpu", 2))).cells
    assert (cell.memory, cell.memory_usage, cell.mempages) == (MOST_MEMORY, 0, ())
    with_memory, without = read(
        zone("node-0", amount("memory", "1Gi")), zone("node-1", amount("cpu", 2))
    ).cells
    assert with_memory.memory == 1024
    assert without.memory == 0


def test_objects_without_zones() -> None:
    """They tell of no cells."""
    assert read().cells == ()
    assert read(zone("l3-0", kind="L3")).cells == ()
    raw = b'{"metadata": {"name": "a"}, "zones": null}'
    assert zones_topology(decode_node_topology(raw)).cells == ()


def test_least_of_fields() -> None:
    """What is null or left out is nothing."""
    (cell,) = read(
        {"name": "node-7", "type": "Node", "resources": [{"name": "cpu"}, {"allocatable": None}]}
    ).cells
    assert cell.id == 7
    assert cell.cpuset == set()
    assert read({"name": "node-7", "type": "Node", "resources": None}).cells == (cell,)


@pytest.mark.parametrize(
    ("zones", "wrong"),
    [
        ([zone("node-a")], "zone 'node-a' has no number"),
        ([zone("")], "zone '' has no number"),
        ([zone("0\n")], "zone '0\\n' has no number"),
        ([zone("node-1"), zone("numa1")], "zone 'numa1' has the number of another"),
        ([zone(f"node-{n}") for n in range(65)], "has 65 zones; accepted: at most 64"),
        ([zone("node-0", amount("cpu", "many"))], "zone 0: 'cpu': 'many' is not a quantity"),
        ([zone("node-0", amount("cpu", 8193))], "has too many CPUs; accepted: at most 8192"),
        (
            [zone("node-0", amount("cpu", 8000)), zone("node-1", amount("cpu", 193))],
            "has too many CPUs; accepted: at most 8192",
        ),
        ([zone("node-0", amount("memory", "2Ei"))], "MiB; accepted: at most 1099511627776"),
        (
            [zone("node-0", amount("memory", 1), amount("hugepages-big", 1))],
            "zone 0: 'hugepages-big': 'big' is not a quantity",
        ),
        (
            [zone("node-0", amount("memory", 1), amount("hugepages-4Ki", 1))],
            "zone 0: 'hugepages-4Ki' is no size of huge pages",
        ),
        (
            [
                zone(
                    "node-0",
                    amount("memory", 1),
                    *(amount(f"hugepages-{n}Mi", 1) for n in range(1, 9)),
                )
            ],
            "zone 0 has too many page sizes; accepted: 8",
        ),
    ],
)
def test_wrong_objects(zones: list[Any], wrong: str) -> None:
    """Each is told with its place."""
    with pytest.raises(TranslateError) as caught:
        read(*zones)
    assert str(caught.value).startswith("NodeResourceTopology 'node-a'")
    assert wrong in str(caught.value)


def test_wrong_types() -> None:
    """A field of the wrong type names the object and the place."""
    with pytest.raises(TranslateError, match=r"NodeResourceTopology 'node-a': zones\[0\]\.name is"):
        read({"name": 5, "type": "Node"})
    with pytest.raises(TranslateError, match="not valid JSON"):
        decode_node_topology(b"{")
