"""The rules by Prometheus' own promtool: every alert fires where it should, and only there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.monitoring.expressions import expressions
from tests.e2e import debian
from tests.e2e.build import REPOSITORY
from tests.e2e.panel_proofs import PANELS

RULES = REPOSITORY / "charts" / "nova-extender" / "files" / "rules.yaml"
CASES = sorted((REPOSITORY / "tests" / "monitoring").glob("*.test.yaml"))


def promtool(*arguments: str) -> str:
    """What promtool prints; its own words where it finds something wrong."""
    ran = subprocess.run(
        [str(debian.program("promtool")), *arguments], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def unit_test(
    folder: Path, *tests: tuple[Mapping[str, str], Mapping[str, Any]], rules: str = ""
) -> str:
    """What promtool prints of expressions with their series, a minute apart each."""
    content = {
        "rule_files": [rules] if rules else [],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": each} for name, each in series.items()],
                "promql_expr_test": [case],
            }
            for series, case in tests
        ],
    }
    file = folder / "test.yaml"
    # JSON is YAML.
    file.write_text(json.dumps(content))
    return promtool("test", "rules", str(file))


def alerts() -> set[str]:
    """The names of the alerts."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


def fires(case: dict[str, Any]) -> bool:
    """Whether a case expects an alert."""
    return bool(case["exp_alerts"])


def test_rules() -> None:
    """Promtool takes the file as it is."""
    assert "SUCCESS" in promtool("check", "rules", "--lint-fatal", str(RULES))


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.name.removesuffix(".test.yaml"))
def test_cases(cases: Path) -> None:
    """Each alert comes when the series say so, with its words, and not otherwise."""
    assert "SUCCESS" in promtool("test", "rules", str(cases))


def test_every_alert_has_its_cases() -> None:
    """A file each: where it fires, not before its time is up; and where it never does."""
    assert {path.name.removesuffix(".test.yaml") for path in CASES} == alerts()
    for path in CASES:
        alert = path.name.removesuffix(".test.yaml")
        content = yaml.safe_load(path.read_text())
        assert content["evaluation_interval"] == "1m"
        tests = [test["alert_rule_test"] for test in content["tests"]]
        assert all(case["alertname"] == alert for cases in tests for case in cases)
        firing = [cases for cases in tests if any(map(fires, cases))]
        silent = [cases for cases in tests if not any(map(fires, cases))]
        assert firing, path.name
        assert silent, path.name
        for cases in firing:
            # Of a certificate the warning comes before the other.
            assert len(cases[0]["exp_alerts"]) < len(cases[-1]["exp_alerts"]), path.name


@pytest.mark.parametrize("key", PANELS, ids=" / ".join)
def test_panels(key: tuple[str, str, str], tmp_path: Path) -> None:
    """What a panel asks has data once there is any."""
    proof = PANELS[key]
    (expression,) = (
        each.expr for each in expressions() if (each.dashboard, each.panel, each.legend) == key
    )
    labels = ", ".join(f'{name}="{value}"' for name, value in proof.labels.items())
    case = {
        "expr": expression,
        "eval_time": proof.at,
        "exp_samples": [{"labels": f"{{{labels}}}", "value": proof.value}],
    }
    assert "SUCCESS" in unit_test(tmp_path, (proof.series, case))


def test_a_longer_timeout_than_the_histogram_can_tell(tmp_path: Path) -> None:
    """With 30 s, as the chart may write it, calls of more than 5 s count as more than a fifth."""
    text = RULES.read_text()
    assert text.count("expr: vector(5)\n") == 1
    (tmp_path / "rules.yaml").write_text(text.replace("expr: vector(5)\n", "expr: vector(30)\n"))
    bucket = 'nova_extender_request_duration_seconds_bucket{verb="filter", le="%s"}'
    slow = {bucket % "2.5": "0+98x30", bucket % "5.0": "0+98x30", bucket % "+Inf": "0+100x30"}
    quick = {bucket % "2.5": "0+98x30", bucket % "5.0": "0+100x30", bucket % "+Inf": "0+100x30"}
    fired = {"expr": 'count(ALERTS{alertname="NovaExtenderHighLatency"})', "eval_time": "20m"}
    told = unit_test(
        tmp_path,
        (slow, {**fired, "exp_samples": [{"labels": "{}", "value": 1}]}),
        (quick, {**fired, "exp_samples": []}),
        rules="rules.yaml",
    )
    assert "SUCCESS" in told
