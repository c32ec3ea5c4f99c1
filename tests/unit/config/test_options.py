"""The whole model and the list of its options."""

from __future__ import annotations

import re

import pytest

from extender.config.options import Config, Option, group_models, options


def test_groups_are_novas_and_our_own() -> None:
    """In the order they are documented; plugins have no named options."""
    assert list(group_models()) == [
        "DEFAULT",
        "scheduler",
        "filter_scheduler",
        "metrics",
        "compute",
        "pci",
        "trusted_computing",
        "kubernetes",
        "server",
    ]
    assert set(Config.model_fields) - set(group_models()) == {"plugins"}


@pytest.mark.parametrize("option", options(), ids=lambda option: option.path)
def test_every_option_is_described_in_one_sentence(option: Option) -> None:
    """It begins large, ends with a full stop, and has no other."""
    assert re.fullmatch(r"[A-Z][^.]*(?:\.[a-z0-9][^.]*)*\.", option.description)


@pytest.mark.parametrize("option", options(), ids=lambda option: option.path)
def test_every_default_is_accepted(option: Option) -> None:
    """A default that was written out is read back as the same value."""
    assert option.kind.read(option.kind.write(option.default)) == option.default
    assert option.kind.read(option.default) == option.default


def test_options_of_nova_are_marked() -> None:
    """And only those; of each the release it came in is told."""
    unmarked = {option.path for option in options() if not option.nova}
    ours = {option.path for option in options() if option.group in {"kubernetes", "server"}}
    assert unmarked == ours | {"trusted_computing.attestation_label"}
    assert all(option.nova.since for option in options() if option.nova)


def test_a_configuration_without_anything_has_all_defaults() -> None:
    """The groups need not be given."""
    assert Config() == Config.model_validate({"DEFAULT": {}, "plugins": None})
    assert Config().plugins == {}
