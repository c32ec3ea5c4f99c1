"""The API server as plain dicts: the few calls that the tests make, without a client's models."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

Object = dict[str, Any]

# kind: (path of its group and version, plural, whether it lives in a namespace)
KINDS = {
    "ConfigMap": ("api/v1", "configmaps", True),
    "Event": ("api/v1", "events", True),
    "LimitRange": ("api/v1", "limitranges", True),
    "Namespace": ("api/v1", "namespaces", False),
    "Node": ("api/v1", "nodes", False),
    "Pod": ("api/v1", "pods", True),
    "ResourceQuota": ("api/v1", "resourcequotas", True),
    "Secret": ("api/v1", "secrets", True),
    "Service": ("api/v1", "services", True),
    "ServiceAccount": ("api/v1", "serviceaccounts", True),
    "DaemonSet": ("apis/apps/v1", "daemonsets", True),
    "Deployment": ("apis/apps/v1", "deployments", True),
    "ReplicaSet": ("apis/apps/v1", "replicasets", True),
    "StatefulSet": ("apis/apps/v1", "statefulsets", True),
    "Job": ("apis/batch/v1", "jobs", True),
    "Lease": ("apis/coordination.k8s.io/v1", "leases", True),
    "PodDisruptionBudget": ("apis/policy/v1", "poddisruptionbudgets", True),
    "PriorityClass": ("apis/scheduling.k8s.io/v1", "priorityclasses", False),
    "HostAggregate": ("apis/nova-extender.io/v1alpha1", "hostaggregates", False),
    "Flavor": ("apis/nova-extender.io/v1alpha1", "flavors", False),
    "ServerGroup": ("apis/nova-extender.io/v1alpha1", "servergroups", True),
}


class ApiError(Exception):
    """An answer of the API server that is not a success."""

    def __init__(self, status: int, method: str, path: str, text: str) -> None:
        super().__init__(f"{method} {path}: {status} {text}")
        self.status = status


class Api:
    """Creates, reads, patches and deletes objects as their JSON, with a bearer token."""

    def __init__(self, server: str, token: str, ca: Path) -> None:
        self.server = server
        self.token = token
        self.ca = ca
        self.tls = ssl.create_default_context(cafile=str(ca))
        # What the last answer warned of.
        self.warnings: list[str] = []
        self._impersonating: dict[str, str] = {}

    def acting_as(self, user: str, group: str) -> Api:
        """The same API server, as somebody else: what `kubectl --as` does."""
        other = Api(self.server, self.token, self.ca)
        other._impersonating = {"Impersonate-User": user, "Impersonate-Group": group}
        return other

    def kubelet(self, node: str) -> Api:
        """The same API server, as a node's kubelet."""
        return self.acting_as(f"system:node:{node}", "system:nodes")

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        timeout: float = 30,
    ) -> Object:
        """One call; raises `ApiError` unless it succeeds."""
        request = urllib.request.Request(
            f"{self.server}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/json",
                "Content-Type": content_type,
                # Ends up in metadata.managedFields as the manager's name.
                "User-Agent": "nova-extender-e2e",
                **self._impersonating,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self.tls) as answer:
                answered: Object = json.load(answer)
                # Headers are read as Latin-1, and written in UTF-8.
                self.warnings = [
                    text.encode("latin-1").decode()
                    for text in answer.headers.get_all("Warning", [])
                ]
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            raise ApiError(error.code, method, path, text) from None
        return answered

    def create(self, obj: Mapping[str, Any]) -> Object:
        """Creates an object; its status is kept where the API server keeps it (as for Nodes)."""
        namespace = obj["metadata"].get("namespace", "default")
        return self.request("POST", path(obj["kind"], namespace=namespace), obj)

    def get(self, kind: str, name: str, namespace: str = "default") -> Object:
        """Reads one object."""
        return self.request("GET", path(kind, name, namespace))

    def find(self, kind: str, name: str, namespace: str = "default") -> Object | None:
        """Reads one object; None if there is none of that name."""
        try:
            return self.get(kind, name, namespace)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def list(
        self, kind: str, namespace: str | None = "default", selector: str = ""
    ) -> list[Object]:
        """Lists the objects of a namespace, or of all (None), that a label selector picks."""
        query = urllib.parse.urlencode({"labelSelector": selector})
        items: list[Object] = self.request("GET", f"{path(kind, None, namespace)}?{query}")["items"]
        return items

    def patch(
        self,
        kind: str,
        name: str,
        body: Mapping[str, Any],
        namespace: str = "default",
        subresource: str = "",
    ) -> Object:
        """Applies a JSON merge patch (RFC 7386), to the status with `subresource="status"`."""
        where = path(kind, name, namespace) + (f"/{subresource}" if subresource else "")
        return self.request("PATCH", where, body, "application/merge-patch+json")

    def delete(
        self, kind: str, name: str, namespace: str = "default", grace: int | None = None
    ) -> Object:
        """Deletes an object and, in the background, what it owns."""
        options: Object = {"propagationPolicy": "Background"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        return self.request("DELETE", path(kind, name, namespace), options)

    def delete_all(
        self, kind: str, namespace: str | None = "default", selector: str = ""
    ) -> Object:
        """Deletes all objects of a namespace that a label selector picks, at once."""
        query = urllib.parse.urlencode({"labelSelector": selector})
        options = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
        return self.request(
            "DELETE", f"{path(kind, None, namespace)}?{query}", options, timeout=120
        )

    def bind(self, pod: str, node: str, namespace: str = "default") -> Object:
        """Binds a pod, as a scheduler would that asks nobody."""
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": pod},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        return self.request("POST", f"{path('Pod', pod, namespace)}/binding", binding)

    def placements(self, namespace: str = "default", selector: str = "") -> dict[str, str | None]:
        """Where each pod is: its name to the node's, None while it has none."""
        pods = self.list("Pod", namespace, selector)
        return {pod["metadata"]["name"]: pod["spec"].get("nodeName") for pod in pods}


def path(kind: str, name: str | None = None, namespace: str | None = "default") -> str:
    """The path of an object, or of the collection if no name is given."""
    prefix, plural, namespaced = KINDS[kind]
    where = f"namespaces/{namespace}/" if namespaced and namespace is not None else ""
    return f"{prefix}/{where}{plural}" + (f"/{name}" if name is not None else "")
