"""Lines of replacements, and pods of one node."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.translate.objects import Pod, decode_pod
from extender.translate.owners import identity, is_pinned, owner_key
from tests.unit.translate.making import pod

INDEX = "batch.kubernetes.io/job-completion-index"


def of(kind: str, uid: str | None = "o1", *, controller: bool | None = True) -> list[Any]:
    """metadata.ownerReferences with one owner."""
    return [{"kind": kind, "name": "x", "uid": uid, "controller": controller}]


def of_metadata(metadata: dict[str, Any]) -> Pod:
    """A pod that says nothing else."""
    return decode_pod(json.dumps({"metadata": metadata}).encode())


# -- owner_key -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owners", "key"),
    [
        (None, "u1"),
        ([], "u1"),
        (of("ReplicaSet"), "default/o1"),
        (of("ReplicaSet", controller=False), "u1"),
        (of("ReplicaSet", controller=None), "u1"),
        (of("StatefulSet"), "default/o1/web"),
        (of("DaemonSet"), "default/o1"),
        (of("Job"), "default/o1"),
        (of("Sparkle"), "default/o1"),
        ([*of("ReplicaSet", "o0", controller=False), *of("StatefulSet")], "default/o1/web"),
        (of("ReplicaSet", ""), "u1"),
        (of("ReplicaSet", None), "u1"),
        (of("ReplicaSet", "x" * 128), "default/" + "x" * 128),
        (of("ReplicaSet", "x" * 129), "u1"),
    ],
)
def test_owner_key(owners: object, key: str) -> None:
    """The controller, with the name of a StatefulSet's pod; without one the pod itself."""
    assert owner_key(pod(ownerReferences=owners)) == key


@pytest.mark.parametrize("where", ["labels", "annotations"])
@pytest.mark.parametrize(
    ("kind", "index", "key"),
    [
        ("Job", "0", "default/o1/0"),
        ("Job", "17", "default/o1/17"),
        ("Job", "", "default/o1"),
        ("Job", "x" * 60, "default/o1"),
        ("Job", "1/2", "default/o1"),
        ("Job", "12345678901", "default/o1"),
        ("ReplicaSet", "3", "default/o1"),
    ],
)
def test_indexed_job(where: str, kind: str, index: str, key: str) -> None:
    """Each index of a Job is a line of its own; an index is a number, whatever a user writes."""
    metadata = {
        "name": "web",
        "namespace": "default",
        "uid": "u1",
        "ownerReferences": of(kind),
        where: {INDEX: index},
    }
    assert owner_key(of_metadata(metadata)) == key


def test_owner_key_without_uid() -> None:
    """Only in files: the name in its namespace stands in, as in the ledger."""
    nameless = of_metadata({"name": "p", "namespace": "ns"})
    assert owner_key(nameless) == identity(nameless) == "ns/p"
    assert identity(pod()) == "u1"


def test_owners_of_two_namespaces() -> None:
    """Who writes another namespace's UID into a pod does not share that namespace's history."""
    here = owner_key(pod(ownerReferences=of("ReplicaSet")))
    there = owner_key(pod(ownerReferences=of("ReplicaSet"), namespace="shop"))
    assert (here, there) == ("default/o1", "shop/o1")


# -- is_pinned -----------------------------------------------------------------------------------

NAME, HOSTNAME = "metadata.name", "kubernetes.io/hostname"
Term = dict[str, Any]


def term(key: str, *values: str, operator: str = "In") -> Term:
    """A term of one requirement: a field where the key is one, else a label."""
    where = "matchFields" if key == NAME else "matchExpressions"
    return {where: [{"key": key, "operator": operator, "values": list(values)}]}


def required(*terms: Term) -> Pod:
    """A pod with this required node affinity."""
    selector = {"nodeSelectorTerms": list(terms)}
    return affine({"requiredDuringSchedulingIgnoredDuringExecution": selector})


def affine(node_affinity: object) -> Pod:
    """A pod with this node affinity."""
    return pod({"affinity": {"nodeAffinity": node_affinity}})


@pytest.mark.parametrize(
    ("pinned", "asked"),
    [
        (False, pod()),
        (False, decode_pod(b"{}")),
        (True, pod(ownerReferences=of("DaemonSet"))),
        (False, pod(ownerReferences=of("DaemonSet", controller=False))),
        (False, pod(ownerReferences=of("ReplicaSet"))),
        (True, pod({"nodeSelector": {HOSTNAME: "a"}})),
        (True, pod({"nodeSelector": {"disk": "ssd", HOSTNAME: "a"}})),
        (False, pod({"nodeSelector": {"disk": "ssd"}})),
        (False, pod({"affinity": {}})),
        (False, affine({})),
        (False, affine({"requiredDuringSchedulingIgnoredDuringExecution": {}})),
        (True, required(term(NAME, "a"))),
        (True, required(term(HOSTNAME, "a"))),
        (True, required(term(HOSTNAME, "a", "a"))),
        (True, required(term(NAME, "a"), term(NAME, "a"))),
        (True, required(term(NAME, "a"), term(HOSTNAME, "a"))),
        (True, required(term(NAME, "a"), {})),
        (True, required({**term(NAME, "a"), **term("disk", "ssd")})),
        (True, required({**term(NAME, "a"), **term(HOSTNAME, "a.example", "b.example")})),
        (False, required()),
        (False, required({})),
        (False, required(term(NAME, "a"), term(NAME, "b"))),
        (False, required(term(NAME, "a"), term("disk", "ssd"))),
        (False, required(term(HOSTNAME, "a", "b"))),
        (False, required(term(HOSTNAME))),
        (False, required(term(HOSTNAME, "a", operator="NotIn"))),
        (False, required(term(NAME, "a", operator="NotIn"))),
        (False, required(term(HOSTNAME, operator="Exists"))),
        (False, required(term("zone", "a"))),
        (
            False,
            affine(
                {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 1, "preference": term(HOSTNAME, "a")}
                    ]
                }
            ),
        ),
    ],
)
def test_is_pinned(pinned: bool, asked: Pod) -> None:
    """Only what leaves a single node; a term without requirements matches none."""
    assert is_pinned(asked) is pinned


def test_several_requirements_of_a_term_hold_together() -> None:
    """One that names a single node pins the pod, whatever the others allow."""
    both = {
        "matchExpressions": [
            {"key": HOSTNAME, "operator": "In", "values": ["a", "b"]},
            {"key": HOSTNAME, "operator": "In", "values": ["b"]},
        ]
    }
    assert is_pinned(required(both))


def test_a_label_of_that_name_among_fields_is_none() -> None:
    """Fields know only the node's name, and labels only labels."""
    fields = {"matchFields": [{"key": HOSTNAME, "operator": "In", "values": ["a"]}]}
    labels = {"matchExpressions": [{"key": NAME, "operator": "In", "values": ["a"]}]}
    assert not is_pinned(required(fields))
    assert not is_pinned(required(labels))


TEXTS = st.sampled_from([NAME, HOSTNAME, "In", "a", "b"]) | st.none()
REQUIREMENT = st.fixed_dictionaries(
    {},
    optional={
        "key": TEXTS,
        "operator": TEXTS,
        "values": st.none() | st.lists(st.sampled_from(["a", "b", ""]), max_size=3),
    },
)
TERM = st.fixed_dictionaries(
    {},
    optional={
        "matchFields": st.none() | st.lists(REQUIREMENT, max_size=2),
        "matchExpressions": st.none() | st.lists(REQUIREMENT, max_size=2),
    },
)


@given(st.lists(TERM, max_size=3))
def test_one_more_alternative_never_pins(terms: list[Term]) -> None:
    """With another node as an alternative no pod is pinned, and nothing raises."""
    is_pinned(required(*terms))
    assert not is_pinned(required(*terms, term(NAME, "elsewhere"), term(NAME, "nowhere")))
