"""Kubernetes objects as the tests create them: small, complete, in JSON's shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.e2e.components import KWOK_LABEL

Object = dict[str, Any]
Strings = Mapping[str, str]

PREFIX = "nova-extender.io/"
ZONE_LABEL = "topology.kubernetes.io/zone"
# Never pulled: no container is ever started.
IMAGE = "registry.invalid/pause:1"


def node(
    name: str,
    cpu: str = "4",
    memory: str = "16Gi",
    disk: str = "100Gi",
    *,
    zone: str | None = None,
    annotations: Strings | None = None,
    labels: Strings | None = None,
    taints: Sequence[Strings] = (),
    ready: bool = True,
) -> Object:
    """A node that kwok makes ready, or one that nobody takes care of and that stays not ready.

    The API server taints every new node not-ready; a controller takes the taint away once kwok
    has made the node ready, which takes about a second.
    """
    amounts = {"cpu": cpu, "memory": memory, "ephemeral-storage": disk, "pods": "110"}
    all_labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        **({ZONE_LABEL: zone} if zone is not None else {}),
        **({KWOK_LABEL: "fake"} if ready else {}),
        **(labels or {}),
    }
    status: Object = {
        "capacity": amounts,
        "allocatable": amounts,
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.12.0",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.37.1",
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "Linux",
            "systemUUID": "",
        },
    }
    if not ready:
        status["conditions"] = [
            {
                "type": "Ready",
                "status": "False",
                "reason": "KubeletNotReady",
                "message": "no kubelet",
            }
        ]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": all_labels, "annotations": dict(annotations or {})},
        "spec": {"taints": [dict(taint) for taint in taints]} if taints else {},
        "status": status,
    }


def pod_spec(
    cpu: str | None = None,
    memory: str | None = None,
    disk: str | None = None,
    *,
    scheduler: str | None = None,
    extended: Strings | None = None,
    **spec: Any,
) -> Object:
    """The spec of a pod of one container; without amounts it is BestEffort.

    Args:
        cpu: What the container asks for, as memory and disk.
        memory: Likewise.
        disk: Likewise, as ephemeral-storage.
        scheduler: The scheduler's name, if not the default one.
        extended: Extended resources, whose requests must be their limits.
        **spec: More fields of the spec, under Kubernetes' names.
    """
    asked = {"cpu": cpu, "memory": memory, "ephemeral-storage": disk}
    requests = {name: amount for name, amount in asked.items() if amount is not None}
    resources: Object = {}
    if requests or extended:
        resources["requests"] = {**requests, **(extended or {})}
    if extended:
        resources["limits"] = dict(extended)
    container: Object = {"name": "main", "image": IMAGE, "resources": resources}
    return {
        "containers": [container],
        # Deleted pods are to be gone at once.
        "terminationGracePeriodSeconds": 0,
        **({"schedulerName": scheduler} if scheduler is not None else {}),
        **spec,
    }


def pod(
    name: str,
    cpu: str | None = None,
    memory: str | None = None,
    disk: str | None = None,
    *,
    annotations: Strings | None = None,
    labels: Strings | None = None,
    namespace: str = "default",
    **spec: Any,
) -> Object:
    """A pod; what is not named here is handed to `pod_spec`."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(name, namespace, {"app": name, **(labels or {})}, annotations),
        "spec": pod_spec(cpu, memory, disk, **spec),
    }


def deployment(
    name: str,
    replicas: int,
    cpu: str | None = None,
    memory: str | None = None,
    disk: str | None = None,
    *,
    annotations: Strings | None = None,
    labels: Strings | None = None,
    namespace: str = "default",
    **spec: Any,
) -> Object:
    """A Deployment; the annotations and the labels are the pods', with the label app=NAME."""
    workload = _workload("Deployment", name, namespace, annotations, labels)
    workload["spec"]["replicas"] = replicas
    workload["spec"]["template"]["spec"] = pod_spec(cpu, memory, disk, **spec)
    return workload


def daemonset(
    name: str,
    cpu: str | None = None,
    memory: str | None = None,
    disk: str | None = None,
    *,
    annotations: Strings | None = None,
    labels: Strings | None = None,
    namespace: str = "default",
    **spec: Any,
) -> Object:
    """A DaemonSet; the annotations and the labels are the pods', with the label app=NAME."""
    workload = _workload("DaemonSet", name, namespace, annotations, labels)
    workload["spec"]["template"]["spec"] = pod_spec(cpu, memory, disk, **spec)
    return workload


def server_group(name: str, policy: str, max_server_per_host: int | None = None) -> Object:
    """A ServerGroup of the namespace default."""
    rules = {} if max_server_per_host is None else {"max_server_per_host": max_server_per_host}
    return {
        "apiVersion": f"{PREFIX}v1alpha1",
        "kind": "ServerGroup",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"policy": policy, **({"rules": rules} if rules else {})},
    }


def aggregate(name: str, hosts: Sequence[str], **metadata: str) -> Object:
    """A HostAggregate of these nodes."""
    return {
        "apiVersion": f"{PREFIX}v1alpha1",
        "kind": "HostAggregate",
        "metadata": {"name": name},
        "spec": {"hosts": list(hosts), "metadata": metadata},
    }


def priority_class(name: str, value: int) -> Object:
    """A PriorityClass."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
    }


def namespace(name: str, labels: Strings) -> Object:
    """A namespace with labels."""
    metadata = {"name": name, "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def nova(**annotations: str) -> dict[str, str]:
    """Annotations under the project's prefix: `nova(cpu_allocation_ratio="0.5")`."""
    return {PREFIX + key: value for key, value in annotations.items()}


def is_ready(node: Object) -> bool:
    """Whether a node is ready and has lost the taints of its start: pods can go there."""
    taints = [taint["key"] for taint in node["spec"].get("taints", [])]
    conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", [])}
    started = not any(key.startswith("node.kubernetes.io/not-ready") for key in taints)
    return started and conditions.get("Ready") == "True"


def unschedulable_message(pod: Object) -> str | None:
    """What kube-scheduler says why it cannot place a pod; None if it has not said so."""
    for condition in pod["status"].get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            message: str = condition.get("message", "")
            return message
    return None


def _workload(
    kind: str, name: str, namespace: str, annotations: Strings | None, labels: Strings | None
) -> Object:
    every = {"app": name, **(labels or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": _metadata(name, namespace, {"app": name}, None),
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": every, "annotations": dict(annotations or {})}},
        },
    }


def _metadata(name: str, namespace: str, labels: Strings, annotations: Strings | None) -> Object:
    return {
        "name": name,
        "namespace": namespace,
        "labels": dict(labels),
        "annotations": dict(annotations or {}),
    }
