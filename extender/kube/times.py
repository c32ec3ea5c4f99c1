"""Times as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def micro_time(at: float) -> str:
    """A ``MicroTime`` (``meta/v1/micro_time.go``): RFC 3339, UTC, always six decimals.

    Args:
        at: seconds since the epoch.
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
