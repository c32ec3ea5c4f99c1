"""What the API server says at once to who writes a ratio that cannot be read or does not count."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from tests.e2e import objects
from tests.e2e.api import Api, ApiError
from tests.e2e.chart import Helm
from tests.e2e.controlplane import ControlPlane
from tests.e2e.waiting import wait_until

RATIO = (
    "is not an allocation ratio, and counts as 1; accepted: a decimal above 0 with at most "
    "three digits before and after the point, such as 16.0"
)
NOT_ALLOWED = (
    "counts as 1, for overcommit.allowMemoryOvercommit is false in the chart; accepted: up to 1"
)
UNKNOWN = "is not known, and counts as None; accepted: None or Static"
NAME = "checked"


@pytest.fixture
def node(control_plane: ControlPlane) -> Iterator[Api]:
    """The API server with one node and no chart."""
    api = control_plane.api
    api.create(objects.node(NAME, ready=False))
    yield api
    Helm(control_plane).uninstall("--no-hooks")
    api.delete("Node", NAME)


def _install(control_plane: ControlPlane, **values: Any) -> None:
    """Installs the chart, and waits until the check is at work."""
    Helm(control_plane).uninstall("--no-hooks")
    wait_until(lambda: not _heard(control_plane.api, cpu_allocation_ratio="?"), 30, "no check")
    Helm(control_plane).install_overcommit({"mode": "advisory", **values})
    wait_until(lambda: _heard(control_plane.api, cpu_allocation_ratio="?"), 30, "the check")


def _heard(api: Api, **annotations: str | None) -> list[str]:
    """Tries to annotate the node; gives what is said to it, whether it warns or refuses."""
    keyed = {objects.PREFIX + name: value for name, value in annotations.items()}
    body = {"metadata": {"annotations": keyed}}
    merge = "application/merge-patch+json"
    try:
        api.request("PATCH", f"api/v1/nodes/{NAME}?dryRun=All", body, merge)
    except ApiError as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return [str(error)]
    return api.warnings


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"cpu_allocation_ratio": "4,0"}, [f'cpu_allocation_ratio: \\"4,0\\" {RATIO}']),
        ({"ram_allocation_ratio": "nan"}, [f'ram_allocation_ratio: \\"nan\\" {RATIO}']),
        ({"disk_allocation_ratio": "٤"}, [f'disk_allocation_ratio: \\"٤\\" {RATIO}']),
        ({"cpu_allocation_ratio": "0.000"}, [f'cpu_allocation_ratio: \\"0.000\\" {RATIO}']),
        ({"cpu_allocation_ratio": "4\n\x00\n4"}, [f"cpu_allocation_ratio: its value {RATIO}"]),
        ({"cpu_allocation_ratio": "9" * 5000}, [f"cpu_allocation_ratio: its value {RATIO}"]),
        (
            {"cpu_allocation_ratio": "x", "disk_allocation_ratio": "-1"},
            [
                f'cpu_allocation_ratio: \\"x\\" {RATIO}',
                f'disk_allocation_ratio: \\"-1\\" {RATIO}',
            ],
        ),
        (
            {"ram_allocation_ratio": "1.001"},
            [
                f'ram_allocation_ratio: \\"1.001\\" {NOT_ALLOWED}',
            ],
        ),
        (
            {"memory_manager_policy": "static"},
            [
                f'memory_manager_policy: \\"static\\" {UNKNOWN}',
            ],
        ),
        ({"cpu_allocation_ratio": " 16.0 ", "ram_allocation_ratio": "1.0"}, []),
        ({"cpu_allocation_ratio": "", "memory_manager_policy": "Static"}, []),
        ({"metrics": "not JSON"}, []),
    ],
)
def test_warned(
    node: Api, control_plane: ControlPlane, annotations: dict[str, str], said: list[str]
) -> None:
    """The warning names the annotation, the value and what would be right; the write is made."""
    _install(control_plane)
    heard = _heard(node, **annotations)
    assert len(heard) == len(said), heard
    for text, warning in zip(said, heard, strict=True):
        assert f"annotation {objects.PREFIX}{text}" in warning


def test_static_memory(node: Api, control_plane: ControlPlane) -> None:
    """Where memory may be overcommitted, it is said of nodes that pin it, whatever is written."""
    _install(control_plane, allowMemoryOvercommit=True)
    why = f"counts as 1, for annotation {objects.PREFIX}memory_manager_policy is Static"
    assert _heard(node, ram_allocation_ratio="1.5") == []
    (warning,) = _heard(node, ram_allocation_ratio="1.5", memory_manager_policy="Static")
    assert why in warning
    node.patch("Node", NAME, {"metadata": {"annotations": objects.nova(ram_allocation_ratio="2")}})
    (warning,) = _heard(node, memory_manager_policy="Static")
    assert why in warning


def test_who_changes_something_else_hears_nothing(node: Api, control_plane: ControlPlane) -> None:
    """A ratio that is malformed already does not trouble other writers of the node."""
    _install(control_plane)
    bad = objects.nova(cpu_allocation_ratio="bad")
    node.patch("Node", NAME, {"metadata": {"annotations": bad}})
    assert len(node.warnings) == 1
    assert _heard(node, disabled="true") == []
    assert _heard(node, cpu_allocation_ratio=None) == []
    node.patch("Node", NAME, {"status": {"phase": "Running"}}, subresource="status")
    assert node.warnings == []


def test_denied(node: Api, control_plane: ControlPlane) -> None:
    """With Deny the write is refused, with the same words."""
    _install(control_plane, ratioCheck=["Deny"])
    (refusal,) = _heard(node, cpu_allocation_ratio="4,0")
    assert RATIO in refusal
    assert _heard(node, cpu_allocation_ratio="4.0") == []


def test_created(node: Api, control_plane: ControlPlane) -> None:
    """A node that is created with a malformed ratio is warned of too."""
    _install(control_plane)
    new = objects.node("new", annotations=objects.nova(cpu_allocation_ratio="1e3"))
    node.request("POST", "api/v1/nodes?dryRun=All", new)
    (warning,) = node.warnings
    assert RATIO in warning
