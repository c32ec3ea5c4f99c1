"""Decoding and loading a large cluster, and the memory of a process that holds it.

``measure`` runs it as ``python -m tests.bench.loading WAY NODES [FILE]``, which prints JSON: each
way of loading has a process of its own, or the memory would tell of all of them.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from prometheus_client import CollectorRegistry

from extender.cli import (
    serve,  # noqa: F401 - for the memory that the serving program's modules take
    sources,
)
from extender.cli.assembly import build_engine, load_config
from extender.cli.live import Live
from extender.observe.watches import WatchMetrics
from extender.state.node_feed import NodeSink
from extender.state.pod_feed import PodSink
from extender.verbs.engine import Engine
from tests.bench import cluster
from tests.bench.apiserver import GeneratedServer
from tests.bench.memory import Memory, memory_of

FILE, PAGES, STREAM = "file", "pages", "stream"
WAYS = {
    FILE: "a List in a file, as serve --cluster reads it",
    PAGES: "a list in pages, as the reflectors read it",
    STREAM: "a streamed list (WatchList), as the reflectors read it",
}
_NODES, _PODS = "/api/v1/nodes", "/api/v1/pods"
_REPOSITORY = Path(__file__).parents[2]
_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class Load:
    """One way of loading: the CPU seconds of each step and of all, and the memory it takes.

    ``seconds`` are those of the clock, which runs on while others have the CPU.
    """

    way: str
    nodes: int
    pods: int
    steps: Mapping[str, float]
    cpu_seconds: float
    seconds: float
    before: Memory
    after: Memory


def measure(way: str, nodes: int) -> Load:
    """Load a cluster in a process of its own.

    Raises:
        CalledProcessError: it failed.
    """
    with TemporaryDirectory(prefix="nova-extender-bench-") as workdir:
        command = [sys.executable, "-m", "tests.bench.loading", way, str(nodes)]
        if way == FILE:
            file = Path(workdir) / "cluster.json"
            cluster.write_list(file, nodes)
            command.append(str(file))
        done = subprocess.run(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    before, after = Memory(**found.pop("before")), Memory(**found.pop("after"))
    return Load(**found, before=before, after=after)


def _load(way: str, nodes: int, file: str = "") -> Load:
    """Load, in this process."""
    engine = build_engine(load_config(None).config)
    gc.collect()
    before = memory_of()
    steps: dict[str, float] = {}
    began, cpu_began = time.perf_counter(), time.process_time()
    if way == FILE:
        _from_file(engine, file, steps)
        made = 0.0
    else:
        made = _from_server(engine, nodes, steps, streams=way == STREAM)
    seconds = time.perf_counter() - began - made
    cpu_seconds = time.process_time() - cpu_began - made
    gc.collect()
    pods = len(engine.cluster.ledger)
    if (len(engine.cluster.table), pods) != (nodes, nodes * cluster.PODS_A_NODE):
        raise SystemExit(f"only {len(engine.cluster.table)} nodes and {pods} pods were loaded")
    return Load(way, nodes, pods, steps, cpu_seconds, seconds, before, memory_of())


def _from_file(engine: Engine, file: str, steps: dict[str, float]) -> None:
    """As ``serve --cluster FILE`` does."""
    with (
        _timed(steps, "read and sort", sources, "read_snapshot"),
        _timed(steps, "decode nodes", sources, "_distinct_nodes"),
        _timed(steps, "decode pods", sources, "_distinct_pods"),
        _timed(steps, "nodes into the table", NodeSink, "replace"),
        _timed(steps, "pods into the ledger", PodSink, "replace"),
    ):
        sources.load_file(engine, file, _tell)


def _from_server(engine: Engine, nodes: int, steps: dict[str, float], *, streams: bool) -> float:
    """As ``serve`` does with a live cluster; returns the seconds that making the list took."""
    server = GeneratedServer(
        {
            _NODES: partial(cluster.nodes, nodes),
            _PODS: partial(cluster.pods, nodes, managed=True),
        },
        streams=streams,
    )
    threads: dict[str, float] = {}
    with (
        _timed(steps, "nodes into the table", NodeSink, "replace", threads),
        _timed(steps, "pods into the ledger", PodSink, "replace", threads),
    ):
        live = Live(engine, server, WatchMetrics(CollectorRegistry()), _tell)
        live.start()
        if not live.wait(_TIMEOUT):
            raise SystemExit(f"not in sync after {_TIMEOUT:g} s")
    # What a reflector's thread had worked before it handed the objects over.
    steps["decode nodes"] = threads["nodes into the table"] - server.making[_NODES]
    steps["decode pods"] = threads["pods into the ledger"] - server.making[_PODS]
    return sum(server.making.values())


@contextmanager
def _timed(
    steps: dict[str, float],
    step: str,
    owner: Any,
    function: str,
    threads: dict[str, float] | None = None,
) -> Iterator[None]:
    """Take the CPU seconds of a function of the product; one that is gone is an error.

    Args:
        steps: where to note them.
        step: under which name.
        owner: the function's module or class.
        function: its name.
        threads: where to note the CPU seconds of the calling thread until the call.
    """
    product = getattr(owner, function)

    def timed(*args: Any) -> Any:
        began = time.thread_time()
        if threads is not None:
            threads[step] = began
        try:
            return product(*args)
        finally:
            steps[step] = time.thread_time() - began

    with mock.patch.object(owner, function, timed):
        yield


def _tell(text: str) -> None:
    """Nothing in a generated cluster is worth telling of."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    _, WAY, NODES, *REST = sys.argv
    sys.stdout.write(json.dumps(asdict(_load(WAY, int(NODES), *REST))))
