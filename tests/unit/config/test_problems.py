"""Problems and the error that carries them."""

from __future__ import annotations

import pickle

from extender.config.problems import ConfigError, Problem


def test_a_problem_says_where_what_and_what_instead() -> None:
    """The path, the message and what is accepted stand in this order."""
    problem = Problem("scheduler.max_attempts", "0 is less than 1", "a whole number, 1 or more")
    assert str(problem) == (
        "scheduler.max_attempts: 0 is less than 1\n    accepted: a whole number, 1 or more"
    )


def test_a_problem_of_the_file_has_no_path() -> None:
    """An empty path or an empty advice leaves no trace in the text."""
    assert str(Problem("", "the file holds a list")) == "the file holds a list"


def test_the_error_lists_every_problem_under_the_name_of_the_file() -> None:
    """Its text has several lines and counts the problems."""
    error = ConfigError([Problem("a.b", "wrong"), Problem("c.d", "worse")], "nova.yaml")
    assert str(error) == "nova.yaml is not valid: 2 problems\n  a.b: wrong\n  c.d: worse"


def test_the_error_without_a_file_is_about_the_configuration() -> None:
    """One problem is not called problems."""
    assert (
        str(ConfigError([Problem("a", "b")])) == "the configuration is not valid: 1 problem\n  a: b"
    )


def test_thousands_of_problems_are_not_written_out() -> None:
    """All are kept, the first hundred are written, the rest counted."""
    error = ConfigError(Problem(f"a.b{number}", "wrong") for number in range(1000))
    assert len(error.problems) == 1000
    assert str(error).count("wrong") == 100
    assert str(error).endswith("… and 900 more")


def test_the_error_survives_pickling() -> None:
    """It may come from another process."""
    error = ConfigError([Problem("a", "b", "c")], "f")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made one line above
    assert (copy.problems, copy.source) == (error.problems, error.source)
