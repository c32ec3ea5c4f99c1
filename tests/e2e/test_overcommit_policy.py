"""What becomes of nodes under the chart's admission policy, on a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from extender.translate.annotations import PREFIX
from tests.e2e import objects
from tests.e2e.chart import install_overcommit, uninstall_overcommit
from tests.e2e.controlplane import ControlPlane
from tests.e2e.overcommit_given import MEMORY, MEMORY_ALLOWED
from tests.e2e.overcommit_steps import Scenario, found, run
from tests.e2e.overcommit_table import SCENARIOS

LARGEST = 2**63 - 1
EACH = ("cpu", "memory", "ephemeral_storage")


def _values(scenario: Scenario) -> str:
    return json.dumps(scenario.values, sort_keys=True)


# Those with the same values in a row: the chart is installed once for them.
ORDERED = sorted(SCENARIOS, key=_values)


class Installed:
    """The chart on the control plane, with the values that a test asks for."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self.control_plane = control_plane
        self.api = control_plane.api
        self._values: Any = None

    def have(self, **values: Any) -> None:
        """Installs the chart with these values of `overcommit`, unless it is."""
        if self._values != values:
            install_overcommit(self.control_plane, {**values, "delivery": "policy"})
            self._values = values


@pytest.fixture(scope="module")
def installed(control_plane: ControlPlane) -> Iterator[Installed]:
    """The chart, taken away afterwards."""
    yield Installed(control_plane)
    uninstall_overcommit(control_plane)


@pytest.mark.parametrize("scenario", ORDERED, ids=[scenario.name for scenario in ORDERED])
def test_scenario(scenario: Scenario, installed: Installed) -> None:
    """After each step the node is what the table says."""
    installed.have(**scenario.values)
    run(scenario, installed.api, "policy")


@pytest.mark.parametrize("id_", EACH)
def test_amounts_that_no_machine_has_are_cut_at_64_bits(installed: Installed, id_: str) -> None:
    """A forged own amount of 2⁶³−1 makes 2⁶³−1, and the other resources are amplified."""
    installed.have(**MEMORY_ALLOWED)
    amounts = {"cpu": 32_000, "memory": MEMORY, "disk": 100 * 1024**3}
    short = {"ephemeral_storage": "disk"}.get(id_, id_)
    forged = {
        f"raw_allocatable_{id_}": str(LARGEST),
        f"amplified_allocatable_{id_}": str(amounts[short]),
    }
    ratios = {f"{word}_allocation_ratio": "1.5" for word in ("cpu", "ram", "disk")}
    node = objects.node("n", "32", "256Gi", annotations=objects.nova(**ratios, **forged))
    made = installed.api.request("POST", "api/v1/nodes?dryRun=All", node)
    expected = {name: (amount, amount * 3 // 2) for name, amount in amounts.items()}
    assert found(made) == {**expected, short: (LARGEST, LARGEST)}


# Cores of which the milli-cores have more than 64 bits, and more cores than that.
@pytest.mark.parametrize("text", ["9223372036854775808m", "9223372036854776", "10E"])
def test_more_than_64_bits_are_left_alone(installed: Installed, text: str) -> None:
    """An allocatable that is too large for the arithmetic stays; memory is amplified."""
    installed.have(**MEMORY_ALLOWED)
    ratios = objects.nova(cpu_allocation_ratio="2", ram_allocation_ratio="2")
    made = installed.api.request(
        "POST", "api/v1/nodes?dryRun=All", objects.node("n", text, "1Gi", annotations=ratios)
    )
    assert made["status"]["allocatable"]["cpu"] == text
    assert f"{PREFIX}raw_allocatable_cpu" not in made["metadata"]["annotations"]
    assert found(made)["memory"] == (2**30, 2**31)


def test_annotations_full_of_rubbish_fail_nothing(installed: Installed) -> None:
    """The most that annotations may hold, of blanks, digits and brackets: cpu is amplified."""
    installed.have(**MEMORY_ALLOWED)
    rubbish = {
        f"{PREFIX}ram_allocation_ratio": " " * 60_000 + "4",
        f"{PREFIX}disk_allocation_ratio": "9" * 70_000,
        f"{PREFIX}allocatable_floor_memory": "1" * 50_000,
        f"{PREFIX}raw_allocatable_memory": "(" * 20_000,
        f"{PREFIX}amplified_allocatable_memory": "\u0664" * 20_000,
        f"{PREFIX}cpu_allocation_ratio": "2",
    }
    made = installed.api.request(
        "POST", "api/v1/nodes?dryRun=All", objects.node("n", "32", "1Gi", annotations=rubbish)
    )
    assert found(made) == {
        "cpu": (32_000, 64_000),
        "memory": (2**30, 2**32),
        "disk": 100 * 1024**3,
    }
