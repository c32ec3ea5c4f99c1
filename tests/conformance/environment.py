"""Nova's own Python environment: made once, stamped by the lock files, used as a black box."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "conformance"
LOCK = HERE / "requirements.lock"
RELEASES = HERE / "releases"
NEWEST = "34.0.0"
NEEDED = (3, 11)


class NoEnvironmentError(Exception):
    """Nova's environment cannot be had; the text says what is needed."""


def python() -> Path:
    """The environment's Python."""
    return CACHE / "venv" / "bin" / "python"


def older_releases() -> list[str]:
    """The releases that are asked for what the newest has no more, newest first."""
    found = [path.stem.removeprefix("nova-") for path in RELEASES.glob("nova-*.lock")]
    return sorted(found, key=lambda release: [int(part) for part in release.split(".")])[::-1]


def search_path(release: str) -> Path | None:
    """What must come first on the path of a process that uses this release."""
    return None if release == NEWEST else CACHE / f"nova-{release}"


def process_environment(release: str) -> dict[str, str]:
    """The environment variables for a process that uses this release."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "OS_"))}
    variables["PYTHONHASHSEED"] = "0"  # Nova goes through sets: the same order every time
    first = search_path(release)
    if first is not None:
        variables["PYTHONPATH"] = str(first)
    return variables


def stamp() -> str:
    """What the environment is made of: one hash over all lock files."""
    digest = hashlib.sha256()
    for path in (LOCK, *sorted(RELEASES.glob("*.lock"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def ensure(interpreter: str) -> str:
    """Make the environment unless it is there; returns a line that says what was done.

    Raises:
        NoEnvironmentError: the Python is missing or of another version, or pip failed.
    """
    mark = CACHE / "stamp"
    if mark.exists() and mark.read_text() == stamp():
        return f"Nova's environment: {CACHE.relative_to(ROOT)} (cached)"
    _check(interpreter)
    started = time.monotonic()
    print("setting up Nova's environment, once (a minute or two) ...", file=sys.stderr, flush=True)
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    _run([interpreter, "-m", "venv", str(CACHE / "venv")])
    install = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--no-deps", "--require-hashes"]
    _run([*install, "-r", str(LOCK)])
    for release in older_releases():
        # They claim Pythons of their time; only their filters have to be importable.
        target = ["--no-compile", "--ignore-requires-python", "--target", str(search_path(release))]
        _run([*install, *target, "-r", str(RELEASES / f"nova-{release}.lock")])
    mark.write_text(stamp())
    seconds = time.monotonic() - started
    return f"Nova's environment: {CACHE.relative_to(ROOT)} (made in {seconds:.0f} s)"


def _check(interpreter: str) -> None:
    needed = ".".join(map(str, NEEDED))
    advice = f"make PYTHON311=/path/to/python{needed} conformance"
    try:
        asked = [interpreter, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
        version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoEnvironmentError(
            f"Nova runs in a Python {needed} of its own, and {interpreter!r} does not start "
            f"({error}); name one: {advice}"
        ) from None
    if version != needed:
        raise NoEnvironmentError(
            f"Nova runs in a Python {needed} of its own; {interpreter!r} is {version}: {advice}"
        )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise NoEnvironmentError(f"{' '.join(command)} failed:\n{tail}")
