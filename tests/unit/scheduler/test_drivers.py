"""Which scheduler the option names."""

from __future__ import annotations

from random import Random

import pytest

from extender.filters.core_filter import CoreFilter
from extender.model.options import SchedulerOptions
from extender.scheduler.chance import ChanceScheduler, FakeScheduler
from extender.scheduler.drivers import scheduler
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.weighers.ram import RAMWeigher


@pytest.mark.parametrize(
    ("driver", "cls", "filters", "weighers"),
    [
        ("filter_scheduler", FilterScheduler, ["CoreFilter"], ["RAMWeigher"]),
        ("caching_scheduler", FilterScheduler, ["CoreFilter"], ["RAMWeigher"]),
        ("chance_scheduler", ChanceScheduler, ["ServiceUpFilter"], ["ChanceWeigher"]),
        ("fake_scheduler", FakeScheduler, ["FakeFilter"], []),
    ],
)
def test_driver(
    driver: str, cls: type[FilterScheduler], filters: list[str], weighers: list[str]
) -> None:
    """Its class, and what it judges with; the configured filters are the filtering drivers'."""
    made = scheduler(
        (CoreFilter(),),
        (RAMWeigher(),),
        SchedulerOptions(driver=driver),
        lambda: 0.0,
        Random(0),  # noqa: S311 - nothing is drawn
    )
    assert type(made) is cls
    assert [f.name() for f in made.filters] == filters
    assert [w.name() for w in made.weighers] == weighers
    assert made.plugins == {*filters, *weighers}
