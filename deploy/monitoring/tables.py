"""Builder of Grafana's tables: a row for each set of labels, a column for each question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from deploy.monitoring.panels import Json, Limits, Panel, Target, thresholds


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the answer to a question, or, where there is none, a label.

    Args:
        title: above it.
        expr: the question.
        label: the label.
        unit: of the values.
        bar: whether values, shares of 1, are shown as bars, too.
        limits: from which value on which colour.
        width: in pixels.
    """

    title: str
    expr: str = ""
    label: str = ""
    unit: str = "short"
    bar: bool = False
    limits: Limits = ()
    width: int | None = None


def table(
    title: str,
    description: str,
    *columns: Column,
    sort_by: str,
    descending: bool = True,
    width: int = 12,
    height: int = 8,
    empty: str = "no data",
) -> Panel:
    """A table of what is so at the end of the time shown; all questions keep the same labels."""
    asked = [column for column in columns if column.expr]
    if len(asked) > len(ascii_uppercase):
        raise ValueError(f"{title}: too many columns")
    fields = _fields(columns)
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {name: place for place, name in enumerate(fields)},
        "renameByName": {name: column.title for name, column in fields.items()},
    }
    rest: Json = {
        "fieldConfig": {
            "defaults": {"unit": "short", "noValue": empty, "custom": {"align": "auto"}},
            "overrides": [_override(column) for column in columns],
        },
        "options": {
            "cellHeight": "sm",
            "showHeader": True,
            "sortBy": [{"displayName": sort_by, "desc": descending}],
        },
        "transformations": [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": organize},
        ],
    }
    targets = [Target(column.expr, column.title, instant=True, format="table") for column in asked]
    return Panel("table", title, description, width, height, tuple(targets), rest)


def _fields(columns: Sequence[Column]) -> dict[str, Column]:
    """Each column by what Grafana calls its field before it is renamed."""
    asked = [column for column in columns if column.expr]
    # With a single question nothing needs to be told apart.
    letters = iter(ascii_uppercase) if len(asked) > 1 else None
    return {
        (f"Value #{next(letters)}" if letters else "Value") if column.expr else column.label: column
        for column in columns
    }


def _override(column: Column) -> Json:
    properties: list[Json] = []
    if column.expr:
        properties.append({"id": "unit", "value": column.unit})
    if column.bar:
        properties += [
            {"id": "min", "value": 0},
            {"id": "max", "value": 1},
            {"id": "custom.cellOptions", "value": {"type": "gauge", "mode": "basic"}},
        ]
    if column.limits:
        properties.append({"id": "thresholds", "value": thresholds(column.limits)})
    if column.limits and not column.bar:
        properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
    if column.width is not None:
        properties.append({"id": "custom.width", "value": column.width})
    return {"matcher": {"id": "byName", "options": column.title}, "properties": properties}
