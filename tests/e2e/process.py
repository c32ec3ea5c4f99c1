"""One program under test: started in its own session, logged to a file, never left behind."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.waiting import wait_until

LAUNCHER = Path(__file__).resolve().parent / "die_with_parent.py"
TAIL_LINES = 40


class Process:
    """A program with a name, a command line and a log; it can be started again after a stop.

    The kernel kills it when the thread that started it ends, so start it from a thread that lives
    as long as the test (the main one).
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.env = dict(env or {})
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return self._running.pid if self._running is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        """Starts it; the log is continued, not begun anew."""
        if self.alive:
            raise RuntimeError(f"{self.name} is running already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # Isolated and without site packages, for a start in milliseconds.
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [*launcher, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                # Its own session: Ctrl-C reaches the test only, which then stops it in order.
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, if it still runs."""
        if self._running is not None and self._running.poll() is None:
            self._running.send_signal(number)

    def stop(self, grace: float = 10.0) -> None:
        """Asks it to end, and kills it after `grace` seconds."""
        if self._running is None:
            return
        try:
            self.signal(signal.SIGTERM)
            self._running.wait(grace)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if self._running.poll() is None:
                self._running.kill()
                self._running.wait()

    def kill(self) -> None:
        """Kills it and what it has started (a gunicorn's workers), without a word."""
        if self._running is None or self._running.poll() is not None:
            return
        # It leads the session it was started in, and so a process group.
        os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The end of its log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def wait_ready(self, probe: Callable[[], bool], timeout: float) -> None:
        """Waits until `probe` answers; an early end or a time-out shows the end of the log."""

        def ready() -> bool:
            if self._running is not None and (code := self._running.poll()) is not None:
                raise RuntimeError(f"{self.name} ended with {code}:\n{self.tail()}")
            return probe()

        wait_until(ready, timeout, lambda: f"{self.name} ready; its log ends:\n{self.tail()}")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with a 2xx; certificates are not judged."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=2, context=context):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
