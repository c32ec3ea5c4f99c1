"""A Binding that the API server refuses is an attempt: the next one goes elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e import objects
from tests.e2e.objects import PREFIX, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

POLICY = "no-binding-to-a"
TEXT = "node a is closed by a policy of this test"


@pytest.fixture
def closed(scene: Scene) -> Iterator[Scene]:
    """Two nodes; an admission policy refuses every Binding to the one that weighs more."""
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": POLICY},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods/binding"],
                    }
                ]
            },
            "validations": [{"expression": "object.target.name != 'a'", "message": TEXT}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": POLICY},
        "spec": {"policyName": POLICY, "validationActions": ["Deny"]},
    }
    kubectl = scene.control_plane.kubectl
    scene.nodes(objects.node("a", "16", "64Gi"), objects.node("b", "4", "16Gi"))
    for each in (policy, binding):
        kubectl("apply", "-f", "-", input=json.dumps(each))
    wait_until(lambda: is_closed(scene), 60, "the policy in force")
    try:
        yield scene
    finally:
        kinds = "validatingadmissionpolicybinding,validatingadmissionpolicy"
        kubectl("delete", kinds, POLICY)


def is_closed(scene: Scene) -> bool:
    """Whether the API server refuses a Binding to the node; it takes a moment to learn that."""
    name = scene.api.create(pod("probe", scheduler="nobody"))["metadata"]["name"]
    try:
        scene.api.bind(name, "a")
    except Exception as error:  # noqa: BLE001 - whatever the client raises, it tells the answer
        return TEXT in str(error)
    finally:
        scene.api.delete("Pod", name, grace=0)
        wait_until(lambda: scene.api.find("Pod", name) is None, 20, "the probe gone")
    return False


def test_a_refused_binding_is_an_attempt(closed: Scene) -> None:
    """Tried on a, told so on the pod while it waits, bound to b with the history of both."""
    closed.start(bind=True)
    created = closed.api.create(pod("web", "1", "1Gi"))
    key = f"{PREFIX}retry"
    noted: list[dict[str, object]] = []

    def bound() -> bool:
        found = closed.api.get("Pod", "web")
        text = found["metadata"].get("annotations", {}).get(key)
        if text is not None and not found["spec"].get("nodeName"):
            noted.append(json.loads(text))
        return bool(found["spec"].get("nodeName"))

    wait_until(bound, 30, lambda: f"web bound: {closed.why('web')}", interval=0.05)
    found = closed.api.get("Pod", "web")
    assert found["metadata"]["uid"] == created["metadata"]["uid"]
    assert found["spec"]["nodeName"] == "b"
    assert noted
    assert noted[0]["num_attempts"] == 1
    assert noted[0]["hosts"] == [["a", "a"]]
    assert TEXT in str(noted[0]["exc_reason"])
    told = json.loads(found["metadata"]["annotations"][key])
    assert told["num_attempts"] == 2
    assert told["hosts"] == [["a", "a"], ["b", "b"]]
    assert TEXT in (closed.failed_scheduling("web") or "")
    assert closed.metric('nova_extender_binds_total{outcome="refused"}') == 1
    assert closed.metric('nova_extender_retries_total{reason="bind_refused"}') == 1
