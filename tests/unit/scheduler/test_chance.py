"""The chance and fake drivers."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler.drivers import scheduler
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.selection import Destinations, NoValidHost
from tests.builders import host, reasons, spec, table


def driver(name: str, seed: int = 0, max_attempts: int = 3) -> FilterScheduler:
    """A scheduler that draws from dice of this seed."""
    options = SchedulerOptions(driver=name, max_attempts=max_attempts)
    return scheduler((), (), options, lambda: 0.0, Random(seed))  # noqa: S311 - repeatable


def select(
    hosts: list[HostState],
    instances: int = 1,
    seed: int = 0,
    name: str = "chance_scheduler",
    asked: RequestSpec | None = None,
    max_attempts: int = 3,
) -> Destinations:
    """Where so many instances go."""
    uuids = [f"u{n}" for n in range(instances)]
    return driver(name, seed, max_attempts).select_destinations(
        table(*hosts),
        asked or spec(),
        uuids,
        rng=Random(seed),  # noqa: S311 - repeatable
        alternates=True,
    )


def chosen(found: Destinations) -> list[str]:
    """The host of each instance."""
    return [selections[0].service_host for selections in found.selections]


def named(names: str) -> list[HostState]:
    """Hosts of these names."""
    return [host(name) for name in names]


def test_every_live_host_is_as_likely() -> None:
    """One of four each time, none much more often than another."""
    drawn = Counter(chosen(select(named("abcd"), seed=seed))[0] for seed in range(400))
    assert set(drawn) == set("abcd")
    assert min(drawn.values()) > 60


def test_asks_for_liveness_only() -> None:
    """Disabled and full hosts are drawn; those that are down or forced down are not."""
    hosts = [
        host("disabled", disabled=True),
        host("cordoned", unschedulable=True),
        host("full", vcpus_used=99),
        host("down", ready=False),
        host("forced", forced_down=True),
    ]
    drawn = {chosen(select(hosts, seed=seed, asked=spec(vcpus=64)))[0] for seed in range(100)}
    assert drawn == {"disabled", "cordoned", "full"}


def test_liveness_is_waived_for_those_who_start_nodes() -> None:
    """A pod that tolerates an unready node may have one; never one that is forced down."""
    [only] = driver("chance_scheduler").filters
    hosts = table(host("down", ready=False), host("forced", forced_down=True))
    assert reasons(only, hosts, spec()) == ["host_down", "host_down"]
    assert reasons(only, hosts, spec(tolerates_not_ready=True)) == [None, "host_down"]


@pytest.mark.parametrize("instances", [2, 3, 5])
def test_instances_go_to_different_hosts(instances: int) -> None:
    """Where there are enough of them: a sample without replacement."""
    for seed in range(30):
        assert len(set(chosen(select(named("abcde"), instances, seed)))) == instances


def test_more_instances_than_hosts() -> None:
    """Each is drawn for itself, and so hosts come more than once."""
    seen = [tuple(chosen(select(named("ab"), 4, seed))) for seed in range(100)]
    assert all(len(found) == 4 for found in seen)
    assert len(set(seen)) > 8


def test_alternates_are_mended() -> None:
    """They are given, none twice, none that was chosen; and where all are chosen there is none."""
    for seed in range(30):
        for selections in select(named("abcdef"), 2, seed).selections:
            names = [selection.service_host for selection in selections]
            assert len(set(names)) == len(names) == 3
        found = select(named("abcdef"), 2, seed)
        taken = set(chosen(found))
        assert not taken & {s.service_host for group in found.selections for s in group[1:]}
    assert [len(group) for group in select(named("ab"), 2).selections] == [1, 1]


def test_no_service_is_up() -> None:
    """Nova's words for it."""
    with pytest.raises(NoValidHost, match=r"Is the appropriate service running\?$"):
        select([host("a", ready=False)])


def test_all_are_to_be_ignored() -> None:
    """Likewise."""
    with pytest.raises(NoValidHost, match=r"Could not find another compute$"):
        select(named("ab"), asked=spec(ignore_hosts=("a", "b")))


def test_ignored_hosts_are_left_out() -> None:
    """As everywhere."""
    asked = spec(ignore_hosts=("a",))
    assert {chosen(select(named("ab"), seed=s, asked=asked))[0] for s in range(20)} == {"b"}


def test_forcing_does_not_skip_liveness() -> None:
    """A forced host is the only one that may be drawn, and only while it is up."""
    hosts = [host("a"), host("b", ready=False)]
    assert chosen(select(hosts, asked=spec(force_hosts=("a",)))) == ["a"]
    with pytest.raises(NoValidHost):
        select(hosts, asked=spec(force_hosts=("b",)))


@pytest.mark.parametrize("forced", [(), ("a",)])
def test_fake_accepts_no_host(forced: tuple[str, ...]) -> None:
    """Nobody passes, not even forced hosts; and rebuilds do not."""
    with pytest.raises(NoValidHost, match="There are not enough hosts available"):
        select(named("ab"), name="fake_scheduler", asked=spec(force_hosts=forced))
    rebuild = spec(scheduler_hints={"_nova_check_type": ("rebuild",)}, force_hosts=forced)
    with pytest.raises(NoValidHost):
        select(named("ab"), name="fake_scheduler", asked=rebuild)


def test_explains_itself() -> None:
    """Both say which driver it is that judges."""
    for name in ("chance_scheduler", "fake_scheduler"):
        [only] = driver(name).filters
        [source] = only.explain(host("a"), spec()).sources
        assert (source.value, source.where) == (name, "option scheduler.driver")
    [live] = driver("chance_scheduler").filters
    states = [host("a"), host("b", ready=False), host("c", forced_down=True)]
    assert [live.explain(one, spec()).have for one in states] == ["up", "not ready", "forced down"]
