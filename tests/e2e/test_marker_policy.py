"""The chart's policy that marks pods: who is shown to the extender, and what else of them stays.

Nothing is created but namespaces: the API server says what it would make of each pod.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.e2e import objects
from tests.e2e.api import ApiError
from tests.e2e.chart import Helm
from tests.e2e.controlplane import ControlPlane
from tests.e2e.objects import nova
from tests.e2e.policies import in_effect, namespaces, render
from tests.e2e.virtual import VCPU, Amounts, container, dry_run

MARKER = f"{objects.PREFIX}schedule"
MARKED = {MARKER: "1"}
OPTED_IN = nova(schedule="true")
IN, OUT, DECLINED, RELEASE = (f"marker-{word}" for word in ("in", "out", "declined", "release"))
VALUES = {"mode": "standalone"}

EXTENDER = {
    "app.kubernetes.io/name": "nova-extender",
    "app.kubernetes.io/instance": "nova-extender",
}
"""The labels of the release's own pods."""


def asking(
    requests: Amounts | None = None,
    limits: Amounts | None = None,
    *,
    namespace: str = IN,
    labels: objects.Strings | None = None,
    **spec: Any,
) -> objects.Object:
    """A pod of one container."""
    made = objects.pod("asking", namespace=namespace, labels=labels, **spec)
    made["spec"]["containers"] = [container("main", requests, limits)]
    return made


def is_marked(pod: objects.Object) -> bool:
    """Whether kube-scheduler would show the pod to an extender that manages the marker."""
    containers = [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]
    amounts = [
        container["resources"].get(which, {})
        for container in containers
        for which in ("requests", "limits")
    ]
    return any(MARKER in each for each in amounts)


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """Namespaces of all kinds, those of the release and of the system opted in, and the policy."""
    labels = {IN: OPTED_IN, OUT: {}, DECLINED: nova(schedule="false"), RELEASE: OPTED_IN}
    api = control_plane.api
    with namespaces(control_plane, labels):
        api.patch("Namespace", "kube-system", {"metadata": {"labels": OPTED_IN}})
        try:
            policy = render(control_plane, "marker", RELEASE, VALUES)
            with in_effect(
                control_plane, policy, lambda: is_marked(dry_run(control_plane, asking()))
            ):
                yield control_plane
        finally:
            removed = {"metadata": {"labels": {MARKER: None}}}
            api.patch("Namespace", "kube-system", removed)


@pytest.mark.parametrize(
    ("made", "requests", "limits"),
    [
        pytest.param(asking(), MARKED, MARKED, id="nothing"),
        pytest.param(asking({}, {}), MARKED, MARKED, id="empty amounts"),
        pytest.param(
            asking({"cpu": "1"}), {"cpu": "1", **MARKED}, MARKED, id="requests and no limits"
        ),
        pytest.param(
            asking(None, {"cpu": "1"}),
            {"cpu": "1", **MARKED},
            {"cpu": "1", **MARKED},
            id="a limit, which is the request too",
        ),
        pytest.param(
            asking({"cpu": "1", "example.com/card": "2"}, {"cpu": "2", "example.com/card": "2"}),
            {"cpu": "1", "example.com/card": "2", **MARKED},
            {"cpu": "2", "example.com/card": "2", **MARKED},
            id="both, and another extended resource",
        ),
        pytest.param(
            asking(None, None, resources={"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}),
            MARKED,
            MARKED,
            id="a pod-level request",
        ),
        pytest.param(
            asking({VCPU: "2"}, {VCPU: "2"}),
            {VCPU: "2", **MARKED},
            {VCPU: "2", **MARKED},
            id="virtual resources",
        ),
    ],
)
def test_marked(
    cluster: ControlPlane, made: objects.Object, requests: Amounts, limits: Amounts
) -> None:
    """The first container asks for one, as request and limit alike, and for all it did before."""
    (found,) = dry_run(cluster, made)["spec"]["containers"]
    assert found["resources"] == {"requests": requests, "limits": limits}


@pytest.mark.parametrize(
    "resources", [None, {"requests": None, "limits": None}, {"limits": {"cpu": None}}], ids=str
)
def test_marked_where_there_is_null(cluster: ControlPlane, resources: Any) -> None:
    """What a client wrote as null is not there, and is added."""
    made = asking()
    made["spec"]["containers"][0]["resources"] = resources
    made["spec"]["initContainers"] = None
    assert is_marked(dry_run(cluster, made))


def test_without_resources(cluster: ControlPlane) -> None:
    """A container whose author left the field out."""
    made = asking()
    del made["spec"]["containers"][0]["resources"]
    (found,) = dry_run(cluster, made)["spec"]["containers"]
    assert found["resources"] == {"requests": MARKED, "limits": MARKED}


def test_only_the_first_container(cluster: ControlPlane) -> None:
    """The others, sidecars and init containers stay as they are; one is enough."""
    made = asking()
    made["spec"]["containers"] = [container("a"), container("b", {"cpu": "1"})]
    made["spec"]["initContainers"] = [
        container("c", {"cpu": "2"}),
        container("d", {"cpu": "1"}, restartPolicy="Always"),
    ]
    spec = dry_run(cluster, made)["spec"]
    assert [each["resources"] for each in (*spec["containers"], *spec["initContainers"])] == [
        {"requests": MARKED, "limits": MARKED},
        {"requests": {"cpu": "1"}},
        {"requests": {"cpu": "2"}},
        {"requests": {"cpu": "1"}},
    ]


@pytest.mark.parametrize(
    ("requests", "limits", "quality"),
    [
        (None, None, "BestEffort"),
        ({"cpu": "1"}, None, "Burstable"),
        ({"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"}, "Guaranteed"),
    ],
)
def test_the_quality_of_service_stays(
    cluster: ControlPlane, requests: Amounts | None, limits: Amounts | None, quality: str
) -> None:
    """The mark is neither cpu nor memory: who is evicted first does not change."""
    found = dry_run(cluster, asking(requests, limits))
    assert is_marked(found)
    assert found["status"]["qosClass"] == quality


def test_pods_of_daemon_sets_are_marked(cluster: ControlPlane) -> None:
    """Else a DaemonSet would be a way round the filters."""
    made = asking(
        affinity={
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {
                            "matchFields": [
                                {"key": "metadata.name", "operator": "In", "values": ["node-a"]}
                            ]
                        }
                    ]
                }
            }
        }
    )
    made["metadata"]["ownerReferences"] = [
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "u", "controller": True}
    ]
    assert is_marked(dry_run(cluster, made))


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(asking(namespace=OUT), id="namespace not opted in"),
        pytest.param(asking(namespace=DECLINED), id="namespace opted out"),
        pytest.param(asking(namespace="kube-system"), id="of the system"),
        pytest.param(asking(nodeName="somewhere"), id="bound already"),
        pytest.param(asking(scheduler="another"), id="another scheduler's"),
        pytest.param(asking(namespace=RELEASE, labels=EXTENDER), id="the extender"),
    ],
)
def test_left_alone(cluster: ControlPlane, made: objects.Object) -> None:
    """Pods that must not wait for the extender, or that no such kube-scheduler places."""
    assert not is_marked(dry_run(cluster, made))


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(asking(namespace=RELEASE), id="beside the extender"),
        pytest.param(asking(labels=EXTENDER), id="the extender's labels elsewhere"),
        pytest.param(
            asking(namespace=RELEASE, labels={**EXTENDER, "app.kubernetes.io/name": "other"}),
            id="the release's label only",
        ),
    ],
)
def test_nobody_passes_for_the_extender(cluster: ControlPlane, made: objects.Object) -> None:
    """Its labels count in its own namespace only, and all of them."""
    assert is_marked(dry_run(cluster, made))


@pytest.mark.parametrize("which", ["containers", "initContainers"])
@pytest.mark.parametrize("amount", ["1", "3"])
def test_a_pod_that_asks_by_itself(cluster: ControlPlane, which: str, amount: str) -> None:
    """Anywhere, and for any amount: it stays as it is."""
    made = asking()
    asks = container("asks", {MARKER: amount}, {MARKER: amount})
    made["spec"][which] = [*made["spec"].get(which, []), asks]
    expected = copy.deepcopy(made["spec"][which])
    found = dry_run(cluster, made)["spec"]
    assert [each["resources"] for each in found[which]] == [each["resources"] for each in expected]
    assert found["containers"][0]["resources"] == {}


def test_what_was_marked_is_not_marked_again(cluster: ControlPlane) -> None:
    """What the policy made goes in once more and comes out the same."""
    (once,) = dry_run(cluster, asking({"cpu": "1"}))["spec"]["containers"]
    (again,) = dry_run(cluster, asking(**once["resources"]))["spec"]["containers"]
    assert again["resources"] == once["resources"]


def with_containers(containers: Any) -> objects.Object:
    """A pod whose containers may be anything."""
    made = asking()
    made["spec"]["containers"] = containers
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        pytest.param(with_containers([]), "spec.containers: Required", id="none"),
        pytest.param(with_containers(None), "spec.containers: Required", id="null"),
        pytest.param(with_containers([{}]), "name: Required", id="a container of nothing"),
        pytest.param(asking({MARKER: "1"}), "Limit must be set", id="a request without limit"),
    ],
)
def test_what_is_wrong_is_refused_as_ever(
    cluster: ControlPlane, made: objects.Object, said: str
) -> None:
    """The API server's own words, and none of the policy's."""
    with pytest.raises(ApiError) as refused:
        dry_run(cluster, made)
    assert said in str(refused.value)
    assert "policy" not in str(refused.value)


def test_beside_the_policy_of_mode_virtual(cluster: ControlPlane) -> None:
    """A pod that both policies change is marked, and its requests are moved."""
    values = {
        "mode": "standalone",
        "overcommit": {
            "mode": "virtual",
            "virtual": {"schedulerNames": [], "namespaceLabel": MARKER},
        },
    }
    made = asking({"cpu": "900m"})

    def found() -> Any:
        return dry_run(cluster, made)["spec"]["containers"][0]["resources"]

    policy = render(cluster, "overcommit-virtual", RELEASE, values)
    with in_effect(cluster, policy, lambda: VCPU in found()["requests"]):
        assert found() == {
            "requests": {"cpu": "0", VCPU: "1", **MARKED},
            "limits": {VCPU: "1", **MARKED},
        }


def test_when_there_is_a_policy(control_plane: ControlPlane) -> None:
    """In standalone mode, where it is wanted, on a cluster that has the kind."""

    def names(values: Any, *args: str) -> list[str]:
        rendered = yaml.safe_load_all(Helm(control_plane).template(values, *args))
        return [each["metadata"]["name"] for each in rendered if each]

    served = "--api-versions=admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"
    assert names(VALUES, served).count("nova-extender-marker") == 2
    assert "nova-extender-marker" not in names(VALUES, "--kube-version=1.35.0")
    assert "nova-extender-marker" not in names({"mode": "sidecar"}, served)
    assert "nova-extender-marker" not in names({**VALUES, "marker": {"enabled": False}}, served)
