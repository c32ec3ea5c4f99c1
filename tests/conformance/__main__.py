"""``make conformance``: the extender's scheduler against Nova's own, case by case.

Exits 1 where they differ outside the table of departures, where a class is missing, or where too
few cases were about one; 2 where Nova's environment cannot be had.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time

from tests.conformance import departures, environment, run
from tests.conformance.case import Case
from tests.conformance.compare import Difference
from tests.conformance.generate.cases import make
from tests.conformance.tally import Tally, table
from tests.conformance.workers import WorkerError

SHOWN = 5


def main() -> int:
    """Compare, and print what was found."""
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="how many (default 20000)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default 1)")
    parser.add_argument("--case", metavar="SEED:NUMBER", help="show and compare one case only")
    parser.add_argument("--python", default="python3.11", help="a Python 3.11, for Nova")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    try:
        print(environment.ensure(args.python), flush=True)
        if args.case:
            return _one(args.case)
        return _all(args.seed, args.cases, args.processes)
    except (environment.NoEnvironmentError, WorkerError) as error:
        print(f"make conformance: {error}", file=sys.stderr)
        return 2


def _one(identity: str) -> int:
    seed, _, number = identity.partition(":")
    case = make(int(seed), int(number))
    print(json.dumps(case, ensure_ascii=False))
    outcome = run.judge(case)
    for row, found in outcome.departures:
        print(f"departure ({row}): {_told(case, found)}")
    for found in outcome.differences:
        _show(case, found)
    return 1 if outcome.differences else 0


def _all(seed: int, count: int, processes: int) -> int:
    unproved = _unproved()
    tally, started = Tally(), time.monotonic()
    for part in run.batches(seed, count, processes):
        tally.add(part)
        if sys.stderr.isatty():
            print(f"\r{tally.cases} of {count} cases", end="", file=sys.stderr, flush=True)
    seconds = time.monotonic() - started
    kinds: dict[tuple[str, str], tuple[Case, Difference]] = {}
    for case, found in tally.failures:
        kinds.setdefault((found.kind, found.name), (case, found))
    for case, found in [*kinds.values()][:SHOWN]:
        _show(case, found)
    print("\n".join(table(tally)))
    shortcomings = [*unproved, *tally.shortcomings()]
    for text in shortcomings:
        print(f"FAILED {text}")
    different = sum(tally.differences.values())
    share = math.floor(1e6 * (1 - different / max(1, tally.judgements))) / 1e4
    print(
        f"{tally.cases} cases of seed {seed} ({tally.unmade} refused by both), "
        f"{tally.judgements} judgements of hosts, {different} differences, "
        f"{share:g} % agreement, {seconds:.0f} s"
    )
    return 1 if different or shortcomings else 0


def _unproved() -> list[str]:
    """The departures whose own case does not show them any more."""
    found = []
    for row in departures.TABLE:
        outcome = run.judge(row.example)
        if row.id not in {known for known, _ in outcome.departures}:
            found.append(f"departure {row.id!r}: its own case does not show it")
        elif outcome.differences:
            found.append(f"departure {row.id!r}: its own case shows other differences too")
    return found


def _show(case: Case, found: Difference) -> None:
    """Print the smallest case that shows a difference, and both answers."""
    print(f"\nDIFFERENCE in {found.name}, case {case.get('id')}")
    small, last = run.smallest(case, found)
    print(f"  smallest: {json.dumps(small, ensure_ascii=False)}")
    print(f"  {_told(small, last)}", flush=True)


def _told(case: Case, found: Difference) -> str:
    where = f" on {case['hosts'][found.host].get('host', 'node-1')}" if found.host >= 0 else ""
    return f"{found.kind} {found.name}{where}: Nova {found.nova!r}, here {found.ours!r}"


if __name__ == "__main__":
    sys.exit(main())
