"""The chart by the real helm on the real API server: it comes, changes, goes back and goes.

Nothing of it runs here: its pods wait for a node, as on a cluster that is full.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import objects
from tests.e2e.chart import Helm, HelmError
from tests.e2e.chart_release import remove_kinds
from tests.e2e.cluster_listing import listing
from tests.e2e.controlplane import ControlPlane
from tests.e2e.hook_pods import HookPods
from tests.e2e.waiting import wait_until

NAMESPACE = "nova-install"
CRDS = {
    f"apiextensions.k8s.io/v1 CustomResourceDefinition <none> {kind}.nova-extender.io"
    for kind in ("flavors", "hostaggregates", "servergroups")
}
# With what the API server itself adds for them.
KEPT = {*CRDS, "apiregistration.k8s.io/v1 APIService <none> v1alpha1.nova-extender.io"}
# Other objects, and certificates.
OTHER = {
    "mode": "standalone",
    "replicas": 3,
    "networkPolicy": {"enabled": True, "schedulers": [{"ipBlock": {"cidr": "10.0.0.0/24"}}]},
}
# For a second release: what is one of its kind in a cluster is the first one's.
BESIDE = {
    "crds": {"install": False},
    "scheduler": {"name": "second-scheduler"},
    "annotationGuard": {"enabled": False},
    "overcommit": {"mode": "advisory"},
}


@pytest.fixture
def plane(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The control plane with a namespace for the release, and without our kinds."""
    remove_kinds(control_plane)
    control_plane.kubectl("create", "namespace", NAMESPACE)
    account = "ServiceAccount", "default", NAMESPACE
    wait_until(lambda: control_plane.api.find(*account), 30, "the namespace's own account")
    try:
        yield control_plane
    finally:
        for release in ("nova-extender", "second"):
            Helm(control_plane, NAMESPACE, release).uninstall("--no-hooks")
        control_plane.kubectl("delete", "namespace", NAMESPACE)
        remove_kinds(control_plane)


def left(plane: ControlPlane, before: set[str]) -> set[str]:
    """What is there now and was not, once the controllers have taken away what nobody owns."""
    found: set[str] = set()

    def settled() -> bool:
        nonlocal found
        found = listing(plane) - before
        return found <= KEPT

    # What is still there then is there to stay.
    try:
        wait_until(settled, 15, "all gone", interval=0.5)
    except TimeoutError:
        return found
    return found


def replicas(plane: ControlPlane) -> int:
    """How many pods the release's Deployment is to have."""
    count: int = plane.api.get("Deployment", "nova-extender", NAMESPACE)["spec"]["replicas"]
    return count


@pytest.mark.timeout(240)
def test_it_comes_and_goes(plane: ControlPlane) -> None:
    """Installed, upgraded, rolled back and taken away: only the CRDs are left, on purpose."""
    helm = Helm(plane, NAMESPACE)
    before = listing(plane)
    helm.install()
    installed = listing(plane)
    assert installed - before >= CRDS
    assert replicas(plane) == 2
    helm.install(OTHER)
    upgraded = listing(plane)
    assert replicas(plane) == 3
    assert upgraded - before != installed - before
    helm.rollback(1)
    assert replicas(plane) == 2
    with HookPods(plane, NAMESPACE) as hooks:
        helm.uninstall()
    assert [(arguments, code) for arguments, code, _ in hooks.outputs] == [
        (["overcommit", "check"], 0),
        (["overcommit", "revert"], 0),
    ]
    assert left(plane, before) == KEPT
    assert before <= listing(plane)
    # And again, over the CRDs that were kept, of which objects may be there.
    plane.api.create(objects.aggregate("kept", []))
    helm.install()
    assert plane.api.find("HostAggregate", "kept") is not None
    plane.api.delete("HostAggregate", "kept")
    helm.uninstall("--no-hooks")
    assert left(plane, before) == KEPT


@pytest.mark.timeout(240)
def test_two_releases(plane: ControlPlane) -> None:
    """One that would take the kinds over is refused as a whole; without them it comes and goes."""
    first, second = (Helm(plane, NAMESPACE, name) for name in ("nova-extender", "second"))
    first.install()
    before = listing(plane)
    with pytest.raises(HelmError, match=r"CustomResourceDefinition \"flavors.*nova-extender"):
        second.install()
    assert listing(plane) - before == set()
    second.install(BESIDE)
    assert plane.api.find("Deployment", "second-nova-extender", NAMESPACE) is not None
    assert before <= listing(plane)
    second.uninstall("--no-hooks")
    assert left(plane, before) == set()
    assert before <= listing(plane)
