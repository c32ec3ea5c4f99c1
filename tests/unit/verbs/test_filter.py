"""The verb filter: which nodes may the pod use, and why not the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.model.attempt import Attempt
from extender.protocol.errors import ProtocolError
from extender.translate.errors import TranslateError
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from tests.unit.verbs.making import (
    Object,
    body,
    decoded,
    engine,
    kind,
    node,
    nodes_body,
    pod,
    verdicts,
)

NO_CPU = "not enough vCPUs"
TOO_SMALL = "request exceeds the vCPUs of the host"
UNKNOWN = "not in cache yet"


def asked(made: Engine, value: Object, *names: str) -> dict[str, Any]:
    """The filter result for these names."""
    found: dict[str, Any] = decoded(filter_pod(made, body(value, *names)))
    return found


def test_who_passes_and_why_not() -> None:
    """4 cores: a is free, b has 3 of 4 left, c has but 2; d is not ready, e is not known."""
    made = engine(
        [node("a"), node("b"), node("c", cpu="2"), node("d", ready="False")],
        [pod("p", cpu=1, on="b")],
    )
    found = asked(made, pod(cpu=4), "e", "d", "c", "b", "a")
    assert found == {
        "Nodes": None,
        "NodeNames": ["a"],
        "FailedNodes": {},
        "FailedAndUnresolvableNodes": {
            "e": UNKNOWN,
            "d": "host is down",
            "c": TOO_SMALL,
            "b": NO_CPU,
        },
        "Error": "",
    }


def test_answer_in_the_order_asked() -> None:
    """Names that pass, and those that do not, come in the order of the request."""
    made = engine([node(n, cpu=c) for n, c in zip("abcdef", "141414", strict=True)])
    found = asked(made, pod(cpu=2), *"fedcba")
    assert found["NodeNames"] == ["f", "d", "b"]
    assert list(found["FailedAndUnresolvableNodes"]) == ["e", "c", "a"]


def test_boundary_to_the_milli_core() -> None:
    """Half of 4 cores, 1500 m used: 500 m fit, 501 m do not."""
    made = engine(
        [node("a", annotations={"cpu_allocation_ratio": "0.5"})], [pod("p", cpu="1500m", on="a")]
    )
    assert verdicts(asked(made, pod(cpu="500m"), "a")) == {"a": ""}
    assert verdicts(asked(made, pod(cpu="501m"), "a")) == {"a": NO_CPU}


def test_nothing_asked() -> None:
    """No names, no verdicts; NodeNames is never null."""
    made = engine([node("a")])
    empty: dict[str, Any] = {
        "Nodes": None,
        "NodeNames": [],
        "FailedNodes": {},
        "FailedAndUnresolvableNodes": {},
        "Error": "",
    }
    assert asked(made, pod()) == empty
    assert decoded(filter_pod(made, body(pod(), NodeNames=None))) == empty


def test_each_name_once() -> None:
    """A name given twice is answered once."""
    made = engine([node("a"), node("b", cpu="1")])
    found = asked(made, pod(cpu=2), "b", "a", "b", "a", "x", "x")
    assert verdicts(found) == {"a": "", "b": TOO_SMALL, "x": UNKNOWN}


def test_own_use_never_counts_against_itself() -> None:
    """A pod that is bound already (a deferred resize) is judged as if it were nowhere."""
    made = engine([node("a", cpu="4")], [pod("p", cpu=3, on="a")])
    assert verdicts(asked(made, pod("p", cpu=4), "a")) == {"a": ""}
    assert verdicts(asked(made, pod("q", cpu=4), "a")) == {"a": NO_CPU}
    assert made.cluster.table.cpu_used.tolist() == [3000]


def test_own_use_is_back_after_a_fault() -> None:
    """Also when the call fails, the pod's use is where it was."""
    made = engine([node("a")], [pod("p", cpu=3, on="a")])
    with pytest.raises(TranslateError):
        filter_pod(made, nodes_body(pod("p", cpu=1), {}))
    assert made.cluster.table.cpu_used.tolist() == [3000]


def nominated(cpu: int = 4) -> Object:
    """A pod that was promised node a."""
    return pod(cpu=cpu, status={"nominatedNodeName": "a"})


def test_nominated_node_alone() -> None:
    """Refused alone, the nominated node goes to FailedNodes: no second eviction elsewhere."""
    made = engine([node("a"), node("b")], [pod("p", cpu=3, on="a"), pod("q", cpu=3, on="b")])
    found = asked(made, nominated(), "a")
    assert found["FailedNodes"] == {"a": NO_CPU}
    assert found["FailedAndUnresolvableNodes"] == {}
    assert asked(made, nominated(1), "a")["NodeNames"] == ["a"]


@pytest.mark.parametrize("names", [["a", "b"], ["b"], ["b", "a"]])
def test_nominated_node_among_others(names: list[str]) -> None:
    """In a full pass too: the later of the two answers is the one that counts."""
    made = engine([node("a"), node("b")], [pod("p", cpu=3, on="a"), pod("q", cpu=3, on="b")])
    found = asked(made, nominated(), *names)
    assert set(found["FailedNodes"]) == {"a"} & set(names)
    assert set(found["FailedAndUnresolvableNodes"]) == {"b"}


def test_victims_that_are_still_terminating() -> None:
    """The pod they were evicted for passes on its nominated node; another pod does not."""
    victim = pod("victim", cpu=3, on="a")
    victim["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    made = engine([node("a")], [victim])
    assert asked(made, nominated(), "a")["NodeNames"] == ["a"]
    assert asked(made, pod("other", cpu=4), "a")["NodeNames"] == []


def test_reasons_that_preemption_would_cure() -> None:
    """They go to FailedNodes where kube-scheduler may act on it, all others never."""
    made = engine(
        [node("small", cpu="2"), node("full"), node("off", annotations={"disabled": "true"})],
        [pod("p", cpu=3, on="full")],
    )
    names = ("small", "full", "off", "unknown")
    found = asked(made, pod(cpu=3), *names)
    assert found["FailedNodes"] == {}
    made.preemption = True
    found = asked(made, pod(cpu=3), *names)
    assert found["FailedNodes"] == {"full": NO_CPU}
    assert set(found["FailedAndUnresolvableNodes"]) == {"small", "off", "unknown"}


def test_nominated_node_unknown() -> None:
    """Watch lag on the nominated node alone is no reason to evict elsewhere either."""
    found = asked(engine(), nominated(), "a")
    assert found["FailedNodes"] == {"a": UNKNOWN}


def test_texts_hold_no_numbers_and_no_names() -> None:
    """kube-scheduler counts equal texts, and a changed text requeues the pod."""
    made = engine(
        [node("node-1", cpu="7"), node("node-2", memory="1Mi"), node("node-3", ready="False")],
        [pod("p", cpu=5, on="node-1")],
    )
    found = verdicts(asked(made, pod(cpu=3, memory="2Gi"), "node-1", "node-2", "node-3", "n4"))
    assert all(found.values())
    for text in found.values():
        assert not any(character.isdigit() for character in text)
        assert "node-" not in text


def test_refused_pod() -> None:
    """A pod that cannot be judged is refused on all nodes alike, unknown ones included."""
    recorded: list[Attempt] = []
    made = engine([node("a"), node("b")], recorded=recorded)
    found = asked(made, pod(annotations={"requested_destination": "{"}), "a", "x", "b")
    assert verdicts(found) == dict.fromkeys("axb", "pod annotation is not valid")
    (attempt,) = recorded
    assert "nova-extender.io/requested_destination" in attempt.refusal
    assert attempt.filtered is not None
    assert attempt.filtered.no_valid_host


def test_forcing() -> None:
    """Forced hosts pass every filter for an administrator's pods, and nobody else's."""
    made = engine(
        [node("a", ready="False"), node("b")], settings="kubernetes: {admin_namespaces: [ops]}"
    )
    forced = {"force_hosts": "A"}
    for_admins = asked(made, pod(namespace="ops", annotations=forced), "a", "b")
    assert verdicts(for_admins) == {"a": "", "b": "not a forced host"}
    for_others = asked(made, pod(annotations=forced), "a", "b")
    text = "forcing hosts is not allowed in this namespace"
    assert verdicts(for_others) == {"a": text, "b": text}


def test_attempt_is_kept_and_recorded() -> None:
    """What was decided is remembered by the pod's UID and told once."""
    recorded: list[Attempt] = []
    made = engine([node("a", cpu="1"), node("b")], recorded=recorded)
    made.generation = 7
    asked(made, pod("p", cpu=2, namespace="shop"), "a", "x", "b")
    (attempt,) = recorded
    assert list(made.attempts) == [attempt]
    assert (attempt.uid, attempt.namespace, attempt.name) == ("uid-p", "shop", "p")
    assert (attempt.at, attempt.generation, attempt.refusal) == (1000.0, 7, "")
    assert attempt.weighed is None
    part = attempt.filtered
    assert part is not None
    assert list(part.hosts) == ["a", "x", "b"]
    assert part.passed.tolist() == [False, False, True]


def test_whole_nodes_come_back_as_they_were_sent() -> None:
    """Nodes that pass are returned byte for byte, what nobody here reads included."""
    made = engine([node("a")], [pod("p", cpu=3, on="a")])
    odd = node("b", extra={"ümlaut": [1e3, None, "\u2028"]})
    data = nodes_body(pod(cpu=2), node("a"), odd)
    reply = filter_pod(made, data)
    found = decoded(reply)
    assert found["NodeNames"] == ["b"]
    assert found["Nodes"] == {"metadata": {}, "items": [odd]}
    assert found["FailedAndUnresolvableNodes"] == {"a": NO_CPU}
    sent = json.dumps(odd, separators=(",", ":")).encode()
    assert sent in data
    assert sent in reply.body


def test_whole_nodes_are_a_stateless_question() -> None:
    """Nothing is remembered: no attempt, no node, no metric."""
    recorded: list[Attempt] = []
    made = engine([node("a")], recorded=recorded)
    result = decoded(filter_pod(made, nodes_body(pod(cpu=8), node("a", cpu="16"), node("z"))))
    assert verdicts(result) == {"a": "", "z": TOO_SMALL}
    assert (recorded, len(made.attempts)) == ([], 0)
    assert list(made.cluster.table.index) == ["a"]
    assert verdicts(asked(made, pod(cpu=8), "a", "z")) == {"a": TOO_SMALL, "z": UNKNOWN}


def test_no_whole_nodes() -> None:
    """An empty list of nodes gets an empty list of nodes."""
    found = decoded(filter_pod(engine([node("a")]), nodes_body(pod())))
    assert (found["Nodes"], found["NodeNames"]) == ({"metadata": {}, "items": []}, [])


def test_flavors_and_aggregates() -> None:
    """What a pod names is looked up: flavor m1 is admitted on b alone."""
    made = engine(
        [node("a"), node("b")],
        kinds=[
            kind("m1", "Flavor", vcpus=1, ram=1024),
            kind("only-m2", "HostAggregate", hosts=["a"], metadata={"instance_type": "m2"}),
        ],
    )
    named = pod(cpu=1, memory="1Gi", annotations={"flavor": "m1"})
    assert verdicts(asked(made, named, "a", "b")) == {
        "a": "flavor is not allowed on the host",
        "b": "",
    }
    other = pod(cpu=2, memory="1Gi", annotations={"flavor": "m1"})
    text = "pod requests differ from its flavor"
    assert verdicts(asked(made, other, "a", "b")) == {"a": text, "b": text}


def test_pod_whose_requests_cannot_be_read() -> None:
    """The call fails with the pod, the place and what is right; nothing is remembered."""
    recorded: list[Attempt] = []
    made = engine([node("a")], recorded=recorded)
    with pytest.raises(TranslateError, match=r"^Pod 'default/new': spec\.containers\['main'\]"):
        asked(made, pod(cpu="lots"), "a")
    assert (recorded, len(made.attempts)) == ([], 0)
    assert verdicts(asked(made, pod(cpu=1), "a")) == {"a": ""}


def test_body_that_is_none() -> None:
    """What is no ExtenderArgs is a fault of the request."""
    with pytest.raises(ProtocolError):
        filter_pod(engine(), b"[]")
