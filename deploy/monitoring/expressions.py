"""Everything that the dashboards ask Prometheus: ``deploy.monitoring.expressions.expressions()``.

For tests, which put each question to a real Prometheus.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from deploy.monitoring.boards import BOARDS

_INTERVALS = {"$__rate_interval": "5m", "$__range": "1h"}
_VARIABLE = re.compile(r'=~?"\$\w+"')


class Expression(NamedTuple):
    """One question of one panel, with nothing of Grafana's left in it."""

    dashboard: str
    panel: str
    expr: str
    legend: str


def expressions() -> list[Expression]:
    """Every expression of every panel and annotation, in the order of the dashboards.

    What Grafana would put in for its variables matches any series here, with the label or without;
    $__rate_interval is five minutes, and the time shown an hour. A legend with "last week" in it is
    that of data of a week before.
    """
    return [
        Expression(board.name, title, without_variables(target.expr), target.legend)
        for board in BOARDS
        for title, targets in board.asked()
        for target in targets
    ]


def without_variables(expression: str) -> str:
    """An expression as Prometheus takes it."""
    for variable, literal in _INTERVALS.items():
        expression = expression.replace(variable, literal)
    return _VARIABLE.sub('=~".*"', expression)
