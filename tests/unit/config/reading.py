"""Single options, read as a file's."""

from __future__ import annotations

import pytest

from extender.config.load import load
from extender.config.problems import ConfigError


def value(group: str, name: str, text: str) -> object:
    """What the option is read as."""
    return getattr(getattr(load(None, f"{group}: {{{name}: {text}}}").config, group), name)


def refusal(group: str, name: str, text: str) -> str:
    """The message with which the value is refused, under the option's path."""
    with pytest.raises(ConfigError) as caught:
        load(None, f"{group}: {{{name}: {text}}}")
    (problem,) = caught.value.problems
    assert problem.path == f"{group}.{name}"
    assert problem.accepted
    return problem.message


def check_limits(group: str, name: str, least: int) -> None:
    """A whole number from so many on; the greatest still fits 64 bits when counted in bytes."""
    assert value(group, name, str(least)) == least
    assert value(group, name, str(2**31 - 1)) == 2**31 - 1
    assert f"is less than {least}" in refusal(group, name, str(least - 1))
    assert "is more than 2147483647" in refusal(group, name, str(2**31))
    for text in (".nan", ".inf", "abc", "1e9", "1.0", "true", "[1]", "null"):
        assert "is not a whole number" in refusal(group, name, text)


def check_switch(group: str, name: str) -> None:
    """A boolean, in YAML's words and in Nova's."""
    for text, meaning in (("true", True), ("'False'", False), ("yes", True), ("'off'", False)):
        assert value(group, name, text) is meaning
    for text in ("1", "0", "null", "maybe", "[true]", "''"):
        assert "is neither true nor false" in refusal(group, name, text)
