"""The chart's policy of mode virtual: what becomes of what a pod's containers request.

Expected amounts are worked out by hand: whole vCPUs and MiB, rounded up for each container.
"""

from __future__ import annotations

import pytest

from tests.e2e.controlplane import ControlPlane
from tests.e2e.virtual import (
    MEMORY_MB,
    VCPU,
    Amounts,
    asking,
    cluster,
    container,
    dry_run,
    resources_of,
)

__all__ = ["cluster"]  # a fixture


@pytest.mark.parametrize(
    ("requested", "virtual"),
    [
        ("1m", "1"),
        ("900m", "1"),
        ("1000m", "1"),
        ("1", "1"),
        ("1001m", "2"),
        ("2.5", "3"),
        # The API server itself rounds up to a milli-core.
        ("100u", "1"),
        ("1.0000001", "2"),
        ("64", "64"),
        ("1999999999999m", "2G"),
        ("9223372036854775", "9223372036854775"),
    ],
)
def test_cpu_becomes_whole_vcpus(cluster: ControlPlane, requested: str, virtual: str) -> None:
    """Rounded up, as request and limit alike; the real request is 0."""
    (found,) = resources_of(dry_run(cluster, asking({"cpu": requested})))
    assert found == {"requests": {"cpu": "0", VCPU: virtual}, "limits": {VCPU: virtual}}


@pytest.mark.parametrize(
    ("requested", "virtual"),
    [
        ("1", "1"),
        ("1Ki", "1"),
        ("1048576", "1"),
        ("1Mi", "1"),
        ("1048577", "2"),
        ("128974848", "123"),
        # 10⁹ ÷ 2²⁰ = 953.67…
        ("1G", "954"),
        ("3840Mi", "3840"),
        # Half a byte, and half a byte more than 1 MiB.
        ("500m", "1"),
        ("1048576500m", "2"),
        ("8000Mi", "8k"),
        # 10¹⁸ ÷ 2²⁰ = 953674316406.25; the greatest quantity is 2⁶³ − 1 bytes, all but 2⁴³ MiB.
        ("1E", "953674316407"),
        ("8Ei", "8796093022208"),
    ],
)
def test_memory_becomes_whole_mebibytes(
    cluster: ControlPlane, requested: str, virtual: str
) -> None:
    """Rounded up, as request and limit alike; the real request is 0."""
    (found,) = resources_of(dry_run(cluster, asking({"memory": requested})))
    assert found == {
        "requests": {"memory": "0", MEMORY_MB: virtual},
        "limits": {MEMORY_MB: virtual},
    }


BOTH = {VCPU: "1", MEMORY_MB: "64"}


@pytest.mark.parametrize(
    ("requests", "limits", "requests_after", "limits_after"),
    [
        pytest.param(
            {"cpu": "900m", "memory": "64Mi"},
            None,
            {"cpu": "0", "memory": "0", **BOTH},
            BOTH,
            id="both",
        ),
        pytest.param(
            {"cpu": "500m"},
            {"cpu": "2"},
            {"cpu": "0", VCPU: "1"},
            {"cpu": "2", VCPU: "1"},
            id="the limit of the cgroup stays, and is not made a request again",
        ),
        pytest.param(
            None,
            {"cpu": "1500m", "memory": "64Mi"},
            {"cpu": "0", "memory": "0", VCPU: "2", MEMORY_MB: "64"},
            {"cpu": "1500m", "memory": "64Mi", VCPU: "2", MEMORY_MB: "64"},
            id="a limit alone is a request",
        ),
        pytest.param(
            {"cpu": "100m"},
            {"memory": "64Mi"},
            {"cpu": "0", "memory": "0", **BOTH},
            {"memory": "64Mi", **BOTH},
            id="one of each",
        ),
        pytest.param(
            {"cpu": "0", "memory": "64Mi"},
            None,
            {"cpu": "0", "memory": "0", MEMORY_MB: "64"},
            {MEMORY_MB: "64"},
            id="nothing is not moved",
        ),
        pytest.param(
            {"cpu": "0"}, {"cpu": "2"}, {"cpu": "0"}, {"cpu": "2"}, id="nothing requested, limited"
        ),
        pytest.param(
            {"cpu": "100m", "memory": "64Mi", VCPU: "4"},
            {VCPU: "4"},
            {"cpu": "100m", "memory": "0", VCPU: "4", MEMORY_MB: "64"},
            {VCPU: "4", MEMORY_MB: "64"},
            id="what is named already is left alone, for that resource",
        ),
        pytest.param(
            {"cpu": "100m"},
            {VCPU: "4"},
            {"cpu": "100m", VCPU: "4"},
            {VCPU: "4"},
            id="named as a limit only",
        ),
        pytest.param(
            {"cpu": "100m", VCPU: "0"},
            {VCPU: "0"},
            {"cpu": "100m", VCPU: "0"},
            {VCPU: "0"},
            id="named as none",
        ),
        pytest.param(
            {"ephemeral-storage": "1Gi", "example.com/card": "1", "cpu": "1"},
            {"example.com/card": "1"},
            {"ephemeral-storage": "1Gi", "example.com/card": "1", "cpu": "0", VCPU: "1"},
            {"example.com/card": "1", VCPU: "1"},
            id="others stay",
        ),
        pytest.param(
            {"memory": "64Mi", "hugepages-2Mi": "4Mi"},
            {"hugepages-2Mi": "4Mi"},
            {"memory": "0", "hugepages-2Mi": "4Mi", MEMORY_MB: "64"},
            {"hugepages-2Mi": "4Mi", MEMORY_MB: "64"},
            id="huge pages need a request of cpu or memory beside them",
        ),
        pytest.param(
            {"cpu": "9223372036854776"},
            None,
            {"cpu": "9223372036854776"},
            None,
            id="more than can be counted stays, and fits nowhere",
        ),
        pytest.param({}, {}, None, None, id="empty"),
        pytest.param(None, None, None, None, id="none"),
    ],
)
def test_one_container(
    cluster: ControlPlane,
    requests: Amounts | None,
    limits: Amounts | None,
    requests_after: Amounts | None,
    limits_after: Amounts | None,
) -> None:
    """What becomes of what a container requests and limits."""
    (found,) = resources_of(dry_run(cluster, asking(requests, limits)))
    assert (found.get("requests"), found.get("limits")) == (requests_after, limits_after)


def test_all_containers(cluster: ControlPlane) -> None:
    """Each by itself: init containers and sidecars too, those between that ask for nothing not."""
    made = asking()
    made["spec"]["containers"] = [
        container("a", {"cpu": "300m"}),
        container("b"),
        container("c", {"cpu": "300m"}, {"memory": "3Mi"}),
    ]
    made["spec"]["initContainers"] = [
        container("d", {"memory": "1"}),
        container("e", {"cpu": "1001m"}, restartPolicy="Always"),
    ]
    found = dry_run(cluster, made)
    both = {VCPU: "1", MEMORY_MB: "3"}
    assert resources_of(found) == [
        {"requests": {"cpu": "0", VCPU: "1"}, "limits": {VCPU: "1"}},
        {},
        {"requests": {"cpu": "0", "memory": "0", **both}, "limits": {"memory": "3Mi", **both}},
    ]
    assert resources_of(found, "initContainers") == [
        {"requests": {"memory": "0", MEMORY_MB: "1"}, "limits": {MEMORY_MB: "1"}},
        {"requests": {"cpu": "0", VCPU: "2"}, "limits": {VCPU: "2"}},
    ]


def test_five_hundred_containers(cluster: ControlPlane) -> None:
    """The API server's allowance for an expression is enough."""
    made = asking()
    asked = {"cpu": "1500m", "memory": "123456789"}
    made["spec"]["containers"] = [container(f"c{n}", asked, asked) for n in range(500)]
    virtual = {VCPU: "2", MEMORY_MB: "118"}
    found = resources_of(dry_run(cluster, made))
    limits = {"cpu": "1500m", "memory": "123456789", **virtual}
    assert found == [{"requests": {"cpu": "0", "memory": "0", **virtual}, "limits": limits}] * len(
        made["spec"]["containers"]
    )
