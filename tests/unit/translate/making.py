"""Pods, nodes and look-ups for the tests of the translation, from plain JSON-like values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from extender.model.flavor import Flavor
from extender.model.groups import InstanceGroup
from extender.model.request_spec import SchedulerRetries
from extender.translate.annotations import PREFIX
from extender.translate.objects import Node, Pod, decode_node, decode_pod

SMALL_REQUESTS = {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "20Gi"}


def prefixed(given: Mapping[str, str] | None) -> dict[str, str]:
    """Annotations of ours, by Nova's names."""
    return {PREFIX + name: value for name, value in (given or {}).items()}


def container(name: str = "main", requests: object = None, **more: Any) -> dict[str, Any]:
    """A container that requests so much."""
    resources = {} if requests is None else {"resources": {"requests": requests}}
    return {"name": name, "image": f"registry/{name}:1", **resources, **more}


def pod(
    spec: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    **metadata: Any,
) -> Pod:
    """Pod default/web with uid u1; annotations by Nova's names."""
    named = {"name": "web", "namespace": "default", "uid": "u1", **metadata}
    whole = {
        "metadata": {**named, "annotations": prefixed(annotations)},
        "spec": {"containers": [container()]} if spec is None else spec,
        "status": {"phase": "Pending"} if status is None else status,
    }
    return decode_pod(json.dumps(whole).encode())


def bound(
    spec: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    **metadata: Any,
) -> Pod:
    """The same on node-a, running."""
    return pod(
        {"nodeName": "node-a", "containers": [container()], **(spec or {})},
        {"phase": "Running", **(status or {})},
        annotations,
        **metadata,
    )


def node(
    status: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Node:
    """Node node-a with uid n1; annotations by Nova's names, labels whole."""
    whole = {
        "metadata": {
            "name": "node-a",
            "uid": "n1",
            "labels": labels,
            "annotations": prefixed(annotations),
        },
        "spec": spec,
        "status": status,
    }
    return decode_node(json.dumps(whole).encode())


class Known:
    """A look-up of flavors by name and of server groups by namespace and name.

    ``tried`` is the history of each pod, in place of what is noted on it; ``asked`` are the pods
    and owners whose history was asked for; ``placed`` says which host a UID, or a namespace and
    name with a slash between them, is on.
    """

    def __init__(
        self,
        *flavors: Flavor,
        groups: tuple[InstanceGroup, ...] = (),
        policies: tuple[str, ...] = ("affinity", "anti-affinity"),
        tried: SchedulerRetries | None = None,
        placed: Mapping[str, str] | None = None,
    ) -> None:
        self.flavors = {flavor.name: flavor for flavor in flavors}
        self.groups = {(group.namespace, group.name): group for group in groups}
        self.policies = policies
        self.tried = tried
        self.placed = placed or {}
        self.asked: list[tuple[str, str]] = []

    def flavor(self, name: str) -> Flavor | None:
        """The flavor of that name."""
        return self.flavors.get(name)

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """The group of that name."""
        return self.groups.get((namespace, name))

    def retries(
        self, instance_uuid: str, owner: str, noted: SchedulerRetries | None
    ) -> SchedulerRetries:
        """What was tried, else what is noted."""
        self.asked.append((instance_uuid, owner))
        return self.tried or noted or SchedulerRetries()

    def instance_hosts(self, namespace: str, names: tuple[str, ...]) -> frozenset[str]:
        """Where they are placed."""
        found = (self.placed.get(n) or self.placed.get(f"{namespace}/{n}") for n in names)
        return frozenset(host for host in found if host)

    def supports_policy(self, policy: str) -> bool:
        """Whether a filter or weigher serves the policy."""
        return policy in self.policies


def owner(kind: str, *, controller: bool) -> list[dict[str, object]]:
    """metadata.ownerReferences with one owner."""
    return [{"kind": kind, "name": "x", "uid": "o1", "controller": controller}]
