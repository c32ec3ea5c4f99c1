"""What dashboards ask: metrics and labels that there are, and each in the right way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from deploy.monitoring.board import ANNOTATIONS
from deploy.monitoring.boards import BOARDS
from deploy.monitoring.expressions import Expression, expressions, without_variables
from deploy.monitoring.queries import in_order, quantile, ratio
from tests.unit.monitoring.scraped import SCHEDULER, TARGET, labels

RULES = Path(__file__).parents[3] / "charts" / "nova-extender" / "files" / "rules.yaml"

ASKED = expressions()
KNOWN = labels()
MADE = frozenset({"at"})
"""Labels that the expressions themselves make."""

SELECTOR = re.compile(r"\b(\w+(?::\w+)?)\{([^}]*)\}")
BARE = re.compile(r"\b((?:nova_extender|scheduler|process)[\w:]+)(?![\w:{])")
MATCHER = re.compile(r"(\w+)(=~|!~|!=|=)\"([^\"]*)\"")
LABELS = re.compile(r"\b(?:by|on|group_left) \(([\w, ]*)\)")
BY = re.compile(r"\bby \(([\w, ]*)\)")
COUNTER = re.compile(r"\b(?:nova_extender|scheduler)_\w+(?:_total|_bucket|_sum|_count)\{")
SUFFIX = re.compile(r"_(bucket|sum|count)$")
LEGEND = re.compile(r"\{\{(\w+)\}\}")

SEEN_BY_ALL = (
    "nova_extender_hosts{",
    "nova_extender_pods{",
    "nova_extender_capacity{",
    "nova_extender_void_ratio_hosts{",
    "nova_extender_filter_position{",
)
"""Gauges that every replica tells alike, those that stand by included."""

each = pytest.mark.parametrize(
    "asked", ASKED, ids=lambda one: f"{one.dashboard}/{one.panel}/{one.legend}"
)


def metrics(expression: str) -> set[str]:
    """The metrics that an expression names."""
    return {name for name, _ in SELECTOR.findall(expression)} | set(BARE.findall(expression))


@each
def test_metrics_exist(asked: Expression) -> None:
    """Each name is one of the extender's, of kube-scheduler's or of the chart's rules."""
    names = metrics(asked.expr)
    assert names
    assert names <= set(KNOWN)


@each
def test_matchers_exist(asked: Expression) -> None:
    """Each label that a series is chosen by is one that its metric has."""
    for name, matchers in SELECTOR.findall(asked.expr):
        assert {label for label, _, _ in MATCHER.findall(matchers)} <= KNOWN[name], name


@each
def test_labels_exist(asked: Expression) -> None:
    """Each label that is grouped, joined or named by is one of a metric in the expression."""
    found = LABELS.findall(asked.expr)
    used = {label for group in found for label in group.replace(" ", "").split(",") if label}
    used |= set(LEGEND.findall(asked.legend))
    assert used <= frozenset().union(*(KNOWN[name] for name in metrics(asked.expr))) | MADE


@each
def test_legends_are_left(asked: Expression) -> None:
    """A label in a legend is one that the grouping keeps, where there is any."""
    kept = {label for group in BY.findall(asked.expr) for label in group.split(", ")}
    grouped = kept or ("sum(" in asked.expr or "max(" in asked.expr)
    assert set(LEGEND.findall(asked.legend)) <= (kept | MADE if grouped else TARGET)


@each
def test_which_series(asked: Expression) -> None:
    """The extender's are those of the variables; kube-scheduler may be anywhere in the cluster."""
    for name, matchers in SELECTOR.findall(asked.expr):
        chosen = {label for label, _, _ in MATCHER.findall(matchers)}
        if name in SCHEDULER:
            assert chosen & TARGET == {"cluster"}
        else:
            assert chosen >= TARGET, name
    assert not [name for name in BARE.findall(asked.expr) if ":" not in name]


@each
def test_no_variable_is_left(asked: Expression) -> None:
    """Prometheus knows none of Grafana's variables; $1 is its own."""
    assert "$" not in asked.expr.replace('"0$1"', "")


@each
def test_standby_replicas_are_not_counted_twice(asked: Expression) -> None:
    """What every replica tells alike is only ever taken the greatest of."""
    for start in SEEN_BY_ALL:
        for found in re.finditer(re.escape(start), asked.expr):
            before = asked.expr[: found.start()]
            assert re.search(r"max(?: by \([\w, ]+\) )?\($", before), before


@each
def test_counters_are_rates_summed(asked: Expression) -> None:
    """A counter is never shown as it is; a process that starts anew, or takes over, is no jump."""
    for found in COUNTER.finditer(asked.expr):
        before = asked.expr[: found.start()]
        assert re.search(r"sum(?: by \([\w, ]+\) )?\((?:rate|increase)\($", before), before


def test_the_recorded_rule_exists() -> None:
    """The name of the budget is the one that the rules record; without them it is 5 s."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    recorded = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    used = {name for one in ASKED for name in metrics(one.expr) if ":" in name}
    assert used == recorded
    for one in ASKED:
        rule = "max(nova_extender:http_timeout_seconds) or vector(5)"
        assert one.expr.count("nova_extender:") == one.expr.count(rule)


def test_nothing_is_left_out() -> None:
    """All dashboards, all panels that ask, the annotations of each; nothing but them."""
    expected = {
        (board.name, name)
        for board in BOARDS
        for name in [*(panel.title for panel in board.panels if panel.targets), *ANNOTATIONS]
    }
    assert {(one.dashboard, one.panel) for one in ASKED} == expected


def test_metrics_that_no_panel_shows() -> None:
    """There are none: whatever the extender tells is on some dashboard."""
    shown = {SUFFIX.sub("", name) for one in ASKED for name in metrics(one.expr)}
    own = {SUFFIX.sub("", name) for name in KNOWN if name.startswith("nova_extender_")}
    assert own <= shown


def test_literals() -> None:
    """Variables match anything, intervals have a length; other texts stay."""
    given = 'rate(a{b="$c", d=~"$e", f="g"}[$__rate_interval]) + rate(h[$__range])'
    expected = 'rate(a{b=~".*", d=~".*", f="g"}[5m]) + rate(h[1h])'
    assert without_variables(given) == expected


def test_forms() -> None:
    """The forms of which the others are made."""
    assert ratio("a", "b") == "a / (b > 0)"
    assert ratio("a", "b", "on (c)") == "a / on (c) (b > 0)"
    assert quantile(0.5, "b", "c", over="2m") == (
        "histogram_quantile(0.5, sum by (le, c) (rate(b[2m]))) >= 0"
    )
    assert in_order("a").startswith("(a) * on (filter) group_left (at) label_replace(")
