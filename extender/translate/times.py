"""Times as Kubernetes writes them (RFC 3339) → seconds since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


def seconds(text: str | None) -> float | None:
    """The time, or ``None`` where there is none or the text is no such time.

    Like Go, which writes them, it knows no leap seconds. What lies at or before the epoch is how
    some runtimes say "never", and counts as none.
    """
    if text is None or _TIME.fullmatch(text) is None:
        return None
    try:
        time = (datetime.fromisoformat(text) - _EPOCH).total_seconds()
    except (ValueError, OverflowError):
        # A day that its month has not.
        return None
    return time if time > 0 else None
