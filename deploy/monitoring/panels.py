"""Builders of Grafana's panels: what each kind needs, and nothing that is the default anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}

CALLS, HOSTS, SECONDS, SHARE, BYTES, NUMBER = "reqps", "ops", "s", "percentunit", "bytes", "short"
"""Units, as Grafana names them; HOSTS is for whatever happens so many times a second."""

GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"

FULL_WIDTH = 24

_LIST: Json = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_TABLE: Json = {
    "displayMode": "table",
    "placement": "right",
    "showLegend": True,
    "calcs": ["mean", "max", "lastNotNull"],
}
"""The legend of a graph that has no room for a table, and of one that has."""

Limits = Sequence[tuple[float, str]]
"""From which value on which colour; below the first all is green."""


@dataclass(frozen=True, slots=True)
class Target:
    """One question to Prometheus.

    Args:
        expr: the question.
        legend: what its series are called: text with labels in ``{{ }}``.
        instant: whether it is asked once, for the end of the time shown.
        format: ``time_series``, ``table`` or ``heatmap``.
    """

    expr: str
    legend: str = ""
    instant: bool = False
    format: str = "time_series"


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel without its place.

    Args:
        kind: Grafana's name of the kind.
        title: unique in its dashboard.
        description: what it tells, and what to do.
        width: of the 24 columns of a dashboard.
        height: in lines.
        targets: what is asked.
        rest: what else Grafana wants to know.
    """

    kind: str
    title: str
    description: str
    width: int
    height: int
    targets: tuple[Target, ...] = ()
    rest: Json = field(default_factory=dict)


def now(expr: str, legend: str = "") -> Target:
    """A question asked once."""
    return Target(expr, legend, instant=True)


def text(title: str, content: str, *, height: int) -> Panel:
    """Words over the full width."""
    options = {"mode": "markdown", "content": content}
    return Panel("text", title, "", FULL_WIDTH, height, (), {"options": options})


def stat(
    title: str,
    description: str,
    *targets: Target,
    unit: str,
    width: int = 4,
    limits: Limits = (),
    empty: str = "no data",
    below: str = GREEN,
    named: bool = False,
    mappings: Sequence[Json] = (),
) -> Panel:
    """Numbers in large type; ``empty`` is said where there is none.

    ``below`` is the colour below all limits; ``named`` shows the name of each series instead of its
    value.
    """
    options = {
        "colorMode": "value" if limits or mappings else "none",
        "graphMode": "none" if all(target.instant for target in targets) else "area",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "name" if named else "auto",
        "wideLayout": True,
    }
    defaults: Json = {"unit": unit, "noValue": empty, "thresholds": thresholds(limits, below)}
    if mappings:
        defaults["mappings"] = list(mappings)
    return _panel("stat", title, description, targets, width, 4, defaults, options)


def graph(
    title: str,
    description: str,
    *targets: Target,
    unit: str,
    width: int = 12,
    height: int = 8,
    stacked: bool = False,
    bars: bool = False,
    logarithmic: bool = False,
    least: float | None = 0,
    most: float | None = None,
    limits: Limits = (),
    dashed: str = "",
    empty: str = "no data",
) -> Panel:
    """Lines over time.

    Args:
        title: as in ``Panel``; likewise ``description``, ``width`` and ``height``.
        description: see above.
        targets: what is asked.
        unit: of the values.
        width: see above.
        height: see above.
        stacked: areas one on the other, rather than lines.
        bars: bars one on the other, for what happens now and then.
        logarithmic: whether the scale is.
        least: where the scale begins; None for where the values do.
        most: where it ends.
        limits: drawn as lines.
        dashed: a regular expression for the legends of limits and of other times.
        empty: what is said where there is nothing.
    """
    piled = stacked or bars
    custom: Json = {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 60 if bars else 30 if stacked else 0,
        "lineWidth": 0 if bars else 1,
        "showPoints": "never",
        "stacking": {"mode": "normal" if piled else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
    }
    if logarithmic:
        custom["scaleDistribution"] = {"type": "log", "log": 10}
    defaults: Json = {
        "unit": unit,
        "noValue": empty,
        "color": {"mode": "palette-classic"},
        "thresholds": thresholds(limits),
        "custom": custom,
    }
    if least is not None and not logarithmic:
        defaults["min"] = least
    if most is not None:
        defaults["max"] = most
    options = {
        "legend": _TABLE if width >= FULL_WIDTH // 2 else _LIST,
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    panel = _panel("timeseries", title, description, targets, width, height, defaults, options)
    if dashed:
        panel.rest["fieldConfig"]["overrides"].append(_dashes(dashed))
    return panel


def bars(
    title: str,
    description: str,
    *targets: Target,
    unit: str,
    width: int = 12,
    height: int = 8,
    most: float | None = None,
    limits: Limits = (),
    empty: str = "no data",
) -> Panel:
    """A bar a series, in the order in which they come."""
    defaults: Json = {"unit": unit, "min": 0, "noValue": empty, "thresholds": thresholds(limits)}
    if most is not None:
        defaults["max"] = most
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
        "valueMode": "color",
    }
    return _panel("bargauge", title, description, targets, width, height, defaults, options)


def heatmap(
    title: str,
    description: str,
    target: Target,
    *,
    unit: str,
    width: int = 12,
    height: int = 8,
    empty: str = "no data",
) -> Panel:
    """How many observations fell into each bucket, over time."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64},
        "filterValues": {"le": 1e-9},
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "unit": unit},
    }
    # The cells are counts; the unit of the axis is above.
    defaults: Json = {"unit": NUMBER, "noValue": empty}
    return _panel("heatmap", title, description, (target,), width, height, defaults, options)


def thresholds(limits: Limits, below: str = GREEN) -> Json:
    """Colours by value."""
    steps: list[Json] = [{"color": below, "value": None}]
    steps += [{"color": color, "value": value} for value, color in limits]
    return {"mode": "absolute", "steps": steps}


def _panel(
    kind: str,
    title: str,
    description: str,
    targets: Sequence[Target],
    width: int,
    height: int,
    defaults: Json,
    options: Json,
) -> Panel:
    rest: Json = {"fieldConfig": {"defaults": defaults, "overrides": []}, "options": options}
    return Panel(kind, title, description, width, height, tuple(targets), rest)


def _dashes(legends: str) -> Json:
    dash = {"fill": "dash", "dash": [8, 8]}
    return {
        "matcher": {"id": "byRegexp", "options": f"/{legends}/"},
        "properties": [
            {"id": "custom.lineStyle", "value": dash},
            {"id": "custom.fillOpacity", "value": 0},
            {"id": "custom.stacking", "value": {"mode": "none", "group": "B"}},
        ],
    }
