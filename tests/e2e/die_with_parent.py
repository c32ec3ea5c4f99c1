"""Becomes another program that the kernel kills when the one that started it ends.

`python die_with_parent.py PARENT PROGRAM ARGUMENT...`, with PARENT the process id of the starter. A
program of its own, because what Python runs between fork and exec can lock up a starter that has
threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Asks for the signal, makes sure that it did not come too late, and becomes the program."""
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit("die_with_parent: the parent has ended already")
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
