"""Programs of Debian packages: where they are looked for, and what is said where there are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e import debian

POLICY = """\
prometheus:
  Installed: {installed}
  Candidate: {candidate}
  Version table:
     2.42.0+ds-5+deb12u1 500
        500 http://mirror.invalid/debian bookworm/main amd64 Packages
"""


def make_program(path: Path, mode: int = 0o755) -> Path:
    """A program that is never run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


@pytest.fixture
def no_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH of one empty folder, and a cache of its own; gives the cache."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("NOVA_EXTENDER_E2E_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "debian"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (POLICY.format(installed="(none)", candidate="2.42.0+ds-5"), "2.42.0+ds-5"),
        (POLICY.format(installed="1:1.0-1", candidate="1:2.0-1"), "1:2.0-1"),
        (POLICY.format(installed="(none)", candidate="(none)"), None),
        ("", None),
    ],
)
def test_candidate(told: str, expected: str | None) -> None:
    """The version that would be installed, whatever is; none where apt knows nothing."""
    assert debian.candidate(told) == expected


def test_folder_name() -> None:
    """An epoch's colon is written as in the names of Debian's own files."""
    assert debian.folder_name("buildah", "1:1.28-3") == "buildah_1%3a1.28-3"


def test_the_one_unpacked_last(tmp_path: Path) -> None:
    """Of two versions the newer counts; other packages, files and unfinished folders do not."""
    for age, name in enumerate(("demo_2", "demo_1", "demo-more_3", ".unpacking.demo_4")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / "demo_5").write_text("")
    assert debian.newest(tmp_path, "demo") == tmp_path / "demo_2"
    assert debian.newest(tmp_path, "other") is None


def test_find(tmp_path: Path) -> None:
    """A program is found in any of the usual folders, if it may be run."""
    there = make_program(tmp_path / "usr" / "sbin" / "there")
    make_program(tmp_path / "usr" / "bin" / "text", 0o644)
    assert debian.find(tmp_path, "there") == there
    with pytest.raises(debian.DebianError, match="no program text"):
        debian.find(tmp_path, "text")


def test_what_is_on_the_path_is_taken(no_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither way looks any further, and nothing is written."""
    here = make_program(no_path.parents[1] / "bin" / "prometheus")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert debian.program("prometheus") == here
    assert debian.installed("prometheus") == here
    assert not no_path.exists()


def test_what_is_unpacked_is_taken(no_path: Path) -> None:
    """Apt, which is not there, is not asked again."""
    here = make_program(no_path / "prometheus_2.42.0" / "usr" / "bin" / "promtool")
    assert debian.program("promtool") == here


@pytest.mark.usefixtures("no_path")
def test_without_apt() -> None:
    """The error says what is needed and what would do."""
    with pytest.raises(debian.DebianError, match=r"no apt-get here; have prometheus on the PATH"):
        debian.program("promtool")


@pytest.mark.usefixtures("no_path")
def test_without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not install is told the command, and nothing is tried."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(debian.DebianError, match=r"need tool; as root: apt-get install package"):
        debian.installed("tool", "package")


def test_no_service_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The policy says no while something is installed, and is gone after; another's stays."""
    monkeypatch.setattr(debian, "POLICY", tmp_path / "policy-rc.d")
    with debian._no_service():
        assert debian.POLICY.read_text().endswith("exit 101\n")
        assert os.access(debian.POLICY, os.X_OK)
    assert not debian.POLICY.exists()
    debian.POLICY.write_text("theirs")
    with debian._no_service():
        assert debian.POLICY.read_text() == "theirs"
    assert debian.POLICY.read_text() == "theirs"
