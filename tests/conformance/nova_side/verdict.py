"""One filter on one host, as Nova's handler would call it, whatever comes of it."""

from __future__ import annotations

from typing import Any

Verdict = list[Any]
"""True, false or ``"error: ..."``, and the limits that were written."""


def verdict(host_filter: Any, state: Any, spec: Any) -> Verdict:
    """What ``filter_all`` leaves of a list of this one host, and the limits it has then."""
    state.limits = {}
    try:
        passed: bool | str = bool(list(host_filter.filter_all([state], spec)))
    except Exception as error:  # noqa: BLE001 - Nova aborts: that is the answer
        passed = failure(error)
    return [passed, {key: plain(value) for key, value in state.limits.items()}]


def failure(error: Exception) -> str:
    """An exception as a verdict."""
    return f"error: {type(error).__name__}: {error}"[:200]


def plain(value: Any) -> Any:
    """A limit as JSON: Nova's NUMA limits are an object."""
    if isinstance(value, (int, float)) or value is None:
        return value
    return {"cpu": value.cpu_allocation_ratio, "ram": value.ram_allocation_ratio}
