"""The rules and their runbooks: a page for each alert, and nothing on it that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from extender.cli.main import cli
from extender.config.describe import options_table

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "nova-extender"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((CHART / "files" / "rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("Nova*.md"))
INDEX = ROOT / "docs" / "runbooks" / "README.md"
WANTED = {
    "NovaExtenderDown",
    "NovaExtenderNotCalled",
    "NovaExtenderHighLatency",
    "NovaExtenderNoValidHostRateHigh",
    "NovaExtenderFilterRejectsEverything",
    "NovaExtenderFilterErrors",
    "NovaExtenderSnapshotStale",
    "NovaExtenderWatchFlapping",
    "NovaExtenderRetryStorm",
    "NovaExtenderVoidRatios",
    "NovaExtenderConfigReloadFailed",
    "NovaExtenderCertificateExpiring",
    "NovaExtenderSampledNodeSet",
}
PARTS = (
    "**What it means.**",
    "**What users notice.**",
    "## Find the cause",
    "## What to do",
    "**Over when**",
    "**False alarms.**",
)
TARGET = {"namespace", "pod", "instance", "job"}
"""Labels that Prometheus gives the series of a target."""


def metrics() -> dict[str, set[str]]:
    """Every series by name, with its labels, from the generated page."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    found: dict[str, set[str]] = {}
    rows = re.findall(r"^\| `(nova_extender_\w+)` \| (\w+) \| ([^|]*) \|", page, re.MULTILINE)
    for name, kind, labels in rows:
        own = set(re.findall(r"`(\w+)`", labels))
        if kind == "histogram":
            found |= {f"{name}_sum": own, f"{name}_count": own, f"{name}_bucket": {*own, "le"}}
        else:
            found[name] = own
    assert found
    return found


def unknown(text: str) -> Iterator[str]:
    """The metrics, and the labels in braces behind them, that there are not."""
    known = metrics()
    for name, labels in re.findall(r"\b(nova_extender_\w+)(?:\{([^}]*)\})?", text):
        if name not in known:
            yield name
            continue
        for label in re.findall(r"(\w+)\s*[=!]", labels):
            if label not in known[name] | TARGET:
                yield f"{name}{{{label}}}"


def values() -> set[str]:
    """The paths of all values of the chart."""
    found: set[str] = set()

    def walk(prefix: str, node: Any) -> None:
        if isinstance(node, dict):
            for key, below in node.items():
                found.add(f"{prefix}{key}")
                walk(f"{prefix}{key}.", below)

    walk("", yaml.safe_load((CHART / "values.yaml").read_text()))
    return found


def test_alerts() -> None:
    """The alerts that were asked for, each with its words, its page and how bad it is."""
    assert {rule["alert"] for rule in ALERTS} == WANTED
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["for"]
        assert set(rule["annotations"]) == {"summary", "description", "runbook"}
        assert rule["annotations"]["runbook"] == f"{rule['alert']}.md"


def test_the_rule_that_the_chart_replaces() -> None:
    """It stands first, in a group of its own, at kube-scheduler's default."""
    groups = yaml.safe_load((CHART / "files" / "rules.yaml").read_text())["groups"]
    assert groups[0] == {
        "name": "nova-extender.settings",
        "rules": [{"record": "nova_extender:http_timeout_seconds", "expr": "vector(5)"}],
    }
    assert all(group["name"].startswith("nova-extender.") for group in groups)


def test_a_runbook_for_each() -> None:
    """And none for an alert that there is not; the index has all, with how bad they are."""
    assert {page.stem for page in RUNBOOKS} == WANTED
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \| (\w+)", INDEX.read_text(), re.MULTILINE)
    severities: dict[str, str] = {}
    for rule in ALERTS:
        severities.setdefault(rule["alert"], rule["labels"]["severity"])
    assert [(name, page, severity) for name, page, severity in rows] == [
        (name, name, severity) for name, severity in severities.items()
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert", rule.get("record")))
def test_metrics_of_a_rule(rule: dict[str, Any]) -> None:
    """Every metric is there, with the labels it is asked by."""
    assert list(unknown(rule["expr"])) == []
    assert set(re.findall(r"nova_extender:\w+", rule["expr"])) <= RECORDED


@pytest.mark.parametrize("page", [*RUNBOOKS, INDEX], ids=lambda page: page.stem)
def test_what_a_page_names(page: Path) -> None:
    """Metrics, commands and their options, values of the chart and options all exist."""
    text = page.read_text()
    assert list(unknown(text)) == []
    for command, rest in re.findall(r"\bnova-extender (explain|hosts|config \w+)\b(.*)", text):
        name, _, below = command.partition(" ")
        found = cli.commands[name]
        if below:
            assert isinstance(found, click.Group)
            found = found.commands[below]
        offered = {option for parameter in found.params for option in parameter.opts}
        assert set(re.findall(r"(?<= )--[\w-]+", rest)) <= offered, rest
    options = {f"{row.group}.{row.name}" for row in options_table()}
    groups = {path.partition(".")[0] for path in options | values() if "." in path}
    for path in re.findall(r"`(\w+(?:\.\w+)+)(?:: \w+)?`", text):
        if path.partition(".")[0] in groups:
            assert path in options | values(), path


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_form_of_a_page(page: Path) -> None:
    """All have the same parts in the same order, and can be read in a hurry."""
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    assert len(text.splitlines()) <= 60


def test_reasons_and_outcomes() -> None:
    """Those that the tables name are among those that are given."""
    page = (ROOT / "docs" / "reference" / "reasons.md").read_text()
    reasons = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    text = (ROOT / "docs" / "runbooks" / "NovaExtenderFilterRejectsEverything.md").read_text()
    rows = re.findall(r"^\| (`.*) \| .* \|$", text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named
    assert named <= reasons


def test_causes() -> None:
    """The page of flapping watches explains every cause that counts, and no other."""
    source = (ROOT / "extender" / "kube" / "recovery.py").read_text()
    causes = set(re.findall(r'"(\w+)",', source.partition("Cause = Literal[")[2].partition("]")[0]))
    text = (ROOT / "docs" / "runbooks" / "NovaExtenderWatchFlapping.md").read_text()
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)} - {"cause"}
    (rule,) = (rule for rule in ALERTS if rule["alert"] == "NovaExtenderWatchFlapping")
    excepted = set(re.findall(r'cause!~"([^"]*)"', rule["expr"])[0].split("|"))
    assert excepted == {"closed", "timeout", "missing"}
    assert explained == causes - excepted
