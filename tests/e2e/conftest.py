"""One control plane for all tests; each test has its own nodes, extender and kube-scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.controlplane import ControlPlane
from tests.e2e.scene import Scene


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Etcd, kube-apiserver, kube-controller-manager and kwok."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as running:
        yield running


@pytest.fixture
def scene(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Scene]:
    """An empty cluster, emptied again afterwards."""
    made = Scene(control_plane, tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Show the logs of extender and kube-scheduler beside a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's Result
    scene = getattr(item, "funcargs", {}).get("scene")
    if report.when == "call" and report.failed and scene is not None:
        for name, tail in scene.logs().items():
            report.sections.append((name, tail))
