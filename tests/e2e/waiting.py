"""Waiting for something that another program does, with an error that says what did not happen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    predicate: Callable[[], T],
    timeout: float,
    what: str | Callable[[], str],
    interval: float = 0.1,
) -> T:
    """Calls `predicate` until it answers something true, and returns that.

    Args:
        predicate: Asked again and again; what it raises is not caught.
        timeout: Seconds after which `TimeoutError` is raised.
        what: What is waited for, in words; a callable is asked only when time is up.
        interval: Seconds between two questions.
    """
    deadline = time.monotonic() + timeout
    while True:
        if answer := predicate():
            return answer
        if time.monotonic() >= deadline:
            told = what if isinstance(what, str) else what()
            raise TimeoutError(f"not within {timeout:g} s: {told}")
        time.sleep(interval)
