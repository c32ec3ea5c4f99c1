"""Nova's options that do nothing here."""

from __future__ import annotations

import pytest

from extender.config.dormant import DORMANT, dormant_notice
from extender.config.load import load
from extender.config.options import Config, group_models
from extender.config.sieve import legacy_names

PATHS = [f"{group}.{name}" for group, names in DORMANT.items() for name in names]


@pytest.mark.parametrize("path", PATHS)
def test_it_is_accepted_with_a_notice(path: str) -> None:
    """Whatever its value, the configuration is as without it, and the operator is told."""
    group, _, name = path.partition(".")
    loaded = load(None, f"{group}:\n  {name}: [anything, 3]\n")
    assert loaded.config == Config()
    assert loaded.notices == (dormant_notice(path, DORMANT[group][name]),)
    assert f"{path} has no effect here: " in loaded.notices[0]


@pytest.mark.parametrize(
    "path",
    [
        "DEFAULT.service_down_time",
        "DEFAULT.report_interval",
        "DEFAULT.scheduler_instance_sync_interval",
        "scheduler.max_placement_results",
        "scheduler.workers",
        "scheduler.discover_hosts_in_cells_interval",
        "scheduler.query_placement_for_image_type_support",
        "filter_scheduler.track_instance_changes",
        "filter_scheduler.pci_in_placement",
        "filter_scheduler.use_baremetal_filters",
        "trusted_computing.attestation_server",
        "trusted_computing.attestation_auth_blob",
        "pci.device_spec",
    ],
)
def test_options_an_operator_is_likely_to_paste_are_known(path: str) -> None:
    """Those of Nova's present release, and of the seed's."""
    assert path in PATHS


def test_nothing_is_both_in_effect_and_without_effect() -> None:
    """Neither under its name nor under its older one."""
    for group, names in DORMANT.items():
        model = group_models().get(group)
        assert not (set(names) & set(model.model_fields if model else ()))
    assert not (set(DORMANT["DEFAULT"]) & set(legacy_names()))
