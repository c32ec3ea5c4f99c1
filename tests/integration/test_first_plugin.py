"""The page for plug-in authors, followed step by step."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.first_plugin import write_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder with the files of the page."""
    write_files(tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of nova-extender in the folder, which Python finds modules in."""
    return subprocess.run(
        [sys.executable, "-m", "extender.cli", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_configuration_is_in_order(folder: Path) -> None:
    """Step 2, and the mistake that it warns of."""
    checked = run(folder, "config", "check", "config.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.strip() == "config.yaml is valid"
    (folder / "rack_filter.py").unlink()
    checked = run(folder, "config", "check", "config.yaml")
    assert checked.returncode == 2
    assert "available_filters: 'rack_filter.AvoidRackFilter' could not be" in checked.stderr
    assert "ModuleNotFoundError" in checked.stderr


def test_a_dry_run_without_a_cluster(folder: Path) -> None:
    """Step 4 on the example cluster: the filter has its row."""
    found = run(folder, "simulate", "-f", "pod.yaml", "--config", "config.yaml")
    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(r"^AvoidRackFilter +(\d+) +\1 *$", found.stdout, re.MULTILINE)


def test_a_dry_run_asks_the_filter(folder: Path) -> None:
    """Step 4, on a cluster of two nodes of which one is in the rack."""
    nodes = [
        f"""
- apiVersion: v1
  kind: Node
  metadata: {{name: {name}, uid: uid-{name}, labels: {{example.com/rack: {rack}}}}}
  status:
    allocatable: {{cpu: "4", memory: 8Gi, ephemeral-storage: 50Gi}}
    conditions: [{{type: Ready, status: "True"}}]"""
        for name, rack in (("node-a", "r1"), ("node-b", "r2"))
    ]
    (folder / "cluster.yaml").write_text("apiVersion: v1\nkind: List\nitems:" + "".join(nodes))
    files = ("-f", "pod.yaml", "--cluster", "cluster.yaml", "--config", "config.yaml")
    found = run(folder, "simulate", *files)
    assert found.returncode == 0, found.stdout + found.stderr
    rows = [" ".join(row.split()) for row in found.stdout.splitlines() if "AvoidRack" in row]
    assert any("1 host is in a rack to avoid" in row for row in rows), found.stdout
    assert "node-b" in found.stdout
