"""Starting and stopping the program that is measured."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
_START_TIMEOUT = 90.0
_STOP_TIMEOUT = 30.0
_REPOSITORY = Path(__file__).parents[2]


class ServerError(Exception):
    """The server did not start; the text ends with what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it answers, and the process that does."""

    address: tuple[str, int]
    worker: int


@contextmanager
def running(workdir: Path, cluster: Path) -> Iterator[Server]:
    """Serve a cluster file from a process of its own, for as long as the block lasts.

    Args:
        workdir: where configuration and log are written.
        cluster: the file.

    Raises:
        ServerError: it is not ready in time.
    """
    verbs, health, debug = free_ports(3)
    config = workdir / "config.json"
    binds = {"bind": verbs, "health_bind": health, "debug_bind": debug}
    server = {name: f"{LOOPBACK}:{port}" for name, port in binds.items()}
    config.write_text(json.dumps({"server": server}))  # JSON is YAML
    log = workdir / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "extender.cli", "serve"),
                *("--config", str(config), "--cluster", str(cluster)),
            ],
            cwd=_REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_ready(process, health, log)
        yield Server((LOOPBACK, verbs), _worker(process.pid))
    finally:
        stop(process)


def _wait_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    said = log.read_text(errors="replace")[-2000:].strip()
    raise ServerError(f"the server did not become ready: {said}")


def _worker(master: int) -> int:
    """The process that answers: the only child of gunicorn's master."""
    children = Path(f"/proc/{master}/task/{master}/children")
    return int(children.read_text().split()[0])


def stop(process: subprocess.Popen[Any]) -> None:
    """Ask a process to end, and kill it if it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]
