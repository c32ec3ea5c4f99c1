"""DifferentHostFilter: not where certain instances are."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.different_host_filter import DifferentHostFilter
from tests.builders import host, instance, reasons, spec, table

HOSTS = table(host("a"), host("b"), host("c"))


def avoiding(*names: str, on: tuple[str, ...] = (), **more: Any) -> Any:
    """A request that is to avoid these instances, which are on these hosts."""
    return spec(
        scheduler_hints={"different_host": names},
        hint_hosts={"different_host": frozenset(on)},
        **more,
    )


def test_hosts_of_the_instances() -> None:
    """Every host of an instance named is refused, any other passes."""
    asked = avoiding("web-0", "web-1", on=("a", "c"))
    found = reasons(DifferentHostFilter(), HOSTS, asked)
    assert found == ["instance_to_avoid", None, "instance_to_avoid"]


@pytest.mark.parametrize(
    "asked",
    [
        spec(),
        spec(scheduler_hints={"different_host": ()}),
        avoiding("nobody"),
        avoiding("web-0", on=("elsewhere",)),
        spec(scheduler_hints={"same_host": ("x",)}, hint_hosts={"same_host": frozenset({"a"})}),
        spec(hint_hosts={"different_host": frozenset({"a"})}),
    ],
)
def test_nothing_to_avoid(asked: Any) -> None:
    """No hint, an empty one, instances that are on no host or on unknown ones: all pass."""
    assert reasons(DifferentHostFilter(), HOSTS, asked) == [None, None, None]


def test_host_names_are_taken_exactly() -> None:
    """Case matters, and so does every letter."""
    asked = avoiding("web-0", on=("A", "a ", "ab"))
    assert reasons(DifferentHostFilter(), HOSTS, asked) == [None, None, None]


def test_other_instances_do_not_matter() -> None:
    """A full host without any instance named passes."""
    hosts = table(host("a", instances={"web-1": instance("web-1")}))
    assert reasons(DifferentHostFilter(), hosts, avoiding("web-0", on=("b",))) == [None]


@pytest.mark.parametrize(("name", "have"), [("a", "at least one of them"), ("b", "none of them")])
def test_explains(name: str, have: str) -> None:
    """Whether one of them is here, who they are and where."""
    facts = DifferentHostFilter().explain(host(name), avoiding("web-0", on=("a",)))
    assert (facts.need, facts.have) == ("none of the instances", have)
    assert [(s.name, s.value) for s in facts.sources] == [
        ("different_host", "web-0"),
        ("hosts", "a"),
    ]


def test_explains_a_request_without_the_hint() -> None:
    """Nothing was needed."""
    facts = DifferentHostFilter().explain(host("a"), spec())
    assert (facts.need, facts.have, len(facts.sources)) == (None, None, 1)
