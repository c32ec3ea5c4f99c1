"""Putting nodes back to what they have of their own."""

from __future__ import annotations

from typing import Any

import pytest

from extender.translate.objects import decode_node
from extender.translate.restoration import restoration
from tests.unit.verbs.making import PREFIX, node, raw

RATIO = {"cpu_allocation_ratio": "4"}
SAVED = {"raw_allocatable_cpu": "4000", "amplified_allocatable_cpu": "16000"}
FLOOR = {"allocatable_floor_cpu": "9000"}


@pytest.mark.parametrize(
    ("cpu", "annotations", "allocatable"),
    [
        ("4", {}, {}),
        ("4", RATIO, {}),
        ("16000m", RATIO | SAVED, {"cpu": "4000m"}),
        ("16", SAVED | FLOOR, {"cpu": "4000m"}),
        # The kubelet was faster.
        ("4", SAVED | FLOOR, {}),
        ("8", SAVED, {}),
        # Nothing is saved, or nothing that can be read: the kubelet will write it.
        ("16", FLOOR, {}),
        ("16", {**SAVED, "raw_allocatable_cpu": "four"}, {}),
        ("16", {"amplified_allocatable_cpu": "16000"}, {}),
        ("many", SAVED, {}),
    ],
)
def test_cpu(cpu: str, annotations: dict[str, str], allocatable: dict[str, str]) -> None:
    """All of ours go but the ratio; allocatable is written where it is another."""
    found = restoration(decode_node(raw(node("a", cpu=cpu, annotations=annotations))))
    assert found.allocatable == allocatable
    gone = {PREFIX + key: None for key in annotations if key not in RATIO}
    assert found.annotations == gone


def test_all_resources() -> None:
    """Each in its own unit; annotations of others stay."""
    made: dict[str, Any] = node(
        "a",
        memory="200",
        disk="300",
        annotations={
            "raw_allocatable_memory": "100",
            "amplified_allocatable_memory": "200",
            "raw_allocatable_ephemeral_storage": "150",
            "amplified_allocatable_ephemeral_storage": "300",
            "allocatable_floor_ephemeral_storage": "7",
        },
    )
    made["metadata"]["annotations"]["example.com/other"] = "1"
    found = restoration(decode_node(raw(made)))
    assert found.allocatable == {"memory": "100", "ephemeral-storage": "150"}
    assert len(found.annotations) == 5


def test_above_the_machine() -> None:
    """What no machine of this capacity has is amplified, by whatever ratio."""
    made = node("a", cpu="32", annotations=SAVED)
    made["status"]["capacity"] = {"cpu": "8"}
    assert restoration(decode_node(raw(made))).allocatable == {"cpu": "4000m"}


def test_a_node_without_status() -> None:
    """Nothing to write but what is saved, to be removed."""
    made = node("a", annotations=SAVED)
    del made["status"]
    found = restoration(decode_node(raw(made)))
    assert found.allocatable == {}
    assert len(found.annotations) == 2
