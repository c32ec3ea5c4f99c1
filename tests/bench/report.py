"""Figures as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from extender.version import __version__
from tests.bench.figures import Figure
from tests.bench.machine import Machine

NOTES = {
    "latency": """\
Milliseconds over HTTP on loopback: one client, a kept connection to each server, names form,
default filters and weighers; prioritize is asked about the nodes that passed. echo: an extender in
Go that only decodes and echoes, given the very same calls in turns.""",
    "python": """\
Filter for the same pod and the same nodes in turns: by names, as nova-extender ships; by whole
Nodes; and plain Flask with get_json and jsonify, which can be asked by whole Nodes only.""",
    "classes": """\
Microseconds a host, all hosts asked about, by a pod that gives each class something to look at;
before each call the use of one host changes. JsonFilter asks about one host after the other.""",
    "load": """\
Decoding and taking in; the network is left out. before: all modules imported.""",
}


def heading(machine: Machine) -> str:
    """What the figures were measured with and on, and why not to trust them, if so."""
    about = (
        f"nova-extender {__version__}, Python {machine.python}, {machine.cores} cores, "
        f"load average {machine.load_before:.2f} before; others took {machine.others:.0%} "
        f"of the machine during {machine.seconds:.0f} s"
    )
    warnings = (f"WARNING: {text}: trust the ratios and the least" for text in machine.warnings())
    return "\n".join([about, *warnings])


def as_text(figures: Sequence[Figure]) -> str:
    """The figures, a table for each group of them: the first part of their ids."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.id.partition("/")[0], []).append(figure)
    blocks = []
    for group, found in groups.items():
        rows = _latency_rows(found) if group == "latency" else _rows(found)
        blocks.append("\n".join([*aligned(rows), *([NOTES[group]] if group in NOTES else [])]))
    return "\n\n".join(blocks)


def _rows(figures: Iterable[Figure]) -> Iterator[tuple[str, ...]]:
    yield ("what", "value", "unit", "target", "")
    for figure in figures:
        yield (figure.id, f"{figure.value:.3g}", figure.unit, *_judged(figure))


def _latency_rows(figures: Sequence[Figure]) -> Iterator[tuple[str, ...]]:
    """Ours, the other's and the ratio beside one another: they stand in threes."""
    yield ("workload", "nodes", "verb", "", "ms", "echo ms", "to echo", "target", "")
    for at in range(0, len(figures), 3):
        ours, echo, ratio = figures[at : at + 3]
        values = (f"{one.value:.2f}" for one in (ours, echo, ratio))
        yield (*ours.id.split("/")[1:], *values, *_judged(ratio))


def _judged(figure: Figure) -> tuple[str, str]:
    if figure.target is None:
        return "", ""
    sign = "≤" if figure.better == "lower" else "≥"
    return f"{sign} {figure.target:g}", "met" if figure.met else "missed"


def aligned(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest cell; texts to the left, figures to the right."""
    columns = []
    for column in zip(*rows, strict=True):
        width = max(map(len, column))
        figures = any(cell[:1].isdigit() for cell in column[1:])
        columns.append([cell.rjust(width) if figures else cell.ljust(width) for cell in column])
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
