"""What differs between two configurations."""

from __future__ import annotations

import pytest

from extender.config.changes import RESTART_GROUPS, changed_options, reloadable
from extender.config.load import load
from extender.config.options import Config, group_models


def config(text: str) -> Config:
    """The configuration of a text."""
    return load(None, text).config


def test_nothing_differs() -> None:
    """Neither from itself, nor where a default or its older name is written out."""
    assert changed_options(Config(), Config()) == ()
    same = config("scheduler: {max_attempts: 3}\nDEFAULT: {scheduler_driver: filter_scheduler}")
    assert changed_options(Config(), same) == ()


def test_options_are_told_in_the_order_of_the_file() -> None:
    """By their paths, both ways."""
    other = config("server: {threads: 5}\nDEFAULT: {cpu_allocation_ratio: 2}")
    paths = ("DEFAULT.cpu_allocation_ratio", "server.threads")
    assert changed_options(Config(), other) == paths
    assert changed_options(other, Config()) == paths


def test_the_order_of_filters_is_a_difference() -> None:
    """They run in that order."""
    one, two = (config(f"filter_scheduler: {{enabled_filters: [{s}]}}") for s in ("A, B", "B, A"))
    assert changed_options(one, two) == ("filter_scheduler.enabled_filters",)


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ("a: {b: 1}", "a: {b: 2}", ("plugins.a",)),
        ("a: 1, b: 2", "c: 3, b: 2", ("plugins.a", "plugins.c")),
        ("a: ~", "", ("plugins.a",)),  # a plug-in may ask whether the name is there
        ("a: 1", "a: true", ("plugins.a",)),
        ("a: [0]", "a: [false]", ("plugins.a",)),
        ("a: 1", "a: 1.0", ("plugins.a",)),
        ("a: 1, b: 2", "b: 2, a: 1", ()),
        ('"a\\tb": 1', "", ("plugins.a\\tb",)),
    ],
)
def test_options_of_plugins(old: str, new: str, paths: tuple[str, ...]) -> None:
    """By their uppermost names, and exactly: a plug-in may tell 1 from true."""
    one, two = (config(f"plugins: {{{text}}}") for text in (old, new))
    assert changed_options(one, two) == paths


def test_what_can_be_reloaded() -> None:
    """Nova's groups are the new ones, and those that need a restart stay."""
    running = config("kubernetes: {max_score: 10}\nserver: {threads: 5}")
    new = config(
        "DEFAULT: {cpu_allocation_ratio: 2}\nscheduler: {max_attempts: 5}\n"
        "filter_scheduler: {host_subset_size: 2}\nplugins: {a: 1}\n"
        "kubernetes: {max_score: 20}\nserver: {threads: 6}"
    )
    merged = reloadable(running, new)
    assert changed_options(merged, new) == ("kubernetes.max_score", "server.threads")
    assert (merged.kubernetes, merged.server) == (running.kubernetes, running.server)
    for group in ("DEFAULT", "scheduler", "filter_scheduler", "plugins"):
        assert getattr(merged, group) == getattr(new, group)


def test_groups_that_need_a_restart_are_those_nova_has_not() -> None:
    """Every group is of one kind or the other."""
    assert set(RESTART_GROUPS) < set(group_models())
    assert set(group_models()) - set(RESTART_GROUPS) == {
        "DEFAULT",
        "scheduler",
        "filter_scheduler",
        "metrics",
        "compute",
        "pci",
        "trusted_computing",
    }
