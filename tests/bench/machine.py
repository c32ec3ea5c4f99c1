"""The machine a measurement was made on, and how much of it others used meanwhile."""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BUSY_LOAD = 0.5
"""Load average a core above which the machine counts as busy before the run."""

BUSY_OTHERS = 0.1
"""Share of the machine that others may take during the run."""

SLOW = 1.25
"""How much longer than at best the same computation may take: above, someone outside this machine
uses the same hardware, which no load average shows."""

_PACE_STEPS = 20_000
_IDLE = (3, 4)
"""The columns ``idle`` and ``iowait`` of ``/proc/stat``; after ``steal`` come parts of others."""
_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures depend on.

    Args:
        cores: of the machine.
        load_before: the load average of the minute before the run.
        load_after: and at its end, this run included.
        others: share of the machine that other processes took during the run.
        slowness: how many times its best time a fixed computation mostly took.
        best_pace: that best time, in seconds.
        seconds: length of the run.
        python: version.
    """

    cores: int
    load_before: float
    load_after: float
    others: float
    slowness: float
    best_pace: float
    seconds: float
    python: str

    def warnings(self) -> list[str]:
        """Why not to trust the figures, if so."""
        found = []
        if self.load_before > BUSY_LOAD * self.cores:
            found.append(
                f"the load average was {self.load_before:.2f} on {self.cores} cores before the run"
            )
        if self.others > BUSY_OTHERS:
            found.append(f"other processes took {self.others:.0%} of the machine during the run")
        if self.slowness > SLOW:
            found.append(
                f"the same computation mostly took {self.slowness:.2f} times what it took at best"
            )
        return found


def cpu_model() -> str:
    """What the kernel calls the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


class Watch:
    """Begins to look at the machine; ``machine`` says what was seen so far."""

    def __init__(self) -> None:
        self._load = os.getloadavg()[0]
        self._busy = _busy()
        self._own = _own()
        self._began = time.monotonic()
        self._paces: list[float] = []

    def pace(self) -> float:
        """How long a fixed computation takes now, about a millisecond: to be asked now and then."""
        began = time.perf_counter()
        sum(n * n for n in range(_PACE_STEPS))
        seconds = time.perf_counter() - began
        self._paces.append(seconds)
        return seconds

    def facts(self) -> dict[str, Any]:
        """What was seen, and what the machine is, as JSON-ready data."""
        kib = int(Path("/proc/meminfo").read_text().split(maxsplit=2)[1])
        about = {"cpu": cpu_model(), "memory_mib": kib // 1024, "kernel": platform.release()}
        return about | asdict(self.machine())

    def machine(self) -> Machine:
        """What was seen. Processes started since count as own once they have ended."""
        cores = os.cpu_count() or 1
        seconds = time.monotonic() - self._began
        others = _busy() - self._busy - (_own() - self._own)
        paces = self._paces or [1.0]
        return Machine(
            cores=cores,
            load_before=round(self._load, 2),
            load_after=round(os.getloadavg()[0], 2),
            slowness=round(statistics.median(paces) / min(paces), 2),
            best_pace=min(paces),
            others=round(max(0.0, others) / (cores * max(seconds, 0.01)), 3),
            seconds=round(seconds, 1),
            python=platform.python_version(),
        )


def _busy() -> float:
    """CPU seconds that anything ran on this machine."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]]
    busy = sum(ticks[n] for n in range(_COLUMNS) if n not in _IDLE)
    return busy / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    """CPU seconds of this process and of those it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
