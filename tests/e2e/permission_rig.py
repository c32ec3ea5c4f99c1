"""The standalone extender of the chart, with rights that are taken away one by one.

Standalone, for beside kube-scheduler both have one service account, and kube-scheduler's rights
cover most of the extender's.
"""

from __future__ import annotations

import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from tests.e2e import objects, verbs
from tests.e2e.api import Object
from tests.e2e.audit import AuditLog, Right
from tests.e2e.chart_release import NAMESPACE, Release, read
from tests.e2e.controlplane import ControlPlane
from tests.e2e.pod_kubelet import RunningPod
from tests.e2e.pod_volumes import secret_files, write
from tests.e2e.tls_client import TlsClient
from tests.e2e.waiting import wait_until

NAME = "nova-extender"
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{NAME}"
GROUPS = ("system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}")
DEBUG = 8890
ROLES = ("clusterroles", f"namespaces/{NAMESPACE}/roles")
RBAC = "apis/rbac.authorization.k8s.io/v1"
AUTHORIZATION = "apis/authorization.k8s.io/v1"
# Everything that asks the API server for something.
VALUES = {
    "mode": "standalone",
    "replicas": 1,
    "config": {
        "filter_scheduler": {
            "enabled_filters": ["ComputeFilter", "NumInstancesFilter", "NUMATopologyFilter"],
            "max_instances_per_host": 1,
        },
        "metrics": {"weight_setting": "cpu.percent=1.0", "required": False},
    },
}


class Rig:
    """One extender, and what it may do.

    Args:
        plane: A control plane of its own, whose API server writes the audit log.
        audit: The calls of the extender's service account.
        release: The chart with `VALUES`.
    """

    def __init__(self, plane: ControlPlane, audit: AuditLog, release: Release) -> None:
        self.plane = plane
        self.api = plane.api
        self.audit = audit
        self.release = release
        self._roles = {where: self._role(where) for where in ROLES}
        self._number = 0
        self._said = 0
        self.since = 0
        """From where on the audit log counts, as `without` gave it."""

    @property
    def pod(self) -> RunningPod:
        """The extender's pod."""
        (pod,) = self.release.pods
        return pod

    def name(self) -> str:
        """A name that no object has had yet."""
        self._number += 1
        return f"x{self._number}"

    def granted(self) -> set[Right]:
        """Each right that the chart gives the extender."""
        return {right for role in self._roles.values() for right, _ in _singles(role)}

    def ready(self) -> bool:
        """Whether the verbs are answered."""
        return self.pod.containers["extender"].passes("readinessProbe")

    def readiness(self) -> str:
        """What the readiness probe is answered, all of it."""
        container = self.pod.containers["extender"]
        try:
            return read(self.pod, container.port("metrics"), "/readyz?verbose")
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()
        except OSError:
            return ""  # not listening yet

    def log(self) -> str:
        """What the extender has said since `restart`."""
        return self.pod.containers["extender"].process.log.read_text()[self._said :]

    def restart(self) -> None:
        """Starts the extender anew; it has to learn the cluster again."""
        process = self.pod.containers["extender"].process
        process.stop()
        self._said = len(process.log.read_text())
        process.start()

    def wait(self, predicate: Callable[[], Any], what: str, timeout: float = 20) -> None:
        """Waits for something; if it does not come, the log's end says why."""
        process = self.pod.containers["extender"].process
        wait_until(predicate, timeout, lambda: f"{what}; {process.tail(15)}", interval=0.05)

    @contextmanager
    def without(self, right: Right) -> Iterator[int]:
        """The extender without a right; gives the mark from which on the audit log counts."""
        changed = [
            where
            for where, role in self._roles.items()
            if right in {each for each, _ in _singles(role)}
        ]
        assert changed, f"the chart does not grant {right}"
        for where in changed:
            rules = [rule for each, rule in _singles(self._roles[where]) if each != right]
            self._write(where, rules)
        try:
            self.wait(lambda: not self._allowed(right), f"{right} gone")
            yield self.audit.mark()
        finally:
            for where in changed:
                self._write(where, self._roles[where]["rules"])
            self.wait(lambda: self._allowed(right), f"{right} back")

    def bind(self, pod: Object, node: str) -> str:
        """Has the extender bind a pod; gives what went wrong."""
        folder = self.plane.workdir / "client-tls"
        write(folder, secret_files(self.api, NAMESPACE, f"{NAME}-client-tls"))
        port = self.pod.containers["extender"].port("verbs")
        client = TlsClient(self.pod.address, port, folder, f"{NAME}.{NAMESPACE}.svc")
        status, reply = client.ask("bind", verbs.bind_body(pod, node))
        assert status == HTTPStatus.OK, reply
        error: str = reply["Error"]
        return error

    def waiting_pod(self, cpu: str = "10m") -> Object:
        """A pod that nobody schedules; the extender may still have to hear of it."""
        return self.api.create(objects.pod(self.name(), cpu, "1Mi", scheduler="nobody"))

    def node(self, **annotations: str) -> str:
        """A node that the extender has heard of."""
        name = self.name()
        self.release.nodes(objects.node(name, annotations=objects.nova(**annotations)))
        self.wait(lambda: f'"{name}"' in read(self.pod, DEBUG, "/debug/hosts"), f"{name} seen")
        return name

    def _role(self, where: str) -> Object:
        return self.api.request("GET", f"{RBAC}/{where}/{NAME}")

    def _write(self, where: str, rules: list[Object]) -> None:
        patch = {"rules": rules}
        self.api.request("PATCH", f"{RBAC}/{where}/{NAME}", patch, "application/merge-patch+json")

    def _allowed(self, right: Right) -> bool:
        """Whether the API server would let the extender do it, where it is granted."""
        resource, _, sub = right.resource.partition("/")
        named = right.resource == "leases" and right.verb != "create"
        namespaced = right.resource == "leases" or right == Right("", "pods", "patch")
        attributes = {
            "group": right.group,
            "resource": resource,
            "subresource": sub,
            "verb": right.verb,
            "namespace": NAMESPACE if namespaced else "",
            "name": NAME if named else "",
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": ACCOUNT, "groups": GROUPS, "resourceAttributes": attributes},
        }
        made = self.api.request("POST", f"{AUTHORIZATION}/subjectaccessreviews", review)
        return bool(made["status"]["allowed"])


def _singles(role: Object) -> list[tuple[Right, Object]]:
    """The rights of a role, each with a rule that gives nothing else."""
    return [
        (
            Right(group, resource, verb),
            {**rule, "apiGroups": [group], "resources": [resource], "verbs": [verb]},
        )
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
