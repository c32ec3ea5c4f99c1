"""extender.server.memory."""

from __future__ import annotations

import subprocess
import sys

CHURN = """
import resource
from extender.server.memory import keep_freed_memory
if {tuned}:
    keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def churn():
    for _ in range(100):
        bytearray(b"x" * 1_000_000)
churn()
before = faults()
churn()
print(faults() - before)
"""


def page_faults(*, tuned: bool) -> int:
    """Page faults of a hundred times making and dropping two megabytes, in a fresh process."""
    code = CHURN.format(tuned=tuned)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return int(done.stdout)


def test_freed_memory_is_used_again() -> None:
    """Once warm, making and dropping megabytes costs hardly a page fault; before it cost pages."""
    assert page_faults(tuned=True) < 1000
