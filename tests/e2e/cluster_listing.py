"""Every object of a cluster by kind, namespace and name: what a chart leaves behind shows in it."""

from __future__ import annotations

from tests.e2e.controlplane import ControlPlane

# They come and go by themselves.
OTHERS = frozenset({"events", "events.events.k8s.io", "leases.coordination.k8s.io"})


def listing(plane: ControlPlane) -> set[str]:
    """All objects that can be listed, of all groups and namespaces, each as one line."""
    kinds = plane.kubectl("api-resources", "--verbs=list", "--output=name", "--no-headers").split()
    asked = ",".join(sorted(set(kinds) - OTHERS))
    columns = "API:.apiVersion,KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name"
    found = plane.kubectl(
        "get",
        asked,
        "--all-namespaces",
        "--no-headers",
        "--ignore-not-found",
        f"--output=custom-columns={columns}",
    )
    return {" ".join(line.split()) for line in found.splitlines()}
