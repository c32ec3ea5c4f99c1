"""What a pod counts as: effective requests, rounded, virtual ones and extended resources.

How amounts add up over a pod is ``test_pod_amounts``'s.
"""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.flavor import GIB, MIB
from extender.translate.objects import decode_pod
from extender.translate.pod_requests import MOST_EXTENDED, VIRTUAL, Requests, effective_requests
from tests.unit.translate.making import container, pod


def cpu(amount: str) -> dict[str, str]:
    """Requests of CPU only."""
    return {"cpu": amount}


def test_three_resources() -> None:
    """CPU in milli-cores, memory and ephemeral storage in bytes; others are not counted."""
    asks = {"cpu": "1.5", "memory": "64Mi", "ephemeral-storage": "2Gi", "hugepages-2Mi": "x"}
    requests = effective_requests(pod({"containers": [container(requests=asks)]}), bound=False)
    assert requests == Requests(1500, 64 * MIB, 2 * GIB)


def test_fractions_of_a_byte_round_up_once() -> None:
    """0.5 + 0.6 bytes are 2."""
    spec = {"containers": [container("a", {"memory": "500m"}), container("b", {"memory": 0.6})]}
    assert effective_requests(pod(spec), bound=False).memory == 2


def test_numbers_count_as_texts_do() -> None:
    """A quantity may be a JSON number."""
    spec = {"containers": [container(requests={"cpu": 2, "memory": 1e6})]}
    assert effective_requests(pod(spec), bound=False) == Requests(2000, 1_000_000, 0)


def test_absurd_amounts() -> None:
    """An amount is cut at 2^63 - 1 units; sums of them are exact."""
    raw = (
        b'{"spec": {"containers": [{"resources": {"requests": {"memory": 1e400}}},'
        b' {"resources": {"requests": {"memory": "9E"}}}]}}'
    )
    assert effective_requests(decode_pod(raw), bound=False).memory == 2**63 - 1 + 9 * 10**18


@pytest.mark.parametrize("raw", [b"{}", b'{"spec": null}', b'{"spec": {}}', b'{"status": {}}'])
@pytest.mark.parametrize("is_bound", [False, True])
def test_nothing(raw: bytes, is_bound: bool) -> None:
    """A pod without a spec asks nothing."""
    assert effective_requests(decode_pod(raw), bound=is_bound) == Requests()


def gpus(amount: Any, name: str = "main", **more: Any) -> dict[str, Any]:
    """A container that requests so many GPUs."""
    return container(name, {"nvidia.com/gpu": amount}, **more)


def extended(
    spec: dict[str, Any], status: dict[str, Any] | None = None, *, bound: bool = False
) -> dict[str, int]:
    """The pod's effective extended resources."""
    requests = effective_requests(pod(spec, status or {}), bound=bound)
    assert requests.problems == ()
    return dict(requests.extended)


def test_pods_without_extended_resources() -> None:
    """Native resources, ours and those of Kubernetes are no extended ones."""
    asks = {
        "cpu": "1",
        "hugepages-2Mi": "4Mi",
        "kubernetes.io/odd": "1",
        "nova-extender.io/vcpu": "2",
        "attachable-volumes-x": "1",
    }
    assert extended({"containers": [container(requests=asks)]}) == {}
    assert extended({}) == {}


@pytest.mark.parametrize(
    ("what", "spec", "expected"),
    [
        ("containers add up: 2 + 3", {"containers": [gpus("2"), gpus("3", "b")]}, 5),
        (
            "an init container runs before: max(1, 4)",
            {"containers": [gpus("1")], "initContainers": [gpus("4", "i")]},
            4,
        ),
        (
            "a sidecar runs beside: 1 + 2",
            {
                "containers": [gpus("1")],
                "initContainers": [gpus("2", "s", restartPolicy="Always")],
            },
            3,
        ),
        (
            "an init container after a sidecar: max(1 + 2, 5 + 2)",
            {
                "containers": [gpus("1")],
                "initContainers": [gpus("2", "s", restartPolicy="Always"), gpus("5", "i")],
            },
            7,
        ),
        (
            "overhead is added: 1 + 2",
            {"containers": [gpus("1")], "overhead": {"a.b/c": "1", "nvidia.com/gpu": "2"}},
            3,
        ),
        (
            "pod-level requests have none",
            {"containers": [gpus("1")], "resources": {"requests": {"cpu": "8", "memory": "1Gi"}}},
            1,
        ),
        (
            "limits alone are requests",
            {"containers": [container(resources={"limits": {"nvidia.com/gpu": "2"}})]},
            2,
        ),
        ("numbers are read too", {"containers": [gpus(2)]}, 2),
        (
            "parts are rounded up, once: 0.5 + 0.6 = 1.1",
            {"containers": [gpus("500m"), gpus("600m", "b")]},
            2,
        ),
    ],
)
def test_extended_resources(what: str, spec: dict[str, Any], expected: int) -> None:
    """Extended resources add up as CPU does, and are whole."""
    assert extended(spec)["nvidia.com/gpu"] == expected, what


def test_many_extended_resources_by_name() -> None:
    """More than three of them, in the order of their names; of which it asks 0 is left out."""
    asks = {f"example.com/{letter}": str(n) for n, letter in enumerate("gfedcba")}
    requests = effective_requests(pod({"containers": [container(requests=asks)]}), bound=False)
    assert requests.extended == (
        ("example.com/a", 6),
        ("example.com/b", 5),
        ("example.com/c", 4),
        ("example.com/d", 3),
        ("example.com/e", 2),
        ("example.com/f", 1),
    )


def test_extended_resources_beside_native_ones() -> None:
    """Each keeps its own amount: CPU of one container is no device of the other."""
    spec = {
        "containers": [container(requests=cpu("1500m")), gpus("2", "b")],
        "overhead": cpu("250m"),
    }
    requests = effective_requests(pod(spec), bound=False)
    assert requests.milli_vcpus == 1750
    assert requests.extended == (("nvidia.com/gpu", 2),)


def test_extended_resources_of_a_bound_pod() -> None:
    """What the status says counts too, as for CPU; where it says nothing the spec does."""
    spec = {"containers": [gpus("2")]}
    more = {"containerStatuses": [{"name": "main", "allocatedResources": {"nvidia.com/gpu": "3"}}]}
    assert extended(spec, more, bound=True) == {"nvidia.com/gpu": 3}
    assert extended(spec, more) == {"nvidia.com/gpu": 2}
    assert extended(spec, {"containerStatuses": [{"name": "main"}]}, bound=True) == {
        "nvidia.com/gpu": 2
    }
    in_place = {"allocatedResources": cpu("1"), "resources": {"requests": cpu("1")}}
    assert extended(spec, in_place, bound=True) == {"nvidia.com/gpu": 2}


@pytest.mark.parametrize("bad", ["x", "-1", "1Xi", ""])
def test_unreadable_extended_resource(bad: str) -> None:
    """It counts as 0 and says where it stands; its neighbours are read."""
    spec = {"containers": [container(requests={"a.b/c": bad, "a.b/d": "2", "cpu": "1"})]}
    requests = effective_requests(pod(spec), bound=False)
    assert requests.extended == (("a.b/d", 2),)
    assert requests.milli_vcpus == 1000
    (problem,) = requests.problems
    assert problem.path == "spec.containers['main'].resources.requests.a.b/c"


def test_more_extended_resources_than_are_counted() -> None:
    """A pod that names too many of them keeps the first, and the rest is a problem."""
    asks = {f"example.com/r{n:03}": "1" for n in range(MOST_EXTENDED + 1)}
    requests = effective_requests(pod({"containers": [container(requests=asks)]}), bound=False)
    assert len(requests.extended) == MOST_EXTENDED
    (problem,) = requests.problems
    assert str(MOST_EXTENDED) in str(problem)


def test_huge_extended_resources() -> None:
    """Absurd amounts are cut, and add up without an error."""
    found = extended({"containers": [gpus("1e99"), gpus("1e99", "b")]})
    assert found == {"nvidia.com/gpu": 2 * (2**63 - 1)}


# -- virtual resources ---------------------------------------------------------------------------

VCPU, MEMORY_MB, DISK_GB = VIRTUAL


def asking(**amounts: Any) -> dict[str, Any]:
    """A container; ``vcpu`` is the virtual one, "_" stands for "-"."""
    virtual = {"vcpu": VCPU, "memory_mb": MEMORY_MB, "disk_gb": DISK_GB}
    native = {"disk": "ephemeral-storage"}
    names = {name: virtual.get(name) or native.get(name) or name for name in amounts}
    return container("main", {names[name]: amount for name, amount in amounts.items()})


def test_virtual_names() -> None:
    """Nova's units are in the names."""
    assert VIRTUAL == (
        "nova-extender.io/vcpu",
        "nova-extender.io/memory-mb",
        "nova-extender.io/disk-gb",
    )


@pytest.mark.parametrize(
    ("what", "asks", "counted", "virtual"),
    [
        (
            "whole vCPUs, MiB and GiB, of which nobody else knows",
            asking(vcpu="4", memory_mb="512", disk_gb="10"),
            (4000, 512 * MIB, 10 * GIB),
            (4000, 512 * MIB, 10 * GIB),
        ),
        (
            "what is not named counts as what is real",
            asking(vcpu="4", memory="1Gi", disk="2Gi"),
            (4000, GIB, 2 * GIB),
            (4000, 0, 0),
        ),
        (
            "what is named stands in the place of what is real: 4 for 0.25, 512 MiB for 1 GiB",
            asking(vcpu="4", cpu="250m", memory_mb="512", memory="1Gi"),
            (4000, 512 * MIB, 0),
            (3750, -512 * MIB, 0),
        ),
        (
            "0 is named too: of 2 real CPUs it counts none",
            asking(vcpu="0", cpu="2", disk_gb=0, disk="1Gi"),
            (0, 0, 0),
            (-2000, 0, -GIB),
        ),
        (
            "as much as is real is virtual all the same",
            asking(vcpu="2", cpu="2"),
            (2000, 0, 0),
            (0, 0, 0),
        ),
        ("parts are rounded up", asking(vcpu="1500m", memory_mb="0.1"), (2000, MIB, 0), None),
        ("a large unit", asking(vcpu="2k", disk_gb="1Ki"), (2_000_000, 0, 1024 * GIB), None),
    ],
)
def test_virtual(
    what: str,
    asks: dict[str, Any],
    counted: tuple[int, int, int],
    virtual: tuple[int, int, int] | None,
) -> None:
    """What a pod counts as, and how much more that is than kube-scheduler counts."""
    read = pod({"containers": [asks]})
    for is_bound in (False, True):
        expected = Requests(*counted, virtual=virtual or counted)
        assert effective_requests(read, bound=is_bound) == expected, what


def test_virtual_amounts_add_up_as_all_do() -> None:
    """max(1 + 2 beside a sidecar of 4, an init container of 8 beside it) + 1 of overhead."""
    sidecar = container("s", {VCPU: "4"}, restartPolicy="Always")
    spec = {
        "containers": [container("a", {VCPU: "1"}), container("b", {VCPU: "2", "cpu": "1"})],
        "initContainers": [sidecar, container("i", {VCPU: "8", "cpu": "3"})],
        "overhead": {VCPU: "1", "cpu": "250m"},
    }
    # Of real CPUs, the larger of 1 and 3, and a quarter of overhead.
    expected = Requests(13_000, 0, 0, virtual=(13_000 - 3250, 0, 0))
    assert effective_requests(pod(spec), bound=False) == expected


def test_parts_of_virtual_amounts_are_rounded_up_once() -> None:
    """0.4 + 0.4 vCPUs are 1, not 2."""
    spec = {"containers": [container("a", {VCPU: "400m"}), container("b", {VCPU: "400m"})]}
    assert effective_requests(pod(spec), bound=False).milli_vcpus == 1000


def test_overhead_makes_a_pod_virtual() -> None:
    """It is part of the pod; what the containers ask is real and does not count for CPU."""
    spec = {"containers": [asking(cpu="2", memory="1Gi")], "overhead": {VCPU: "1"}}
    expected = Requests(1000, GIB, 0, virtual=(-1000, 0, 0))
    assert effective_requests(pod(spec), bound=True) == expected


def test_limits_of_virtual_resources() -> None:
    """They are what the API server makes requests of."""
    spec = {"containers": [container(resources={"limits": {VCPU: "3"}})]}
    assert effective_requests(pod(spec), bound=False).milli_vcpus == 3000


def test_pod_level_requests_are_real() -> None:
    """They replace what the containers ask of the real CPU only."""
    spec = {
        "containers": [asking(vcpu="4", cpu="1", memory="1Gi")],
        "resources": {"requests": {"cpu": "2", "memory": "3Gi"}},
    }
    expected = Requests(4000, 3 * GIB, 0, virtual=(2000, 0, 0))
    assert effective_requests(pod(spec), bound=True) == expected


@pytest.mark.parametrize("allocated", [{VCPU: "6", "cpu": "2"}, {"cpu": "2"}, {}])
def test_virtual_pod_with_a_status(allocated: dict[str, str]) -> None:
    """A bound one counts by its status too; there the kubelet may leave out what it does not know.

    max(4, 6) or max(4, nothing) vCPUs; real ones are max(1, 2) or max(1, nothing).
    """
    spec = {"containers": [asking(vcpu="4", cpu="1")]}
    status = {"containerStatuses": [{"name": "main", "allocatedResources": allocated}]}
    milli = 6000 if VCPU in allocated else 4000
    real = 2000 if "cpu" in allocated else 1000
    bound = effective_requests(pod(spec, status), bound=True)
    assert bound == Requests(milli, 0, 0, virtual=(milli - real, 0, 0))
    pending = effective_requests(pod(spec, status), bound=False)
    assert pending == Requests(4000, 0, 0, virtual=(3000, 0, 0))


def test_status_alone_makes_no_pod_virtual() -> None:
    """What a pod asks for is in its spec."""
    spec = {"containers": [asking(cpu="1")]}
    status = {"containerStatuses": [{"name": "main", "allocatedResources": {VCPU: "6"}}]}
    assert effective_requests(pod(spec, status), bound=True) == Requests(1000)


@pytest.mark.parametrize("bad", ["x", "-1", "", None, True, [], "1.2.3", "\uff19"])
def test_unreadable_virtual_amount(bad: object) -> None:
    """It counts as 0, which is told, and not as what is real; the others are read."""
    spec = {"containers": [asking(vcpu=bad, cpu="2", memory_mb="1")]}
    requests = effective_requests(pod(spec), bound=True)
    assert requests[:3] == (0, MIB, 0)
    assert requests.virtual == (-2000, MIB, 0)
    paths = [problem.path for problem in requests.problems]
    assert paths == ([] if bad is None else [f"spec.containers['main'].resources.requests.{VCPU}"])


def test_absurd_virtual_amounts() -> None:
    """Cut as all are, at 2^63 - 1 GiB a container."""
    spec = {"containers": [container("a", {DISK_GB: "1e99"}), container("b", {DISK_GB: "1e99"})]}
    requests = effective_requests(pod(spec), bound=False)
    assert requests.disk == 2 * (2**63 - 1) * GIB
    assert requests.virtual == (0, 0, requests.disk)


def test_extended_resources_beside_virtual_ones() -> None:
    """Virtual ones are none, nor is any other under that domain."""
    asks = {VCPU: "4", MEMORY_MB: "1", DISK_GB: "1", "nova-extender.io/gpu": "1", "a.b/c": "2"}
    requests = effective_requests(pod({"containers": [container(requests=asks)]}), bound=True)
    assert requests.extended == (("a.b/c", 2),)
    assert requests[:3] == (4000, MIB, GIB)


def test_the_marker_counts_as_nothing() -> None:
    """What makes kube-scheduler ask about a pod is no amount, in real resources or virtual ones."""
    marked = {"nova-extender.io/schedule": "1"}
    for asks, expected in (
        ({}, Requests()),
        ({"cpu": "2"}, Requests(2000, 0, 0)),
        ({VCPU: "4"}, Requests(4000, 0, 0, virtual=(4000, 0, 0))),
    ):
        for bound in (False, True):
            spec = {"containers": [container(requests={**asks, **marked})]}
            assert effective_requests(pod(spec), bound=bound) == expected


@pytest.mark.parametrize(
    "name", ["nova-extender.io/vcpus", "nova-extender.io/VCPU", "vcpu", "a.nova-extender.io/vcpu"]
)
def test_names_like_virtual_ones(name: str) -> None:
    """Only the very names count."""
    requests = effective_requests(
        pod({"containers": [container(requests={name: "4"})]}), bound=True
    )
    assert (requests[:3], requests.virtual) == ((0, 0, 0), None)


def test_problems_of_all_kinds_are_told_once() -> None:
    """However often the pod is looked at: for what is real, virtual, and extended."""
    asks = {"cpu": "x", VCPU: "y", **{f"a.b/r{n}": "z" for n in range(4)}}
    spec = {"containers": [container(requests=asks)], "overhead": {"memory": "w", VCPU: "1"}}
    problems = effective_requests(pod(spec), bound=True).problems
    ends = [problem.path.removeprefix("spec.").split(".", 3)[-1] for problem in problems]
    assert sorted(problem.text for problem in problems) == ["w", "x", "y", "z", "z", "z", "z"]
    assert len(set(ends)) == len(ends) == 7
