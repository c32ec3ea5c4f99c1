"""The page on overcommit, followed on a real cluster: its commands print what it says."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import chart
from tests.e2e.build import REPOSITORY
from tests.e2e.hollow_kubelet import HollowKubelet
from tests.e2e.scene import Scene
from tests.e2e.walkthrough import Walk, blocks, section, steps

NAMESPACES = ("nova-extender", "team-a")
"""What the page has its reader create."""

PAGE = REPOSITORY / "docs" / "overcommit.md"


def test_native_step_by_step(scene: Scene, tmp_path: Path) -> None:
    """A node is amplified, its ratio lowered and taken away, with a real kubelet's admission."""
    scene.start(bind=True)
    follow(scene, tmp_path, "Native, step by step")


def test_virtual_step_by_step(scene: Scene, tmp_path: Path) -> None:
    """A namespace's pods share a core, and the node is never touched."""
    scene.start(
        {"kubernetes": {"overcommit": "virtual"}},
        bind=True,
        profiles=["nova-scheduler"],
        ignored_groups=["nova-extender.io"],
    )
    follow(scene, tmp_path, "Virtual, step by step")


def follow(scene: Scene, folder: Path, title: str) -> None:
    """Take each step of a section, beginning with one node of one CPU."""
    scene.install_kinds()
    text = section(PAGE, title)
    reader = folder / "reader"
    reader.mkdir()
    for content in blocks(text, "yaml"):
        (reader / content.splitlines()[0].removeprefix("# ")).write_text(content)
    walk = Walk(scene.control_plane, reader)
    try:
        with HollowKubelet(scene.control_plane, "node-a"):
            for step in steps(text):
                walk.take(step)
    finally:
        chart.Helm(scene.control_plane).uninstall("--no-hooks", "--namespace=nova-extender")
        made = [namespace for namespace in NAMESPACES if scene.api.find("Namespace", namespace)]
        for namespace in made:
            # Their kubelet is gone, and would have to say that they have ended.
            scene.api.delete_all("Pod", namespace)
        scene.control_plane.kubectl("delete", "namespace", "--ignore-not-found", *NAMESPACES)
