"""The page for plug-in authors, its last step: the filter in a cluster."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.e2e import objects
from tests.e2e.scene import Scene
from tests.first_plugin import blocks, write_files


def test_kube_scheduler_obeys_the_filter(scene: Scene, tmp_path: Path) -> None:
    """The pod goes to the other rack; when all nodes are in the rack, its event says so."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    write_files(folder)
    rack = {"example.com/rack": "r1"}
    scene.nodes(
        objects.node("large", "64", labels=rack),
        objects.node("small", "4", labels={"example.com/rack": "r2"}),
    )
    config = yaml.safe_load((folder / "config.yaml").read_text())
    scene.start(config, env={"PYTHONPATH": str(folder)}, bind=True)
    pod = yaml.safe_load((folder / "pod.yaml").read_text())
    pod["metadata"]["namespace"] = "default"
    assert scene.place(pod) == "small"
    scene.api.patch("Node", "small", {"metadata": {"labels": rack}})
    pod["metadata"]["name"] = "second"
    text = scene.refused(pod)
    assert "2 host is in a rack to avoid" in text
    # The page's own example is of three nodes.
    assert text.split(".")[0] == blocks("text")[0].split(".")[0].replace("3", "2")
    refused = 'nova_extender_filter_rejections_total{filter="AvoidRackFilter",reason="%s"}'
    assert scene.metric(refused % "rack_to_avoid") >= 3
