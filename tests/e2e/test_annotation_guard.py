"""The chart's policy about annotations: who may write what skips filters, and what is noted.

The users here may do anything to pods, as far as RBAC goes: what is refused, the policy refuses.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from tests.e2e import objects
from tests.e2e.api import ApiError
from tests.e2e.chart import HelmError
from tests.e2e.controlplane import ControlPlane
from tests.e2e.guarded import (
    ANYBODY,
    BINDING,
    BINDINGS,
    EXTENDER,
    FORCER,
    GRANTED,
    GRANTEE,
    KUBELET,
    NODE,
    OPS,
    OTHER,
    RELEASE,
    REPLICAS,
    RIGHTS,
    SCHEDULER,
    SHOP,
    Cluster,
)
from tests.e2e.objects import nova
from tests.e2e.policies import in_effect, namespaces, render

FORCE, FORCE_NODES = nova(force_hosts=NODE), nova(force_nodes=f'["{NODE}"]')
CHECK = nova(scheduler_hints='{"_nova_check_type" : ["rebuild"]}')
RETRY = nova(retry='{"num_attempts": 1, "hosts": [], "exc_reason": "x"}')
DECISION = nova(decision=f'{{"host": "{NODE}", "hosts_passed": 1}}')

ALLOWED = ""
SKIPS = " skips filters, which is not for user "
NOTED = " is the extender's to write, not that of user "


def guard(control_plane: ControlPlane, admin_namespaces: Any, **values: Any) -> str:
    """The policy of a chart whose extender heeds forcing in these namespaces."""
    config = {"kubernetes": {"admin_namespaces": admin_namespaces}}
    return render(control_plane, "annotation-guard", RELEASE, {"config": config, **values})


def forces(cluster: Cluster, user: str) -> bool:
    """Whether this user may force a pod in `SHOP`; RBAC and policies take a moment."""
    try:
        cluster.create(user, SHOP, FORCE)
    except ApiError as error:
        if SKIPS in str(error):
            return False
        raise
    return True


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[Cluster]:
    """The policy in effect, where the option names `OPS` and all; the users, and two pods.

    The pod `noted` has all of the annotations, the pod `plain` none.
    """
    made = Cluster(control_plane)
    with namespaces(control_plane, {name: {} for name in (OPS, SHOP, GRANTED, RELEASE)}):
        rights = "\n---\n".join(
            (
                RIGHTS,
                render(control_plane, "serviceaccount", RELEASE, {}),
                render(control_plane, "rbac", RELEASE, {}),
            )
        )
        control_plane.kubectl("apply", "-f", "-", input=rights)
        try:
            every = {**FORCE, **FORCE_NODES, **CHECK, **RETRY, **DECISION}
            for name, its in (("plain", {}), ("noted", every)):
                made.admin.create(
                    objects.pod(name, namespace=SHOP, scheduler="nobody", annotations=its)
                )
            policy = guard(control_plane, ["*", OPS])
            with in_effect(control_plane, policy, lambda: not forces(made, ANYBODY)):
                yield made
        finally:
            control_plane.kubectl("delete", "--ignore-not-found", "-f", "-", input=rights)


def assert_refused(error: ApiError, said: str, user: str) -> None:
    """In the policy's words, which name the user and say what would be right."""
    assert error.status == HTTPStatus.FORBIDDEN
    assert f"{said}{user}" in str(error)
    assert "; accepted: " in str(error)


@pytest.mark.parametrize(
    ("user", "namespace", "annotations", "said"),
    [
        pytest.param(ANYBODY, SHOP, {}, ALLOWED, id="none"),
        pytest.param(ANYBODY, SHOP, nova(flavor="m1.small"), ALLOWED, id="a user's own"),
        pytest.param(ANYBODY, SHOP, FORCE, SKIPS, id="force_hosts"),
        pytest.param(ANYBODY, SHOP, FORCE_NODES, SKIPS, id="force_nodes"),
        pytest.param(ANYBODY, SHOP, CHECK, SKIPS, id="the rebuild check"),
        pytest.param(
            ANYBODY,
            SHOP,
            nova(scheduler_hints='{"different_host": ["_nova_check_type"]}'),
            ALLOWED,
            id="a hint that only looks like it",
        ),
        pytest.param(ANYBODY, SHOP, nova(force_hosts=""), ALLOWED, id="nothing forced"),
        pytest.param(ANYBODY, OPS, {**FORCE, **CHECK}, ALLOWED, id="in an admin's namespace"),
        pytest.param(ANYBODY, GRANTED, FORCE, SKIPS, id="granted to somebody else"),
        pytest.param(FORCER, SHOP, {**FORCE, **FORCE_NODES, **CHECK}, ALLOWED, id="permitted"),
        pytest.param(GRANTEE, GRANTED, FORCE, ALLOWED, id="permitted there"),
        pytest.param(GRANTEE, SHOP, FORCE, SKIPS, id="permitted elsewhere"),
        pytest.param(OTHER, SHOP, FORCE, SKIPS, id="another permission"),
        pytest.param(REPLICAS, SHOP, FORCE, SKIPS, id="by a template"),
        pytest.param(REPLICAS, OPS, FORCE, ALLOWED, id="by a template of an admin"),
        pytest.param(ANYBODY, SHOP, RETRY, NOTED, id="retry"),
        pytest.param(ANYBODY, SHOP, DECISION, NOTED, id="decision"),
        pytest.param(ANYBODY, OPS, RETRY, NOTED, id="retry in an admin's namespace"),
        pytest.param(FORCER, SHOP, {**FORCE, **RETRY}, NOTED, id="retry, and permitted to force"),
        pytest.param(REPLICAS, SHOP, RETRY, NOTED, id="retry by a template"),
        pytest.param(OTHER, SHOP, {**RETRY, **DECISION}, ALLOWED, id="another extender"),
    ],
)
def test_who_may_create(
    cluster: Cluster, user: str, namespace: str, annotations: objects.Strings, said: str
) -> None:
    """A new pod with annotations."""
    if said == ALLOWED:
        cluster.create(user, namespace, annotations)
        return
    with pytest.raises(ApiError) as refused:
        cluster.create(user, namespace, annotations)
    assert_refused(refused.value, said, user)
    assert f"pod {namespace}/made: annotation {objects.PREFIX}" in str(refused.value)


def gone(annotations: objects.Strings) -> dict[str, None]:
    """What takes annotations away."""
    return dict.fromkeys(annotations)


ELSE = {"metadata": {"labels": {"x": "y"}, "annotations": {"example.com/x": "y"}}}
STATUS = {"status": {"message": "x"}}


def annotated(annotations: Any) -> dict[str, Any]:
    """A patch of annotations."""
    return {"metadata": {"annotations": annotations}}


@pytest.mark.parametrize(
    ("user", "pod", "subresource", "body", "said"),
    [
        pytest.param(ANYBODY, "plain", "", annotated(FORCE), SKIPS, id="added later"),
        pytest.param(ANYBODY, "plain", "/status", annotated(FORCE), SKIPS, id="by the status"),
        pytest.param(ANYBODY, "noted", "", annotated(nova(force_hosts="b")), SKIPS, id="changed"),
        pytest.param(ANYBODY, "noted", "", annotated(FORCE), ALLOWED, id="the same again"),
        pytest.param(
            ANYBODY, "noted", "", annotated(gone({**FORCE, **CHECK})), ALLOWED, id="taken away"
        ),
        pytest.param(FORCER, "plain", "", annotated(FORCE), ALLOWED, id="permitted"),
        pytest.param(ANYBODY, "plain", "", annotated(RETRY), NOTED, id="retry"),
        pytest.param(ANYBODY, "plain", "/status", annotated(RETRY), NOTED, id="retry by status"),
        pytest.param(ANYBODY, "noted", "", annotated(gone(RETRY)), NOTED, id="retry taken away"),
        pytest.param(
            ANYBODY, "noted", "", {"metadata": {"annotations": None}}, NOTED, id="all taken away"
        ),
        pytest.param(
            ANYBODY, "noted", "", annotated(nova(decision="{}")), NOTED, id="decision changed"
        ),
        pytest.param(EXTENDER, "plain", "/status", annotated(RETRY), ALLOWED, id="the extender's"),
        pytest.param(
            EXTENDER, "noted", "/status", annotated(nova(retry="{}")), ALLOWED, id="changed by it"
        ),
        pytest.param(EXTENDER, "noted", "/status", annotated(gone(RETRY)), ALLOWED, id="removed"),
        pytest.param(OTHER, "noted", "/status", annotated(gone(RETRY)), ALLOWED, id="another's"),
        pytest.param(ANYBODY, "noted", "", ELSE, ALLOWED, id="something else"),
        pytest.param(ANYBODY, "noted", "/status", STATUS, ALLOWED, id="the status of one"),
        pytest.param(SCHEDULER, "noted", "/status", STATUS, ALLOWED, id="kube-scheduler"),
    ],
)
def test_who_may_change(
    cluster: Cluster, user: str, pod: str, subresource: str, body: Any, said: str
) -> None:
    """A pod that is there, with annotations or without."""
    if said == ALLOWED:
        cluster.patch(user, pod, subresource, body)
        return
    with pytest.raises(ApiError) as refused:
        cluster.patch(user, pod, subresource, body)
    assert_refused(refused.value, said, user)


@pytest.mark.parametrize("subresource", ["/resize", "/ephemeralcontainers"])
def test_no_other_way(cluster: Cluster, subresource: str) -> None:
    """What is left of a pod's subresources writes no annotations."""
    body = {**annotated({**FORCE, "example.com/x": "y"})}
    before = cluster.admin.get("Pod", "plain", SHOP)["metadata"].get("annotations")
    try:
        found = cluster.patch(ANYBODY, "plain", subresource, body)
    except ApiError as error:
        assert_refused(error, SKIPS, ANYBODY)
    else:
        assert found["metadata"].get("annotations") == before


@pytest.mark.parametrize(
    ("user", "path", "annotations", "said"),
    [
        (ANYBODY, BINDING, FORCE, SKIPS),
        (ANYBODY, BINDINGS, FORCE, SKIPS),
        (ANYBODY, BINDING, DECISION, NOTED),
        (ANYBODY, BINDINGS, DECISION, NOTED),
        (ANYBODY, BINDING, {}, ALLOWED),
        (ANYBODY, BINDINGS, {}, ALLOWED),
        (SCHEDULER, BINDING, {}, ALLOWED),
        (OTHER, BINDING, {**RETRY, **DECISION}, ALLOWED),
        (EXTENDER, BINDING, {**RETRY, **DECISION}, ALLOWED),
    ],
)
def test_who_may_bind(
    cluster: Cluster, user: str, path: str, annotations: objects.Strings, said: str
) -> None:
    """A Binding's annotations become the pod's; the pod itself has some already."""
    bind = functools.partial(cluster.bind, user, "noted", annotations, f"{path}?dryRun=All")
    if said == ALLOWED:
        bind()
        return
    with pytest.raises(ApiError) as refused:
        bind()
    assert_refused(refused.value, said, user)


def test_the_life_of_a_pod(cluster: Cluster) -> None:
    """Tried, bound and noted by the extender, run by a kubelet, deleted by its owner."""
    admin = cluster.admin
    owner = cluster.user(ANYBODY)
    owner.create(objects.pod("living", namespace=SHOP, scheduler="nobody"))
    extender = cluster.user(EXTENDER)
    extender.patch("Pod", "living", annotated(RETRY), SHOP, "status")
    cluster.bind(EXTENDER, "living", {**DECISION, **nova(retry="{}")}, BINDING)
    found = admin.get("Pod", "living", SHOP)["metadata"]["annotations"]
    assert found == {**DECISION, **nova(retry="{}")}
    kubelet = cluster.user(KUBELET)
    kubelet.patch("Pod", "living", {"status": {"phase": "Running"}}, SHOP, "status")
    assert admin.get("Pod", "living", SHOP)["status"]["phase"] == "Running"
    owner.delete("Pod", "living", SHOP, grace=0)
    assert admin.find("Pod", "living", SHOP) is None


def test_a_star_wants_the_guard(control_plane: ControlPlane) -> None:
    """Without it anybody could skip the filters, so the chart refuses; names need no guard."""
    off = {"annotationGuard": {"enabled": False}}
    for everywhere in (["*"], "ops, *"):
        with pytest.raises(HelmError, match=r'admin_namespaces has "\*".*anyone'):
            guard(control_plane, everywhere, **off)
    with pytest.raises(HelmError, match="could not find template"):
        guard(control_plane, [OPS], **off)


def test_the_option_as_a_text(control_plane: ControlPlane) -> None:
    """Nova's way of writing a list means the same."""
    assert guard(control_plane, "*, ops,shop") == guard(control_plane, ["*", "ops", "shop"])


def test_names_alone(cluster: Cluster) -> None:
    """Where the extender heeds no permission, none is accepted; last here, for it changes all."""
    policy = guard(cluster.control_plane, [OPS])
    with in_effect(cluster.control_plane, policy, lambda: not forces(cluster, FORCER)):
        for user in (FORCER, GRANTEE, ANYBODY):
            with pytest.raises(ApiError) as refused:
                cluster.create(user, GRANTED, FORCE)
            assert_refused(refused.value, SKIPS, user)
            assert "permission" not in str(refused.value)
            cluster.create(user, OPS, FORCE)
