"""The figures beside what they are measured by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from extender.version import __version__
from tests.bench.classes import ONE_BY_ONE, Cost, total
from tests.bench.latency import FILTER, PRIORITIZE, Latency
from tests.bench.loading import WAYS, Load
from tests.bench.machine import Machine
from tests.bench.server import NOTHING

REFERENCE = {
    FILTER: {100: 0.63, 1000: 0.81, 5000: 1.83},
    PRIORITIZE: {100: 0.55, 1000: 1.15, 5000: 2.29},
}
"""Median milliseconds of the prototype (Flask, gunicorn, msgspec, NumPy) on a quiet machine with
two cores, by verb and nodes."""

FACTOR = 1.5
LOAD_LIMIT = 5.0
MEMORY_LIMIT = 400.0
"""The targets: times the reference, seconds, MiB."""

CLASS_LIMIT = 2.0
FILTERS_LIMIT = 10.0
"""Targets for one filter or weigher, and for all filters together, in milliseconds."""


_LATENCY_NOTE = f"""\
Milliseconds over HTTP on loopback: one client, one kept connection, names form, default filters
and weighers; prioritize is asked about the nodes that passed. x nothing: of a handler that does
nothing, on the same server in turns. target: p50 at most {FACTOR:g} x the prototype's. CPU pace:
how many times its best time a fixed computation took meanwhile; above 1, something slowed it."""

_LOAD_NOTE = """\
The steps are in CPU seconds; the network is left out. before: all modules imported."""

_CLASS_NOTE = f"""\
Milliseconds for 5,000 hosts, all of them asked about, by a pod that gives each class something to
look at; before each call the use of one host changes. target: at most {CLASS_LIMIT:g} ms each, and
{FILTERS_LIMIT:g} ms for all filters together. JsonFilter asks about one host after the other."""


@dataclass(frozen=True, slots=True)
class Results:
    """All that was measured."""

    machine: Machine
    latencies: Sequence[Latency]
    loads: Sequence[Load]
    classes: Sequence[Cost]


def as_json(results: Results) -> dict[str, Any]:
    """The results for machines: milliseconds, seconds and MiB."""
    found: dict[str, Any] = asdict(results)
    for latency in found["latencies"]:
        for verb, timing in latency["timings"].items():
            timing["reference_p50"] = _reference(verb, latency["nodes"])
            timing["times_nothing_p50"] = timing["p50"] / latency["timings"][NOTHING]["p50"]
            timing["times_nothing_p99"] = timing["p99"] / latency["timings"][NOTHING]["p99"]
    return {
        "version": __version__,
        "targets": {
            "factor": FACTOR,
            "load_seconds": LOAD_LIMIT,
            "memory_mib": MEMORY_LIMIT,
            "class_milliseconds": CLASS_LIMIT,
            "filters_milliseconds": FILTERS_LIMIT,
        },
        "warnings": results.machine.warnings(),
        **found,
    }


def as_text(results: Results) -> str:
    """The results for people."""
    machine = results.machine
    about = (
        f"nova-extender {__version__}, Python {machine.python}, {machine.cores} cores, "
        f"load average {machine.load_before:.2f} before; others took {machine.others:.0%} "
        f"of the machine during {machine.seconds:.0f} s"
    )
    lines = [about]
    lines += [
        f"WARNING: {warning}: trust the ratios and the least" for warning in machine.warnings()
    ]
    if results.latencies:
        lines += ["", *_aligned(_latency_rows(results)), ""]
        lines.append(_LATENCY_NOTE)
        most = max(results.latencies, key=lambda latency: latency.memory.resident)
        lines.append(
            f"After the calls the server's worker took at most {most.memory.resident:.0f} MiB, "
            f"with {most.nodes} nodes."
        )
    if results.loads:
        lines += ["", *_aligned(_load_rows(results.loads)), ""]
        lines += [
            f"{way}: {text}; " + ", ".join(f"{step} {s:.2f} s" for step, s in load.steps.items())
            for load in results.loads
            for way, text in WAYS.items()
            if way == load.way
        ]
        lines.append(_LOAD_NOTE)
    if results.classes:
        lines += ["", *_aligned(_class_rows(results.classes)), "", _CLASS_NOTE]
    return "\n".join(lines)


def _class_rows(costs: Sequence[Cost]) -> Iterator[tuple[str, ...]]:
    yield ("class", "kind", "min", "p50", "p99", "hosts refused", "target")
    for cost in costs:
        free = cost.name in ONE_BY_ONE
        yield (
            cost.name,
            cost.kind,
            *(f"{ms:.3f}" for ms in (cost.timing.least, cost.timing.p50, cost.timing.p99)),
            str(cost.refused) if cost.kind == "filter" else "",
            "" if free else _verdict(cost.timing.p50, CLASS_LIMIT),
        )
    together = total(costs)
    verdict = _verdict(together, FILTERS_LIMIT)
    yield ("all filters but JsonFilter", "", "", f"{together:.3f}", "", "", verdict)


def _reference(verb: str, nodes: int) -> float | None:
    return REFERENCE.get(verb, {}).get(nodes)


def _verdict(value: float, limit: float) -> str:
    return "within" if value <= limit else "above"


def _latency_rows(results: Results) -> Iterator[tuple[str, ...]]:
    yield (
        *("workload", "nodes", "CPU pace", "verb", "calls", "min", "p50", "p99"),
        *("p50 x nothing", "p99 x nothing", "prototype", "p50 x prototype", "target"),
    )
    for latency in results.latencies:
        nothing = latency.timings[NOTHING]
        for verb, timing in latency.timings.items():
            reference = _reference(verb, latency.nodes)
            yield (
                latency.workload,
                str(latency.nodes),
                f"{latency.pace / results.machine.best_pace:.2f}",
                verb,
                str(timing.samples),
                *(f"{ms:.2f}" for ms in (timing.least, timing.p50, timing.p99)),
                f"{timing.p50 / nothing.p50:.1f}",
                f"{timing.p99 / nothing.p99:.1f}",
                *(
                    ("", "", "")
                    if reference is None
                    else (
                        f"{reference:.2f}",
                        f"{timing.p50 / reference:.2f}",
                        _verdict(timing.p50, FACTOR * reference),
                    )
                ),
            )


def _load_rows(loads: Sequence[Load]) -> Iterator[tuple[str, ...]]:
    yield ("load", "nodes", "pods", "what", "value", "limit", "target")
    for load in loads:
        for what, value, unit, limit in (
            ("decode and load", load.seconds, "s", LOAD_LIMIT),
            ("of which CPU", load.cpu_seconds, "s", None),
            ("resident before", load.before.resident, "MiB", None),
            ("resident after", load.after.resident, "MiB", MEMORY_LIMIT),
            ("peak", load.after.peak, "MiB", None),
        ):
            yield (
                load.way,
                str(load.nodes),
                str(load.pods),
                what,
                f"{value:.2f} s" if unit == "s" else f"{value:.0f} MiB",
                "" if limit is None else f"{limit:.0f} {unit}",
                "" if limit is None else _verdict(value, limit),
            )


def _aligned(rows: Iterator[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest cell; texts to the left, figures to the right."""
    columns = []
    for column in zip(*rows, strict=True):
        width = max(map(len, column))
        figures = any(cell[:1].isdigit() for cell in column)
        columns.append([cell.rjust(width) if figures else cell.ljust(width) for cell in column])
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
