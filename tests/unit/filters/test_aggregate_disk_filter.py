"""AggregateDiskFilter: enough local disk, by the aggregates' ratio."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.aggregate_disk_filter import AggregateDiskFilter
from extender.model.host_state import HostState
from tests.builders import BYTE_GB, aggregate, host, reason, spec

EXCEEDS = "request_exceeds_host_disk"
LACKING = "insufficient_disk"


def node(*ratios: str, **fields: Any) -> HostState:
    """A host of 100 GiB in an aggregate for each of these ratios."""
    aggregates = tuple(
        aggregate(f"a{n}", disk_allocation_ratio=text) for n, text in enumerate(ratios)
    )
    return host(aggregates=aggregates, **{"total_usable_disk_gb": 100, **fields})


def test_root_ephemeral_and_swap_count() -> None:
    """50 + 20 GiB and 10240 MiB of swap are 80 GiB; 100 × 1.5 − 70 leave just that."""
    asked = spec(root_gb=50, ephemeral_gb=20, swap=10240)
    one = node("1.5", free_disk_mb=30 * 1024)
    assert reason(AggregateDiskFilter(), one, asked) is None
    fuller = node("1.5", free_disk_mb=30 * 1024 - 1)
    assert reason(AggregateDiskFilter(), fuller, asked) == LACKING


def test_a_share_kept_free() -> None:
    """A ratio below 1 keeps disk free: 90 of 100 GiB may be used."""
    one = node("0.9", "2", disk_allocation_ratio=2)
    assert reason(AggregateDiskFilter(), one, spec(root_gb=90)) is None
    assert reason(AggregateDiskFilter(), one, spec(root_gb=90 + BYTE_GB)) == LACKING
    assert reason(AggregateDiskFilter(), one, spec(root_gb=100 + BYTE_GB)) == EXCEEDS


def test_host_without_disk() -> None:
    """Who has none has none, whatever the ratio; nothing asked is granted."""
    one = host(total_usable_disk_gb=0, aggregates=node("16").aggregates)
    assert reason(AggregateDiskFilter(), one, spec(root_gb=1)) == EXCEEDS
    assert reason(AggregateDiskFilter(), one, spec()) is None


@pytest.mark.parametrize(
    ("ratios", "limit"), [((), 100), (("1.5",), 150), (("0.999",), 99), (("1", "-1"), -100)]
)
def test_limits(ratios: tuple[str, ...], limit: int) -> None:
    """Whole GiB by the ratio that counts: 100 × 0.999 = 99.9."""
    assert dict(AggregateDiskFilter().limits(node(*ratios), spec())) == {"disk_gb": limit}
