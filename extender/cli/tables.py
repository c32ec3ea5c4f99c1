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
from rich.table import Table
from rich.text import Text

from extender.observe import text as words

Data = dict[str, Any]

WIDE = 120
"""Columns of a terminal from which tables show more than they must."""

ROWS = 20
"""Hosts shown of a list: the nearest or best; ``-o json`` lists more."""

EXPLAINED = 3
"""Hosts whose numbers are traced to where they come from."""

_RESOURCES = (("cpu", "vCPU", 1), ("ram", "MEMORY GiB", 1024), ("disk", "DISK GiB", 1024))


def print_explanation(data: Data, console: Console) -> None:
    """What blocks a pod, what could be done, and where it may go."""
    headline = f"Pod {data['namespace']}/{data['pod']}: {data['summary']}"
    _headline(console, headline, good=data["result"] == "passed")
    _line(console, f"Request: {words.request_line(data['request'])}")
    _list(console, "What to do", [suggestion["text"] for suggestion in data["suggestions"]])
    passing, misses = data["passing"], data["nearest_misses"]
    if passing["hosts"]:
        _title(console, "Hosts that pass")
        _weights(console, passing)
    if data["totals"]:
        _title(console, "Hosts blocked by each reason: first in order, at all, alone")
        _totals(console, data["totals"])
    if misses["hosts"]:
        _title(console, "Nearest misses")
        _misses(console, misses)
    lines = [*passing["hosts"][:ROWS], *misses["hosts"][:ROWS]]
    problems = [f"{line['host']}: {problem}" for line in lines for problem in line["problems"]]
    _list(console, "Notes", [*problems, *data["notes"]])


def print_simulation(data: Data, console: Console) -> None:
    """Where the instances of a request go, and how that came about.

    ``data`` holds ``request``; ``instances``, each with ``instance``, ``host``,
    ``availability_zone``, ``limits`` and ``alternates`` (each of these with ``host``); ``cycles``,
    one for each instance tried; and ``error``, a text or ``None``.
    """
    instances, cycles, error = data["instances"], data["cycles"], data["error"]
    placed = f"{len(instances)} instance{'' if len(instances) == 1 else 's'} placed."
    _headline(console, error or placed, good=error is None)
    _line(console, f"Request: {words.request_line(data['request'])}")
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
    _list(console, "Notes", notes)


def print_hosts(rows: Sequence[Data], console: Console) -> None:
    """The hosts as the scheduler sees them: what they promise and what is used of it."""
    if not rows:
        _headline(console, "No hosts are known.", good=False)
        return
    wide = console.width >= WIDE
    table = _table("HOST", "ZONE", "STATE")
    for _, title, _ in _RESOURCES:
        _number_column(table, title)
    _number_column(table, "PODS")
    if wide:
        _number_column(table, "I/O OPS")
        table.add_column("AGGREGATES", overflow="fold")
    for row in rows:
        style = {"up": "green", "disabled": "yellow"}.get(row["state"], "red")
        cells = [_text(row["host"], "bold"), _text(", ".join(row["zones"]))]
        cells.append(_text(row["state"], style))
        cells += [_used(row[key], size) for key, _, size in _RESOURCES]
        cells.append(_text(str(row["num_instances"])))
        if wide:
            cells += [_text(str(row["num_io_ops"])), _text(", ".join(row["aggregates"]))]
        table.add_row(*cells)
    _print(console, table)
    _line(console, "Amounts: used/limit, the limit being total × ratio.", "dim")
    _list(console, "Ratios", words.ratio_lines(rows))
    signs = [
        f"{row['host']} is {row['state']}: {', '.join(row['state_from'])}"
        for row in rows
        if row["state_from"]
    ]
    problems = [f"{row['host']}: {problem}" for row in rows for problem in row["problems"]]
    _list(console, "Notes", [*signs, *problems])


def print_attempt(data: Data, console: Console) -> None:
    """What was decided about a pod in one cycle."""
    pod = f"Pod {data['namespace']}/{data['pod']}"
    if data["result"] == "unknown":
        _headline(console, f"{pod}: nothing is known of the attempt.", good=False)
        return
    _headline(console, f"{pod}: {data['summary']}", good=data["result"] == "passed")
    sent, known = data["hosts"]["sent"], data["hosts"]["known"]
    asked = f"{data['at']}: kube-scheduler asked about {sent} hosts, {known} were known."
    _line(console, asked)
    if data["request"]:
        _line(console, f"Request: {data['request']}")
    if data["refusal"]:
        _line(console, f"The pod itself was refused: {data['refusal']}")
    _cycle(console, data, "")


def _cycle(console: Console, cycle: Data, which: str) -> None:
    """The filters, the weights, and who was refused."""
    _title(console, f"Filters{which}")
    _filters(console, cycle["filters"])
    if cycle["weights"] is not None and cycle["weights"]["hosts"]:
        _title(console, f"Weights{which}, best first")
        _weights(console, cycle["weights"])
    refused = cycle["rejected"]
    if refused["hosts"]:
        _title(console, f"Refused{which}, nearest first")
        _verdicts(console, [(line["host"], [line]) for line in refused["hosts"][:ROWS]])
        _more(console, len(refused["hosts"]) + refused["hosts_left_out"])
    _list(console, "Faults", [words.fault_line(fault) for fault in cycle["faults"][:ROWS]])


def _totals(console: Console, totals: Iterable[Data]) -> None:
    table = _table("FILTER", "REASON")
    for name in ("FIRST", "AT ALL", "ALONE"):
        _number_column(table, name)
    for total in totals:
        counts = (str(total[key]) for key in ("first", "any", "alone"))
        table.add_row(_text(total["filter"]), _text(total["text"]), *counts)
    _print(console, table)


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
    _list(console, "Where this comes from", traced)


def _verdicts(console: Console, hosts: Sequence[tuple[str, Sequence[Data]]]) -> None:
    """Hosts and what refuses them: a table where it fits, else a list."""
    table = _table("HOST", "FILTER", "REASON", "NEEDS", "HAS", "SHORT OF")
    for host, verdicts in hosts:
        name = host
        for verdict in verdicts:
            unit, short = verdict.get("unit", ""), verdict.get("short_by")
            table.add_row(
                _text(name, "bold"),
                _text(verdict["filter"]),
                _text(verdict["text"]),
                *(_text(words.value(verdict.get(key), unit)) for key in ("need", "have")),
                _text(words.value(short, unit) if short else "", "red"),
            )
            name = ""
    unbounded = console.options.update(max_width=10 * WIDE)
    if Measurement.get(console, unbounded, table).maximum <= console.width:
        _print(console, table)
        return
    for host, verdicts in hosts:
        _line(console, host, "bold")
        for verdict in verdicts:
            _print(console, Padding(_text(words.verdict_line(verdict)), (0, 0, 0, 2)))


def _filters(console: Console, filters: Iterable[Data]) -> None:
    table = _table("FILTER")
    _number_column(table, "START")
    _number_column(table, "END")
    table.add_column("REFUSED", overflow="fold")
    for step in filters:
        reasons = ", ".join(f"{r['count']} {r['text']}" for r in step["rejected"])
        end = _text(str(step["end"]), "bold red" if step["start"] and not step["end"] else "")
        table.add_row(_text(step["filter"]), str(step["start"]), end, _text(reasons))
    _print(console, table)


def _weights(console: Console, weights: Data) -> None:
    """What each weigher that tells hosts apart adds; on a wide screen the raw weights too."""
    hosts, names = weights["hosts"][:ROWS], [_short(name) for name in weights["weighers"]]
    columns = [[line["weights"][i] for line in hosts] for i in range(len(names))]
    telling = [i for i, column in enumerate(columns) if len({w["weighed"] for w in column}) > 1]
    table = _table("HOST")
    for name in ("SCORE", "WEIGHT", *(names[i] for i in telling)):
        _number_column(table, name)
    wide = console.width >= WIDE
    for row, line in enumerate(hosts):
        cells: list[RenderableType] = [_text(line["host"], "bold")]
        cells += [str(line["score"]), _rounded(line["total"])]
        for weight in (columns[i][row] for i in telling):
            raw = f" (raw {words.number(weight['raw'])})" if wide else ""
            cells.append(f"{_rounded(weight['weighed'])}{raw}")
        table.add_row(*cells)
    _print(console, table)
    _more(console, len(weights["hosts"]) + weights["hosts_left_out"])
    alike = [name for i, name in enumerate(names) if i not in telling]
    if alike and len(hosts) > 1:
        _line(console, f"The same for all these hosts: {', '.join(alike)}.", "dim")
    if weights["decided_by"]:
        lead = f"{words.number(weights['margin'])}, most of it by {_short(weights['decided_by'])}"
        _line(console, f"{hosts[0]['host']} leads by {lead}.", "dim")


def _instances(console: Console, instances: Iterable[Data]) -> None:
    """Instances and their hosts; their limits too on a wide screen."""
    _title(console, "Instances")
    wide = console.width >= WIDE
    table = _table("#", "HOST", "ZONE", "ALTERNATES", *(["LIMITS"] if wide else []))
    for line in instances:
        alternates = ", ".join(alternate["host"] for alternate in line["alternates"])
        limits = ", ".join(f"{key} {limit}" for key, limit in line["limits"].items())
        cells = [str(line["instance"]), line["host"], line["availability_zone"], alternates]
        table.add_row(*map(_text, [*cells, limits] if wide else cells))
    _print(console, table)


# -- the pieces ----------------------------------------------------------------------------


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _number_column(table: Table, name: str) -> None:
    table.add_column(name, justify="right", overflow="fold")


def _print(console: Console, what: RenderableType) -> None:
    console.print(what, highlight=False, markup=False, emoji=False)


def _line(console: Console, line: str, style: str = "") -> None:
    _print(console, _text(line, style))


def _headline(console: Console, line: str, *, good: bool) -> None:
    _line(console, line, "bold green" if good else "bold red")


def _title(console: Console, title: str) -> None:
    _line(console, "")
    _line(console, title, "bold cyan")


def _list(console: Console, title: str, lines: Sequence[str]) -> None:
    """Lines under a title, each indented where it is wrapped; nothing where there are none."""
    if not lines:
        return
    _title(console, title)
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column()
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row("-", _text(line))
    _print(console, grid)


def _more(console: Console, count: int) -> None:
    if count > ROWS:
        _line(console, f"and {count - ROWS} more hosts; -o json shows more", "dim")


def _used(inventory: Data, size: int) -> Text:
    """Used and limit, rounded, and the ratio where it is not 1; red where more is used."""
    used, limit = (words.plain(inventory[key] / size, 1) for key in ("used", "limit"))
    ratio = "" if inventory["ratio"] == 1 else f" x{words.plain(inventory['ratio'])}"
    return _text(f"{used}/{limit}{ratio}", "red" if inventory["free"] < 0 else "")


def _rounded(weight: float | None) -> str:
    return words.number(weight) if weight is None else f"{weight:.3f}"


def _short(weigher: str) -> str:
    return weigher.removesuffix("Weigher") or weigher


def _text(text: str, style: str = "") -> Text:
    return Text(words.printable(text), style)
