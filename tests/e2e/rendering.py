"""What the chart's templates make of values, by the real helm, without any cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.chart import Helm, Values

Object = dict[str, Any]

NAMESPACE = "nova"
NAME = "nova-extender"
POLICIES = "--api-versions=admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"


@dataclass(frozen=True)
class NoCluster:
    """A place for a helm that only renders."""

    binaries: Path
    workdir: Path

    @property
    def kubeconfig(self) -> Path:
        """There is none."""
        return self.workdir / "no-kubeconfig"


class Rendered:
    """The objects that came out."""

    def __init__(self, manifests: str) -> None:
        self.objects: list[Object] = [each for each in yaml.safe_load_all(manifests) if each]

    def of(self, kind: str) -> dict[str, Object]:
        """Those of a kind, by name."""
        return {each["metadata"]["name"]: each for each in self.objects if each["kind"] == kind}

    def one(self, kind: str, name: str = NAME) -> Object:
        """One of them."""
        return self.of(kind)[name]

    def pod(self) -> Object:
        """What the Deployment's pods are."""
        spec: Object = self.one("Deployment")["spec"]["template"]["spec"]
        return spec

    def container(self, name: str) -> Object:
        """A container of the Deployment."""
        (found,) = (each for each in self.pod()["containers"] if each["name"] == name)
        container: Object = found
        return container

    def checksums(self) -> Mapping[str, str]:
        """What makes the Deployment start new pods."""
        annotations = self.one("Deployment")["spec"]["template"]["metadata"]["annotations"]
        return {key: value for key, value in annotations.items() if key.startswith("checksum/")}

    def config(self) -> Object:
        """The extender's configuration."""
        text = self.one("ConfigMap", f"{NAME}-config")["data"]["nova-extender.yaml"]
        found: Object = yaml.safe_load(text)
        return found

    def scheduler_config(self) -> Object:
        """kube-scheduler's configuration."""
        text = self.one("ConfigMap", f"{NAME}-scheduler")["data"]["scheduler-config.yaml"]
        found: Object = yaml.safe_load(text)
        return found

    def pod_specs(self) -> Iterator[tuple[str, Object]]:
        """Everything that becomes pods, hooks included: what it is called, and what they are."""
        for each in self.objects:
            name = f"{each['kind']} {each['metadata']['name']}"
            if each["kind"] == "Pod":
                yield name, each["spec"]
            elif "template" in each.get("spec", {}):
                yield name, each["spec"]["template"]["spec"]


def render(place: NoCluster, values: Values | None = None, *args: str) -> Rendered:
    """All of the chart, on a cluster that has policies."""
    return Rendered(Helm(place, NAMESPACE).template(values, POLICIES, *args))
