"""A stand-in for the Python image that the Dockerfile begins with; no registry is asked for that.

Debian's packages make it, of the release that the image is named after: the same C library and the
same tools, and Debian's Python of the same version where the official image has one of its own
under /usr/local. What the Dockerfile takes out is put in, pip and ensurepip, and as in the official
image Python comes without bytecode and nothing compiles.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.build import REPOSITORY, bin_dir
from tests.e2e.debian import installed

DOCKERFILE = REPOSITORY / "deploy" / "docker" / "Dockerfile"
TIMEOUT = 300.0

SLIM = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
"""What Debian's slim images leave out."""

AS_OFFICIAL = """
set -eu
chroot "$1" python3 -c '
import glob, runpy, sys
wheel = glob.glob("/usr/share/python-wheels/pip-*.whl")[0]
sys.path.insert(0, wheel)
sys.argv = ["pip", "install", "--quiet", "--no-index", "--no-compile",
            "--break-system-packages", "--root-user-action=ignore", wheel]
runpy.run_module("pip", run_name="__main__")'
rm -r "$1"/usr/share/python-wheels
rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED
find "$1"/usr/lib/python3* -name __pycache__ -prune -exec rm -r {} +
"""
"""Run once the packages are there: pip for everybody, and no bytecode."""


@dataclass(frozen=True)
class Base:
    """The image that the Dockerfile names, taken apart."""

    name: str
    python: str
    suite: str


def wanted() -> Base:
    """What the Dockerfile begins with, unless it is told otherwise."""
    found = re.search(
        r"^ARG PYTHON_IMAGE=(\S+/python:(\d+\.\d+)-slim-([a-z]+))$",
        DOCKERFILE.read_text(),
        re.MULTILINE,
    )
    assert found is not None, "the Dockerfile does not begin with a slim Python of Debian"
    return Base(*found.groups())


def stand_in() -> Path:
    """The files of the stand-in as a tar archive, made where it is not there yet."""
    base = wanted()
    packages = ("ca-certificates", "python-is-python3", *_python(base.python))
    command = [
        str(installed("mmdebstrap")),
        # What Debian's own images are made of.
        "--variant=minbase",
        # Images have no device files; a runtime brings them.
        "--skip=output/dev",
        f"--include={','.join(packages)}",
        *(f"--dpkgopt=path-exclude={path}" for path in SLIM),
        '--aptopt=APT::Install-Recommends "false"',
        f'--customize-hook=sh -c {_quoted(AS_OFFICIAL)} as-official "$1"',
        base.suite,
    ]
    key = hashlib.sha256("\0".join(command[1:]).encode()).hexdigest()[:12]
    archive = bin_dir().parent / "image" / f"{base.suite}-{key}.tar"
    if not archive.exists():
        shutil.rmtree(archive.parent, ignore_errors=True)
        archive.parent.mkdir(parents=True)
        unfinished = archive.with_suffix(".unfinished")
        _run([*command, "--format=tar", str(unfinished)])
        unfinished.rename(archive)
    return archive


def _python(version: str) -> tuple[str, str]:
    return f"python{version}", f"python{version}-venv"


def _quoted(script: str) -> str:
    return "'" + script.replace("'", "'\\''") + "'"


def _run(command: list[str]) -> None:
    # What this process is told about packages of Python is not meant for the one inside.
    environment = {name: value for name, value in os.environ.items() if name[:4] != "PIP_"}
    done = subprocess.run(
        command,
        env={**environment, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stderr[-4000:]}"
