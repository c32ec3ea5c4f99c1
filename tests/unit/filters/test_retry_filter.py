"""RetryFilter: not where the request was tried before."""

from __future__ import annotations

import numpy as np
import pytest

from extender.filters.retry_filter import RetryFilter
from extender.model.request_spec import SchedulerRetries
from tests.builders import host, reason, reasons, spec, table


def test_no_history() -> None:
    """A request that was never tried passes everywhere."""
    assert reason(RetryFilter(), host(), spec()) is None
    assert reason(RetryFilter(), host(), spec(tried=[])) is None


def test_refuses_the_hosts_tried() -> None:
    """Every host of the history is refused, and no other."""
    hosts = table(*(host(name) for name in "abcd"))
    asked = spec(tried=[("d", "d"), ("b", "b")])
    assert reasons(RetryFilter(), hosts, asked) == [
        None,
        "previously_tried",
        None,
        "previously_tried",
    ]


@pytest.mark.parametrize(
    ("pair", "refused"),
    [
        (("node-1", "node-1"), True),
        (("node-1", "node-2"), False),
        (("node-2", "node-1"), False),
        (("node-1", ""), False),
        (("Node-1", "Node-1"), False),
        (("node-1", "Node-1"), False),
        (("node-", "node-"), False),
    ],
)
def test_the_whole_pair_must_match(pair: tuple[str, str], *, refused: bool) -> None:
    """Host and node together, case and all."""
    found = reason(RetryFilter(), host("node-1"), spec(tried=[pair]))
    assert found == ("previously_tried" if refused else None)


def test_history_of_hosts_that_are_gone() -> None:
    """A host that no longer exists is nobody's refusal."""
    asked = spec(tried=[("gone", "gone")])
    assert reasons(RetryFilter(), table(host("a"), host("b")), asked) == [None, None]


def test_number_of_attempts_does_not_matter() -> None:
    """Whether there were too many attempts is judged before the filters."""
    asked = spec(retry=SchedulerRetries(num_attempts=99, hosts=()))
    assert reason(RetryFilter(), host(), asked) is None


def test_a_host_asked_about_twice() -> None:
    """Both answers are the same."""
    twice = table(host("a"), host("b")).take(np.array([1, 0, 1], dtype=np.intp))
    found = reasons(RetryFilter(), twice, spec(tried=[("b", "b")]))
    assert found == ["previously_tried", None, "previously_tried"]


def test_runs_for_every_instance() -> None:
    """The history is asked about again for each instance of a request."""
    assert RetryFilter().run_filter_for_index(5)


def test_explains_the_history() -> None:
    """The attempts, and where they are known from as the request says."""
    where = "rejections of sibling pods, failed bindings"
    asked = spec(tried=[("a", "a"), ("b", "b")], sources={"retry": where})
    facts = RetryFilter().explain(host("c"), asked)
    assert facts.have == "c"
    assert facts.short_by is None
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("retry.hosts", "a, b", where),
        ("retry.num_attempts", "3", where),
    ]


@pytest.mark.parametrize(
    ("tried", "hosts", "where"),
    [([], "none", "first attempt"), ([("a", "a")], "a", "request")],
)
def test_explains_without_a_source(tried: list[tuple[str, str]], hosts: str, where: str) -> None:
    """The first attempt has no history; one that came without its source came in the request."""
    first, _ = RetryFilter().explain(host("c"), spec(tried=tried)).sources
    assert (first.value, first.where) == (hosts, where)


def test_explains_no_history() -> None:
    """A pod that carries no retry history."""
    (source,) = RetryFilter().explain(host(), spec()).sources
    assert (source.name, source.value, source.where) == ("retry.hosts", "none", "no retry history")
