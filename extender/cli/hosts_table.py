"""The table of ``hosts``: what each promises, what is used of it, and what of it is void."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from extender.cli import pieces
from extender.observe import text as words
from extender.observe.voids import void_lines

Data = dict[str, Any]

LINES = 100
"""Shares shown one a line on a wide screen, void ones first; ``-o json`` shows all."""

_RESOURCES = (("cpu", "vCPU", 1), ("ram", "MEMORY GiB", 1024), ("disk", "DISK GiB", 1024))


def print_hosts(rows: Sequence[Data], console: Console) -> None:
    """The hosts as the scheduler sees them.

    Args:
        rows: what ``observe.objects.host`` makes of each host.
        console: where to; if it is wide, all numbers of what is overcommitted are shown too.
    """
    if not rows:
        pieces.headline(console, "No hosts are known.", good=False)
        return
    wide = console.width >= pieces.WIDE
    _hosts(console, rows, wide)
    legend = "Amounts: used/limit, the limit being total × ratio"
    if any(_differs(row[key]) for row in rows for key, _, _ in _RESOURCES):
        legend += ", of what the node has of its own"
    pieces.line(console, f"{legend}.", "dim")
    if wide:
        _shares(console, rows)
    pieces.bullets(console, "Ratios", words.ratio_lines(rows))
    pieces.bullets(console, "Void ratios", void_lines(rows))
    unenforced = [
        f"{key}: no enabled filter holds hosts to the limit"
        for key, _, _ in _RESOURCES
        if not rows[0][key]["enforced_by"]
    ]
    signs = [
        f"{row['host']} is {row['state']}: {', '.join(row['state_from'])}"
        for row in rows
        if row["state_from"]
    ]
    problems = [f"{row['host']}: {problem}" for row in rows for problem in row["problems"]]
    pieces.bullets(console, "Notes", [*unenforced, *signs, *problems])


def _hosts(console: Console, rows: Sequence[Data], wide: bool) -> None:
    """A line for each host."""
    table = pieces.table("HOST", "ZONE", "STATE")
    for _, title, _ in _RESOURCES:
        pieces.number_column(table, title)
    pieces.number_column(table, "PODS")
    if wide:
        pieces.number_column(table, "I/O OPS")
        table.add_column("AGGREGATES", overflow="fold")
    for row in rows:
        style = {"up": "green", "disabled": "yellow"}.get(row["state"], "red")
        cells = [pieces.text(row["host"], "bold"), pieces.text(", ".join(row["zones"]))]
        cells.append(pieces.text(row["state"], style))
        cells += [_used(row[key], size) for key, _, size in _RESOURCES]
        cells.append(pieces.text(str(row["num_instances"])))
        if wide:
            cells.append(pieces.text(str(row["num_io_ops"])))
            cells.append(pieces.text(", ".join(row["aggregates"])))
        table.add_row(*cells)
    pieces.show(console, table)


def _shares(console: Console, rows: Sequence[Data]) -> None:
    """A line for each resource whose limit is not simply what the node has.

    The host does not come first: a line that begins with its name stands in the table of hosts.
    """
    found = [
        (row["host"], title, row[key], size)
        for row in rows
        for key, title, size in _RESOURCES
        if _differs(row[key]) or row[key]["held_at_one"]
    ]
    if not found:
        return
    found.sort(key=lambda line: not line[2]["void"])
    pieces.title(console, "Overcommit")
    table = pieces.table("RESOURCE", "HOST")
    for name in ("RAW", "RATIO"):
        pieces.number_column(table, name)
    table.add_column("FROM", overflow="fold")
    for name in ("ALLOCATABLE", "EFFECTIVE", "USED", "FREE", "VOID"):
        pieces.number_column(table, name)
    for host, title, share, size in found[:LINES]:
        amounts = ("allocatable", "limit", "used", "free", "void")
        table.add_row(
            title,
            pieces.text(host, "bold"),
            _amount(share["raw"], size),
            words.plain(share["ratio"]),
            pieces.text(_origin(share)),
            *(_amount(share[key], size) for key in amounts[:-1]),
            pieces.text(_amount(share["void"], size), "red" if share["void"] else ""),
        )
    pieces.show(console, table)
    if len(found) > LINES:
        pieces.line(console, f"and {len(found) - LINES} more; -o json shows all", "dim")


def _used(share: Data, size: int) -> Text:
    """Used and limit, rounded; the ratio where it is not 1, and of how much; whether it is void.

    Red where more is used than the limit, and what is void.
    """
    used, limit = _amount(share["used"], size), _amount(share["limit"], size)
    ratio = "" if share["ratio"] == 1 else f" x{words.plain(share['ratio'])}"
    of = f" of {_amount(share['raw'], size)}" if _differs(share) else ""
    cell = pieces.text(f"{used}/{limit}{ratio}{of}", "red" if share["free"] < 0 else "")
    return cell.append(" void", "bold red") if share["void"] else cell


def _differs(share: Data) -> bool:
    """Whether the limit is not what the node has of its own."""
    return bool(share["limit"] != share["raw"])


def _origin(share: Data) -> str:
    """Where a ratio comes from, in few words: the list of ratios says it all."""
    aggregate = share["ratio_origin"] == "aggregate"
    named: str = share["ratio_from"] if aggregate else share["ratio_origin"]
    return named.partition(", held")[0] + (", held at 1" if share["held_at_one"] else "")


def _amount(amount: float, size: int) -> str:
    return words.plain(amount / size, 1)
