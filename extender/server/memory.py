"""Keep memory that is given back, for the next call needs as much again.

glibc returns what is freed above 128 KiB to the kernel, and asks for it anew at the next call: at
65,000 names half of a call's time went into page faults. One arena for all threads, since each
would keep its own; whoever holds the interpreter is alone in it anyway.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Final

# glibc malloc/malloc.h
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8

KEPT: Final = 64 * 1024 * 1024
"""Bytes at the top of the heap that are not given back: more than ten calls of 65,000 names."""

_LARGEST: Final = 32 * 1024 * 1024
"""glibc takes no greater value for the size from which on memory is mapped for itself."""


def keep_freed_memory() -> None:
    """Tell the C library so, where it is glibc; elsewhere nothing happens.

    To be called before there are threads.
    """
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in (
            (_ARENA_MAX, 1),
            (_MMAP_THRESHOLD, _LARGEST),
            (_TRIM_THRESHOLD, KEPT),
        ):
            mallopt(option, value)
