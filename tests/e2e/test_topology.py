"""NUMATopologyFilter follows NodeResourceTopology objects on a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e import objects
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

GROUP, VERSION, PLURAL = "topology.node.k8s.io", "v1alpha2", "noderesourcetopologies"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": f"{PLURAL}.{GROUP}",
        "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes/enhancements"},
    },
    "spec": {
        "group": GROUP,
        "names": {"kind": "NodeResourceTopology", "plural": PLURAL},
        "scope": "Cluster",
        "versions": [
            {
                "name": VERSION,
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
CONFIG = {"filter_scheduler": {"enabled_filters": ["CoreFilter", "NUMATopologyFilter"]}}
DEDICATED = '{"hw:cpu_policy": "dedicated", "hw:numa_nodes": "1"}'


def topology(name: str, available: tuple[int, int]) -> objects.Object:
    """Two cells of eight CPUs for exclusive use, of which so many are left."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "NodeResourceTopology",
        "metadata": {"name": name},
        "zones": [
            {
                "name": f"node-{cell}",
                "type": "Node",
                "resources": [
                    {
                        "name": "cpu",
                        "capacity": "8",
                        "allocatable": "8",
                        "available": str(left),
                    }
                ],
            }
            for cell, left in enumerate(available)
        ],
    }


@pytest.fixture
def topologies(scene: Scene) -> Iterator[Scene]:
    """A cluster whose API server serves NodeResourceTopology, as long as the test runs."""
    kubectl = scene.control_plane.kubectl
    kubectl("apply", "-f", "-", input=json.dumps(CRD))
    kubectl("wait", "--for=condition=Established", f"crd/{PLURAL}.{GROUP}")
    yield scene
    kubectl("delete", f"crd/{PLURAL}.{GROUP}")


def test_cells_decide(topologies: Scene) -> None:
    """Six CPUs of one cell: refused where each cell has four left, until one has more."""
    scene, kubectl = topologies, topologies.control_plane.kubectl
    scene.nodes(objects.node("split", "16"), objects.node("silent", "16"))
    kubectl("apply", "-f", "-", input=json.dumps(topology("split", (4, 4))))
    scene.start(CONFIG, bind=True)
    asking = pod("asking", "6", "1Gi", annotations=nova(extra_specs=DEDICATED))
    text = scene.refused(asking)
    assert "1 request does not fit the NUMA cells of the host" in text
    assert "1 host reports no NUMA topology" in text
    kubectl("apply", "-f", "-", input=json.dumps(topology("split", (4, 7))))
    # kube-scheduler knows nothing of these objects; a change of a node makes it ask again.
    scene.api.patch("Node", "split", {"metadata": {"labels": {"touched": "yes"}}})
    wait_until(
        lambda: scene.node_of("asking") == "split", 60, lambda: f"bound: {scene.why('asking')}"
    )
