"""Tables for people, made of the data that ``-o json`` prints.

Names and texts come from a cluster, so they are never read as markup, and what cannot be printed
is escaped. Nothing is cut off: where a table is too wide for the screen, lists take its place or
names are folded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.padding import Padding

from extender.cli import pieces
from extender.observe import text as words

Data = dict[str, Any]

ROWS = 20
"""Hosts shown of a list: the nearest or best; ``-o json`` lists more."""

EXPLAINED = 3
"""Hosts whose numbers are traced to where they come from."""


def print_explanation(data: Data, console: Console) -> None:
    """What blocks a pod, what could be done, and where it may go."""
    headline = f"Pod {data['namespace']}/{data['pod']}: {data['summary']}"
    pieces.headline(console, headline, good=data["result"] == "passed")
    pieces.line(console, f"Request: {words.request_line(data['request'])}")
    pieces.bullets(
        console, "What to do", [suggestion["text"] for suggestion in data["suggestions"]]
    )
    passing, misses = data["passing"], data["nearest_misses"]
    if passing["hosts"]:
        pieces.title(console, "Hosts that pass")
        _weights(console, passing)
    if data["totals"]:
        pieces.title(console, "Hosts blocked by each reason: first in order, at all, alone")
        _totals(console, data["totals"])
    if misses["hosts"]:
        pieces.title(console, "Nearest misses")
        _misses(console, misses)
    lines = [*passing["hosts"][:ROWS], *misses["hosts"][:ROWS]]
    problems = [f"{line['host']}: {problem}" for line in lines for problem in line["problems"]]
    pieces.bullets(console, "Notes", [*problems, *data["notes"]])


def print_simulation(data: Data, console: Console) -> None:
    """Where the instances of a request go, and how that came about.

    ``data`` holds ``request``; ``instances``, each with ``instance``, ``host``,
    ``availability_zone``, ``limits`` and ``alternates`` (each of these with ``host``); ``cycles``,
    one for each instance tried; and ``error``, a text or ``None``.
    """
    instances, cycles, error = data["instances"], data["cycles"], data["error"]
    placed = f"{len(instances)} instance{'' if len(instances) == 1 else 's'} placed."
    pieces.headline(console, error or placed, good=error is None)
    pieces.line(console, f"Request: {words.request_line(data['request'])}")
    if instances:
        _instances(console, instances)
    if not cycles:
        return
    # Each instance starts from what the one before has left: the first cycle tells how hosts were
    # chosen, the last why there are no more.
    number = 0 if error is None else len(cycles) - 1
    _cycle(console, cycles[number], f" for instance {number + 1}" if len(cycles) > 1 else "")
    notes = [] if len(cycles) == 1 else [f"-o json shows all {len(cycles)} instances."]
    if error is not None and number:
        notes.insert(0, f"Instance {number + 1} found no host, so none is placed.")
    pieces.bullets(console, "Notes", notes)


def print_attempt(data: Data, console: Console) -> None:
    """What was decided about a pod in one cycle."""
    pod = f"Pod {data['namespace']}/{data['pod']}"
    if data["result"] == "unknown":
        pieces.headline(console, f"{pod}: nothing is known of the attempt.", good=False)
        return
    pieces.headline(console, f"{pod}: {data['summary']}", good=data["result"] == "passed")
    sent, known = data["hosts"]["sent"], data["hosts"]["known"]
    asked = f"{data['at']}: kube-scheduler asked about {sent} hosts, {known} were known."
    pieces.line(console, asked)
    if data["request"]:
        pieces.line(console, f"Request: {data['request']}")
    if data["refusal"]:
        pieces.line(console, f"The pod itself was refused: {data['refusal']}")
    _cycle(console, data, "")


def _cycle(console: Console, cycle: Data, which: str) -> None:
    """The filters, the weights, and who was refused."""
    pieces.title(console, f"Filters{which}")
    _filters(console, cycle["filters"])
    if cycle["weights"] is not None and cycle["weights"]["hosts"]:
        pieces.title(console, f"Weights{which}, best first")
        _weights(console, cycle["weights"])
    refused = cycle["rejected"]
    if refused["hosts"]:
        pieces.title(console, f"Refused{which}, nearest first")
        _verdicts(console, [(line["host"], [line]) for line in refused["hosts"][:ROWS]])
        _more(console, len(refused["hosts"]) + refused["hosts_left_out"])
    pieces.bullets(console, "Faults", [words.fault_line(fault) for fault in cycle["faults"][:ROWS]])


def _totals(console: Console, totals: Iterable[Data]) -> None:
    table = pieces.table("FILTER", "REASON")
    for name in ("FIRST", "AT ALL", "ALONE"):
        pieces.number_column(table, name)
    for total in totals:
        counts = (str(total[key]) for key in ("first", "any", "alone"))
        table.add_row(pieces.text(total["filter"]), pieces.text(total["text"]), *counts)
    pieces.show(console, table)


def _misses(console: Console, misses: Data) -> None:
    """Each host with all that blocks it, and where the numbers of the first few come from."""
    hosts = misses["hosts"]
    _verdicts(console, [(miss["host"], miss["blockers"]) for miss in hosts[:ROWS]])
    _more(console, len(hosts) + misses["hosts_left_out"])
    traced = [
        f"{miss['host']}, {blocker['filter']}: {words.sources_line(blocker['sources'])}"
        for miss in hosts[:EXPLAINED]
        for blocker in miss["blockers"]
        if blocker["sources"]
    ]
    pieces.bullets(console, "Where this comes from", traced)


def _verdicts(console: Console, hosts: Sequence[tuple[str, Sequence[Data]]]) -> None:
    """Hosts and what refuses them: a table where it fits, else a list."""
    table = pieces.table("HOST", "FILTER", "REASON", "NEEDS", "HAS", "SHORT OF")
    for host, verdicts in hosts:
        name = host
        for verdict in verdicts:
            unit, short = verdict.get("unit", ""), verdict.get("short_by")
            table.add_row(
                pieces.text(name, "bold"),
                pieces.text(verdict["filter"]),
                pieces.text(verdict["text"]),
                *(pieces.text(words.value(verdict.get(key), unit)) for key in ("need", "have")),
                pieces.text(words.value(short, unit) if short else "", "red"),
            )
            name = ""
    unbounded = console.options.update(max_width=10 * pieces.WIDE)
    if Measurement.get(console, unbounded, table).maximum <= console.width:
        pieces.show(console, table)
        return
    for host, verdicts in hosts:
        pieces.line(console, host, "bold")
        for verdict in verdicts:
            pieces.show(console, Padding(pieces.text(words.verdict_line(verdict)), (0, 0, 0, 2)))


def _filters(console: Console, filters: Iterable[Data]) -> None:
    table = pieces.table("FILTER")
    pieces.number_column(table, "START")
    pieces.number_column(table, "END")
    table.add_column("REFUSED", overflow="fold")
    for step in filters:
        reasons = ", ".join(f"{r['count']} {r['text']}" for r in step["rejected"])
        end = pieces.text(str(step["end"]), "bold red" if step["start"] and not step["end"] else "")
        table.add_row(pieces.text(step["filter"]), str(step["start"]), end, pieces.text(reasons))
    pieces.show(console, table)


def _weights(console: Console, weights: Data) -> None:
    """What each weigher that tells hosts apart adds; on a wide screen the raw weights too."""
    hosts, names = weights["hosts"][:ROWS], [_short(name) for name in weights["weighers"]]
    columns = [[line["weights"][i] for line in hosts] for i in range(len(names))]
    telling = [i for i, column in enumerate(columns) if len({w["weighed"] for w in column}) > 1]
    table = pieces.table("HOST")
    for name in ("SCORE", "WEIGHT", *(names[i] for i in telling)):
        pieces.number_column(table, name)
    wide = console.width >= pieces.WIDE
    for row, line in enumerate(hosts):
        cells: list[RenderableType] = [pieces.text(line["host"], "bold")]
        cells += [str(line["score"]), _rounded(line["total"])]
        for weight in (columns[i][row] for i in telling):
            raw = f" (raw {words.number(weight['raw'])})" if wide else ""
            cells.append(f"{_rounded(weight['weighed'])}{raw}")
        table.add_row(*cells)
    pieces.show(console, table)
    _more(console, len(weights["hosts"]) + weights["hosts_left_out"])
    alike = [name for i, name in enumerate(names) if i not in telling]
    if alike and len(hosts) > 1:
        pieces.line(console, f"The same for all these hosts: {', '.join(alike)}.", "dim")
    if weights["decided_by"]:
        lead = f"{words.number(weights['margin'])}, most of it by {_short(weights['decided_by'])}"
        pieces.line(console, f"{hosts[0]['host']} leads by {lead}.", "dim")


def _instances(console: Console, instances: Iterable[Data]) -> None:
    """Instances and their hosts; their limits too on a wide screen."""
    pieces.title(console, "Instances")
    wide = console.width >= pieces.WIDE
    table = pieces.table("#", "HOST", "ZONE", "ALTERNATES", *(["LIMITS"] if wide else []))
    for line in instances:
        alternates = ", ".join(alternate["host"] for alternate in line["alternates"])
        limits = ", ".join(f"{key} {limit}" for key, limit in line["limits"].items())
        cells = [str(line["instance"]), line["host"], line["availability_zone"], alternates]
        table.add_row(*map(pieces.text, [*cells, limits] if wide else cells))
    pieces.show(console, table)


def _more(console: Console, count: int) -> None:
    if count > ROWS:
        pieces.line(console, f"and {count - ROWS} more hosts; -o json shows more", "dim")


def _rounded(weight: float | None) -> str:
    return words.number(weight) if weight is None else f"{weight:.3f}"


def _short(weigher: str) -> str:
    return weigher.removesuffix("Weigher") or weigher
