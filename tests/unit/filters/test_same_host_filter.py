"""SameHostFilter: where certain instances are."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.same_host_filter import SameHostFilter
from tests.builders import host, instance, reasons, spec, table

HOSTS = table(host("a"), host("b"), host("c"))
REFUSED = "no_required_instance"


def joining(*names: str, on: tuple[str, ...] = ()) -> Any:
    """A request that is to join these instances, which are on these hosts."""
    return spec(scheduler_hints={"same_host": names}, hint_hosts={"same_host": frozenset(on)})


def test_one_instance_is_enough() -> None:
    """Hosts with any of the instances pass: Nova's code, not its documentation, which says all."""
    found = reasons(SameHostFilter(), HOSTS, joining("web-0", "web-1", "gone", on=("a", "c")))
    assert found == [None, REFUSED, None]


@pytest.mark.parametrize(
    "asked",
    [
        joining("nobody"),
        joining("web-0", on=("elsewhere",)),
        joining("web-0", on=("A", "a ")),
        spec(scheduler_hints={"same_host": ("web-0",)}),
    ],
)
def test_instances_that_are_on_no_known_host(asked: Any) -> None:
    """There is nowhere to join them, so all hosts are refused."""
    assert reasons(SameHostFilter(), HOSTS, asked) == [REFUSED, REFUSED, REFUSED]


@pytest.mark.parametrize(
    "asked",
    [
        spec(),
        spec(scheduler_hints={"same_host": ()}),
        spec(
            scheduler_hints={"different_host": ("x",)},
            hint_hosts={"different_host": frozenset({"a"})},
        ),
        spec(scheduler_hints={"same_host": ("",)}),
    ],
)
def test_nobody_to_join(asked: Any) -> None:
    """No hint, an empty one, or another: all pass."""
    assert reasons(SameHostFilter(), HOSTS, asked) == [None, None, None]


def test_hosts_without_instances() -> None:
    """They are refused as any other, as 13.0.0 on does; 12 passed them."""
    hosts = table(host("empty"), host("full", instances={"web-1": instance("web-1")}))
    assert reasons(SameHostFilter(), hosts, joining("web-0", on=("b",))) == [REFUSED, REFUSED]


@pytest.mark.parametrize(("name", "have"), [("a", "at least one of them"), ("b", "none of them")])
def test_explains(name: str, have: str) -> None:
    """Whether one of them is here, who they are and where."""
    facts = SameHostFilter().explain(host(name), joining("web-0", "web-1", on=("a",)))
    assert (facts.need, facts.have) == ("at least one of the instances", have)
    assert [(s.name, s.value) for s in facts.sources] == [
        ("same_host", "web-0, web-1"),
        ("hosts", "a"),
    ]


def test_explains_a_request_without_the_hint() -> None:
    """Nothing was needed."""
    facts = SameHostFilter().explain(host("a"), spec())
    assert (facts.need, facts.have, len(facts.sources)) == (None, None, 1)
