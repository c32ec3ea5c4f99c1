"""The reducer: what is left shows the same, and nothing more can be taken."""

from __future__ import annotations

from tests.conformance.case import Case
from tests.conformance.compare import FILTER, SEQUENCE, WEIGHER, Difference
from tests.conformance.reduce import focused, reduce

CASE: Case = {
    "id": "1:2",
    "focus": ["RamFilter"],
    "hosts": [
        {"host": "a", "free_ram_mb": 5, "instances": [{"uuid": "u"}]},
        {"host": "b", "free_ram_mb": 4711, "numa": {"cells": [{"id": 3, "memory": 9}]}},
    ],
    "aggregates": [{"hosts": ["a", "b"], "metadata": {"k": "some long text"}}],
    "request": {"flavor": {"memory_mb": 77}, "hints": {"x": ["y"]}},
    "filters": ["RamFilter"],
}


def test_takes_all_it_can() -> None:
    """Only the host with the memory is left, and the number is as small as it may be."""

    def still(case: Case) -> bool:
        return any(host.get("free_ram_mb", 0) > 1000 for host in case["hosts"])

    small = reduce(CASE, still)
    # 4711 halved twice is 1177; half of that would show it no more.
    assert small == {"id": "1:2", "focus": ["RamFilter"], "hosts": [{"free_ram_mb": 1177}]}


def test_shortens_texts() -> None:
    """A text is cut to the letter that matters."""
    small = reduce(CASE, lambda case: "g" in str(case.get("aggregates")))
    assert small["hosts"] == [{}]
    assert small["aggregates"] == [{"metadata": {"k": "g"}}] or "g" in str(small["aggregates"])
    assert len(str(small["aggregates"])) <= len("[{'metadata': {'k': 'g'}}]")


def test_needs_everything() -> None:
    """A case of which nothing can be taken stays as it is, and the first one is not touched."""
    before = str(CASE)
    assert reduce(CASE, lambda case: case == CASE) == CASE
    assert str(CASE) == before


def test_hosts_never_run_out() -> None:
    """A case keeps a host, and cells keep their ids: taking those would be another case."""
    small = reduce(CASE, lambda case: "numa" in str(case))
    assert small["hosts"] == [{"numa": {"cells": []}}] or small["hosts"] == [{"numa": {}}]
    kept = reduce(CASE, lambda case: "memory': 9" in str(case["hosts"]))
    assert kept["hosts"] == [{"numa": {"cells": [{"id": 3, "memory": 9}]}}]


def test_asks_for_little() -> None:
    """Of a filter's difference only that filter is asked for, and nothing is run together."""
    of_filter = focused(CASE, Difference(FILTER, "RamFilter", 0, [True, {}], [False, "x", {}]))
    assert (of_filter["judge"], of_filter["weigh"]) == (["RamFilter"], [])
    assert "filters" not in of_filter
    of_weigher = focused(CASE, Difference(WEIGHER, "RAMWeigher", -1, {}, {}))
    assert (of_weigher["judge"], of_weigher["weigh"]) == ([], ["RAMWeigher"])
    of_all = focused(CASE, Difference(SEQUENCE, SEQUENCE, -1, {}, {}))
    assert of_all["filters"] == ["RamFilter"]
