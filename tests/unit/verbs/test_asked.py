"""Which hosts a call asks about, in either form of the request."""

from __future__ import annotations

import json

import pytest

from extender.model.names import as_names
from extender.protocol.node_names import NodeNames
from extender.protocol.requests import ExtenderArgs
from extender.translate.errors import TranslateError
from extender.verbs.asked import Asked, asked
from extender.verbs.engine import Engine
from tests.unit.verbs.making import Object, engine, kind, node, pod, raw


def small() -> Engine:
    """Three nodes, a pod of one core on the first."""
    return engine([node(n) for n in ("a", "b", "c")], [pod("p", cpu=1, on="a")])


def by_names(made: Engine, *names: str) -> Asked:
    """The names form."""
    return asked(made, ExtenderArgs(raw(pod()), NodeNames.of(names), None))


def by_nodes(made: Engine, *nodes: Object) -> Asked:
    """The full-Nodes form."""
    return asked(made, ExtenderArgs(raw(pod()), None, [raw(n) for n in nodes]))


def test_names() -> None:
    """Rows of the engine's own table, in the order asked, -1 for a name nobody knows."""
    made = small()
    found = by_names(made, "c", "x", "a")
    assert found.table is made.cluster.table
    assert as_names(found.names).tolist() == ["c", "x", "a"]
    assert found.rows.tolist() == [2, -1, 0]
    assert found.nodes is None


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["a", "b", "a"], ["a", "b"]),
        (["b", "b", "b", "a"], ["b", "a"]),
        (["x", "a", "x"], ["x", "a"]),
        (["x", "x"], ["x"]),
        (["a", "x", "a", "y", "x"], ["a", "x", "y"]),
        ([], []),
    ],
)
def test_names_that_stand_twice(names: list[str], kept: list[str]) -> None:
    """Each name once, where it stood first, known or not."""
    made = small()
    found = by_names(made, *names)
    assert as_names(found.names).tolist() == kept
    assert found.rows.tolist() == made.cluster.table.rows(kept).tolist()


@pytest.mark.parametrize(
    "names", [["node-b", "node-a"], ["node-b", "x", "node-a"], ["node-a", "x", "node-a"]]
)
def test_known_names_are_the_table_s_own_texts(names: list[str]) -> None:
    """What is kept of a request must not keep its texts: those of known hosts are the table's."""
    made = engine([node("node-a"), node("node-b")])
    sent: list[str] = json.loads(json.dumps(names))
    found = by_names(made, *sent)
    own = {state.host: state.host for state in made.cluster.table.hosts}
    for name in as_names(found.names):
        if name in own:
            assert name is own[name]


def test_neither_names_nor_nodes() -> None:
    """A call that asks about nothing is about nothing."""
    found = asked(small(), ExtenderArgs(raw(pod()), None, None))
    assert (as_names(found.names).tolist(), len(found.rows), found.nodes) == ([], 0, None)


def test_both_names_and_nodes() -> None:
    """Names count where both are given: kube-scheduler reads the answer's names first."""
    made = small()
    found = asked(made, ExtenderArgs(raw(pod()), NodeNames.of(["b"]), [raw(node("a"))]))
    assert (as_names(found.names).tolist(), found.nodes) == (["b"], None)
    assert found.table is made.cluster.table


def test_whole_nodes() -> None:
    """Totals as sent, use from what is known; the engine's own table is not touched."""
    made = small()
    found = by_nodes(made, node("a", cpu="64"), node("new", cpu="2"))
    assert as_names(found.names).tolist() == ["a", "new"]
    assert found.table.cpu_total.tolist() == [64000, 2000]
    assert found.table.cpu_used.tolist() == [1000, 0]
    assert made.cluster.table.cpu_total.tolist() == [4000, 4000, 4000]
    assert made.cluster.table.cpu_used.tolist() == [1000, 0, 0]
    assert found.nodes is not None
    assert set(found.nodes) == {"a", "new"}


def test_whole_nodes_that_stand_twice() -> None:
    """Each name once; the first counts, and its use counts once."""
    found = by_nodes(small(), node("a", cpu="64"), node("b"), node("a", cpu="1"))
    assert as_names(found.names).tolist() == ["a", "b"]
    assert found.table.cpu_total.tolist() == [64000, 4000]
    assert found.table.cpu_used.tolist() == [1000, 0]


def test_whole_nodes_belong_to_the_aggregates() -> None:
    """Aggregates apply to nodes sent whole, by name and by the labels sent."""
    made = engine(kinds=[kind("ssd", "HostAggregate", nodeSelector={"disk": "ssd"})])
    labelled = node("a")
    labelled["metadata"]["labels"]["disk"] = "ssd"
    found = by_nodes(made, labelled, node("b"))
    assert [[a.name for a in h.aggregates] for h in found.table.hosts] == [["ssd"], []]


def test_no_whole_nodes() -> None:
    """An empty list of nodes is a stateless question about nothing."""
    found = by_nodes(small())
    assert (as_names(found.names).tolist(), found.nodes) == ([], {})


@pytest.mark.parametrize("nameless", [{}, {"metadata": {}}, {"metadata": {"name": ""}}])
def test_whole_node_without_a_name(nameless: Object) -> None:
    """It is said which one has none."""
    with pytest.raises(TranslateError) as error:
        by_nodes(small(), node("a"), nameless)
    assert str(error.value) == "Nodes.items[1] has no metadata.name; every node has one"


def test_whole_node_of_a_wrong_type() -> None:
    """The node and the place are named, with what is right."""
    with pytest.raises(TranslateError, match=r"^Node 'b': spec is a list; accepted: an object$"):
        by_nodes(small(), node("a"), {**node("b"), "spec": []})


def test_whole_nodes_hold_their_problems() -> None:
    """A ratio that cannot be read is a problem of that node alone."""
    odd = node("b", annotations={"cpu_allocation_ratio": "abc"})
    found = by_nodes(small(), node("a"), odd, node("c"))
    assert [bool(h.problems) for h in found.table.hosts] == [False, True, False]
