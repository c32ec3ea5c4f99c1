"""Programs of Debian packages for the end-to-end tests: unpacked, or installed where they must be.

A package that is unpacked needs no rights and changes nothing outside of the cache. No service is
started by either. What is on the PATH already is taken as it is.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from tests.e2e.build import bin_dir

PACKAGES: Mapping[str, str] = MappingProxyType(
    {"prometheus": "prometheus", "promtool": "prometheus"}
)
"""By program, the package that it is unpacked from."""

FOLDERS = ("usr/bin", "usr/sbin", "bin", "sbin")
"""Where a package has its programs."""

POLICY = Path("/usr/sbin/policy-rc.d")
"""Asked by maintainer scripts whether they may start a service; 101 says no."""

ROOT = 0
TIMEOUT = 600


class DebianError(Exception):
    """Why a program cannot be had, in one line."""


def program(name: str) -> Path:
    """A program that runs from wherever its package was unpacked.

    Raises:
        DebianError: it is neither on the PATH nor to be had.
    """
    if found := shutil.which(name):
        return Path(found)
    package = PACKAGES[name]
    with _locked() as folder:
        unpacked = newest(folder, package) or _unpack(folder, package)
    return find(unpacked, name)


def installed(name: str, package: str | None = None) -> Path:
    """A program of a package that has to be installed, with all that it depends on.

    Args:
        name: The program.
        package: The package, if it is not called the same.

    Raises:
        DebianError: it is not there and cannot be installed.
    """
    if found := shutil.which(name):
        return Path(found)
    package = package or name
    if os.geteuid() != ROOT:
        raise DebianError(f"the end-to-end tests need {name}; as root: apt-get install {package}")
    with _locked(), _no_service():
        _available(package)
        options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
        _run(["apt-get", "install", *options, package])
    if found := shutil.which(name):
        return Path(found)
    raise DebianError(f"the Debian package {package} has no program {name}")


def newest(folder: Path, package: str) -> Path | None:
    """The folder that a package was unpacked to; of several, the one unpacked last."""
    found = [path for path in folder.glob(f"{package}_*") if path.is_dir()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def find(unpacked: Path, name: str) -> Path:
    """A program in an unpacked package.

    Raises:
        DebianError: there is none of that name.
    """
    for folder in FOLDERS:
        path = unpacked / folder / name
        if os.access(path, os.X_OK):
            return path
    raise DebianError(f"the Debian package in {unpacked} has no program {name}")


def candidate(policy: str) -> str | None:
    """The version that would be installed, by what `apt-cache policy PACKAGE` prints."""
    for line in policy.splitlines():
        name, _, version = line.strip().partition(": ")
        if name == "Candidate":
            return None if version == "(none)" else version
    return None


def folder_name(package: str, version: str) -> str:
    """Where a package is unpacked to, without the colon of an epoch, as in names of its files."""
    return f"{package}_{version.replace(':', '%3a')}"


def _unpack(folder: Path, package: str) -> Path:
    """Downloads a package and unpacks it; the folder is there only when all of it is."""
    version = _available(package)
    target = folder / folder_name(package, version)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking.") as scratch:
        # Otherwise apt warns that its own user cannot write here.
        as_root = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == ROOT else []
        _run(["apt-get", *as_root, "download", package], cwd=Path(scratch))
        (archive,) = Path(scratch).glob("*.deb")
        tree = Path(scratch) / "tree"
        _run(["dpkg-deb", "-x", str(archive), str(tree)])
        tree.replace(target)
    return target


def _available(package: str) -> str:
    """The version that apt knows of, from lists that are fetched if there are none."""
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise DebianError(
                f"the end-to-end tests take {package} from Debian, and there is no {tool} here;"
                f" have {package} on the PATH instead"
            )
    version = candidate(_run(["apt-cache", "policy", package]))
    if version is None and os.geteuid() == ROOT:
        _run(["apt-get", "update"])
        version = candidate(_run(["apt-cache", "policy", package]))
    if version is None:
        raise DebianError(f"apt knows no package {package}; as root: apt-get update")
    return version


@contextmanager
def _locked() -> Iterator[Path]:
    """The folder of unpacked packages, for one test run at a time."""
    folder = bin_dir().parent / "debian"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@contextmanager
def _no_service() -> Iterator[None]:
    """Forbids the start of services, unless somebody has said already what may be started."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _run(command: Sequence[str], cwd: Path | None = None) -> str:
    """What a command prints; its own words where it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        told = " ".join(done.stderr.split())
        raise DebianError(f"{' '.join(command)} failed: {told}")
    return done.stdout
