"""``make bench``: latency of the verbs, time and memory of loading, beside their targets.

It measures and judges nothing: the exit code is 0 unless something does not work at all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from tests.bench import classes, latency, loading
from tests.bench.client import BadReplyError
from tests.bench.machine import Watch
from tests.bench.report import Results, as_json, as_text
from tests.bench.server import ServerError

SAMPLES = {100: 1500, 1000: 1500, 5000: 800}
LARGE = 5000


def main() -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--only", choices=("classes", "latency", "load"), help="measure nothing else"
    )
    args = parser.parse_args()
    watch = Watch()
    latencies, loads, costs = [], [], []
    try:
        if args.only in (None, "classes"):
            _say(f"filters and weighers, {LARGE} nodes ...")
            costs = classes.measure(LARGE)
        for workload in latency.WORKLOADS if args.only in (None, "latency") else ():
            for nodes, samples in SAMPLES.items():
                _say(f"latency, {nodes} nodes, {workload} ...")
                latencies.append(latency.measure(workload, nodes, samples, watch.pace))
        for way in loading.WAYS if args.only in (None, "load") else ():
            _say(f"load, {LARGE} nodes, {way} ...")
            loads.append(loading.measure(way, LARGE))
    except (BadReplyError, ServerError, OSError, subprocess.CalledProcessError) as error:
        _say(f"bench: {error}")
        return 1
    results = Results(watch.machine(), latencies, loads, costs)
    print(json.dumps(as_json(results), indent=2) if args.json else as_text(results))
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
