"""TypeAffinityFilter: only where no other flavor runs."""

from __future__ import annotations

import numpy as np
import pytest

from extender.filters.type_affinity_filter import TypeAffinityFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from tests.builders import aggregate, host, instance, reason, reasons, spec, table

REFUSED = "other_flavor_on_host"


def running(*flavors: str, name: str = "node-1") -> HostState:
    """A host with a pod of each of these flavors; "" is a pod without one."""
    pods = [instance(f"{name}-{n}", flavor=flavor) for n, flavor in enumerate(flavors)]
    return host(name, instances={pod.uuid: pod for pod in pods})


@pytest.mark.parametrize(
    ("flavors", "found"),
    [
        ((), None),
        (("m1.small",), None),
        (("m1.small", "m1.small"), None),
        (("m1.large",), REFUSED),
        (("m1.small", "m1.large"), REFUSED),
        (("", ""), None),
        (("", "m1.small"), None),
        (("", "m1.large"), REFUSED),
        (("M1.small",), REFUSED),
        (("m1",), REFUSED),
        ((" m1.small",), REFUSED),
    ],
)
def test_one_flavor_a_host(flavors: tuple[str, ...], found: str | None) -> None:
    """Any pod of another flavor is in the way, by its whole name, case and all."""
    assert reason(TypeAffinityFilter(), running(*flavors), spec(flavor_name="m1.small")) == found


@pytest.mark.parametrize("flavors", [(), ("",), ("m1.small",), ("m1.small", "m1.large")])
def test_pod_without_a_flavor(flavors: tuple[str, ...]) -> None:
    """It goes anywhere, as DaemonSets must."""
    assert reason(TypeAffinityFilter(), running(*flavors), spec()) is None


def test_hosts_are_judged_apart() -> None:
    """Each by its own pods; a view of them the same in its own order."""
    hosts = table(
        running(name="a"),
        running("m1.large", name="b"),
        running("m1.small", name="c"),
        running("m1.large", "m1.small", name="d"),
    )
    expected = [None, REFUSED, None, REFUSED]
    asked = spec(flavor_name="m1.small")
    assert reasons(TypeAffinityFilter(), hosts, asked) == expected
    view = hosts.take(np.array([3, 2, 1], dtype=np.intp))
    assert reasons(TypeAffinityFilter(), view, asked) == [REFUSED, None, REFUSED]
    assert reasons(TypeAffinityFilter(), hosts, spec(flavor_name="m1.huge")) == [
        None,
        REFUSED,
        REFUSED,
        REFUSED,
    ]


def test_pods_come_and_go() -> None:
    """The first pod decides for the host, until the last of its flavor is gone."""
    one = host("a")
    hosts = table(one)
    small, large = spec(flavor_name="m1.small"), spec(flavor_name="m1.large")
    assert reasons(TypeAffinityFilter(), hosts, large) == [None]
    one.consume(small.flavor, instance("uid-1", flavor="m1.small"))
    hosts.usage_changed(one)
    assert reasons(TypeAffinityFilter(), hosts, large) == [REFUSED]
    assert reasons(TypeAffinityFilter(), hosts, small) == [None]
    one.remove_instance("uid-1")
    hosts.usage_changed(one)
    assert reasons(TypeAffinityFilter(), hosts, large) == [None]


def test_nothing_else_matters() -> None:
    """Neither annotations nor what aggregates say of flavors."""
    lists = aggregate(instance_type="m1.large")
    one = host(unreadable=~Unreadable(0), aggregates=(lists,))
    assert reason(TypeAffinityFilter(), one, spec(flavor_name="m1.small")) is None


def test_runs_for_every_instance() -> None:
    """It does in Nova, though all instances of a request have one flavor."""
    assert TypeAffinityFilter().run_filter_for_index(1)


def test_explains() -> None:
    """The flavor asked for, and those on the host with how many pods each."""
    one = running("m1.small", "", "m1.large", "m1.small")
    asked = spec(flavor_name="m1.small", sources={"flavor_name": "annotation of the pod"})
    facts = TypeAffinityFilter().explain(one, asked)
    assert (facts.need, facts.have, facts.short_by) == ("only m1.small", "m1.large, m1.small", None)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("flavor", "m1.small", "annotation of the pod"),
        ("flavors", "m1.large (1), m1.small (2)", "pods on the node"),
    ]


def test_explains_without_flavors() -> None:
    """A pod without one, on a host without any."""
    facts = TypeAffinityFilter().explain(running(""), spec())
    assert (facts.need, facts.have) == ("any", "none")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("flavor", "none", "pod has no annotation nova-extender.io/flavor"),
        ("flavors", "none", "pods on the node"),
    ]
