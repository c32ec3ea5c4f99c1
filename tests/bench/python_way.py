"""Our filter beside the plain Flask way, about the same pod and the same nodes, in turns."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import cluster, questions
from tests.bench.client import BadReplyError, Client
from tests.bench.latency import Timing
from tests.bench.server import LOOPBACK, ServerError, free_ports, running, stop

SAMPLES = 40
_START_TIMEOUT = 30.0
_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ways:
    """The waits for filter over so many nodes: ours by names, ours by whole nodes, plain Flask."""

    nodes: int
    names: Timing
    whole: Timing
    flask: Timing


def measure(nodes: int) -> Ways:
    """Start both servers and ask them in turns.

    Raises:
        BadReplyError: a server lets another number of nodes pass.
        ServerError: one does not start.
    """
    with TemporaryDirectory(prefix="nova-extender-bench-") as name:
        workdir = Path(name)
        file = workdir / "cluster.json"
        cluster.write_list(file, nodes)
        with (
            running(workdir, file) as server,
            _flask(workdir) as address,
            Client(server.address) as ours,
            Client(address) as plain,
        ):
            return _in_turns(ours, plain, nodes)


def _in_turns(ours: Client, plain: Client, nodes: int) -> Ways:
    pod = questions.pod(mixed=False)
    by_names = questions.question(pod, questions.orders(nodes, 1)[0])
    by_nodes = questions.whole_question(pod, cluster.nodes(nodes))
    waits: dict[str, list[float]] = {"names": [], "whole": [], "flask": []}
    for number in range(SAMPLES + 2):
        uid = questions.uid(number)
        for way, client, question in (
            ("names", ours, by_names),
            ("whole", ours, by_nodes),
            ("flask", plain, by_nodes),
        ):
            waited, reply = client.ask(client.request("filter", question.body(uid)))
            found = json.loads(reply)
            passed = found["NodeNames"] or found["Nodes"]["items"]
            if len(passed) != nodes:
                raise BadReplyError(f"{way}: {len(passed)} of {nodes} nodes passed")
            if number > 1:  # the first ones find everything cold
                waits[way].append(waited)
    return Ways(nodes, **{way: Timing.of(seconds) for way, seconds in waits.items()})


@contextmanager
def _flask(workdir: Path) -> Iterator[tuple[str, int]]:
    (port,) = free_ports(1)
    log = workdir / "flask.log"
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"{LOOPBACK}:{port}"),
        *("--worker-class", "gthread", "--threads", "8", "--keep-alive", "120"),
        "tests.bench.plain_flask:app",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=_REPOSITORY, stdout=output, stderr=output)
    try:
        _wait(process, port, log)
        yield LOOPBACK, port
    finally:
        stop(process)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise ServerError(f"plain Flask did not start: {log.read_text(errors='replace')[-1000:]}")
