"""The memory of a process, as Linux counts it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in MiB: now, and the most there ever was."""

    resident: float
    peak: float


def memory_of(process: int | None = None) -> Memory:
    """The memory of a process, or of this one."""
    status = Path(f"/proc/{process or os.getpid()}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return Memory(_mebibytes(fields["VmRSS"]), _mebibytes(fields["VmHWM"]))


def _mebibytes(field: str) -> float:
    return int(field.removesuffix(" kB")) / 1024
