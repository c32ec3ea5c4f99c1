"""``make bench-cluster``: pods a second through kube-scheduler 1.37.1, on a real control plane.

It measures and judges nothing: the exit code is 0 unless something does not work at all.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, document, write
from tests.bench.live import throughput
from tests.bench.live.throughput import ADVISE, ALONE, DECIDE, EXTENDER, Round, ThroughputError
from tests.bench.machine import Watch
from tests.e2e.build import BuildError
from tests.e2e.controlplane import ControlPlane

TARGETS = {DECIDE: 0.90, ADVISE: 0.65}
OUT = Path(".cache/bench/bench-cluster.json")


def main() -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="make bench-cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each variant runs")
    parser.add_argument("--nodes", type=int, default=1000, help="nodes that kwok plays")
    parser.add_argument("--pods", type=int, default=3000, help="pods of one round")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON is written")
    args = parser.parse_args()
    watch = Watch()
    try:
        rounds = _rounds(args.rounds, args.nodes, args.pods)
    except (BuildError, ThroughputError, TimeoutError, RuntimeError, OSError) as error:
        _say(f"bench-cluster: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    write(args.out, document("bench-cluster", watch.facts(), list(figures(rounds))))
    print(as_text(rounds))
    _say(f"written to {args.out}")
    return 0


def _rounds(count: int, nodes: int, pods: int) -> list[Round]:
    found = []
    with (
        tempfile.TemporaryDirectory(prefix="nova-extender-bench-") as folder,
        ControlPlane(Path(folder)) as plane,
    ):
        plane.install_kinds()
        throughput.create_nodes(plane, nodes)
        for number in range(count):
            for variant in throughput.VARIANTS:
                found.append(throughput.measure(plane, variant, nodes, pods))
                _say(f"round {number + 1}, {variant}: {found[-1].rate:.0f} pods/s")
    return found


def shares(rounds: list[Round], variant: str) -> list[float]:
    """The variant's rate as a part of kube-scheduler's alone, round by round."""
    mine = [one.rate for one in rounds if one.variant == variant]
    alone = [one.rate for one in rounds if one.variant == ALONE]
    return [rate / other for rate, other in zip(mine, alone, strict=True)]


def figures(rounds: list[Round]) -> list[Figure]:
    """What was found, as figures."""
    found = []
    for variant in throughput.VARIANTS:
        mine = [one for one in rounds if one.variant == variant]
        rate = median(one.rate for one in mine)
        found.append(Figure(f"throughput/{variant}/pods a second", rate, "pods/s", "higher"))
        for program in mine[0].cpu:
            per_pod = median(one.cpu[program] / one.pods for one in mine)
            found.append(Figure(f"throughput/{variant}/{program} a pod", 1e3 * per_pod, "ms"))
        if variant != ALONE:
            share = median(shares(rounds, variant))
            name = f"throughput/{variant}/to alone"
            found.append(Figure(name, share, "ratio", "higher", TARGETS[variant]))
    return found


def as_text(rounds: list[Round]) -> str:
    """A table of the variants: rates, their parts of alone, and CPU milliseconds a pod."""
    head = f"{'variant':8} {'pods/s':>7} {'to alone (least, greatest)':>28} {'target':>7}"
    lines = [f"{head}   CPU ms a pod"]
    for variant in throughput.VARIANTS:
        mine = [one for one in rounds if one.variant == variant]
        parts = shares(rounds, variant)
        share = f"{median(parts):.0%} ({min(parts):.0%}, {max(parts):.0%})"
        target = f"{TARGETS[variant]:.0%}" if variant in TARGETS else ""
        programs = sorted(mine[0].cpu, key=lambda name: (name != EXTENDER, name))
        cpu = ", ".join(
            f"{name} {1e3 * median(one.cpu[name] / one.pods for one in mine):.2f}"
            for name in programs
        )
        rate = median(one.rate for one in mine)
        lines.append(f"{variant:8} {rate:7.0f} {share:>28} {target:>7}   {cpu}")
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
