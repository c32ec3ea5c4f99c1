"""A dashboard: rows of panels on a grid, the variables, and what links the dashboards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from deploy.monitoring.panels import FULL_WIDTH, SOURCE, Json, Panel, Target
from deploy.monitoring.queries import greatest, ours, process

TAG = "nova-extender"
"""By this the dashboards find each other."""

SCHEMA_VERSION = 39
"""Grafana's model of dashboards as of Grafana 10.4; later ones read it."""

_STARTED = (
    f"{process('start_time_seconds')} * on (instance) group_left (version) {ours('build_info')}"
)

ANNOTATIONS = {
    "Configuration": Target(
        f"1000 * {greatest(ours('config_reload_timestamp_seconds'))}",
        "The configuration was read, and found in order",
    ),
    "Release": Target(f"1000 * min by (version) ({_STARTED})", "Version {{version}} was started"),
}
"""What is marked on every graph: the values are the times, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading; they fill lines from the left."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard.

    Args:
        name: of its file.
        title: for people.
        description: what it answers.
        intro: what to know before anything else.
        rows: the rest.
    """

    name: str
    title: str
    description: str
    intro: Panel
    rows: tuple[Row, ...]

    @property
    def panels(self) -> list[Panel]:
        """All panels, from the top."""
        return [self.intro, *(panel for row in self.rows for panel in row.panels)]

    def asked(self) -> Iterator[tuple[str, Sequence[Target]]]:
        """All that Prometheus is asked, by the title of the panel or the name of the annotation."""
        for panel in self.panels:
            yield panel.title, panel.targets
        for name, target in ANNOTATIONS.items():
            yield name, (target,)

    def json(self) -> Json:
        """The dashboard as Grafana reads it."""
        return {
            "uid": f"nova-extender-{self.name}",
            "title": f"Nova extender / {self.title}",
            "description": self.description,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "liveNow": False,
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "",
            "links": [_links()],
            "annotations": {"list": [_annotation(*each) for each in ANNOTATIONS.items()]},
            "templating": {"list": _variables()},
            "panels": self._placed(),
        }

    def _placed(self) -> list[Json]:
        """The panels with their numbers and places, a line of panels below the other."""
        placed = [_json(self.intro, 1, 0, 0)]
        top = self.intro.height
        for row in self.rows:
            place = {"x": 0, "y": top, "w": FULL_WIDTH, "h": 1}
            heading: Json = {"id": len(placed) + 1, "type": "row", "title": row.title}
            placed.append({**heading, "gridPos": place, "collapsed": False, "panels": []})
            top += 1
            left = tallest = 0
            for panel in row.panels:
                if left + panel.width > FULL_WIDTH:
                    top, left, tallest = top + tallest, 0, 0
                placed.append(_json(panel, len(placed) + 1, left, top))
                left, tallest = left + panel.width, max(tallest, panel.height)
            top += tallest
        return placed


def _json(panel: Panel, number: int, left: int, top: int) -> Json:
    described: Json = {"description": panel.description} if panel.description else {}
    asked: Json = {"datasource": SOURCE, "targets": _targets(panel)} if panel.targets else {}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        **described,
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        **asked,
        **panel.rest,
    }


def _targets(panel: Panel) -> list[Json]:
    return [
        {
            "refId": letter,
            "datasource": SOURCE,
            "editorMode": "code",
            "expr": target.expr,
            "format": target.format,
            "legendFormat": target.legend or "__auto",
            "instant": target.instant,
            "range": not target.instant,
        }
        for letter, target in zip(ascii_uppercase, panel.targets, strict=False)
    ]


def _links() -> Json:
    """The other dashboards, with the same time and the same variables."""
    return {
        "type": "dashboards",
        "title": "",
        "tags": [TAG],
        "asDropdown": False,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "tooltip": "",
        "url": "",
    }


def _annotation(name: str, target: Target) -> Json:
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "blue" if name == "Configuration" else "purple",
        "expr": target.expr,
        "titleFormat": target.legend,
        "textFormat": "",
        "tagKeys": "",
        "useValueForTime": True,
    }


def _variables() -> list[Json]:
    """Which Prometheus, and which extender; a label that nothing has is empty and matches so."""
    source: Json = {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "default", "value": "default"},
        "refresh": 1,
        "hide": 0,
    }
    where = 'cluster="$cluster"'
    job = {"text": "nova-extender", "value": "nova-extender"}
    everyone = {"current": {"text": ["All"], "value": ["$__all"]}, "includeAll": True}
    return [
        source,
        _variable("cluster", ""),
        _variable("namespace", where),
        _variable("job", f'{where}, namespace="$namespace"', current=job),
        {
            **_variable("instance", f'{where}, namespace="$namespace", job=~"$job"'),
            **everyone,
            # Whoever starts after the dashboard was opened counts, too.
            "allValue": ".+",
            "multi": True,
        },
    ]


def _variable(label: str, where: str, current: Json | None = None) -> Json:
    query = f"label_values(nova_extender_build_info{{{where}}}, {label})"
    return {
        "name": label,
        "label": label.capitalize(),
        "type": "query",
        "datasource": SOURCE,
        "definition": query,
        "query": {"query": query, "refId": "Prometheus"},
        "current": current or {},
        "includeAll": False,
        "multi": False,
        "refresh": 2,
        "sort": 1,
        "regex": "",
        "hide": 0,
    }
