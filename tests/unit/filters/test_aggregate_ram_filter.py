"""AggregateRamFilter: enough memory, by the aggregates' ratio."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.aggregate_ram_filter import AggregateRamFilter
from extender.model.host_state import HostState
from tests.builders import BYTE_MB, aggregate, host, reason, spec

EXCEEDS = "request_exceeds_host_ram"
LACKING = "insufficient_ram"


def node(*ratios: str, **fields: Any) -> HostState:
    """A host of 2048 MiB in an aggregate for each of these ratios."""
    aggregates = tuple(
        aggregate(f"a{n}", ram_allocation_ratio=text) for n, text in enumerate(ratios)
    )
    return host(aggregates=aggregates, **{"total_usable_ram_mb": 2048, **fields})


def test_negative_free_with_a_ratio() -> None:
    """Nova's own figures: 2048 × 2 less 3072 used leave 1024."""
    one = node("2.0", free_ram_mb=-1024)
    assert reason(AggregateRamFilter(), one, spec(memory_mb=1024)) is None
    assert reason(AggregateRamFilter(), one, spec(memory_mb=1024 + BYTE_MB)) == LACKING


def test_least_of_several() -> None:
    """1.5 of 1.5 and 2.0: 3072 − 2048 leave 1024; both alone would do with 2.0."""
    one = node("1.5", "2.0", free_ram_mb=0)
    assert reason(AggregateRamFilter(), one, spec(memory_mb=1024)) is None
    assert reason(AggregateRamFilter(), one, spec(memory_mb=1025)) == LACKING
    assert reason(AggregateRamFilter(), node("2.0", free_ram_mb=0), spec(memory_mb=1025)) is None


def test_own_ratio_where_one_is_bad() -> None:
    """The host's own 1.0 leaves what is free."""
    one = node("2.0", "two", free_ram_mb=512)
    assert reason(AggregateRamFilter(), one, spec(memory_mb=512)) is None
    assert reason(AggregateRamFilter(), one, spec(memory_mb=513)) == LACKING


def test_host_without_memory() -> None:
    """There is no fail-safe: who reports none has none, whatever the ratio."""
    one = host(total_usable_ram_mb=0, aggregates=node("16").aggregates)
    assert reason(AggregateRamFilter(), one, spec(memory_mb=1)) == EXCEEDS


@pytest.mark.parametrize(
    ("ratios", "limit"), [((), 2048), (("1.5",), 3072), (("0.3",), 614), (("0",), 0)]
)
def test_limits(ratios: tuple[str, ...], limit: int) -> None:
    """Whole MiB by the ratio that counts: 2048 × 0.3 = 614.4."""
    assert dict(AggregateRamFilter().limits(node(*ratios), spec())) == {"memory_mb": limit}
