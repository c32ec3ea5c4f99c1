"""The use case explain: what blocks a pending pod, judged now."""

from __future__ import annotations

import json

import pytest

from extender.model.explanation import Explanation
from extender.model.overcommit import VoidRatio
from extender.translate.errors import TranslateError
from extender.translate.objects import Pod, decode_pod
from extender.verbs.explain import NotPending, explain_pending, explain_pod
from tests.unit.verbs.making import Object, engine, node, pod


def read(value: Object) -> Pod:
    """A pod decoded."""
    return decode_pod(json.dumps(value).encode())


def blockers(found: Explanation) -> dict[str, list[str]]:
    """The reasons that block each host."""
    return {v.host: [b.reason.id for b in v.blockers] for v in found.hosts}


NODES = [node("a", cpu="1", ready="False"), node("b")]


def test_pending_pod_by_name() -> None:
    """A pod known as pending is judged on every known node, whoever asked before."""
    made = engine(NODES, [pod("p", cpu=2)])
    found = explain_pending(made, "default", "p")
    assert blockers(found) == {"b": [], "a": ["request_exceeds_host_vcpus", "host_down"]}
    assert (found.spec.name, found.at) == ("p", 1000.0)
    assert list(found.weighed.hosts) == ["b"]


def test_nothing_is_remembered() -> None:
    """An explanation is no attempt."""
    made = engine(NODES, [pod("p", cpu=2)])
    explain_pending(made, "default", "p")
    assert len(made.attempts) == 0


def test_unknown_pod() -> None:
    """It is said how to look for it."""
    made = engine(NODES, [pod("p", cpu=2)])
    with pytest.raises(NotPending) as error:
        explain_pending(made, "other", "p")
    assert str(error.value) == (
        "no pending pod other/p is known; check namespace and name with 'kubectl get pods -n other'"
    )


def test_bound_pod() -> None:
    """It is said where the pod is, and where to look instead."""
    made = engine(NODES, [pod("p", cpu=2, on="b")])
    with pytest.raises(NotPending, match=r"pod default/p is bound to node b: .*/debug/attempts"):
        explain_pending(made, "default", "p")


def test_pod_handed_in() -> None:
    """A pod from a file is judged though the cluster does not know it."""
    found = explain_pod(engine(NODES), read(pod("new", cpu=9)))
    assert blockers(found) == {
        "b": ["request_exceeds_host_vcpus"],
        "a": ["request_exceeds_host_vcpus", "host_down"],
    }


def test_own_use_never_counts_against_itself() -> None:
    """A pod that is bound is judged as if it were nowhere, and is back afterwards."""
    made = engine([node("b")], [pod("p", cpu=3, on="b")])
    assert blockers(explain_pod(made, read(pod("p", cpu=3)))) == {"b": []}
    assert made.cluster.table.cpu_used.tolist() == [3000]


def test_pod_whose_requests_cannot_be_read() -> None:
    """Known as pending, it is explained by the error that names the place."""
    made = engine(NODES, [pod("p", cpu="one")])
    with pytest.raises(TranslateError, match=r"resources\.requests\.cpu: 'one' is not a quantity"):
        explain_pending(made, "default", "p")


def test_refused_pod() -> None:
    """What is wrong with the pod itself blocks every host first."""
    made = engine([node("b")], [pod("p", annotations={"flavor": "none-such"})])
    found = explain_pending(made, "default", "p")
    assert blockers(found) == {"b": ["unknown_flavor"]}
    assert "none-such" in found.hosts[0].blockers[0].facts.sources[0].value


@pytest.mark.parametrize("mode", ["native", "advisory", "virtual"])
def test_the_mode_of_overcommit_is_the_configuration_s(mode: str) -> None:
    """And the ratios that are void in it: 2 × 4 CPUs promised, 4 allowed."""
    made = engine(
        [node("a", cpu=4, annotations={"cpu_allocation_ratio": "2"})],
        settings=f"kubernetes: {{overcommit: {mode}}}",
    )
    found = explain_pod(made, read(pod("p", cpu=1)))
    assert found.overcommit == mode
    assert found.void == (VoidRatio("cpu", 1, "a", 4000, 8000),)
    virtual = pod("p")
    virtual["spec"]["containers"][0]["resources"]["requests"] = {"nova-extender.io/vcpu": "1"}
    assert explain_pod(made, read(virtual)).void == (() if mode == "virtual" else found.void)
