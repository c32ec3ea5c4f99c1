"""How a build of the image is told where packages come from."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import pip_settings

LISTED = """\
:env:.cert='/authorities.pem'
:env:.find-links='/wheels'
:env:.index-url='https://first.invalid/simple'
global.extra-index-url='\\nhttps://second.invalid/simple\\nhttps://third.invalid/simple'
global.index-url='https://fourth.invalid/simple'
install.no-deps='true'
"""


def test_the_environment_counts_most() -> None:
    """Of two places that set the same, the environment's word is in effect."""
    found = pip_settings.effective(LISTED)
    assert found["index-url"] == "https://first.invalid/simple"
    assert "no-deps" not in found


def test_what_a_build_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network's settings and the authorities, whose file has another name in the build."""

    def answer(command: list[str], **_how: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, LISTED, "")

    monkeypatch.setattr(subprocess, "run", answer)
    secrets = pip_settings.build_secrets(tmp_path)
    assert secrets["ca.crt"] == Path("/authorities.pem")
    assert secrets["pip.conf"].stat().st_mode & 0o077 == 0
    written = configparser.RawConfigParser()
    written.read(secrets["pip.conf"])
    assert {name: value.split() for name, value in written["global"].items()} == {
        "cert": ["/run/secrets/ca.crt"],
        "extra-index-url": ["https://second.invalid/simple", "https://third.invalid/simple"],
        "index-url": ["https://first.invalid/simple"],
    }


def test_a_machine_without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pip is told nothing, the build's pip is told nothing."""
    nothing = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_how: nothing)
    secrets = pip_settings.build_secrets(tmp_path)
    assert [*secrets] == ["pip.conf"]
    assert secrets["pip.conf"].read_text().strip() == "[global]"
