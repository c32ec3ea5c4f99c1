"""AggregateMultiTenancyIsolation: only projects that the host's aggregates name."""

from __future__ import annotations

import numpy as np
import pytest

from extender.filters.aggregate_multi_tenancy_isolation import AggregateMultiTenancyIsolation
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from tests.builders import aggregate, host, reason, reasons, spec, table

REFUSED = "project_not_allowed"


def node(*metadata: dict[str, str], name: str = "node-1") -> HostState:
    """A host in an aggregate for each of these."""
    aggregates = tuple(aggregate(f"a{n}", **one) for n, one in enumerate(metadata))
    return host(name, aggregates=aggregates)


def judged(project: str, *metadata: dict[str, str]) -> str | None:
    """The verdict on a pod of this namespace."""
    return reason(AggregateMultiTenancyIsolation(), node(*metadata), spec(project_id=project))


@pytest.mark.parametrize("project", ["shop", "", "true"])
def test_host_without_the_key(project: str) -> None:
    """In no aggregate, or in others only, a host takes every project."""
    assert judged(project) is None
    assert judged(project, {"ssd": "true"}, {"tenant_filter_tenant_id": "other"}) is None
    assert judged(project, {"filter_tenant_i": "x"}, {"Filter_tenant_id": "x"}) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shop", None),
        ("shop,bank", None),
        ("bank , shop", None),
        ("\tshop\n,", None),
        ("bank", REFUSED),
        ("Shop", REFUSED),
        ("shops", REFUSED),
        ("sho", REFUSED),
        ("shop bank", REFUSED),
        ("shop;bank", REFUSED),
        ("", REFUSED),
        (" , ", REFUSED),
    ],
)
def test_comma_lists(text: str, found: str | None) -> None:
    """A project is one of the list's items, whole, case and all; an empty list admits nobody."""
    assert judged("shop", {"filter_tenant_id": text}) == found


@pytest.mark.parametrize(
    "key", ["filter_tenant_id", "filter_tenant_id2", "filter_tenant_id_a", "filter_tenant_ids"]
)
def test_keys_that_start_so(key: str) -> None:
    """Every key that starts with filter_tenant_id counts, as in Nova since 30.0.0."""
    assert judged("shop", {key: "shop"}) is None
    assert judged("shop", {key: "bank"}) == REFUSED
    assert judged("shop", {"filter_tenant_id": "bank", key + "x": "shop"}) is None


def test_several_aggregates() -> None:
    """All of them are put together; one without the key says nothing."""
    both = ({"filter_tenant_id": "bank"}, {"filter_tenant_id": "shop"}, {"rack": "7"})
    assert judged("shop", *both) is None
    assert judged("bank", *both) is None
    assert judged("post", *both) == REFUSED


@pytest.mark.parametrize("text", ["shop", "shop,", ""])
def test_request_without_a_project(text: str) -> None:
    """No list admits it, not even by an empty item."""
    assert judged("", {"filter_tenant_id": text}) == REFUSED


def test_hosts_are_judged_apart() -> None:
    """Each by its own aggregates; a view of them the same in its own order."""
    hosts = table(
        node({"filter_tenant_id": "shop"}, name="a"),
        node({"filter_tenant_id": "bank"}, name="b"),
        node(name="c"),
        node({"filter_tenant_id": "shop"}, {"filter_tenant_id": "bank"}, name="d"),
    )
    judge = AggregateMultiTenancyIsolation()
    assert reasons(judge, hosts, spec(project_id="shop")) == [None, REFUSED, None, None]
    assert reasons(judge, hosts, spec(project_id="bank")) == [REFUSED, None, None, None]
    view = hosts.take(np.array([1, 0], dtype=np.intp))
    assert reasons(judge, view, spec(project_id="shop")) == [REFUSED, None]


def test_a_changed_aggregate_is_taken_at_once() -> None:
    """A host put anew with other aggregates is judged by these."""
    hosts = table(node({"filter_tenant_id": "bank"}))
    judge, asked = AggregateMultiTenancyIsolation(), spec(project_id="shop")
    assert reasons(judge, hosts, asked) == [REFUSED]
    hosts.put(node({"filter_tenant_id": "shop"}))
    assert reasons(judge, hosts, asked) == [None]
    hosts.put(node())
    assert reasons(judge, hosts, asked) == [None]


def test_unreadable_annotations_do_not_matter() -> None:
    """It reads aggregates only."""
    one = host(unreadable=~Unreadable(0))
    assert reason(AggregateMultiTenancyIsolation(), one, spec()) is None


def test_runs_once_per_request() -> None:
    """All instances of a request are of one project."""
    assert not AggregateMultiTenancyIsolation().run_filter_for_index(1)


def test_explains() -> None:
    """The project, those admitted, and each aggregate's own keys."""
    one = node(
        {"filter_tenant_id2": "post", "filter_tenant_id": "shop, bank,"},
        {"rack": "7"},
        {"filter_tenant_id": ""},
    )
    facts = AggregateMultiTenancyIsolation().explain(one, spec(project_id="tax"))
    assert (facts.need, facts.have) == ("tax", "bank, post, shop")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("project_id", "tax", "namespace of the pod"),
        ("filter_tenant_id", "shop, bank,", "aggregate a0"),
        ("filter_tenant_id2", "post", "aggregate a0"),
        ("filter_tenant_id", "", "aggregate a2"),
    ]


def test_explains_any_and_none() -> None:
    """No key is told from an empty list, and a pod without a project says so."""
    judge = AggregateMultiTenancyIsolation()
    assert judge.explain(node(), spec()).have == "any"
    facts = judge.explain(node({"filter_tenant_id": " "}), spec(project_id=""))
    assert (facts.need, facts.have, facts.sources[0].value) == ("no project", "none", "none")
