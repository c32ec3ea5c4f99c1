"""CPU seconds that processes have used, their children included."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def used(groups: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds used so far by each process group.

    Args:
        groups: a name → the process group's number, which is that of its first process.
    """
    seconds = dict.fromkeys(groups, 0.0)
    names = {number: name for name, number in groups.items()}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            group, ticks = parse(stat.read_text())
            if group in names:
                seconds[names[group]] += ticks / _TICKS
    return seconds


def parse(stat: str) -> tuple[int, int]:
    """The process group and the ticks used, of one ``/proc/PID/stat``."""
    # After the command in parentheses: state, parent, group; user and system are 14 and 15 of all.
    fields = stat.rpartition(")")[2].split()
    return int(fields[2]), int(fields[11]) + int(fields[12])


def between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was used between two looks."""
    return {name: after[name] - before[name] for name in before}
