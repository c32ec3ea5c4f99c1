"""A client of the verbs, as kube-scheduler is one: JSON over connections that are kept open.

`python -m tests.e2e.verbs URL SECONDS FILE` asks filter what FILE holds, again and again, and
prints of each call when it began and how many milliseconds it took: a process of its own is not
slowed by the test's work, and the clock is the same.
"""

from __future__ import annotations

import http.client
import json
import math
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.build import REPOSITORY

TIMEOUT = 15.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds that calls took."""

    calls: int
    median: float
    p99: float
    worst: float

    def __str__(self) -> str:
        return (
            f"{self.calls} calls, median {self.median:.1f} ms, p99 {self.p99:.1f} ms, "
            f"worst {self.worst:.1f} ms"
        )


def ask(
    url: str, verb: str, body: Mapping[str, Any], timeout: float = TIMEOUT
) -> tuple[int, Any, float]:
    """One call on a connection of its own: the status, the decoded reply, the seconds it took.

    Raises:
        OSError: nobody answers.
    """
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)) as connection:
        return _call(connection, verb, body)


def filter_body(pod: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What kube-scheduler asks filter and prioritize with `nodeCacheCapable`."""
    return {"Pod": pod, "Nodes": None, "NodeNames": list(names)}


def bind_body(pod: Mapping[str, Any], node: str) -> dict[str, Any]:
    """What kube-scheduler asks bind."""
    meta = pod["metadata"]
    return {
        "PodName": meta["name"],
        "PodNamespace": meta["namespace"],
        "PodUID": meta["uid"],
        "Node": node,
    }


def latency(milliseconds: Sequence[float]) -> Latency:
    """The figures of a series."""
    ordered = sorted(milliseconds)
    count = len(ordered)
    return Latency(
        count, ordered[count // 2], ordered[min(count - 1, count * 99 // 100)], ordered[-1]
    )


def measure_filter(
    url: str, body: Mapping[str, Any], seconds: float, scratch: Path
) -> subprocess.Popen[str]:
    """Starts asking filter for some seconds, in another process; `measured` gives the figures."""
    scratch.write_text(json.dumps(body))
    command = [sys.executable, "-m", "tests.e2e.verbs", url, str(seconds), str(scratch)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def measured(
    running: subprocess.Popen[str],
    during: Sequence[tuple[float, float]] = ((0.0, math.inf),),
    timeout: float = 120,
) -> Latency:
    """Waits for what `measure_filter` started.

    Args:
        running: What it gave.
        during: Only calls that began in one of these intervals of `time.monotonic` count.
        timeout: Seconds.
    """
    output, _ = running.communicate(timeout=timeout)
    assert running.returncode == 0, output
    calls: list[tuple[float, float]] = json.loads(output)
    return latency([took for at, took in calls if any(a <= at <= b for a, b in during)])


def _call(
    connection: http.client.HTTPConnection, verb: str, body: Mapping[str, Any]
) -> tuple[int, Any, float]:
    data = json.dumps(body).encode()
    began = time.perf_counter()
    connection.request("POST", f"/{verb}", data, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    took = time.perf_counter() - began
    decoded = json.loads(text) if answer.status == http.HTTPStatus.OK else text.decode()
    return answer.status, decoded, took


def main() -> int:
    """Asks and prints."""
    url, seconds, file = sys.argv[1:]
    body = json.loads(Path(file).read_text())
    taken = []
    deadline = time.monotonic() + float(seconds)
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)) as connection:
        while time.monotonic() < deadline:
            at = time.monotonic()
            status, reply, took = _call(connection, "filter", body)
            if status != http.HTTPStatus.OK or reply["Error"]:
                print(f"filter answered {status} {reply}", file=sys.stderr)
                return 1
            taken.append((at, took * 1000))
    print(json.dumps(taken))
    return 0


if __name__ == "__main__":
    sys.exit(main())
