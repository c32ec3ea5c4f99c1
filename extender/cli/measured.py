"""The metrics of a serving extender, and where they look."""

from __future__ import annotations

from collections.abc import Callable

from extender.cli.background import Background
from extender.model.attempt import PRE_STAGE
from extender.model.reason import Reason
from extender.observe.certificates import Expiries
from extender.observe.metrics import Metrics
from extender.observe.standing import Standing
from extender.scheduler import pre_stage
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.server.webhook import OUTCOMES as ADMISSIONS
from extender.translate.reasons import REASONS
from extender.verbs.binding import OUTCOMES
from extender.verbs.calls import VERBS
from extender.verbs.engine import Engine
from extender.verbs.hosts import overcommit_totals


def filters_of(scheduler: FilterScheduler) -> list[tuple[str, tuple[Reason, ...]]]:
    """The enabled filters by name, with every reason each may give."""
    return [
        (PRE_STAGE, (*pre_stage.REASONS, *REASONS)),
        *((f.name(), tuple(f.all_reasons())) for f in scheduler.filters),
    ]


def weighers_of(scheduler: FilterScheduler) -> list[str]:
    """The enabled weighers by name."""
    return [weigher.name() for weigher in scheduler.weighers]


def metrics_of(
    engine: Engine,
    not_ready: Callable[[], str],
    background: Callable[[], Background | None],
    certificates: Expiries,
) -> Metrics:
    """The metrics of one extender.

    Args:
        engine: what it knows.
        not_ready: what is missing before the verbs are answered; "" where nothing is.
        background: what it does of its own accord, once it does.
        certificates: when each of its certificates expires.
    """
    cluster = engine.cluster

    def leading() -> bool:
        found = background()
        return found is not None and found.elector.leading

    def dropped() -> int:
        found = background()
        return 0 if found is None else found.events.dropped

    return Metrics(
        filters_of(engine.scheduler),
        weighers_of(engine.scheduler),
        standing=Standing(
            hosts=lambda: len(cluster.table),
            pods=lambda: len(cluster.ledger),
            pending=lambda: len(cluster.pending),
            claims=lambda: cluster.ledger.claims,
            ready=lambda: not not_ready(),
            leading=leading,
            events_dropped=dropped,
        ),
        overcommit=lambda: overcommit_totals(engine),
        verbs=VERBS,
        binds=OUTCOMES,
        admissions=ADMISSIONS,
        certificates=certificates,
    )
