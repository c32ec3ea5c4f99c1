"""The do-nothing extender in Go: built from ``tests/bench/echo`` where need be, and run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.server import stop

SOURCE = Path(__file__).with_name("echo")
BUILT = Path(__file__).parents[2] / ".cache/bench"


class EchoError(Exception):
    """Why there is no do-nothing extender, in one line."""


def build() -> Path:
    """The program, built if its source has changed.

    Raises:
        EchoError: Go is missing, or does not build it.
    """
    digest = hashlib.sha256()
    for file in sorted(SOURCE.iterdir()):
        digest.update(file.read_bytes())
    program = BUILT / f"echo-{digest.hexdigest()[:12]}"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        raise EchoError("the do-nothing extender needs Go 1.26 or newer to be built; go is missing")
    BUILT.mkdir(parents=True, exist_ok=True)
    command = [go, "build", "-trimpath", "-buildvcs=false", "-o", str(program), "."]
    done = subprocess.run(
        command,
        cwd=SOURCE,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EchoError(f"go build of the do-nothing extender failed: {done.stderr.strip()[-500:]}")
    return program


@contextmanager
def echoing() -> Iterator[tuple[str, int]]:
    """Run it for as long as the block lasts; gives its host and port.

    Raises:
        EchoError: it cannot be built, or does not start.
    """
    process = subprocess.Popen([str(build())], stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline().strip() if process.stdout is not None else ""
        host, _, port = said.rpartition(":")
        if not port.isdigit():
            raise EchoError(f"the do-nothing extender did not start: it said {said!r}")
        yield host, int(port)
    finally:
        stop(process)
        if process.stdout is not None:
            process.stdout.close()
