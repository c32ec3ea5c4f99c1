"""Nova's groups of a few options: names, defaults and limits."""

from __future__ import annotations

import pytest

from extender.config.aliases import DeviceAlias
from extender.config.load import load
from extender.config.small_groups import (
    ComputeGroup,
    MetricsGroup,
    PciGroup,
    TrustedComputingGroup,
)
from tests.unit.config.reading import check_limits, check_switch, refusal, value


def test_defaults_of_small_groups() -> None:
    """Nova's, but that attested trust never ages, and a label of our own."""
    metrics = MetricsGroup()
    assert (metrics.weight_multiplier, metrics.weight_setting) == (1.0, ())
    assert (metrics.required, metrics.weight_of_unavailable) == (True, -10000.0)
    compute = ComputeGroup()
    assert compute.consecutive_build_service_disable_threshold == 10
    assert compute.packing_host_numa_cells_allocation_strategy is False
    assert PciGroup().alias == ()
    trusted = TrustedComputingGroup()
    assert trusted.attestation_auth_timeout == 0
    assert trusted.attestation_label == "nova-extender.io/trust_lvl"


def test_weights_of_metrics() -> None:
    """In order; a name given twice counts twice (N§D.5), so it stands twice."""
    text = "metrics: {required: false, weight_setting: 'cpu.percent=-2, cpu.percent=1'}"
    config = load(None, text).config
    assert config.metrics.weight_setting == (("cpu.percent", -2.0), ("cpu.percent", 1.0))
    assert refusal("metrics", "weight_setting", "[a=x]") == (
        '"a=x" in the list: "x" is not a finite number'
    )


@pytest.mark.parametrize("name", ["weight_multiplier", "weight_of_unavailable"])
def test_numbers_of_metrics(name: str) -> None:
    """Finite, of any sign."""
    assert value("metrics", name, "-1.5") == -1.5
    assert "is not a finite number" in refusal("metrics", name, ".nan")


@pytest.mark.parametrize(
    "path", ["metrics.required", "compute.packing_host_numa_cells_allocation_strategy"]
)
def test_switches_of_small_groups(path: str) -> None:
    """On or off."""
    group, _, name = path.partition(".")
    check_switch(group, name)


@pytest.mark.parametrize(
    "path",
    [
        "compute.consecutive_build_service_disable_threshold",
        "trusted_computing.attestation_auth_timeout",
    ],
)
def test_limits_of_small_groups(path: str) -> None:
    """0 is meant to switch off."""
    group, _, name = path.partition(".")
    check_limits(group, name, 0)


def test_an_alias_of_nova() -> None:
    """Nova's own example, under its older name and in its own form."""
    expected = (DeviceAlias("a100", (("product_id", "20b0"), ("vendor_id", "10de"))),)
    text = """'{"name": "a100", "vendor_id": "10de", "product_id": "20b0"}'"""
    assert value("pci", "alias", text) == expected
    assert load(None, f"DEFAULT: {{pci_alias: [{text}]}}").config.pci.alias == expected


@pytest.mark.parametrize(
    "text",
    [
        "trust_lvl",
        "nova-extender.io/trust_lvl",
        "trust.node-restriction.kubernetes.io/level",
        f"{'a' * 63}.example/{'B' * 63}",
    ],
)
def test_the_label_of_trust(text: str) -> None:
    """Any key that a label can have."""
    assert value("trusted_computing", "attestation_label", text) == text


@pytest.mark.parametrize(
    "text",
    ["''", "null", "3", "a b", "-a", "a/b/c", "/a", "a/", "A.b/c", "'a: b'", "x" * 64, "ü"],
)
def test_what_can_be_no_label(text: str) -> None:
    """Neither empty nor of other characters."""
    message = refusal("trusted_computing", "attestation_label", text)
    assert message.endswith("is not the key of a label")
