"""The dashboards as Grafana reads them: complete, in place, and saying what to do."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from deploy.monitoring.boards import BOARDS

RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
DASHBOARDS: dict[str, dict[str, Any]] = {board.name: board.json() for board in BOARDS}
PANELS = [
    pytest.param(panel, id=f"{name}/{panel['title']}")
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if panel["type"] not in {"row", "text"}
]

every_panel = pytest.mark.parametrize("panel", PANELS)
every_dashboard = pytest.mark.parametrize("name", DASHBOARDS)

UNITS = {"reqps", "ops", "s", "percentunit", "bytes", "short"}
GRAFANAS_OWN = {"__rate_interval", "__range"}
COLUMNS = 24


def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    """The cells of the grid that a panel covers."""
    place = panel["gridPos"]
    return {
        (place["x"] + right, place["y"] + down)
        for right in range(place["w"])
        for down in range(place["h"])
    }


def units(panel: dict[str, Any]) -> set[str]:
    """The units of a panel's values."""
    config = panel["fieldConfig"]
    overridden = (
        prop["value"]
        for override in config["overrides"]
        for prop in override["properties"]
        if prop["id"] == "unit"
    )
    return {config["defaults"]["unit"], *overridden}


@every_panel
def test_described(panel: dict[str, Any]) -> None:
    """Each says what it tells and what to do: more than one sentence, ended."""
    text = panel["description"]
    assert len(text) > 60
    assert text.endswith(".")
    assert re.search(r"[.:;] ", text)


@every_panel
def test_unit_and_source(panel: dict[str, Any]) -> None:
    """Each has a unit that Grafana knows, and asks the Prometheus that is chosen."""
    assert units(panel) <= UNITS
    assert panel["datasource"] == SOURCE
    assert panel["targets"]
    assert {str(target["datasource"]) for target in panel["targets"]} == {str(SOURCE)}
    letters = [target["refId"] for target in panel["targets"]]
    assert len(set(letters)) == len(letters)


@every_panel
def test_emptiness_is_explained(panel: dict[str, Any]) -> None:
    """Where there is nothing to show, the panel says so in words."""
    assert panel["fieldConfig"]["defaults"]["noValue"]


@every_panel
def test_runbooks_exist(panel: dict[str, Any]) -> None:
    """A runbook that a description names is there."""
    for name in re.findall(r"\bNovaExtender\w+(?:\.md)?", panel["description"]):
        assert (RUNBOOKS / name).is_file()


@every_panel
def test_limits_rise(panel: dict[str, Any]) -> None:
    """Thresholds begin at nothing and rise, as Grafana wants them."""
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [{"value": None}])
    values = [step["value"] for step in steps]
    assert values[0] is None
    assert values[1:] == sorted(values[1:])


@every_panel
def test_columns(panel: dict[str, Any]) -> None:
    """A table is sorted by a column that it has, and renames the fields that Grafana makes."""
    if panel["type"] != "table":
        return
    (merged, organized) = panel["transformations"]
    assert merged["id"] == "merge"
    titles = organized["options"]["renameByName"]
    asked = {f"Value #{target['refId']}" for target in panel["targets"]}
    made = asked if len(asked) > 1 else {"Value"}
    kept = set(titles) - made
    assert made <= set(titles)
    for target in panel["targets"]:
        assert target["format"] == "table"
        assert target["instant"]
        # Each label is in one answer at least; those that the answers share put the rows together.
    assert kept <= {label for target in panel["targets"] for label in words(target["expr"])}
    assert panel["options"]["sortBy"][0]["displayName"] in titles.values()
    overridden = {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]}
    assert overridden <= set(titles.values())


def words(expression: str) -> list[str]:
    """The labels that an expression groups by."""
    groups = re.findall(r"by \(([^)]*)\)", expression)
    return [word for group in groups for word in group.split(", ")]


@every_dashboard
def test_no_panel_overlaps(name: str) -> None:
    """Every cell of the grid belongs to one panel at most, and none lies outside."""
    panels = DASHBOARDS[name]["panels"]
    for one, other in combinations(panels, 2):
        assert not cells(one) & cells(other), (one["title"], other["title"])
    assert all(0 <= right < COLUMNS for panel in panels for right, _ in cells(panel))


@every_dashboard
def test_no_line_is_left_open(name: str) -> None:
    """Panels fill the width: no hole in a row, but for the height of neighbours."""
    covered: dict[int, int] = {}
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        covered[place["y"]] = covered.get(place["y"], 0) + place["w"]
    assert set(covered.values()) == {COLUMNS}


@every_dashboard
def test_numbers_and_titles(name: str) -> None:
    """No two panels have the same number or the same title."""
    panels = DASHBOARDS[name]["panels"]
    for key in ("id", "title"):
        found = [panel[key] for panel in panels]
        assert len(set(found)) == len(found)


@every_dashboard
def test_variables(name: str) -> None:
    """Every variable that is used is defined, before those whose choices depend on it."""
    dashboard = DASHBOARDS[name]
    variables = dashboard["templating"]["list"]
    names = [variable["name"] for variable in variables]
    for place, variable in enumerate(variables):
        used = set(re.findall(r"\$\{?(\w+)", str(variable)))
        assert used - {"__all"} <= set(names[:place])
    rest = {key: value for key, value in dashboard.items() if key != "templating"}
    used = set(re.findall(r"\$\{?([a-z_]\w*)", str(rest)))
    assert used - GRAFANAS_OWN == set(names)


@every_dashboard
def test_importable(name: str) -> None:
    """Fixed identity, for Grafana 10 and later, and nothing that asks questions on import."""
    dashboard = DASHBOARDS[name]
    assert dashboard["uid"] == f"nova-extender-{name}"
    assert len(dashboard["uid"]) <= 40  # Grafana's limit
    assert dashboard["schemaVersion"] >= 38  # Grafana 10.0's
    assert not {"__inputs", "__requires", "id"} & set(dashboard)
    (link,) = dashboard["links"]
    assert set(link["tags"]) <= set(dashboard["tags"])


@every_dashboard
def test_annotations(name: str) -> None:
    """Releases and new configurations are marked; Grafana wants such times in milliseconds."""
    marked = {each["name"]: each for each in DASHBOARDS[name]["annotations"]["list"]}
    assert set(marked) == {"Configuration", "Release"}
    for each in marked.values():
        assert each["expr"].startswith("1000 * ")
        assert each["useValueForTime"] is True
        assert each["datasource"] == SOURCE


def test_the_first_panel_says_who_comes_first() -> None:
    """The dashboard of rejections begins with kube-scheduler's own filters."""
    first = DASHBOARDS["filter-rejections"]["panels"][0]
    assert first["type"] == "text"
    assert first["options"]["content"].startswith(
        "**kube-scheduler's own filters come before ours.**"
    )


def test_identities_differ() -> None:
    """No dashboard replaces another."""
    for key in ("uid", "title"):
        assert len({dashboard[key] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
