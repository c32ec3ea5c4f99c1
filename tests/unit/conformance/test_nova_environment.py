"""Nova's environment: what it is made of, and what is said when it cannot be."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.conformance import environment

PINNED = re.compile(r"[a-zA-Z0-9._-]+==[^ ]+")


def test_locks() -> None:
    """Every package is pinned with a hash, and no index and no place is named."""
    for path in (environment.LOCK, *environment.RELEASES.glob("*.lock")):
        text = path.read_text()
        assert not re.search(r"://|--(extra-)?index|--find-links|-f ", text)
        for entry in text.replace("\\\n", " ").splitlines():
            assert PINNED.match(entry), entry
            assert "--hash=sha256:" in entry


def test_releases() -> None:
    """The older releases are found by their locks, the newest of them first."""
    assert environment.older_releases() == ["27.5.1", "21.2.4", "19.3.2", "17.0.13", "16.1.8"]


def test_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older release comes first on the path, and nothing of the caller's Python gets through."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("OS_PASSWORD", "secret")
    older = environment.process_environment("19.3.2")
    assert older["PYTHONPATH"] == str(environment.CACHE / "nova-19.3.2")
    newest = environment.process_environment(environment.NEWEST)
    assert "PYTHONPATH" not in newest
    assert "OS_PASSWORD" not in newest


def test_no_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a Python 3.11 the message says what is needed, and how to name it."""
    monkeypatch.setattr(environment, "CACHE", tmp_path / "cache")
    with pytest.raises(environment.NoEnvironmentError, match=r"PYTHON311=.* conformance"):
        environment.ensure("no-such-python")


def test_other_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another version is named as what it is."""
    monkeypatch.setattr(environment, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(environment, "NEEDED", (2, 7))
    found = f"{sys.version_info.major}.{sys.version_info.minor}"
    with pytest.raises(environment.NoEnvironmentError, match=re.escape(f"is {found}")):
        environment.ensure(sys.executable)


def test_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment with this stamp is used as it is, whatever the Python."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "CACHE", tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "stamp").write_text(environment.stamp())
    assert environment.ensure("no-such-python") == "Nova's environment: cache (cached)"
