"""What a pod asks of three resources: every rule of kube-scheduler's PodRequests, by hand.

Amounts are CPU in milli-cores unless a test says otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.flavor import GIB
from extender.translate import quantity
from extender.translate.objects import Pod
from extender.translate.pod_amounts import NATIVE, Amounts, Count, Names, Problem, amounts_of
from extender.translate.quantity import NANO
from tests.unit.translate.making import container, pod

INFEASIBLE = [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]
DEFERRED = [{"type": "PodResizePending", "status": "True", "reason": "Deferred"}]


def cpu(amount: str) -> dict[str, str]:
    """Requests of CPU only."""
    return {"cpu": amount}


def c(amount: str, name: str = "main", **more: Any) -> dict[str, Any]:
    """A container that requests so much CPU."""
    return container(name, cpu(amount), **more)


def sidecar(amount: str, name: str = "sidecar") -> dict[str, Any]:
    """A restartable init container."""
    return c(amount, name, restartPolicy="Always")


def reported(
    name: str = "main", allocated: str | None = None, actuated: str | None = None
) -> dict[str, Any]:
    """A container's status with what it was allocated and what it runs with."""
    status: dict[str, Any] = {"name": name}
    if allocated is not None:
        status["allocatedResources"] = cpu(allocated)
    if actuated is not None:
        status["resources"] = {"requests": cpu(actuated)}
    return status


def counted(
    read: Pod, names: Names = NATIVE, *, bound: bool
) -> tuple[Amounts, tuple[Problem, ...], set[str] | None]:
    """What a pod asks, in nano units, what cannot be read, and the other names."""
    count = Count(names, [])
    assert read.spec is not None
    amounts = amounts_of(read.spec, read.status if bound else None, count)
    return amounts, tuple(dict.fromkeys(count.problems)), count.others


def milli(spec: dict[str, Any], status: dict[str, Any] | None = None, *, bound: bool) -> int:
    """The pod's effective CPU."""
    amounts, problems, _ = counted(pod(spec, status or {}), bound=bound)
    assert problems == ()
    return quantity.milli(amounts[0])


SPEC_ONLY = [
    ("one container counts as it asks", {"containers": [c("250m")]}, 250),
    ("containers add up", {"containers": [c("250m"), c("1", "b")]}, 1250),
    ("no containers ask nothing", {"containers": []}, 0),
    ("null containers ask nothing", {"containers": None}, 0),
    ("a container without resources asks nothing", {"containers": [container()]}, 0),
    ("null requests ask nothing", {"containers": [{"name": "c", "resources": None}]}, 0),
    (
        "a small init container hides behind the containers",
        {"containers": [c("500m")], "initContainers": [c("200m", "i")]},
        500,
    ),
    (
        "a large init container is what the pod needs",
        {"containers": [c("500m")], "initContainers": [c("2", "i")]},
        2000,
    ),
    (
        "init containers run one by one",
        {"containers": [c("500m")], "initContainers": [c("700m", "i"), c("900m", "j")]},
        900,
    ),
    (
        "a sidecar runs beside the containers",
        {"containers": [c("500m")], "initContainers": [sidecar("200m")]},
        700,
    ),
    (
        "an init container after a sidecar runs beside it: 200 + 900",
        {"containers": [c("500m")], "initContainers": [sidecar("200m"), c("900m", "i")]},
        1100,
    ),
    (
        "an init container before a sidecar runs alone: max(900, 500 + 200)",
        {"containers": [c("500m")], "initContainers": [c("900m", "i"), sidecar("200m")]},
        900,
    ),
    (
        "sidecars add up before a later init container: 200 + 300 + 600",
        {
            "containers": [c("100m")],
            "initContainers": [sidecar("200m"), sidecar("300m", "t"), c("600m", "i")],
        },
        1100,
    ),
    (
        "a sidecar's own start needs the sidecars so far: 200 + 300, without containers",
        {"initContainers": [sidecar("200m"), sidecar("300m", "t")]},
        500,
    ),
    (
        "another restartPolicy is no sidecar",
        {
            "containers": [c("500m")],
            "initContainers": [c("200m", "i", restartPolicy="OnFailure")],
        },
        500,
    ),
    ("overhead is added", {"containers": [c("500m")], "overhead": cpu("50m")}, 550),
    (
        "overhead is added to an init container's need too",
        {"containers": [], "initContainers": [c("2", "i")], "overhead": cpu("50m")},
        2050,
    ),
    (
        "pod-level requests replace the sum, also a larger one",
        {"containers": [c("500m")], "resources": {"requests": cpu("300m")}},
        300,
    ),
    (
        "pod-level requests replace an init container's need",
        {"initContainers": [c("2", "i")], "resources": {"requests": cpu("300m")}},
        300,
    ),
    (
        "overhead is added to pod-level requests: 300 + 50",
        {
            "containers": [c("500m")],
            "resources": {"requests": cpu("300m")},
            "overhead": cpu("50m"),
        },
        350,
    ),
    (
        "pod-level requests of memory leave CPU to the containers",
        {"containers": [c("500m")], "resources": {"requests": {"memory": "1Gi"}}},
        500,
    ),
    (
        "pod-level hugepages leave CPU to the containers",
        {"containers": [c("500m")], "resources": {"requests": {"hugepages-2Mi": "4Mi"}}},
        500,
    ),
    (
        "pod-level requests of 0 replace too",
        {"containers": [c("500m")], "resources": {"requests": cpu("0")}},
        0,
    ),
    (
        "empty pod-level requests replace nothing",
        {"containers": [c("500m")], "resources": {"requests": {}}},
        500,
    ),
    (
        "pod-level requests count without containers",
        {"containers": [], "resources": {"requests": cpu("300m")}},
        300,
    ),
    (
        "quantities are summed exactly and rounded up once: 3 x 0.4m is 2m, not 3m",
        {"containers": [c("400u"), c("400u", "b"), c("400u", "d")]},
        2,
    ),
    ("a nano-core counts as a milli-core", {"containers": [c("1n")]}, 1),
]


@pytest.mark.parametrize(
    ("spec", "expected"), [case[1:] for case in SPEC_ONLY], ids=[case[0] for case in SPEC_ONLY]
)
@pytest.mark.parametrize("is_bound", [False, True])
def test_by_spec(spec: dict[str, Any], expected: int, is_bound: bool) -> None:
    """Without a status, a bound pod counts as a pending one."""
    assert milli(spec, bound=is_bound) == expected


ONE = {"containers": [c("500m")]}
TWO = {"containers": [c("500m"), c("1", "b")]}
POD_LEVEL = {"containers": [c("500m")], "resources": {"requests": cpu("300m")}}

BOUND = [
    (
        "a status without resources says nothing",
        ONE,
        {"containerStatuses": [{"name": "main"}]},
        500,
    ),
    (
        "a resize downwards still counts what was allocated: max(500, 800)",
        ONE,
        {"containerStatuses": [reported(allocated="800m")]},
        800,
    ),
    (
        "a resize upwards already counts as it asks: max(500, 200)",
        ONE,
        {"containerStatuses": [reported(allocated="200m", actuated="200m")]},
        500,
    ),
    (
        "what the container runs with counts while it is more: max(500, 600, 900)",
        ONE,
        {"containerStatuses": [reported(allocated="600m", actuated="900m")]},
        900,
    ),
    (
        "what it runs with alone: the allocated view stays the spec",
        ONE,
        {"containerStatuses": [reported(actuated="700m")]},
        700,
    ),
    (
        "an empty map of allocated resources is nothing, not absent",
        ONE,
        {"containerStatuses": [{"name": "main", "allocatedResources": {}}]},
        500,
    ),
    (
        "an infeasible resize counts what was allocated only: not 500",
        ONE,
        {"containerStatuses": [reported(allocated="200m")], "conditions": INFEASIBLE},
        200,
    ),
    (
        "an infeasible resize counts the larger of allocated and actuated",
        ONE,
        {
            "containerStatuses": [reported(allocated="200m", actuated="300m")],
            "conditions": INFEASIBLE,
        },
        300,
    ),
    (
        "an infeasible resize without status of the container counts nothing",
        ONE,
        {"conditions": INFEASIBLE},
        0,
    ),
    (
        "of two containers only the one with a status counts then",
        TWO,
        {"containerStatuses": [reported("b", "700m")], "conditions": INFEASIBLE},
        700,
    ),
    (
        "an infeasible resize with an empty allocation counts nothing",
        ONE,
        {
            "containerStatuses": [{"name": "main", "allocatedResources": {}}],
            "conditions": INFEASIBLE,
        },
        0,
    ),
    (
        "a deferred resize is not infeasible",
        ONE,
        {"containerStatuses": [reported(allocated="200m")], "conditions": DEFERRED},
        500,
    ),
    (
        "the first PodResizePending condition decides",
        ONE,
        {
            "containerStatuses": [reported(allocated="200m")],
            "conditions": [*DEFERRED, *INFEASIBLE],
        },
        500,
    ),
    (
        "each view is summed first: spec 1500, allocated 100 + 1200, not 500 + 1200",
        TWO,
        {"containerStatuses": [reported(allocated="100m"), reported("b", "1200m")]},
        1500,
    ),
    (
        "allocated 900 + 1000 by spec of the other container",
        TWO,
        {"containerStatuses": [reported(allocated="900m")]},
        1900,
    ),
    (
        "other conditions say nothing",
        ONE,
        {
            "containerStatuses": [reported(allocated="200m")],
            "conditions": [{"type": "Ready", "status": "True", "reason": "Infeasible"}],
        },
        500,
    ),
    (
        "a status of an unknown container counts nothing",
        ONE,
        {"containerStatuses": [reported("other", "9")]},
        500,
    ),
    (
        "of two statuses of one name the first counts",
        ONE,
        {"containerStatuses": [reported(allocated="600m"), reported(allocated="900m")]},
        600,
    ),
    (
        "a sidecar's status counts: 500 + 400",
        {"containers": [c("500m")], "initContainers": [sidecar("200m")]},
        {"initContainerStatuses": [reported("sidecar", "400m")]},
        900,
    ),
    (
        "a normal init container's status counts: max(500, 800)",
        {"containers": [c("500m")], "initContainers": [c("200m", "i")]},
        {"initContainerStatuses": [reported("i", "800m")]},
        800,
    ),
    (
        "overhead is added after the views: 800 + 50",
        {"containers": [c("500m")], "overhead": cpu("50m")},
        {"containerStatuses": [reported(allocated="800m")]},
        850,
    ),
    (
        "pod-level: without status.resources the spec replaces",
        POD_LEVEL,
        {"allocatedResources": cpu("900m")},
        300,
    ),
    (
        "pod-level: max of spec, actuated and allocated replaces",
        POD_LEVEL,
        {"resources": {"requests": cpu("700m")}, "allocatedResources": cpu("900m")},
        900,
    ),
    (
        "pod-level: status.resources without requests leaves spec and allocated",
        POD_LEVEL,
        {"resources": {}, "allocatedResources": cpu("400m")},
        400,
    ),
    (
        "pod-level: an infeasible resize leaves the spec out",
        POD_LEVEL,
        {
            "resources": {"requests": cpu("100m")},
            "allocatedResources": cpu("200m"),
            "conditions": INFEASIBLE,
        },
        200,
    ),
    (
        "pod-level: infeasible and an empty status replace nothing: the container's 600",
        POD_LEVEL,
        {
            "resources": {},
            "containerStatuses": [reported(allocated="600m")],
            "conditions": INFEASIBLE,
        },
        600,
    ),
    (
        "pod-level: a name only in the status replaces too",
        {"containers": [c("500m")], "resources": {"requests": {"memory": "1Gi"}}},
        {"resources": {"requests": cpu("200m")}},
        200,
    ),
    (
        "pod-level: hugepages in the spec let CPU of the status replace",
        {"containers": [c("500m")], "resources": {"requests": {"hugepages-2Mi": "2Mi"}}},
        {"resources": {"requests": cpu("200m")}},
        200,
    ),
    (
        "pod-level: ephemeral storage alone does not",
        {"containers": [c("500m")], "resources": {"requests": {"ephemeral-storage": "1Gi"}}},
        {"resources": {"requests": cpu("200m")}},
        500,
    ),
    (
        "both pod-level status maps stand for the sums over containers: max(500, 600, 700)",
        ONE,
        {
            "resources": {"requests": cpu("600m")},
            "allocatedResources": cpu("700m"),
            "containerStatuses": [reported(allocated="9")],
        },
        700,
    ),
    (
        "one of the two alone does not: the container's 900",
        ONE,
        {
            "allocatedResources": cpu("700m"),
            "containerStatuses": [reported(allocated="900m")],
        },
        900,
    ),
    (
        "both pod-level status maps and infeasible: max(600, 700) without the spec",
        {"containers": [c("2")]},
        {
            "resources": {"requests": cpu("600m")},
            "allocatedResources": cpu("700m"),
            "conditions": INFEASIBLE,
        },
        700,
    ),
]


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [case[1:] for case in BOUND],
    ids=[case[0] for case in BOUND],
)
def test_by_status(spec: dict[str, Any], status: dict[str, Any], expected: int) -> None:
    """A bound pod counts by its status too."""
    assert milli(spec, status, bound=True) == expected


@pytest.mark.parametrize(
    ("spec", "status"), [case[1:3] for case in BOUND], ids=[case[0] for case in BOUND]
)
def test_a_pending_pod_is_judged_by_its_spec(spec: dict[str, Any], status: dict[str, Any]) -> None:
    """Whatever the status says, a pod that is yet to be placed asks what its spec asks."""
    assert milli(spec, status, bound=False) == milli(spec, bound=False)


def test_the_maximum_is_taken_resource_by_resource() -> None:
    """CPU of the init container, memory of the container: max(500m, 2), max(1Gi, 64Mi)."""
    spec = {
        "containers": [container(requests={"cpu": "500m", "memory": "1Gi"})],
        "initContainers": [container("i", {"cpu": "2", "memory": "64Mi"})],
    }
    amounts, _, _ = counted(pod(spec), bound=True)
    assert amounts == (2 * NANO, GIB * NANO, 0)


def test_pod_level_requests_leave_disk_to_the_containers() -> None:
    """Ephemeral storage is no pod-level resource."""
    spec = {
        "containers": [container(requests={"ephemeral-storage": "1Gi"})],
        "resources": {"requests": {"cpu": "1", "ephemeral-storage": "5Gi"}},
    }
    amounts, _, _ = counted(pod(spec), bound=False)
    assert amounts == (NANO, 0, GIB * NANO)


# -- quantities that cannot be read --------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text", "wrong"),
    [
        ("abc", "abc", "'abc' is not a quantity; accepted: a decimal number"),
        ("-1", "-1", "'-1' is negative; accepted: 0 or more"),
        (-2, "-2", "'-2' is negative; accepted: 0 or more"),
        ("", "", "'' is not a quantity; accepted: a decimal number"),
        (True, "true", "'true' is not a quantity; accepted: a decimal number"),
        ([1], "[1]", "'[1]' is not a quantity; accepted: a decimal number"),
        ("x" * 1000, "x" * 40, "…' is not a quantity; accepted: a decimal number"),
    ],
    ids=lambda value: str(value)[:10],
)
def test_an_unreadable_quantity(value: object, text: str, wrong: str) -> None:
    """Counts as 0, and says where it stands; the rest of the pod counts as ever."""
    spec = {"containers": [container("a", {"cpu": value, "memory": "1Gi"}), c("500m", "b")]}
    amounts, (problem,), _ = counted(pod(spec), bound=True)
    assert amounts == (NANO // 2, GIB * NANO, 0)
    assert problem.path == "spec.containers['a'].resources.requests.cpu"
    assert problem.text == text
    assert wrong in problem.wrong
    assert str(problem) == f"{problem.path}: {problem.wrong}"


@pytest.mark.parametrize(
    ("spec", "status", "path"),
    [
        (
            {"initContainers": [c("x", "i")]},
            {},
            "spec.initContainers['i'].resources.requests.cpu",
        ),
        ({"overhead": cpu("x")}, {}, "spec.overhead.cpu"),
        ({"resources": {"requests": cpu("x")}}, {}, "spec.resources.requests.cpu"),
        (
            ONE,
            {"containerStatuses": [reported(allocated="x")]},
            "status of container 'main': allocatedResources.cpu",
        ),
        (
            ONE,
            {"containerStatuses": [reported(allocated="1", actuated="x")]},
            "status of container 'main': resources.requests.cpu",
        ),
        (
            POD_LEVEL,
            {"resources": {"requests": cpu("x")}},
            "status.resources.requests.cpu",
        ),
        (
            POD_LEVEL,
            {"resources": {"requests": cpu("1")}, "allocatedResources": cpu("x")},
            "status.allocatedResources.cpu",
        ),
    ],
)
def test_where_an_unreadable_quantity_stands(
    spec: dict[str, Any], status: dict[str, Any], path: str
) -> None:
    """Each place has its own path, and is told once however often it is read."""
    _, problems, _ = counted(pod(spec, status), bound=True)
    assert [problem.path for problem in problems] == [path]


# -- laws ----------------------------------------------------------------------------------------

AMOUNTS = st.sampled_from(["0", "1n", "100m", "250m", "1", "1.5", "3", "2k"])
CONTAINERS = st.lists(AMOUNTS, max_size=4)


@given(amounts=CONTAINERS, order=st.randoms(use_true_random=False))
def test_the_order_of_containers_is_irrelevant(amounts: list[str], order: Any) -> None:
    """Regular containers start together."""
    containers = [c(amount, f"c{i}") for i, amount in enumerate(amounts)]
    before = milli({"containers": containers}, bound=False)
    order.shuffle(containers)
    assert milli({"containers": containers}, bound=False) == before


@given(regular=CONTAINERS, init=CONTAINERS, more=AMOUNTS)
def test_another_container_never_lowers_the_requests(
    regular: list[str], init: list[str], more: str
) -> None:
    """Neither a regular nor an init container makes a pod smaller."""
    containers = [c(amount, f"c{i}") for i, amount in enumerate(regular)]
    inits = [c(amount, f"i{i}") for i, amount in enumerate(init)]
    before = milli({"containers": containers, "initContainers": inits}, bound=False)
    spec = {"containers": [*containers, c(more, "x")], "initContainers": inits}
    assert milli(spec, bound=False) >= before
    spec = {"containers": containers, "initContainers": [*inits, c(more, "x")]}
    assert milli(spec, bound=False) >= before


@given(regular=CONTAINERS, init=CONTAINERS)
def test_all_sidecars_are_as_containers(regular: list[str], init: list[str]) -> None:
    """A pod whose init containers are all sidecars asks the sum of everything."""
    containers = [c(amount, f"c{i}") for i, amount in enumerate(regular)]
    sidecars = [sidecar(amount, f"i{i}") for i, amount in enumerate(init)]
    together = [c(amount, f"x{i}") for i, amount in enumerate(regular + init)]
    spec = {"containers": containers, "initContainers": sidecars}
    assert milli(spec, bound=False) == milli({"containers": together}, bound=False)


@given(regular=CONTAINERS, statuses=st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=4))
def test_a_feasible_resize_never_counts_less_than_the_spec(
    regular: list[str], statuses: list[tuple[str, str]]
) -> None:
    """What the spec asks is held free for it, whatever the status says."""
    spec = {"containers": [c(amount, f"c{i}") for i, amount in enumerate(regular)]}
    status = {"containerStatuses": [reported(f"c{i}", a, b) for i, (a, b) in enumerate(statuses)]}
    assert milli(spec, status, bound=True) >= milli(spec, bound=False)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
)
def test_any_json_as_a_quantity(value: object) -> None:
    """Whatever stands for a quantity, the pod is read, and counts 0 or more."""
    spec = {"containers": [container(requests={"cpu": value})], "overhead": {"memory": value}}
    amounts, _, _ = counted(pod(spec), bound=True)
    assert min(amounts) >= 0


def test_limits_stand_in_for_requests_that_are_not_given() -> None:
    """As the API server defaults them: the limit where no request is named, 0 where 0 is named."""
    limited = {"name": "main", "resources": {"limits": {"cpu": "2", "memory": "1Gi"}}}
    requested = {
        "name": "second",
        "resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "0"}},
    }
    amounts, problems, _ = counted(pod({"containers": [limited, requested]}, {}), bound=False)
    assert (amounts, problems) == ((2 * NANO, 2 * GIB * NANO, 0), ())


# -- other names ---------------------------------------------------------------------------------

A, B = "example.com/a", "example.com/b"
OTHERS: Names = (A, B, "")


def test_any_three_resources() -> None:
    """Others than CPU, memory and disk add up alike: max(1 + 2, 5) + 1, and 7 in the overhead."""
    spec = {
        "containers": [container("m", {A: "1", "cpu": "9"}), container("n", {A: 2})],
        "initContainers": [container("i", {A: "5", "memory": "9"})],
        "overhead": {A: "1", B: "7"},
    }
    amounts, problems, _ = counted(pod(spec), OTHERS, bound=False)
    assert (amounts, problems) == ((6 * NANO, 7 * NANO, 0), ())


def test_pod_level_requests_are_of_native_resources() -> None:
    """Where they replace CPU they replace nothing else, not even what they name."""
    spec = {
        "containers": [container(requests={A: "1", "cpu": "1"})],
        "resources": {"requests": {"cpu": "3", A: "4"}},
    }
    assert counted(pod(spec), OTHERS, bound=True)[0] == (NANO, 0, 0)
    assert counted(pod(spec), bound=True)[0] == (3 * NANO, 0, 0)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [container(requests={"cpu": "1", "memory": "1", A: "1"})]}, {A}),
        ({"initContainers": [container(requests={B: "x"})], "overhead": {A: "1"}}, {A, B}),
        ({"containers": [container(resources={"limits": {A: "1"}})]}, {A}),
        ({"containers": [container(requests={"hugepages-2Mi": "2Mi"})]}, {"hugepages-2Mi"}),
    ],
)
def test_names_that_are_seen(spec: dict[str, Any], expected: set[str]) -> None:
    """Whatever containers and overhead name beside the native ones."""
    _, _, others = counted(pod(spec), bound=False)
    assert others is not None
    assert others - set(NATIVE) == expected


def test_most_pods_have_no_other_names() -> None:
    """Then nothing is noted: no set is made, which would take its time."""
    spec = {"containers": [container(requests={"cpu": "1"}), container("b", {"memory": "1"})]}
    assert counted(pod(spec), bound=True)[2] is None
