"""Every host as the scheduler sees it, and what all promise together."""

from __future__ import annotations

from extender.model.overcommit import Total
from extender.verbs import hosts
from tests.unit.verbs.making import engine, kind, node, pod


def test_by_name() -> None:
    """Each host once, in the order of names."""
    made = engine([node("b"), node("a")], [pod("p", cpu=2, on="b")])
    shown = hosts.each_host(made, lambda host, _: (host.host, host.cpu.used))
    assert shown == [("a", 0), ("b", 2000)]


def test_more_than_are_shown_at_once() -> None:
    """None is left out or shown twice where others have the lock in between."""
    names = [f"n{number:04}" for number in range(2 * hosts.AT_ONCE + 1)]
    made = engine([node(name) for name in names])
    assert hosts.each_host(made, lambda host, _: host.host) == names


def test_host_that_goes_meanwhile() -> None:
    """A host that is gone by the time it would be shown is left out."""
    names = [f"n{number:04}" for number in range(hosts.AT_ONCE + 1)]
    made = engine([node(name) for name in names])

    def show(host: object, _: object) -> str:
        made.cluster.remove_host(names[-1])
        return str(getattr(host, "host", ""))

    assert hosts.each_host(made, show) == names[:-1]


def test_what_each_promises() -> None:
    """By the configuration's filters and mode: the aggregate's 2 of its 4 CPUs, not its own 3."""
    settings = (
        "filter_scheduler: {enabled_filters: [CoreFilter, AggregateCoreFilter]}\n"
        "kubernetes: {overcommit: advisory}"
    )
    nodes = [node("a", annotations={"cpu_allocation_ratio": "3"}), node("b")]
    fast = kind("fast", "HostAggregate", hosts=["a"], metadata={"cpu_allocation_ratio": "2"})
    made = engine(nodes, kinds=[fast], settings=settings)
    shown = hosts.each_host(
        made,
        lambda _, shares: (shares.mode, shares.cpu.inventory.limit, shares.cpu.ratio_from),
    )
    default = "option DEFAULT.initial_cpu_allocation_ratio"
    assert shown == [("advisory", 8000, "aggregate fast"), ("advisory", 4000, default)]


def test_what_all_promise_together() -> None:
    """8 CPUs, 12 + 4 promised, 8 of these on a node that nobody has amplified, 1 used."""
    nodes = [node("a", annotations={"cpu_allocation_ratio": "3"}), node("b")]
    bound = [pod("p", cpu=1, on="a")]
    cpu = hosts.overcommit_totals(engine(nodes, bound))[0]
    assert cpu == Total("cpu", 8000, 16_000, 1000, 8000, 1)
    virtual = hosts.overcommit_totals(engine(nodes, settings="kubernetes: {overcommit: virtual}"))
    assert (virtual[0].void, virtual[0].void_hosts) == (0, 0)
