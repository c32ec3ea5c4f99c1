"""What panels ask that no test provokes within seconds, with series that they then answer for.

`test_rules.py` has promtool give each panel's expression these series; `test_prometheus.py` holds
that every other expression has had data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Proof:
    """One expression's answer.

    Attributes:
        series: By series, its values a minute apart, in promtool's notation.
        at: When the expression is asked.
        labels: Those of the one series of its answer.
        value: The value of that; rates are by the second, so that six a minute are 0.1.
    """

    series: Mapping[str, str]
    at: str
    labels: Mapping[str, str]
    value: float


PANELS: Mapping[tuple[str, str, str], Proof] = MappingProxyType(
    {
        ("filter-rejections", "Rejection rate by filter", "{{filter}} last week"): Proof(
            {
                'nova_extender_filter_evaluations_total{filter="CoreFilter"}': "0+10x20 200x10100",
                'nova_extender_filter_rejections_total{filter="CoreFilter"}': "0+5x20 100x10100",
            },
            "1w10m",
            {"filter": "CoreFilter"},
            0.5,
        ),
        ("plumbing", "Faults of filters and weighers", "{{filter}}"): Proof(
            {
                'nova_extender_filter_errors_total{filter="MyFilter"}': "0+6x10",
                'nova_extender_filter_errors_total{filter="CoreFilter"}': "0x10",
            },
            "10m",
            {"filter": "MyFilter"},
            0.1,
        ),
        ("plumbing", "Faults of filters and weighers", "{{weigher}}"): Proof(
            {
                'nova_extender_weigher_errors_total{weigher="MyWeigher"}': "0+6x10",
                'nova_extender_weigher_errors_total{weigher="RAMWeigher"}': "0x10",
            },
            "10m",
            {"weigher": "MyWeigher"},
            0.1,
        ),
        ("plumbing", "Watches that broke, by cause", "{{resource}} {{cause}}"): Proof(
            {
                'nova_extender_watch_restarts_total{resource="pods", cause="tls"}': "0+6x10",
                'nova_extender_watch_restarts_total{resource="pods", cause="closed"}': "0+6x10",
            },
            "10m",
            {"resource": "pods", "cause": "tls"},
            0.1,
        ),
        ("plumbing", "Watches that ended as usual", "{{cause}}"): Proof(
            {
                'nova_extender_watch_restarts_total{resource="pods", cause="closed"}': "0+6x10",
                'nova_extender_watch_restarts_total{resource="nodes", cause="closed"}': "0+6x10",
                'nova_extender_watch_restarts_total{resource="pods", cause="tls"}': "0+6x10",
            },
            "10m",
            {"cause": "closed"},
            0.2,
        ),
        ("plumbing", "Lists anew by resource", "{{resource}}"): Proof(
            {
                'nova_extender_relists_total{resource="pods"}': "0+6x10",
                'nova_extender_relists_total{resource="nodes"}': "1x10",
            },
            "10m",
            {"resource": "pods"},
            0.1,
        ),
    }
)
"""By dashboard, panel and legend."""
