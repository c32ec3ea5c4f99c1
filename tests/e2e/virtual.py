"""The chart in mode virtual: installed, in effect, and pods and namespaces to try it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e import objects
from tests.e2e.chart import EFFECT_TIMEOUT, Helm
from tests.e2e.controlplane import ControlPlane
from tests.e2e.scene import Scene
from tests.e2e.scheduler_config import DEFAULT_PROFILE
from tests.e2e.waiting import wait_until

VCPU = f"{objects.PREFIX}vcpu"
MEMORY_MB = f"{objects.PREFIX}memory-mb"
GROUP = objects.PREFIX.rstrip("/")
"""What kube-scheduler's NodeResourcesFit is told to ignore."""

OUR_REASON = "not enough vCPUs"
"""CoreFilter's."""

ITS_REASON = "1 Insufficient cpu"
"""NodeResourcesFit's, of one node."""

OURS = "nova-scheduler"
"""The scheduler whose pods the chart moves by default."""

IN, OUT, DECLINED, LIMITED, COUNTED = (
    f"virtual-{word}" for word in ("in", "out", "declined", "limited", "counted")
)
"""Namespaces: opted in, not, opted out by name, and for a LimitRange and a ResourceQuota."""

LABELS = {IN: "true", OUT: None, DECLINED: "false", LIMITED: "true", COUNTED: "true"}

Amounts = Mapping[str, str]


@contextmanager
def moving(
    control_plane: ControlPlane, namespace: str, schedulers: Sequence[str]
) -> Iterator[None]:
    """Installs the chart, waits until requests are moved, and takes it away again.

    Args:
        control_plane: Where to.
        namespace: One that is opted in, to try the policy in.
        schedulers: Whose pods; empty for everybody's.
    """
    helm = Helm(control_plane)
    scheduler = schedulers[0] if schedulers else "any"

    def moved() -> bool:
        probe = objects.pod("probe", "1", namespace=namespace, scheduler=scheduler)
        made = dry_run(control_plane, probe)
        return VCPU in made["spec"]["containers"][0]["resources"]["requests"]

    # An API server says nothing about when it has taken notice of a changed policy.
    helm.uninstall("--no-hooks")
    wait_until(lambda: not moved(), EFFECT_TIMEOUT, "requests to be left alone")
    virtual = {"schedulerNames": list(schedulers)}
    helm.install_overcommit({"mode": "virtual", "virtual": virtual})
    try:
        wait_until(moved, EFFECT_TIMEOUT, "requests to be moved")
        yield
    finally:
        helm.uninstall("--no-hooks")
        wait_until(lambda: not moved(), EFFECT_TIMEOUT, "requests to be left alone")


def dry_run(control_plane: ControlPlane, pod: objects.Object) -> objects.Object:
    """What the API server would make of a pod; none is created."""
    where = f"api/v1/namespaces/{pod['metadata']['namespace']}/pods?dryRun=All"
    return control_plane.api.request("POST", where, pod)


def make_namespaces(control_plane: ControlPlane) -> None:
    """Creates the namespaces that are not there; they stay, for one that goes takes its time."""
    api = control_plane.api
    for name, label in LABELS.items():
        if api.find("Namespace", name) is None:
            labels = {} if label is None else objects.nova(virtual=label)
            api.create(objects.namespace(name, labels))
    # No pod is admitted before the namespace has its service account.
    wait_until(
        lambda: all(api.find("ServiceAccount", "default", name) for name in LABELS),
        30,
        "the service accounts of the namespaces",
    )


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The chart as it is by default in mode virtual, and the namespaces."""
    make_namespaces(control_plane)
    with moving(control_plane, IN, [OURS]):
        yield control_plane


def asking(
    requests: Amounts | None = None,
    limits: Amounts | None = None,
    namespace: str = IN,
    **spec: Any,
) -> objects.Object:
    """A pod of our scheduler, of one container."""
    made = objects.pod("asking", namespace=namespace, **{"scheduler": OURS, **spec})
    made["spec"]["containers"] = [container("main", requests, limits)]
    return made


def container(
    name: str, requests: Amounts | None = None, limits: Amounts | None = None, **more: Any
) -> objects.Object:
    """A container with these amounts."""
    named = {"requests": requests, "limits": limits}
    resources = {key: dict(amounts) for key, amounts in named.items() if amounts is not None}
    return {"name": name, "image": objects.IMAGE, "resources": resources, **more}


def resources_of(pod: objects.Object, which: str = "containers") -> list[objects.Object]:
    """The resources of a pod's containers."""
    return [each["resources"] for each in pod["spec"][which]]


@pytest.fixture
def opted_in(scene: Scene) -> Iterator[None]:
    """The namespace default is opted in: what its pods request is moved by the chart's policy."""
    label = f"{objects.PREFIX}virtual"
    scene.api.patch("Namespace", "default", {"metadata": {"labels": {label: "true"}}})
    try:
        with moving(scene.control_plane, "default", [DEFAULT_PROFILE]):
            yield
    finally:
        scene.api.patch("Namespace", "default", {"metadata": {"labels": {label: None}}})


def start(scene: Scene, **kubernetes: Any) -> None:
    """Start what mode virtual takes: the option, kube-scheduler's ignored group, the bind verb."""
    config = {"kubernetes": {"overcommit": "virtual", **kubernetes}}
    scene.start(config, bind=True, ignored_groups=[GROUP])


def virtual(name: str, vcpus: int = 1, memory_mb: int = 0, **spec: Any) -> objects.Object:
    """A pod that asks for nothing real."""
    asked = {VCPU: vcpus, MEMORY_MB: memory_mb}
    extended = {key: str(amount) for key, amount in asked.items() if amount}
    return objects.pod(name, extended=extended, **spec)


def wait_seen(scene: Scene, node: str, resource: str = "cpu", **amounts: float) -> None:
    """Wait until the extender has of a node's resource what is named here, in CPUs or MiB."""

    def seen() -> dict[str, Any]:
        found = scene.hosts()[node][resource]
        return {key: found[key] for key in amounts}

    wait_until(lambda: seen() == amounts, 15, lambda: f"{amounts} of {node}; it is {seen()}")


def delete(scene: Scene, *names: str) -> None:
    """Delete bound pods, and wait until the extender no longer counts them."""
    before = scene.counted()
    for name in names:
        scene.api.delete("Pod", name, grace=0)
    wait_until(lambda: scene.counted() == before - len(names), 10, "the watch to follow")
