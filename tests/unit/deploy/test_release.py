"""What a release is checked by: one version everywhere, and the changelog's words for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from extender.version import __version__

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "deploy" / "release.py"
CHANGELOG = """# Changelog

## 1.2.3 (2026-05-04)

Better.

### Fixed

- A fault.

## 1.2.30 (2026-05-01)

Another one.
"""


def release(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The script as the workflow runs it."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What has a version, all of it 1.2.3."""
    chart = tmp_path / "charts" / "nova-extender"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text('name: x\nversion: 1.2.3\nappVersion: "1.2.3"\n')
    shutil.copy(ROOT / "charts" / "nova-extender" / "values.yaml", chart)
    (tmp_path / "extender").mkdir()
    (tmp_path / "extender" / "version.py").write_text('"""X."""\n\n__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_versions_agree() -> None:
    """The chart, its application and the changelog are of the package's version."""
    chart = yaml.safe_load((ROOT / "charts" / "nova-extender" / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
    headings = [
        line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")
    ]
    assert headings[0].removeprefix("## Unreleased (").removeprefix("## ").startswith(__version__)


def test_one_version(tree: Path) -> None:
    """A tree of one version passes."""
    done = release("--root", str(tree), "check", "v1.2.3")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("extender/version.py", "1.2.3", "1.2.4", "extender/version.py (__version__) is 1.2.4"),
        ("charts/nova-extender/Chart.yaml", "version: 1.2.3", "version: 1", "(version) is 1,"),
        ("charts/nova-extender/Chart.yaml", '"1.2.3"', '"1.2.4"', "(appVersion) is 1.2.4"),
        ("charts/nova-extender/Chart.yaml", "appV", "v", "Chart.yaml has no line"),
        ("CHANGELOG.md", "## 1.2.3 (2026-05-04)", "## 1.3.0 (2026-05-04)", "is 1.3.0"),
        ("CHANGELOG.md", "1.2.3 (2026-05-04)", "Unreleased (1.2.3)", "wants the day of release"),
    ],
)
def test_another_version(tree: Path, name: str, old: str, new: str, said: str) -> None:
    """A place that disagrees with the tag is named."""
    path = tree / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    done = release("--root", str(tree), "check", "v1.2.3")
    assert done.returncode == 1
    assert said in done.stderr


def test_tag_without_v(tree: Path) -> None:
    """Only a tag with its v is a release's."""
    assert release("--root", str(tree), "check", "1.2.3").returncode == 1


def test_notes(tree: Path) -> None:
    """The notes are the version's own section, without heading, and no other's."""
    done = release("--root", str(tree), "notes", "v1.2.3")
    assert done.stdout == "Better.\n\n### Fixed\n\n- A fault.\n"
    assert release("--root", str(tree), "notes", "v1.2").returncode == 1


def test_chart_points_to_the_image(tree: Path) -> None:
    """The image's repository changes in the values, and nothing else; a second time is refused."""
    values = tree / "charts" / "nova-extender" / "values.yaml"
    before = yaml.safe_load(values.read_text())
    assert release("--root", str(tree), "chart", "ghcr.io/a/b").returncode == 0
    after = yaml.safe_load(values.read_text())
    assert after == {**before, "image": {**before["image"], "repository": "ghcr.io/a/b"}}
    assert release("--root", str(tree), "chart", "ghcr.io/a/b").returncode == 1
