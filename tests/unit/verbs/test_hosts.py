"""Every host as the scheduler sees it."""

from __future__ import annotations

from extender.verbs import hosts
from tests.unit.verbs.making import engine, node, pod


def test_by_name() -> None:
    """Each host once, in the order of names."""
    made = engine([node("b"), node("a")], [pod("p", cpu=2, on="b")])
    shown = hosts.each_host(made, lambda host: (host.host, host.cpu.used))
    assert shown == [("a", 0), ("b", 2000)]


def test_more_than_are_shown_at_once() -> None:
    """None is left out or shown twice where others have the lock in between."""
    names = [f"n{number:04}" for number in range(2 * hosts.AT_ONCE + 1)]
    made = engine([node(name) for name in names])
    assert hosts.each_host(made, lambda host: host.host) == names


def test_host_that_goes_meanwhile() -> None:
    """A host that is gone by the time it would be shown is left out."""
    names = [f"n{number:04}" for number in range(hosts.AT_ONCE + 1)]
    made = engine([node(name) for name in names])

    def show(host: object) -> str:
        made.cluster.remove_host(names[-1])
        return str(getattr(host, "host", ""))

    assert hosts.each_host(made, show) == names[:-1]
