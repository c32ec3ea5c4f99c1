"""The recount that judges the extender's state, by sums done by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.e2e.recount import Usage, demand, quantity, recount


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1500m", Fraction(3, 2)),
        ("0.1", Fraction(1, 10)),
        ("1Ki", 1024),
        ("3840Mi", 3840 * 1024 * 1024),
        ("2k", 2000),
        ("2M", 2_000_000),
        ("1G", 10**9),
        ("1Ti", 1024**4),
        ("1e3", 1000),
        ("1E", 10**18),
        ("5u", Fraction(5, 10**6)),
        ("7n", Fraction(7, 10**9)),
        (4, 4),
    ],
)
def test_quantities(text: str | float, value: Fraction) -> None:
    """Suffixes of ten and of two, exponents and plain numbers."""
    assert quantity(text) == value


def container(name: str, cpu: str, **more: Any) -> dict[str, Any]:
    """A container that asks for CPU."""
    return {"name": name, "resources": {"requests": {"cpu": cpu}}, **more}


def test_starting_may_take_more_than_running() -> None:
    """A sidecar of 200m counts beside the main 300m, and beside the later init container of 500m.

    Running: 300 + 200 = 500. Starting: 400 alone; then the sidecar; then 500 + 200 = 700.
    """
    spec = {
        "initContainers": [
            container("first", "400m"),
            container("side", "200m", restartPolicy="Always"),
            container("second", "500m"),
        ],
        "containers": [container("main", "300m")],
    }
    assert demand({"spec": spec})["cpu"] == Fraction(7, 10)


def test_a_request_of_the_whole_pod_replaces_the_sum_and_overhead_adds() -> None:
    """spec.resources names 2 CPUs for the pod; 1 CPU of overhead comes on top."""
    spec = {
        "containers": [container("main", "300m")],
        "resources": {"requests": {"cpu": "2"}},
        "overhead": {"cpu": "1", "memory": "1Mi"},
    }
    asked = demand({"spec": spec})
    assert (asked["cpu"], asked["memory"]) == (Fraction(3), Fraction(1024**2))


def test_a_pod_in_the_middle_of_a_resize_counts_as_its_largest() -> None:
    """Asked for 1, allocated 2, still has 3."""
    status = {
        "containerStatuses": [
            {
                "name": "main",
                "allocatedResources": {"cpu": "2"},
                "resources": {"requests": {"cpu": "3"}},
            }
        ]
    }
    pod = {"spec": {"containers": [container("main", "1")]}, "status": status}
    assert demand(pod)["cpu"] == 3


def pod(uid: str, node: str | None, phase: str = "Running", **meta: Any) -> dict[str, Any]:
    """A pod of 150.5m CPU."""
    spec: dict[str, Any] = {"containers": [container("main", "150.5m")]}
    if node is not None:
        spec["nodeName"] = node
    return {"metadata": {"uid": uid, **meta}, "spec": spec, "status": {"phase": phase}}


def test_bound_pods_count_until_they_have_ended() -> None:
    """Pending and terminating ones count; ended, unbound and lost ones do not; each is rounded up.

    Two of 150.5m are 2 × 151m.
    """
    pods = [
        pod("a", "n1", "Pending"),
        pod("b", "n1", deletionTimestamp="2026-01-01T00:00:00Z"),
        pod("c", "n1", "Failed"),
        pod("d", "n1", "Succeeded"),
        pod("e", None, "Pending"),
        pod("f", "gone"),
    ]
    nodes = [{"metadata": {"name": name}} for name in ("n1", "n2")]
    assert recount(pods, nodes) == {
        "n1": Usage(302, 0, 0, frozenset({"a", "b"})),
        "n2": Usage(0, 0, 0, frozenset()),
    }
    assert recount(pods, nodes)["n1"].num_instances == 2
