"""The annotation ``numa_topology`` of nodes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.model.host_parts import Unreadable
from extender.model.numa import MOST_CELLS, NUMAPages
from extender.model.options import TranslateOptions
from extender.translate.annotations import NUMA_TOPOLOGY
from extender.translate.node import host_state
from extender.translate.numa import read_topology, topology
from extender.translate.readers import AnnotationError
from tests.unit.translate.making import node

WHOLE = {
    "cells": [
        {
            "id": 3,
            "socket": 1,
            "cpuset": [0, 1, 2, 3],
            "pcpuset": [4, 5, 6, 7],
            "pinned_cpus": [4],
            "siblings": [[4, 5], [6, 7]],
            "memory": 32768,
            "cpu_usage": 2,
            "memory_usage": 8192,
            "mempages": [
                {"size_kb": 2048, "total": 1024, "used": 256, "reserved": 5},
                {"size_kb": 4, "total": 7864320, "used": 0},
            ],
        }
    ]
}


def read(value: object) -> Any:
    """The annotation with this JSON value."""
    return read_topology({NUMA_TOPOLOGY.key: json.dumps(value)})


def test_all_fields() -> None:
    """Everything that a cell may tell, pages by size."""
    (cell,) = read(WHOLE).cells
    assert (cell.id, cell.socket) == (3, 1)
    assert cell.cpuset == {0, 1, 2, 3}
    assert cell.pcpuset == {4, 5, 6, 7}
    assert cell.pinned_cpus == {4}
    assert cell.siblings == ({4, 5}, {6, 7})
    assert (cell.memory, cell.cpu_usage, cell.memory_usage) == (32768, 2, 8192)
    assert cell.mempages == (
        NUMAPages(size_kb=4, total=7864320),
        NUMAPages(size_kb=2048, total=1024, used=256, reserved=5),
    )


def test_least_of_fields() -> None:
    """What is left out, or null, is nothing; an id is the cell's position."""
    one, other = read({"cells": [{}, {"id": None, "cpuset": None, "siblings": None}]}).cells
    assert (one.id, other.id) == (0, 1)
    assert one.cpuset == one.pcpuset == one.pinned_cpus == set()
    assert (one.siblings, one.mempages, one.memory, one.socket) == ((), (), 0, None)


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_absent(text: str) -> None:
    """Nothing is said, which leaves it to the NodeResourceTopology."""
    assert read_topology({NUMA_TOPOLOGY.key: text}) is None
    assert read_topology({}) is None


def test_no_cells() -> None:
    """An empty list says that there are none."""
    found = read({"cells": []})
    assert found is not None
    assert found.cells == ()


def test_names_that_are_not_known() -> None:
    """A newer agent may tell more."""
    more = {"cells": [{"id": 0, "network_metadata": {}, "mempages": [{"size_kb": 4, "x": 1}]}]}
    assert len(read({**more, "version": 2})) == 1


def test_worked_out_at_once() -> None:
    """The first request finds the numbers made."""
    assert "columns" in vars(read(WHOLE))
    assert "rooms" in vars(read(WHOLE))


CELL = "cells[0]"


@pytest.mark.parametrize(
    ("value", "wrong", "accepted"),
    [
        ({"cell": []}, "there is no list of cells", "cells, a list of at most 64"),
        ({"cells": {}}, "there is no list of cells", "cells, a list of at most 64"),
        (
            {"cells": [{}] * (MOST_CELLS + 1)},
            "there are 65 cells",
            "cells, a list of at most 64",
        ),
        ({"cells": [5]}, f"{CELL} is 5", "an object"),
        ({"cells": [{"id": 1}, {}]}, "cell 1 stands twice", "each id once"),
        ({"cells": [{"id": -1}]}, f"{CELL}.id is -1", "a whole number from 0 to 1000000"),
        ({"cells": [{"id": True}]}, f"{CELL}.id is true", "a whole number from 0 to 1000000"),
        (
            {"cells": [{"socket": "0"}]},
            f'{CELL}.socket is "0"',
            "a whole number from 0 to 1000000",
        ),
        (
            {"cells": [{"memory": 1.5}]},
            f"{CELL}.memory is 1.5",
            f"a whole number from 0 to {2**40}",
        ),
        (
            {"cells": [{"memory_usage": 2**41}]},
            f"{CELL}.memory_usage is {2**41}",
            f"a whole number from 0 to {2**40}",
        ),
        (
            {"cells": [{"cpuset": "0-3"}]},
            f'{CELL}.cpuset is "0-3"',
            "CPUs, a list of whole numbers below 8192",
        ),
        (
            {"cells": [{"pcpuset": [8192]}]},
            f"{CELL}.pcpuset is [8192]",
            "CPUs, a list of whole numbers below 8192",
        ),
        (
            {"cells": [{"pinned_cpus": [None]}]},
            f"{CELL}.pinned_cpus is [null]",
            "CPUs, a list of whole numbers below 8192",
        ),
        (
            {"cells": [{"siblings": [[0], 1]}]},
            f"{CELL}.siblings[1] is 1",
            "CPUs, a list of whole numbers below 8192",
        ),
        ({"cells": [{"siblings": [[]]}]}, f"{CELL}.siblings is [[]]", "a list of lists of CPUs"),
        (
            {"cells": [{"siblings": [[0, 1], [1, 2]]}]},
            f"{CELL}.siblings is [[0, 1], [1, 2]]",
            "each CPU in one core",
        ),
        ({"cells": [{"mempages": {}}]}, f"{CELL}.mempages is {{}}", "a list of at most 8 objects"),
        (
            {"cells": [{"mempages": [{"size_kb": n + 1} for n in range(9)]}]},
            f"{CELL}.mempages is [",
            "a list of at most 8 objects",
        ),
        (
            {"cells": [{"mempages": [{"size_kb": 4}, {"size_kb": 4}]}]},
            f"{CELL}.mempages is [",
            "each size_kb once",
        ),
        ({"cells": [{"mempages": [{}]}]}, f"{CELL}.mempages[0].size_kb is null", "1 or more"),
        (
            {"cells": [{"mempages": [{"size_kb": 2**31}]}]},
            f"{CELL}.mempages[0].size_kb is {2**31}",
            f"a whole number from 0 to {2**30}",
        ),
        (
            {"cells": [{"mempages": [{"size_kb": 2048, "total": 2**40}]}]},
            f"{CELL}.mempages[0].total is {2**40}",
            f"a whole number from 0 to {2**39}",
        ),
    ],
)
def test_wrong_values(value: object, wrong: str, accepted: str) -> None:
    """Each is told with its place, and what would be right."""
    with pytest.raises(AnnotationError) as caught:
        read(value)
    assert caught.value.key == "nova-extender.io/numa_topology"
    assert caught.value.wrong.startswith(wrong)
    assert caught.value.accepted.startswith(accepted)


@pytest.mark.parametrize("text", ["[]", "5", '"cells"', "{", '{"cells": [], "cells": []}', "é"])
def test_no_objects(text: str) -> None:
    """Neither JSON nor an object."""
    with pytest.raises(AnnotationError):
        read_topology({NUMA_TOPOLOGY.key: text})
    with pytest.raises(AnnotationError):
        topology(None)


def test_nodes() -> None:
    """A host has its node's cells; what cannot be read is marked and told."""
    good = node(annotations={"numa_topology": json.dumps(WHOLE)})
    found = host_state(good, (), TranslateOptions())
    assert found.reported_numa == read(WHOLE)
    assert found.numa_topology == found.reported_numa
    bad = host_state(node(annotations={"numa_topology": "[1]"}), (), TranslateOptions())
    assert bad.reported_numa is None
    assert bad.unreadable == Unreadable.NUMA
    (problem,) = bad.problems
    assert problem.startswith("node annotation nova-extender.io/numa_topology: ")
    assert host_state(node(), (), TranslateOptions()).reported_numa is None
