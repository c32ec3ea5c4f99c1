"""The files of the dashboards: fresh, the same each time, and stale when they should be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.monitoring import generate

NAMES = ["filter-rejections.json", "overcommit.json", "plumbing.json"]


def test_fresh() -> None:
    """The chart's files are what the code says, and there are no others."""
    assert generate.stale(generate.FOLDER) == []
    assert sorted(path.name for path in generate.FOLDER.iterdir()) == NAMES


def test_written_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was written passes; each file that is missing, differs or is too many is named."""
    assert generate.main([], tmp_path) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    assert generate.main(["--check"], tmp_path) == 0
    assert capsys.readouterr().err == ""

    (tmp_path / "overcommit.json").unlink()
    (tmp_path / "plumbing.json").write_text("{}\n")
    (tmp_path / "stranger.json").write_text("{}\n")
    assert generate.main(["--check"], tmp_path) == 1
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == [
        f"{tmp_path.name}/{name}" for name in ("overcommit.json", "plumbing.json", "stranger.json")
    ]
    assert not (tmp_path / "overcommit.json").exists()


def test_the_same_each_time() -> None:
    """Another process, with other hashes of texts, finds nothing to change."""
    ran = subprocess.run(
        [sys.executable, generate.__file__, "--check"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONHASHSEED": "1"},
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("name", NAMES)
def test_text(name: str) -> None:
    """JSON that people can read and git can compare; small enough for a ConfigMap with others."""
    content = (generate.FOLDER / name).read_text(encoding="utf-8")
    assert content.endswith("}\n")
    assert max(map(len, content.splitlines())) < 2000
    assert json.dumps(json.loads(content), indent=2, ensure_ascii=False) + "\n" == content
    assert len(content.encode()) < 256 * 1024  # what kubectl apply keeps in an annotation


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Other arguments are refused."""
    assert generate.main(["--chekc"]) == 2
    assert capsys.readouterr().err == "usage: generate.py [--check]\n"
