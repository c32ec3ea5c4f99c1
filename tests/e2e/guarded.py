"""Users of the API server that the chart's annotation guard tells apart, and what they try."""

from __future__ import annotations

import functools
from typing import Any

from tests.e2e import objects
from tests.e2e.api import Api
from tests.e2e.controlplane import ControlPlane

OPS, SHOP, GRANTED, RELEASE = (f"guard-{word}" for word in ("ops", "shop", "granted", "release"))
"""Namespaces: named in the option, not named, where a user has the permission, and the chart's."""

ANYBODY, FORCER, GRANTEE, OTHER = "anybody", "forcer", "grantee", "another-extender"
EXTENDER = "the extender"
SCHEDULER = "system:kube-scheduler"
REPLICAS = "system:serviceaccount:kube-system:replicaset-controller"
KUBELET = "system:node:guard-node"
NODE = "guard-node"

BINDING, BINDINGS = "pods/POD/binding", "bindings"
"""The two ways to bind a pod."""

RIGHTS = f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: guard-pods}}
rules:
- apiGroups: [""]
  resources: [pods, pods/status, pods/resize, pods/ephemeralcontainers, pods/binding, bindings]
  verbs: ["*"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: guard-pods}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: guard-pods}}
subjects:
- {{apiGroup: rbac.authorization.k8s.io, kind: User, name: {ANYBODY}}}
- {{apiGroup: rbac.authorization.k8s.io, kind: User, name: {FORCER}}}
- {{apiGroup: rbac.authorization.k8s.io, kind: User, name: {GRANTEE}}}
- {{apiGroup: rbac.authorization.k8s.io, kind: User, name: {OTHER}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: guard-force}}
rules:
- apiGroups: [nova-extender.io]
  resources: [pods]
  verbs: [force]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: guard-force}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: guard-force}}
subjects:
- {{apiGroup: rbac.authorization.k8s.io, kind: User, name: {FORCER}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: guard-force, namespace: {GRANTED}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: guard-force}}
subjects:
- {{apiGroup: rbac.authorization.k8s.io, kind: User, name: {GRANTEE}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: guard-extender}}
rules:
- apiGroups: [nova-extender.io]
  resources: [hostaggregates/status, flavors/status, servergroups/status]
  verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: guard-extender}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: guard-extender}}
subjects:
- {{apiGroup: rbac.authorization.k8s.io, kind: User, name: {OTHER}}}
"""


class Cluster:
    """The API server as each of the users; the extender has the rights that the chart gives it."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self.control_plane = control_plane
        self.admin = control_plane.api

    @functools.cache  # noqa: B019 - lives as long as the module
    def user(self, name: str) -> Api:
        """The API server as this user; as the extender with a token of its service account."""
        if name == EXTENDER:
            where = f"--namespace={RELEASE}"
            token = self.control_plane.kubectl("create", "token", "nova-extender", where)
            return Api(self.admin.server, token.strip(), self.admin.ca)
        group = "system:nodes" if name == KUBELET else "system:authenticated"
        return self.admin.acting_as(name, group)

    def create(self, user: str, namespace: str, annotations: objects.Strings) -> None:
        """Would create a pod."""
        made = objects.pod("made", namespace=namespace, annotations=annotations)
        where = f"api/v1/namespaces/{namespace}/pods?dryRun=All"
        self.user(user).request("POST", where, made)

    def patch(self, user: str, pod: str, subresource: str, body: Any) -> objects.Object:
        """Would change a pod of `SHOP`; returns what became of it."""
        where = f"api/v1/namespaces/{SHOP}/pods/{pod}{subresource}?dryRun=All"
        return self.user(user).request("PATCH", where, body, "application/merge-patch+json")

    def bind(self, user: str, pod: str, annotations: objects.Strings, path: str) -> None:
        """Binds a pod of `SHOP`, with annotations that become the pod's."""
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": pod, "annotations": dict(annotations)},
            "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
        }
        where = f"api/v1/namespaces/{SHOP}/{path}".replace("POD", pod)
        self.user(user).request("POST", where, binding)
