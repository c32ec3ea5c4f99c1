"""What panels make of series, by Prometheus' own promtool: worked out by hand, and never NaN."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.monitoring.expressions import expressions
from tests.e2e.test_rules import promtool
from tests.unit.monitoring.scraped import SCHEDULER, extenders

WORKS, STANDS_BY = "a:8889", "b:8889"
BOTH = (WORKS, STANDS_BY)
AT = "90m"

Samples = Mapping[str, float]

# Every minute four attempts about ten hosts each: the tests before the filters refuse ten of the
# forty, the first filter ten of the thirty that are left, and the tenth 15 of those 20. One attempt
# is left without a host by that.
COUNTED = {
    'attempts_total{result="passed"}': 3,
    'attempts_total{result="no_valid_host"}': 1,
    'filter_evaluations_total{filter="pre_stage"}': 40,
    'filter_evaluations_total{filter="CoreFilter"}': 30,
    'filter_evaluations_total{filter="RamFilter"}': 20,
    'filter_rejections_total{filter="pre_stage",reason="host_ignored"}': 10,
    'filter_rejections_total{filter="CoreFilter",reason="insufficient_vcpus"}': 10,
    'filter_rejections_total{filter="RamFilter",reason="insufficient_ram"}': 15,
    'hosts_entering_sum{filter="pre_stage"}': 40,
    'hosts_entering_count{filter="pre_stage"}': 4,
    'hosts_leaving_sum{filter="RamFilter"}': 5,
    'hosts_leaving_count{filter="RamFilter"}': 2,
    'no_valid_host_total{filter="RamFilter"}': 1,
    'retries_total{reason="bind_refused"}': 3,
    'landed_on_top_total{agree="true"}': 2,
    'landed_on_top_total{agree="false"}': 1,
    'weigher_spread_bucket{weigher="RAMWeigher",le="0.0"}': 1,
    'weigher_spread_count{weigher="RAMWeigher"}': 4,
}
"""What one replica counts in a minute, while the other stands by and counts nothing."""

COUNTED_BY_BOTH = {'retries_total{reason="OutOfcpu"}': 6}
"""What a kubelet rejects each of them sees."""

TOLD_BY_BOTH = {
    'filter_position{filter="pre_stage"}': 0,
    'filter_position{filter="CoreFilter"}': 1,
    'filter_position{filter="RamFilter"}': 10,
    'hosts{state="known"}': 12,
    "ready{}": 1,
    'capacity{resource="cpu",kind="physical"}': 4,
    'capacity{resource="cpu",kind="effective"}': 32,
    'capacity{resource="cpu",kind="used"}': 8,
    'capacity{resource="cpu",kind="void"}': 12,
}

EXPECTED: Mapping[tuple[str, str], Samples] = {
    ("Decisions", "attempts"): {"{}": 0.067},
    ("No valid host", "of attempts"): {"{}": 0.25},
    ("Hosts", "known"): {"{}": 12},
    ("Hosts", "received"): {"{}": 10},
    ("Hosts", "passed"): {"{}": 1.25},
    ("Ready replicas", "ready"): {"{}": 2},
    ("Refused hosts", "of hosts asked about"): {"{}": 0.875},
    ("Rejection rate by filter", "{{filter}}"): {
        '{filter="pre_stage"}': 0.25,
        '{filter="CoreFilter"}': 0.333,
        '{filter="RamFilter"}': 0.75,
    },
    ("Survival per filter", "{{at}} {{filter}}"): {
        '{at="00", filter="pre_stage"}': 0.75,
        '{at="01", filter="CoreFilter"}': 0.667,
        '{at="10", filter="RamFilter"}': 0.25,
    },
    ("Mean hosts entering each filter", "{{at}} {{filter}}"): {'{at="00", filter="pre_stage"}': 10},
    ("Mean hosts leaving each filter", "{{at}} {{filter}}"): {'{at="10", filter="RamFilter"}': 2.5},
    ("What becomes of the hosts asked about", "{{filter}}"): {
        '{filter="pre_stage"}': 0.25,
        '{filter="CoreFilter"}': 0.25,
        '{filter="RamFilter"}': 0.375,
    },
    ("What becomes of the hosts asked about", "passed"): {"{}": 0.125},
    ("Decisive filters over the time shown", "{{filter}}"): {'{filter="RamFilter"}': 60},
    ("Filters that refuse more than 95 %", "Refused"): {},
    ("Filters that never refuse", "Hosts asked about"): {},
    ("Retries by reason", "{{reason}}"): {
        '{reason="OutOfcpu"}': 0.1,
        '{reason="bind_refused"}': 0.05,
    },
    ("Weighers with nothing to say", "{{weigher}}"): {'{weigher="RAMWeigher"}': 0.25},
    ("Landed on top", "on top"): {"{}": 0.667},
    ("How full", "{{resource}}"): {'{resource="cpu"}': 0.25},
    ("Ratio promised", "{{resource}}"): {'{resource="cpu"}': 8},
    ("Ratio in effect", "{{resource}}"): {'{resource="cpu"}': 5},
    ("Free: cores", "free"): {"{}": 24},
    ("Free: cores", "free, less void"): {"{}": 12},
}
"""By panel and legend, the samples at three places after the point."""


def series(name: str, labels: Mapping[str, str], values: str) -> dict[str, str]:
    """A series as promtool reads it."""
    inside = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
    return {"series": f"{name}{{{inside}}}", "values": values}


def ours(written: str, instance: str, values: str) -> dict[str, str]:
    """A series of one replica, of what is written above."""
    target = f'namespace="nova",job="nova-extender",instance="{instance}"'
    name, labels = written.rstrip("}").split("{")
    return {
        "series": f"nova_extender_{name}{{{','.join(filter(None, (labels, target)))}}}",
        "values": values,
    }


def proven(folder: Path, given: Sequence[Mapping[str, str]], cases: Sequence[Any]) -> None:
    """Promtool finds what is expected, a minute between the points."""
    test = {"interval": "1m", "input_series": given, "promql_expr_test": cases}
    file = folder / "test.yaml"  # JSON is YAML
    file.write_text(json.dumps({"evaluation_interval": "1m", "tests": [test]}))
    assert "SUCCESS" in promtool("test", "rules", str(file))


def case(expression: str, samples: Samples) -> dict[str, Any]:
    """An expression, and what comes of it."""
    expected = [{"labels": labels, "value": value} for labels, value in samples.items()]
    return {"expr": expression, "eval_time": AT, "exp_samples": expected}


def asked(panel: str, legend: str) -> str:
    """The expression of a panel; where dashboards share a title, they ask the same."""
    (found,) = {each.expr for each in expressions() if (each.panel, each.legend) == (panel, legend)}
    return found


def test_by_hand(tmp_path: Path) -> None:
    """One works and one stands by: each panel's number is the one worked out by hand."""
    given = [
        *(ours(name, WORKS, f"0+{count}x100") for name, count in COUNTED.items()),
        *(ours(name, STANDS_BY, "0x100") for name in COUNTED),
        *(
            ours(name, replica, f"0+{count}x100")
            for name, count in COUNTED_BY_BOTH.items()
            for replica in BOTH
        ),
        *(
            ours(name, replica, f"{value}x100")
            for name, value in TOLD_BY_BOTH.items()
            for replica in BOTH
        ),
    ]
    cases = [case(f"round({asked(*panel)}, 0.001)", samples) for panel, samples in EXPECTED.items()]
    proven(tmp_path, given, cases)


@pytest.mark.parametrize("replicas", [BOTH[:1], BOTH], ids=["one", "two"])
def test_nothing_happens(tmp_path: Path, replicas: Sequence[str]) -> None:
    """Where all stand still, no panel shows what is no number; promtool would see one."""
    given = [
        series(
            one.name,
            {**one.labels, "namespace": "nova", "job": "nova-extender", "instance": replica},
            f"{one.value}x100",
        )
        for one in extenders()
        for replica in replicas
    ]
    given += [
        series(name, dict.fromkeys(sorted(labels), "1.0"), "0x100")
        for name, labels in SCHEDULER.items()
    ]
    # NaN and infinity alone differ from themselves by anything but 0.
    cases = [case(f"({one.expr}) - ({one.expr}) != 0", {}) for one in expressions()]
    nothing = "(vector(0) / 0)"
    cases.append(case(f"count({nothing} - {nothing} != 0)", {"{}": 1}))
    proven(tmp_path, given, cases)


def test_nobody_is_scraped(tmp_path: Path) -> None:
    """Without a single series no panel fails; only the budget of latency is known."""
    budget = "nova_extender:http_timeout_seconds"
    cases = [case(one.expr, {}) for one in expressions() if budget not in one.expr]
    cases.append(case(asked("p99 latency by verb", "httpTimeout"), {"{}": 5}))
    proven(tmp_path, [series("other", {}, "0x100")], cases)
