"""Times on the wire."""

from __future__ import annotations

import pytest

from extender.kube.times import micro_time


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000000Z"),
        (951_782_400.0, "2000-02-29T00:00:00.000000Z"),
        (1_767_225_600.25, "2026-01-01T00:00:00.250000Z"),
    ],
)
def test_micro_time(at: float, text: str) -> None:
    """Always UTC, always six decimals: Go's ``2006-01-02T15:04:05.000000Z07:00``."""
    assert micro_time(at) == text
