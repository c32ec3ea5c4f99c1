"""The chart's policies about pods: rendered by the real helm, and in effect for a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.e2e import objects
from tests.e2e.chart import EFFECT_TIMEOUT, Helm, Values
from tests.e2e.controlplane import ControlPlane
from tests.e2e.waiting import wait_until

SERVED = (
    "--api-versions=admissionregistration.k8s.io/v1/MutatingAdmissionPolicy",
    "--api-versions=admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
)
"""What the real API server has; helm asks none when it only renders."""


def render(control_plane: ControlPlane, template: str, namespace: str, values: Values) -> str:
    """One template of the chart, of a release in this namespace."""
    show = f"--show-only=templates/{template}.yaml"
    return Helm(control_plane).template(values, show, f"--namespace={namespace}", *SERVED)


@contextmanager
def in_effect(
    control_plane: ControlPlane, manifests: str, takes_effect: Callable[[], bool]
) -> Iterator[None]:
    """Applies policies, and takes them away again.

    Args:
        control_plane: Where to.
        manifests: The policies and their bindings.
        takes_effect: Whether they do; an API server says nothing about when it has noticed.
    """
    wait_until(lambda: not takes_effect(), EFFECT_TIMEOUT, "earlier policies to be gone")
    control_plane.kubectl("apply", "-f", "-", input=manifests)
    try:
        wait_until(takes_effect, EFFECT_TIMEOUT, "the policies to take effect")
        yield
    finally:
        control_plane.kubectl("delete", "--ignore-not-found", "-f", "-", input=manifests)
        wait_until(lambda: not takes_effect(), EFFECT_TIMEOUT, "the policies to be gone")


@contextmanager
def namespaces(
    control_plane: ControlPlane, labels: Mapping[str, Mapping[str, str]]
) -> Iterator[None]:
    """Namespaces with these labels, where pods can be created; deleted again in the background."""
    api = control_plane.api
    for name, its in labels.items():
        api.create(objects.namespace(name, its))
    try:
        # No pod is admitted before the namespace has its service account.
        wait_until(
            lambda: all(api.find("ServiceAccount", "default", name) for name in labels),
            30,
            "the service accounts of the namespaces",
        )
        yield
    finally:
        for name in labels:
            api.delete_all("Pod", name)
            api.delete("Namespace", name)
