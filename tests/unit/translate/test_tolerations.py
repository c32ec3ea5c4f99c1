"""Which tolerations let a pod start on a cordoned or unready node."""

from __future__ import annotations

from typing import Any

import pytest

from extender.translate.tolerations import tolerates_not_ready, tolerates_unschedulable
from tests.unit.translate.making import container, pod

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"


def tolerates(*tolerations: dict[str, Any]) -> tuple[bool, bool]:
    """Whether a pod with these tolerates unschedulable, and not ready."""
    tolerant = pod({"containers": [container()], "tolerations": list(tolerations)})
    return tolerates_unschedulable(tolerant), tolerates_not_ready(tolerant)


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"key": UNSCHEDULABLE, "operator": "Exists", "effect": "NoSchedule"}, (True, False)),
        ({"key": NOT_READY, "operator": "Exists", "effect": "NoSchedule"}, (False, True)),
        ({"key": UNREACHABLE, "operator": "Exists", "effect": "NoSchedule"}, (False, True)),
        ({"key": UNSCHEDULABLE, "operator": "Exists"}, (True, False)),
        ({"key": UNSCHEDULABLE, "operator": "Exists", "effect": ""}, (True, False)),
        ({"operator": "Exists"}, (True, True)),
        ({"key": "", "operator": "Exists", "effect": "NoSchedule"}, (True, True)),
        ({"operator": "Exists", "effect": "NoExecute"}, (False, False)),
        ({"operator": "Exists", "effect": "PreferNoSchedule"}, (False, False)),
        ({"key": UNSCHEDULABLE, "operator": "Equal"}, (True, False)),
        ({"key": UNSCHEDULABLE}, (True, False)),
        ({"key": UNSCHEDULABLE, "value": ""}, (True, False)),
        ({"key": UNSCHEDULABLE, "value": "true"}, (False, False)),
        ({"key": UNSCHEDULABLE, "operator": "Exists", "value": "true"}, (True, False)),
        ({"key": UNSCHEDULABLE, "operator": "Gt", "value": "0"}, (False, False)),
        ({"key": "other", "operator": "Exists"}, (False, False)),
        ({}, (False, False)),
    ],
)
def test_one_toleration(toleration: dict[str, Any], expected: tuple[bool, bool]) -> None:
    """Key, operator, value and effect as the taint manager matches them."""
    assert tolerates(toleration) == expected


def test_default_toleration_seconds_do_not_count() -> None:
    """What the API server gives every pod, with effect NoExecute, lets it start nowhere."""
    assert tolerates(
        {"key": NOT_READY, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
        {"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ) == (False, False)


def test_daemon_set_pods() -> None:
    """The tolerations of a DaemonSet's pods let them start a node."""
    assert tolerates(
        {"key": NOT_READY, "operator": "Exists", "effect": "NoExecute"},
        {"key": UNSCHEDULABLE, "operator": "Exists", "effect": "NoSchedule"},
    ) == (True, False)


@pytest.mark.parametrize("spec", [{}, {"tolerations": None}, {"tolerations": []}])
def test_no_tolerations(spec: dict[str, Any]) -> None:
    """A pod without tolerations tolerates nothing."""
    assert not tolerates_unschedulable(pod(spec))
    assert not tolerates_not_ready(pod(spec))
