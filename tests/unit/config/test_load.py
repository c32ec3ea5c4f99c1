"""Reading a configuration file."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from extender.config.load import load, read_file
from extender.config.options import Config, group_models
from extender.config.problems import ConfigError, Problem


def problems(text: str) -> list[Problem]:
    """What is wrong with the text."""
    with pytest.raises(ConfigError) as caught:
        load(None, text)
    return list(caught.value.problems)


def file_problem(path: Path) -> Problem:
    """The one thing that is wrong with the file."""
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    assert caught.value.source == str(path)
    (problem,) = caught.value.problems
    assert problem.path == ""
    return problem


def test_without_a_file_there_are_the_defaults() -> None:
    """And nothing to say about them."""
    loaded = load(None)
    assert (loaded.config, loaded.notices) == (Config(), ())


def test_a_file_is_read(tmp_path: Path) -> None:
    """Options that are not given keep their defaults."""
    path = tmp_path / "nova.yaml"
    path.write_text("DEFAULT:\n  cpu_allocation_ratio: 16.0\nscheduler:\n  max_attempts: 5\n")
    config = load(str(path)).config
    assert config.DEFAULT.cpu_allocation_ratio == Fraction(16)
    assert config.scheduler.max_attempts == 5
    assert config.filter_scheduler == Config().filter_scheduler


def test_a_text_is_read_instead_of_the_file() -> None:
    """The path then only names it."""
    assert load("/no/such/file", "scheduler: {max_attempts: 5}").config.scheduler.max_attempts == 5
    with pytest.raises(ConfigError) as caught:
        load("nova.yaml", "- a")
    assert str(caught.value).startswith("nova.yaml is not valid: 1 problem\n")


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "nova.yaml"
    path.write_bytes(b"\xef\xbb\xbfscheduler: {max_attempts: 5}\n")
    assert load(str(path)).config.scheduler.max_attempts == 5


def test_a_file_can_be_read_alone(tmp_path: Path) -> None:
    """To be compared; its text is not looked at."""
    path = tmp_path / "nova.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: [\n")
    assert read_file(str(path)) == "a: [\n"
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        read_file(str(tmp_path / "nothing.yaml"))


def test_a_missing_file(tmp_path: Path) -> None:
    """The same exception as for any other mistake."""
    problem = file_problem(tmp_path / "nothing.yaml")
    assert problem.message == "cannot be read: No such file or directory"


def test_a_directory(tmp_path: Path) -> None:
    """Nothing to read."""
    assert file_problem(tmp_path).message == "cannot be read: Is a directory"


def test_a_path_that_can_be_none() -> None:
    """Python refuses it with another error than a missing file."""
    assert "cannot be read" in file_problem(Path("a\0b")).message


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    """Two MiB of anything."""
    path = tmp_path / "nova.yaml"
    path.write_bytes(b"#" * 2**21)
    assert "larger than 1048576 bytes" in file_problem(path).message


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs an endless file")
def test_an_endless_file() -> None:
    """Its size says 0; it is read no further than the bound."""
    assert "larger than 1048576 bytes" in file_problem(Path(os.devnull).with_name("zero")).message


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    """The place is told."""
    path = tmp_path / "nova.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    assert file_problem(path).message == "not UTF-8 at line 2, byte 4"


def test_a_file_that_is_not_yaml(tmp_path: Path) -> None:
    """Line and column are told."""
    path = tmp_path / "nova.yaml"
    path.write_text("a: [1\nb: 2\n")
    assert file_problem(path).message.startswith("not YAML at line 2, column 2: ")


def test_all_problems_are_told_at_once() -> None:
    """Keys given twice, unknown names, names given twice over, and values, each with its path."""
    found = problems(
        """
        DEFAULT:
          cpu_allocation_ratio: .nan
          scheduler_default_filters: A,B
          foo: 1
        scheduler:
          driver: simple
          max_attempts: 0
          max_attempts: 1
        filter_scheduler:
          enabled_filters: [RamFilter]
          ram_weight_multiplier: abc
        server: {keepalive: 90}
        nothing: {}
        plugins: {a: .inf}
        """,
    )
    assert {problem.path for problem in found} == {
        "DEFAULT.cpu_allocation_ratio",
        "DEFAULT.scheduler_default_filters",
        "DEFAULT.foo",
        "scheduler.driver",
        "scheduler.max_attempts",
        "filter_scheduler.ram_weight_multiplier",
        "server.keepalive",
        "nothing",
        "plugins",
    }
    assert len(found) == 10
    assert all(problem.message and problem.accepted for problem in found)


def test_a_wrong_value_under_an_older_name_is_told_under_that_name() -> None:
    """The operator finds it where it was written."""
    (problem,) = problems("DEFAULT: {scheduler_host_subset_size: 0}")
    assert problem.path == "DEFAULT.scheduler_host_subset_size"
    assert problem.message == "0 is less than 1"
    assert problem.accepted == "a whole number of hosts, 1 or more"


def test_the_value_is_shown_cut() -> None:
    """A long one does not fill the screen."""
    (problem,) = problems(f"scheduler: {{max_attempts: {'x' * 10_000}}}")
    assert len(problem.message) < 120


def test_the_seeds_older_names_all_at_once() -> None:
    """The file of a Nova operator of that time is understood, with a notice for each name."""
    loaded = load(
        None,
        """
        DEFAULT:
          scheduler_driver: filter_scheduler
          scheduler_available_filters: nova.scheduler.filters.all_filters
          scheduler_default_filters: RetryFilter,CoreFilter,RamFilter
          scheduler_max_attempts: 5
          scheduler_host_subset_size: 2
          scheduler_weight_classes: nova.scheduler.weights.all_weighers
          ram_weight_multiplier: -1.0
          node_availability_zone: zone-a
          cpu_allocation_ratio: 16.0
        """,
    )
    config = loaded.config
    assert config.filter_scheduler.enabled_filters == ("RetryFilter", "CoreFilter", "RamFilter")
    assert config.scheduler.max_attempts == 5
    assert config.filter_scheduler.host_subset_size == 2
    assert config.filter_scheduler.ram_weight_multiplier == -1.0
    assert config.DEFAULT.default_availability_zone == "zone-a"
    assert config.DEFAULT.cpu_allocation_ratio == 16
    assert len([n for n in loaded.notices if "is the older name of" in n]) == 8


def test_options_that_mean_nothing_together_are_noticed() -> None:
    """Under the names they were given by, behind what is said of these."""
    notices = load(None, "DEFAULT: {scheduler_driver_task_period: 5}").notices
    assert notices[0].startswith("DEFAULT.scheduler_driver_task_period is the older name of")
    assert notices[1].startswith("DEFAULT.scheduler_driver_task_period has no effect under")
    assert len(notices) == 2


def test_options_that_contradict_each_other_are_problems() -> None:
    """Beside whatever else is wrong, unless what they are judged by is wrong itself."""
    text = "metrics: {weight_setting: [a=1]}\nfilter_scheduler: {enabled_filters: [RamFilter]"
    (problem, other) = problems(text + "}\nnothing: {}")
    assert (problem.path, other.path) == ("nothing", "metrics.required")
    (problem,) = problems(text + ", host_subset_size: 0}")
    assert problem.path == "filter_scheduler.host_subset_size"


def test_plugins_are_free() -> None:
    """Names and values are theirs, numbers are numbers."""
    config = load(None, "plugins: {mine: {depth: 0.5, on: true, names: [a, 3]}}").config
    assert config.plugins == {"mine": {"depth": 0.5, "on": True, "names": ["a", 3]}}


def test_equal_files_give_equal_configurations() -> None:
    """A reload can tell whether anything has changed."""
    text = "plugins: {a: [1]}\nDEFAULT: {cpu_allocation_ratio: 1.50}"
    assert load(None, text).config == load(None, text.replace("1.50", "1.5")).config
    assert load(None, text).config != load(None, text.replace("1.50", "1.6")).config


def test_a_deeply_nested_value_is_no_crash() -> None:
    """Ten thousand levels are refused with their place."""
    (problem,) = problems("plugins: {a: " + "[" * 10_000 + "]" * 10_000 + "}")
    assert "nested deeper than 64 levels" in problem.message


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from([".nan", ".inf", "1e9", "-1", "0.0", "16.0", "A,B", "127.0.0.1:1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [(group, name) for group, model in group_models().items() for name in model.model_fields],
)


@settings(deadline=None)  # a busy machine is no failure
@given(NAMES, VALUES)
def test_any_value_is_accepted_or_told_under_its_path(name: tuple[str, str], value: object) -> None:
    """No value of any option raises anything else."""
    group, option = name
    with suppress(ValidationError):
        Config.model_validate({group: {option: value}})
