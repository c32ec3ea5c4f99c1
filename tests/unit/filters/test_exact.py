"""What ExactCoreFilter, ExactRamFilter and ExactDiskFilter share."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from extender.filters.exact import ExactFilter
from extender.filters.exact_core_filter import ExactCoreFilter
from extender.filters.exact_disk_filter import ExactDiskFilter
from extender.filters.exact_ram_filter import ExactRamFilter
from extender.model.flavor import Flavor
from extender.model.host_parts import ALL_READABLE, Inventory, Unreadable
from extender.model.host_state import HostState
from extender.model.request_spec import RequestSpec
from tests.builders import instance, reason, reasons, table

EACH = pytest.mark.parametrize("cls", [ExactCoreFilter, ExactRamFilter, ExactDiskFilter])
Cls = type[ExactFilter]


def node(
    cls: Cls,
    total: int,
    used: int = 0,
    ratio: str = "1",
    unreadable: Unreadable = ALL_READABLE,
    name: str = "node-1",
) -> HostState:
    """A host with this inventory of the filter's resource, in its smallest parts."""
    found = HostState(host=name, unreadable=unreadable)
    inventory = Inventory(total=total, used=used, ratio=Fraction(ratio))
    setattr(found, cls.counts_as.resource, inventory)
    return found


def asking(amount: int) -> RequestSpec:
    """A request for this many parts of each resource."""
    return RequestSpec(flavor=Flavor(milli_vcpus=amount, memory=amount, root=amount))


@EACH
@pytest.mark.parametrize(
    ("total", "used", "fits"),
    [(8000, 0, 8000), (8000, 1, 7999), (8000, 7999, 1), (8000, 8000, 0), (2**52 + 1, 2, 2**52 - 1)],
)
def test_just_what_is_left(cls: Cls, total: int, used: int, fits: int) -> None:
    """What is left fits, and neither one part more nor one part less, nor nothing."""
    host = node(cls, total, used)
    assert reason(cls(), host, asking(fits)) is None
    for other in {fits + 1, max(0, fits - 1), 0, 10**30} - {fits}:
        assert reason(cls(), host, asking(other)) == cls.inexact.id


@EACH
@pytest.mark.parametrize("ratio", ["0.5", "2", "16", "0", "-1"])
def test_no_ratio_counts(cls: Cls, ratio: str) -> None:
    """What is real counts, one that cannot be read does not matter."""
    for unreadable in (ALL_READABLE, cls.counts_as.unreadable_ratio):
        host = node(cls, 1000, used=400, ratio=ratio, unreadable=unreadable)
        assert reason(cls(), host, asking(600)) is None
        assert reason(cls(), host, asking(601)) == cls.inexact.id


@EACH
def test_over_full_host(cls: Cls) -> None:
    """Less than nothing is left, and no request is for that."""
    host = node(cls, 1000, used=1001)
    assert reason(cls(), host, asking(0)) == cls.inexact.id
    assert reason(cls(), host, asking(1)) == cls.inexact.id


@EACH
@pytest.mark.parametrize("bit", list(Unreadable))
def test_unreadable(cls: Cls, bit: Unreadable) -> None:
    """Only the amount itself matters, and comes before what is reckoned with it."""
    expected = "invalid_host_annotation" if bit is cls.counts_as.unreadable_total else None
    assert reason(cls(), node(cls, 1000, unreadable=bit), asking(1000)) == expected
    if expected:
        for total in (0, 1000):
            assert reason(cls(), node(cls, total, unreadable=bit), asking(5)) == expected


@EACH
def test_a_pod_of_its_own(cls: Cls) -> None:
    """Once the whole host is taken only who asks for nothing fits."""
    host = node(cls, 1000, used=100)
    assert reason(cls(), host, asking(900)) is None
    host.consume(asking(900).flavor, instance("uid-1"))
    assert reason(cls(), host, asking(900)) == cls.inexact.id
    assert reason(cls(), host, asking(0)) is None


@EACH
def test_hosts_are_judged_apart(cls: Cls) -> None:
    """One column, several verdicts; a view of it the same in its own order."""
    hosts = table(
        node(cls, 1000, name="roomy"),
        node(cls, 500, name="exact"),
        node(cls, 1000, used=500, name="exactly left"),
        node(cls, 400, name="small"),
        node(cls, 500, unreadable=cls.counts_as.unreadable_total, name="unreadable"),
    )
    off = cls.inexact.id
    expected = [off, None, None, off, "invalid_host_annotation"]
    assert reasons(cls(), hosts, asking(500)) == expected
    view = hosts.take(np.array([4, 2, 0], dtype=np.intp))
    assert reasons(cls(), view, asking(500)) == [expected[row] for row in (4, 2, 0)]


@EACH
def test_absurd_amounts(cls: Cls) -> None:
    """What no column can hold is refused, not an error."""
    hosts = table(node(cls, 2**80, name="vast"), node(cls, 1, used=2**80, name="over-full"))
    for amount in (1, 2**81, 10**30):
        assert reasons(cls(), hosts, asking(amount)) == [cls.inexact.id] * 2


@EACH
def test_numbers(cls: Cls) -> None:
    """The need, and what is left, below 0 too."""
    hosts = table(node(cls, 1000, used=400, ratio="16"), node(cls, 1000, used=1500, name="b"))
    numbers = cls().numbers(hosts, asking(700))
    assert (numbers.need, numbers.have.tolist()) == (700, [600, -500])
    assert numbers.unit is cls.counts_as.unit


@EACH
@pytest.mark.parametrize(("need", "short_by"), [(9, 4), (6, 1), (5, 0), (4, None), (0, None)])
def test_explains(cls: Cls, need: int, short_by: int | None) -> None:
    """Of 5 left: what is missing, and no number where there is too much instead."""
    size, name = cls.counts_as.unit.size, cls.counts_as.unit.name
    host = node(cls, 8 * size, used=3 * size, ratio="16")
    facts = cls().explain(host, asking(need * size))
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (need, 5, short_by, name)
    assert (short_by == 0) == (reason(cls(), host, asking(need * size)) is None)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("requested", f"{need} {name}", "pod requests"),
        ("total", f"8 {name}", "status.allocatable"),
        ("used", f"3 {name}", "0 pods on the node"),
    ]


@EACH
def test_explains_an_over_full_host(cls: Cls) -> None:
    """No request fits there, however much less it asks for."""
    facts = cls().explain(node(cls, 10, used=11), asking(5))
    assert facts.have == cls.counts_as.unit.show(-1)
    assert facts.short_by is None


@EACH
def test_explains_what_cannot_be_read(cls: Cls) -> None:
    """A total that is not known leaves no number for what is missing."""
    host = node(cls, 10, unreadable=cls.counts_as.unreadable_total)
    assert cls().explain(host, asking(10)).short_by is None


@EACH
def test_runs_for_every_instance(cls: Cls) -> None:
    """Each instance placed takes a host away from the next."""
    assert cls().run_filter_for_index(1)
