"""What the filters of instance hints share."""

from __future__ import annotations

import pytest

from extender.filters.hinted import SHOWN, HintedFilter
from tests.builders import spec


class NearFilter(HintedFilter):
    """A filter of the hint ``near``."""

    hint = "near"


def test_an_empty_hint_is_none() -> None:
    """A request asks for something only where the hint names an instance."""
    judge = NearFilter()
    assert judge.asked(spec(scheduler_hints={"near": ("web-0",)}))
    assert not judge.asked(spec(scheduler_hints={"near": ()}))
    assert not judge.asked(spec(scheduler_hints={"far": ("web-0",)}))
    assert not judge.asked(spec())


def test_hosts_of_its_own_hint() -> None:
    """Another hint's hosts are nothing to it."""
    hosts = {"near": frozenset({"a"}), "far": frozenset({"b"})}
    assert NearFilter().occupied(spec(hint_hosts=hosts)) == {"a"}
    assert NearFilter().occupied(spec()) == frozenset()


def test_sources_without_the_hint() -> None:
    """It is said where the hint would stand."""
    (source,) = NearFilter().hint_sources(spec())
    where = "no such hint in pod annotation nova-extender.io/scheduler_hints"
    assert (source.name, source.value, source.where) == ("near", "none", where)


def test_sources() -> None:
    """The instances as they were named, and their hosts in order."""
    asked = spec(
        scheduler_hints={"near": ("web-1", "web-0")}, hint_hosts={"near": frozenset({"b", "a"})}
    )
    found = [(s.name, s.value, s.where) for s in NearFilter().hint_sources(asked)]
    assert found == [
        ("near", "web-1, web-0", "pod annotation nova-extender.io/scheduler_hints"),
        ("hosts", "a, b", "bound or claimed pods of these UIDs or names"),
    ]


def test_sources_of_instances_that_are_nowhere() -> None:
    """No host is said in words."""
    asked = spec(scheduler_hints={"near": ("gone",)}, hint_hosts={"near": frozenset()})
    assert NearFilter().hint_sources(asked)[1].value == "none"


@pytest.mark.parametrize("more", [1, 2000])
def test_long_lists_are_cut(more: int) -> None:
    """Whatever a pod says, an explanation stays short."""
    names = tuple(f"web-{number}" for number in range(SHOWN + more))
    (source, _) = NearFilter().hint_sources(spec(scheduler_hints={"near": names}))
    assert source.value.endswith(f"web-9 and {more} more")
    (source, _) = NearFilter().hint_sources(spec(scheduler_hints={"near": ("x" * 60_000,)}))
    assert source.value == "x" * 253
