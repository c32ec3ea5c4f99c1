"""The use case simulate: where would these instances go?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.scheduler.selection import NoValidHost
from extender.translate.errors import TranslateError
from extender.translate.objects import decode_pod
from extender.verbs.engine import Engine
from extender.verbs.simulate import simulate
from tests.unit.verbs.making import engine, node, pod


def placed(made: Engine, instances: int = 1, **asked: Any) -> list[list[str]]:
    """The hosts of each instance, the chosen one first."""
    value = decode_pod(json.dumps(pod("sim", **asked)).encode())
    _, found = simulate(made, value, instances)
    return [[s.service_host for s in selections] for selections in found.selections]


def test_best_host_and_alternates() -> None:
    """The best host, then max_attempts − 1 = 2 alternates, best first."""
    made = engine([node(n, cpu=c) for n, c in zip("abcd", "2486", strict=True)])
    assert placed(made, cpu=2) == [["c", "d", "b"]]


def test_one_after_the_other() -> None:
    """Each instance sees what those before it took: 3 cores on 4, 8 and 6."""
    made = engine([node(n, cpu=c) for n, c in zip("abc", "486", strict=True)])
    chosen = [hosts[0] for hosts in placed(made, 5, cpu=3)]
    assert sorted(chosen) == ["a", "b", "b", "c", "c"]
    with pytest.raises(NoValidHost):
        placed(made, 6, cpu=3)


def test_nothing_is_written() -> None:
    """The cluster, the ledger and the attempts are as before."""
    made = engine([node("a"), node("b")], [pod("p", cpu=1, on="a")])
    before = (made.cluster.table.cpu_used.tolist(), len(made.cluster.ledger))
    placed(made, 3, cpu=1)
    assert (made.cluster.table.cpu_used.tolist(), len(made.cluster.ledger)) == before
    assert len(made.attempts) == 0
    assert made.cluster.table.host_state(0).num_instances == 1


def test_cycles_tell_how() -> None:
    """Each instance has its own cycle, under its own UUID."""
    made = engine([node("a", cpu="4"), node("b", cpu="1")])
    value = decode_pod(json.dumps(pod("sim", cpu=2)).encode())
    spec, found = simulate(made, value, 2)
    assert spec.instance_uuid == "uid-sim"
    assert len(found.cycles) == 2
    assert found.cycles[0].filtered.passed.tolist() == [True, False]


def test_no_valid_host() -> None:
    """All or nothing, with the cycles that tell how far it came."""
    made = engine([node("a", cpu="4")])
    with pytest.raises(NoValidHost, match="There are not enough hosts available") as error:
        placed(made, 3, cpu=2)
    assert len(error.value.cycles) == 3
    assert made.cluster.table.cpu_used.tolist() == [0]


def test_own_use_never_counts_against_itself() -> None:
    """A pod that runs already is placed as if it did not."""
    made = engine([node("a", cpu="4")], [pod("sim", cpu=3, on="a")])
    assert placed(made, cpu=3) == [["a"]]
    assert made.cluster.table.cpu_used.tolist() == [3000]


def test_pod_without_a_uid() -> None:
    """A pod from a file needs no UID."""
    made = engine([node("a"), node("b")])
    assert {hosts[0] for hosts in placed(made, 2, uid="", cpu=3)} == {"a", "b"}


def test_pod_whose_requests_cannot_be_read() -> None:
    """The error names the place."""
    with pytest.raises(TranslateError, match="is not a quantity"):
        placed(engine([node("a")]), cpu="x")
