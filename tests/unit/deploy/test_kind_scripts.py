"""`make kind` and `make kind-down`, with stand-ins for docker, kind, kubectl and helm."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from extender.version import __version__

ROOT = Path(__file__).parents[3]
# What the scripts take for granted.
COMMON = (
    "basename",
    "bash",
    "cat",
    "cp",
    "dirname",
    "env",
    "grep",
    "mkdir",
    "openssl",
    "rm",
    "sed",
)
# Each notes how it was called; kind has a cluster from "create" on, docker an image.
RECORD = 'echo "$(basename "$0") $*" >>"$CALLS"\n'
FAKES = {
    "docker": '[ "$2" != inspect ] || echo sha256:abc\n[ "$1" != save ] || : >"$3"\n',
    "kind": (
        'case "$1" in create) : >"$CALLS.cluster" ;; delete) rm -f "$CALLS.cluster" ;;\n'
        'get) [ ! -e "$CALLS.cluster" ] || echo nova ;; esac\n'
    ),
    # One that takes what it is piped.
    "kubectl": 'case " $* " in *" -f - "*) cat >/dev/null ;; esac\n',
    "helm": "",
}


class Desk:
    """A copy of the scripts, and a PATH with just what they are given.

    Args:
        folder: Where.
        fakes: The programs, by name.
    """

    def __init__(self, folder: Path, fakes: Mapping[str, str]) -> None:
        self.root = folder / "repository"
        shutil.copytree(ROOT / "deploy" / "kind", self.root / "deploy" / "kind")
        (self.root / "extender").mkdir()
        shutil.copy(ROOT / "extender" / "version.py", self.root / "extender")
        self._calls = folder / "calls"
        self._path = folder / "bin"
        self._path.mkdir()
        for name in COMMON:
            (self._path / name).symlink_to(str(shutil.which(name)))
        for name, body in fakes.items():
            program = self._path / name
            program.write_text(f"#!/usr/bin/env bash\n{RECORD}{body}")
            program.chmod(0o755)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a script, from some other folder."""
        self._calls.write_text("")
        return subprocess.run(
            [str(self.root / "deploy" / "kind" / script), *arguments],
            env={"PATH": str(self._path), "CALLS": str(self._calls), "HOME": os.devnull},
            cwd=self.root.parent,
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, *beginning: str) -> list[str]:
        """How programs were called by the last run, where it begins like this."""
        return [
            line
            for line in self._calls.read_text().splitlines()
            if line.startswith(" ".join(beginning))
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With everything there."""
    return Desk(tmp_path, FAKES)


def test_up(desk: Desk) -> None:
    """The cluster comes first, then the image, the chart and the rest, each of them there."""
    done = desk.run("up.sh")
    assert done.returncode == 0, done.stderr
    image = f"docker.io/library/nova-extender:{__version__}"
    steps = [
        "kind create cluster --config deploy/kind/kind.yaml",
        f"docker build --file deploy/docker/Dockerfile --build-arg VERSION={__version__}",
        f"docker save --output .cache/kind/image.tar {image}",
        "kind load image-archive .cache/kind/image.tar --name nova",
        "helm upgrade --install nova-extender charts/nova-extender --kube-context kind-nova",
        "kubectl --context kind-nova apply -f deploy/kind/prometheus.yaml",
        "kubectl --context kind-nova apply -f deploy/kind/example.yaml",
    ]
    found = [desk.calls(step) for step in steps]
    assert [len(calls) for calls in found] == [1] * len(steps)
    places = [desk.calls().index(call) for (call,) in found]
    assert places == sorted(places)
    assert not any("secret" in call for call in desk.calls())
    assert 'kubectl --context kind-nova"' in done.stdout


def test_up_twice(desk: Desk) -> None:
    """A cluster that is there stays; what is in it is brought up to date."""
    desk.run("up.sh")
    done = desk.run("up.sh")
    assert done.returncode == 0, done.stderr
    assert desk.calls("kind create") == []
    assert len(desk.calls("helm upgrade --install")) == 1


def test_default_scheduler(desk: Desk) -> None:
    """Its certificates are there before the cluster; pods of the example name no scheduler."""
    done = desk.run("up.sh", "default-scheduler")
    assert done.returncode == 0, done.stderr
    assert desk.calls("kind create cluster --config deploy/kind/kind-default-scheduler.yaml")
    assert (desk.root / ".cache" / "kind" / "client" / "tls.key").exists()
    assert desk.calls("kubectl --context kind-nova create secret generic nova-extender-given")
    assert desk.calls("kubectl --context kind-nova apply -f deploy/kind/example.yaml") == []
    (helm,) = desk.calls("helm upgrade")
    assert "--values deploy/kind/values-default-scheduler.yaml" in helm


def test_the_other_variant(desk: Desk) -> None:
    """A cluster of one variant does not become one of the other."""
    desk.run("up.sh")
    done = desk.run("up.sh", "default-scheduler")
    assert done.returncode == 1
    assert "make kind-down" in done.stderr
    assert desk.calls("helm") == []


def test_unknown_variant(desk: Desk) -> None:
    """A variant that is none is refused before anything is done."""
    done = desk.run("up.sh", "third")
    assert (done.returncode, desk.calls()) == (1, [])
    assert "no variant 'third'" in done.stderr


def test_down(desk: Desk) -> None:
    """The cluster goes, and its certificates."""
    desk.run("up.sh", "default-scheduler")
    done = desk.run("down.sh")
    assert done.returncode == 0, done.stderr
    assert desk.calls("kind delete cluster --name nova")
    assert not (desk.root / ".cache" / "kind").exists()


@pytest.mark.parametrize("missing", sorted(FAKES))
def test_missing_program(tmp_path: Path, missing: str) -> None:
    """What is not there is named, before anything is done."""
    desk = Desk(tmp_path, {name: body for name, body in FAKES.items() if name != missing})
    done = desk.run("up.sh")
    assert done.returncode == 1
    assert missing in done.stderr
    assert desk.calls("kind create") == []


def test_engine_that_does_not_answer(tmp_path: Path) -> None:
    """Docker without its daemon is no engine; podman, which answers, is taken."""
    silent = {**FAKES, "docker": "exit 1\n"}
    done = Desk(tmp_path / "a", silent).run("up.sh")
    assert done.returncode == 1
    assert "neither docker nor podman answers" in done.stderr
    desk = Desk(tmp_path / "b", {**silent, "podman": FAKES["docker"]})
    assert desk.run("up.sh").returncode == 0
    assert desk.calls("podman build")
