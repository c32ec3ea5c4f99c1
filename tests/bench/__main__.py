"""``make bench``: what calls, classes and loading cost, beside an extender that does nothing.

It measures and judges nothing: the exit code is 0 unless something does not work at all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import classes, findings, latency, loading, python_way, report
from tests.bench.client import BadReplyError
from tests.bench.echo_server import EchoError
from tests.bench.figures import Figure, document, write
from tests.bench.machine import Watch
from tests.bench.server import ServerError

SAMPLES = {100: 1500, 1000: 1500, 5000: 800, 20_000: 300, 65_000: 150}
QUICK = 100
LARGE = 5000
MIDDLE = 1000
OUT = Path(".cache/bench/bench.json")
PARTS = ("classes", "latency", "python", "load")


def main() -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help=f"where the JSON goes ({OUT})")
    parser.add_argument("--only", choices=PARTS, help="measure nothing else")
    parser.add_argument("--quick", action="store_true", help="fewer calls, no large clusters")
    args = parser.parse_args()
    watch = Watch()
    try:
        found = list(_measured(args.only, watch, quick=args.quick))
    except (BadReplyError, EchoError, ServerError, OSError, subprocess.CalledProcessError) as error:
        _say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    print(report.heading(watch.machine()), report.as_text(found), sep="\n\n")
    write(args.out, document("bench", watch.facts(), found))
    _say(f"written to {args.out}")
    return 0


def _measured(only: str | None, watch: Watch, *, quick: bool) -> Iterator[Figure]:
    wanted = PARTS if only is None else (only,)
    if "classes" in wanted:
        _say(f"filters and weighers, {LARGE} nodes ...")
        yield from findings.of_classes(classes.measure(LARGE), LARGE)
    if "latency" in wanted:
        for workload in latency.WORKLOADS:
            for nodes, samples in SAMPLES.items():
                if nodes > LARGE and (quick or workload != latency.ALL_PASS):
                    continue
                _say(f"latency, {nodes} nodes, {workload} ...")
                calls = min(samples, QUICK) if quick else samples
                yield from findings.of_latency(latency.measure(workload, nodes, calls, watch.pace))
    if "python" in wanted:
        _say(f"the plain Flask way, {MIDDLE} nodes ...")
        yield from findings.of_ways(python_way.measure(MIDDLE))
    if "load" in wanted:
        for way in loading.WAYS:
            _say(f"load, {LARGE} nodes, {way} ...")
            yield from findings.of_load(loading.measure(way, LARGE))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
