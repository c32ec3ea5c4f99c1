"""Kinds of others, which a test has the API server serve as custom resources."""

from __future__ import annotations

import json

from tests.e2e.controlplane import ControlPlane


def serve(plane: ControlPlane, group: str, version: str, plural: str, kind: str) -> None:
    """Has the API server serve a kind without a namespace, whose objects may hold anything."""
    name = f"{plural}.{group}"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": name,
            # Groups of Kubernetes are its own to give away.
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
        },
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Cluster",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                        }
                    },
                }
            ],
        },
    }
    plane.kubectl("apply", "-f", "-", input=json.dumps(definition))
    plane.kubectl("wait", "--for=condition=Established", f"crd/{name}")
