"""The chart's policy of mode virtual: whose pods are moved, and what else changes pods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import pytest

from tests.e2e import objects
from tests.e2e.api import ApiError
from tests.e2e.controlplane import ControlPlane
from tests.e2e.objects import nova
from tests.e2e.virtual import (
    COUNTED,
    DECLINED,
    IN,
    LIMITED,
    MEMORY_MB,
    OURS,
    OUT,
    VCPU,
    Amounts,
    asking,
    cluster,
    dry_run,
    make_namespaces,
    moving,
    resources_of,
)
from tests.e2e.waiting import wait_until

__all__ = ["cluster"]  # a fixture

POLICIES = "apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
BINDINGS = "apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings"


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(asking({"cpu": "1"}, namespace=OUT), id="namespace not opted in"),
        pytest.param(asking({"cpu": "1"}, namespace=DECLINED), id="namespace opted out"),
        pytest.param(asking({"cpu": "1"}, scheduler=None), id="the default scheduler's"),
        pytest.param(asking({"cpu": "1"}, scheduler="another"), id="another scheduler's"),
        pytest.param(asking({"cpu": "1"}, nodeName="somewhere"), id="bound already"),
        pytest.param(
            asking({"cpu": "1"}, resources={"requests": {"cpu": "2"}}), id="pod-level resources"
        ),
        pytest.param(
            asking({"cpu": "1"}, resources={"limits": {"memory": "1Gi"}}), id="pod-level limits"
        ),
    ],
)
def test_left_alone(cluster: ControlPlane, made: objects.Object) -> None:
    """Pods that are not ours to change request what they did."""
    (found,) = resources_of(dry_run(cluster, made))
    assert found == {"requests": {"cpu": "1"}}


def test_a_mirror_pod_is_left_alone(cluster: ControlPlane) -> None:
    """A static pod has its requests at its kubelet, whatever its image in the API says."""
    made = asking({"cpu": "1"}, nodeName="somewhere")
    made["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    # As in the API, where only the node itself may create one.
    cluster.api.create(objects.node("somewhere", ready=False))
    try:
        owner = cluster.api.get("Node", "somewhere")["metadata"]["uid"]
        made["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "v1",
                "kind": "Node",
                "name": "somewhere",
                "uid": owner,
                "controller": True,
            }
        ]
        kubelet = cluster.api.kubelet("somewhere")
        found = kubelet.request("POST", f"api/v1/namespaces/{IN}/pods?dryRun=All", made)
    finally:
        cluster.api.delete("Node", "somewhere")
    assert resources_of(found) == [{"requests": {"cpu": "1"}}]


def with_containers(containers: Any) -> objects.Object:
    """A pod whose containers may be anything."""
    made = asking()
    made["spec"]["containers"] = containers
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        pytest.param(asking({"cpu": "-1"}), "must be greater than or equal to 0", id="negative"),
        pytest.param(asking({"memory": "-1"}), "must be greater than or equal to 0", id="memory"),
        pytest.param(with_containers([]), "spec.containers: Required", id="no containers"),
        pytest.param(with_containers(None), "spec.containers: Required", id="containers null"),
        pytest.param(with_containers([{}]), "name: Required", id="a container of nothing"),
        pytest.param(asking({"cpu": "1", VCPU: "1500m"}), "must be an integer", id="decimals"),
    ],
)
def test_what_is_wrong_is_refused_as_ever(
    cluster: ControlPlane, made: objects.Object, said: str
) -> None:
    """The API server's own words, and none of the policy's."""
    with pytest.raises(ApiError) as refused:
        dry_run(cluster, made)
    assert refused.value.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in str(refused.value)
    assert "policy" not in str(refused.value)


def test_null_amounts(cluster: ControlPlane) -> None:
    """A quantity of null is 0 to the API server, and is not moved."""
    made = asking({"memory": "1Mi"})
    (only,) = made["spec"]["containers"]
    only["resources"]["requests"]["cpu"] = None
    made["spec"]["initContainers"] = None
    (found,) = resources_of(dry_run(cluster, made))
    assert found == {
        "requests": {"cpu": "0", "memory": "0", MEMORY_MB: "1"},
        "limits": {MEMORY_MB: "1"},
    }


def limit_range(**amounts: Amounts) -> objects.Object:
    """A LimitRange of containers: `defaultRequest=…` and the like."""
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "range", "namespace": LIMITED},
        "spec": {"limits": [{"type": "Container", **amounts}]},
    }


@pytest.mark.parametrize(
    ("defaults", "requests", "after"),
    [
        pytest.param(
            {"defaultRequest": {"cpu": "1500m"}},
            None,
            {"requests": {"cpu": "0", VCPU: "2"}, "limits": {VCPU: "2"}},
            id="a default request is moved, and does not come back",
        ),
        pytest.param(
            {"defaultRequest": {"cpu": "1500m"}},
            {"cpu": "1", "memory": "1Mi"},
            {
                "requests": {"cpu": "0", "memory": "0", VCPU: "1", MEMORY_MB: "1"},
                "limits": {VCPU: "1", MEMORY_MB: "1"},
            },
            id="the pod's own instead",
        ),
        pytest.param(
            {"default": {"memory": "64Mi"}, "defaultRequest": {"memory": "32Mi"}},
            None,
            {
                "requests": {"memory": "0", MEMORY_MB: "32"},
                "limits": {"memory": "64Mi", MEMORY_MB: "32"},
            },
            id="a default limit stays",
        ),
        pytest.param(
            {"default": {VCPU: "3"}},
            {"cpu": "1"},
            {"requests": {"cpu": "1", VCPU: "3"}, "limits": {VCPU: "3"}},
            id="a default of the virtual resource comes first",
        ),
    ],
)
def test_defaults_of_a_limit_range(
    cluster: ControlPlane, defaults: Mapping[str, Amounts], requests: Amounts | None, after: Any
) -> None:
    """LimitRanger comes first, and once more after the policy has changed the pod."""
    api = cluster.api
    api.create(limit_range(**defaults))
    try:
        made = asking(requests, namespace=LIMITED)
        # The API server takes a moment to notice a LimitRange.
        wait_until(
            lambda: resources_of(dry_run(cluster, made)) == [after],
            10,
            lambda: f"{after}; it is {resources_of(dry_run(cluster, made))}",
        )
    finally:
        api.delete("LimitRange", "range", LIMITED)


def test_a_quota_counts_what_is_virtual(cluster: ControlPlane) -> None:
    """Of 3 vCPUs and 1 real CPU, 900m and 1001m take 3 and 0: one more is refused."""
    api = cluster.api
    hard = {f"requests.{VCPU}": "3", "requests.cpu": "1"}
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", "namespace": COUNTED},
        "spec": {"hard": hard},
    }
    api.create(quota)

    def counted() -> Any:
        return api.get("ResourceQuota", "quota", COUNTED)["status"].get("used")

    try:
        wait_until(lambda: counted() == dict.fromkeys(hard, "0"), 30, "the quota to be counted")
        for name, cpu in (("a", "900m"), ("b", "1001m")):
            made = asking({"cpu": cpu}, namespace=COUNTED)
            made["metadata"]["name"] = name
            api.create(made)
        assert counted() == {f"requests.{VCPU}": "3", "requests.cpu": "0"}
        with pytest.raises(ApiError, match=f"exceeded quota.*requests.{VCPU}=1") as refused:
            api.create(asking({"cpu": "1m"}, namespace=COUNTED))
        assert refused.value.status == HTTPStatus.FORBIDDEN
    finally:
        api.delete("ResourceQuota", "quota", COUNTED)
        api.delete_all("Pod", COUNTED)


def test_a_container_added_later_is_moved(cluster: ControlPlane) -> None:
    """By another policy (a webhook comes later still): ours is asked once more."""
    api = cluster.api
    name = "zz-sidecar"
    added = (
        "!object.spec.containers.exists(c, c.name == 'added') ? [JSONPatch{op: 'add', path:"
        " '/spec/containers/-', value: Object.spec.containers{name: 'added', image: 'x',"
        " resources: Object.spec.containers.resources{requests: {'cpu': '1001m'}}}}] : []"
    )
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": nova(virtual="true")},
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                    }
                ],
            },
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": added}}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name},
    }
    moved = [
        {"requests": {"cpu": "0", VCPU: virtual}, "limits": {VCPU: virtual}}
        for virtual in ("1", "2")
    ]

    def found() -> list[objects.Object]:
        return resources_of(dry_run(cluster, asking({"cpu": "1"})))

    def count(number: int) -> Callable[[], bool]:
        return lambda: len(found()) == number

    api.request("POST", POLICIES, policy)
    try:
        api.request("POST", BINDINGS, binding)
        wait_until(count(2), 30, "the other policy to take effect")
        assert found() == moved
    finally:
        api.request("DELETE", f"{BINDINGS}/{name}")
        api.request("DELETE", f"{POLICIES}/{name}")
        wait_until(count(1), 30, "the other policy to be gone")


def test_a_pod_is_not_changed_later(cluster: ControlPlane) -> None:
    """What was created before stays as it is through updates: requests cannot be changed then."""
    api = cluster.api
    api.create(asking({"cpu": "1"}, namespace=OUT))
    api.patch("Namespace", OUT, {"metadata": {"labels": nova(virtual="true")}})
    try:
        patched = api.patch("Pod", "asking", {"metadata": {"labels": {"x": "y"}}}, OUT)
        assert resources_of(patched) == [{"requests": {"cpu": "1"}}]
    finally:
        api.patch("Namespace", OUT, {"metadata": {"labels": {f"{objects.PREFIX}virtual": None}}})
        api.delete("Pod", "asking", OUT, grace=0)


def test_the_pods_of_all_schedulers(control_plane: ControlPlane) -> None:
    """With no scheduler named, any pod of the namespace; last here, for it installs anew."""
    make_namespaces(control_plane)
    with moving(control_plane, IN, []):
        for scheduler in (None, "another", OURS):
            (found,) = resources_of(
                dry_run(control_plane, asking({"cpu": "1"}, scheduler=scheduler))
            )
            assert found == {"requests": {"cpu": "0", VCPU: "1"}, "limits": {VCPU: "1"}}
        (found,) = resources_of(dry_run(control_plane, asking({"cpu": "1"}, namespace=OUT)))
        assert found == {"requests": {"cpu": "1"}}
