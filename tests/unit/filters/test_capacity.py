"""What CoreFilter, RamFilter and DiskFilter share."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from extender.filters.capacity import CapacityFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.disk_filter import DiskFilter
from extender.filters.ram_filter import RamFilter
from extender.model.columns import LARGEST
from extender.model.flavor import Flavor
from extender.model.host_parts import ALL_READABLE, Inventory, Unreadable
from extender.model.host_state import HostState
from extender.model.request_spec import RequestSpec
from tests.builders import reason, reasons, table

EACH = pytest.mark.parametrize("cls", [CoreFilter, RamFilter, DiskFilter])


def node(
    cls: type[CapacityFilter],
    total: int,
    used: int = 0,
    ratio: str = "1",
    unreadable: Unreadable = ALL_READABLE,
    name: str = "node-1",
) -> HostState:
    """A host with this inventory of the filter's resource, in its smallest parts."""
    found = HostState(host=name, unreadable=unreadable)
    setattr(found, cls.resource, Inventory(total=total, used=used, ratio=Fraction(ratio)))
    return found


def asking(amount: int) -> RequestSpec:
    """A request for this many parts of each resource."""
    return RequestSpec(flavor=Flavor(milli_vcpus=amount, memory=amount, root=amount))


def judged(cls: type[CapacityFilter], host: HostState, amount: int) -> str | None:
    """The verdict, as the part that the reason plays rather than by its id."""
    roles = {
        None: None,
        cls.exceeds.id: "exceeds",
        cls.insufficient.id: "insufficient",
        "invalid_allocation_ratio": "ratio",
        "invalid_host_annotation": "annotation",
    }
    return roles[reason(cls(), host, asking(amount))]


@EACH
@pytest.mark.parametrize(
    ("total", "ratio", "used", "fits"),
    [
        # limit = ⌊total × ratio⌋; what is left is limit − used
        (8000, "1", 0, 8000),
        (8000, "1", 7999, 1),
        (8000, "16.0", 127999, 1),
        (8000, "16.0", 120000, 8000),
        (8000, "16.0", 120001, 7999),
        (8000, "1.5", 11000, 1000),
        (8000, "0.1", 0, 800),
        (8001, "0.1", 0, 800),  # 800.1
        (8009, "0.1", 800, 0),  # 800.9
        (1000, "0.001", 0, 1),
        (1999, "0.001", 0, 1),  # 1.999
        (999, "0.001", 0, 0),  # 0.999
        (1000, "999.999", 999000, 999),
        (1000, "999.999", 999998, 1),
        (1000, "999.999", 999999, 0),
        (3, "1.5", 3, 1),  # 4.5 − 3
        (7, "1.333", 8, 1),  # 9.331 − 8
        (10, "0.7", 0, 7),  # where a float product would be 7.000000000000001 or 6.99…
        (1000, "1.005", 1000, 5),
        (8000, "16", 128000, 0),
    ],
)
def test_last_part_that_fits(
    cls: type[CapacityFilter], total: int, ratio: str, used: int, fits: int
) -> None:
    """What is left fits to the last milli-core or byte, and one more does not."""
    host = node(cls, total, used, ratio)
    if fits:
        assert judged(cls, host, fits) is None
    assert fits < total or judged(cls, host, fits + 1) == "exceeds"
    assert fits >= total or judged(cls, host, fits + 1) == "insufficient"


@EACH
@pytest.mark.parametrize("ratio", ["1", "1.5", "16.0", "999.999"])
def test_no_instance_overcommits_against_itself(cls: type[CapacityFilter], ratio: str) -> None:
    """The whole host can be had, one part more cannot, whatever the ratio."""
    host = node(cls, 5000, ratio=ratio)
    assert judged(cls, host, 5000) is None
    assert judged(cls, host, 5001) == "exceeds"


@EACH
def test_exceeding_is_told_before_lacking(cls: type[CapacityFilter]) -> None:
    """A request larger than a host that is full as well is refused for its own size."""
    full = node(cls, 5000, used=5000)
    assert judged(cls, full, 5000) == "insufficient"
    assert judged(cls, full, 5001) == "exceeds"


@EACH
def test_request_of_nothing_passes_everywhere(cls: type[CapacityFilter]) -> None:
    """Empty, full, over-full, unreadable: a request of 0 is not checked."""
    hosts = table(
        node(cls, 0, name="a"),
        node(cls, 100, used=100, name="b"),
        node(cls, 100, used=900, name="c"),
        node(cls, 100, unreadable=~Unreadable(0), name="d"),
    )
    assert reasons(cls(), hosts, asking(0)) == [None] * 4


@EACH
@pytest.mark.parametrize(
    ("ratio", "fits"),
    [("1", None), ("1.5", None), ("2", 500), ("16", 1000)],
)
def test_negative_free(cls: type[CapacityFilter], ratio: str, fits: int | None) -> None:
    """With 1500 of 1000 used only a ratio above 1.5 leaves room: 2000 − 1500, 16000 − 1500."""
    host = node(cls, 1000, used=1500, ratio=ratio)
    if fits is None:
        assert judged(cls, host, 1) == "insufficient"
    else:
        assert judged(cls, host, fits) is None
        assert judged(cls, host, fits + 1) == ("exceeds" if fits == 1000 else "insufficient")


@EACH
@pytest.mark.parametrize("bit", list(Unreadable))
def test_unreadable(cls: type[CapacityFilter], bit: Unreadable) -> None:
    """Only what the filter reads refuses: its own ratio and its own amount, each by its name."""
    own = {
        CoreFilter: (Unreadable.CPU_RATIO, Unreadable.CPU),
        RamFilter: (Unreadable.RAM_RATIO, Unreadable.RAM),
        DiskFilter: (Unreadable.DISK_RATIO, Unreadable.DISK),
    }
    ratio, total = own[cls]
    expected = "ratio" if bit is ratio else "annotation" if bit is total else None
    assert judged(cls, node(cls, 1000, unreadable=bit), 1) == expected


@EACH
def test_unreadable_comes_before_amounts(cls: type[CapacityFilter]) -> None:
    """Amounts reckoned with a value nobody wrote are not held against the request."""
    for amount in (1, 1001):
        for bits in (cls.unreadable_ratio, cls.unreadable_ratio | cls.unreadable_total):
            host = node(cls, 1000, used=1000, unreadable=bits)
            assert judged(cls, host, amount) == "ratio"
        host = node(cls, 1000, used=1000, unreadable=cls.unreadable_total)
        assert judged(cls, host, amount) == "annotation"


@EACH
def test_absurd_amounts(cls: type[CapacityFilter]) -> None:
    """Amounts that no column can hold are cut, and no sum of them turns round."""
    hosts = table(
        node(cls, 2**80, name="vast"),
        node(cls, 2**80, used=2**80, name="vast but full"),
        node(cls, 2**62, used=-(2**62), ratio="999.999", name="used less than nothing"),
        node(cls, 1, used=2**80, name="tiny and over-full"),
    )
    lacking = cls.insufficient.id
    assert reasons(cls(), hosts, asking(1)) == [None, lacking, None, lacking]
    numbers = cls().numbers(hosts, asking(1))
    assert numbers.have.tolist() == [LARGEST, 0, LARGEST, 1 - LARGEST]


@EACH
def test_absurd_request(cls: type[CapacityFilter]) -> None:
    """A request beyond all columns is an answer, not an error."""
    assert judged(cls, node(cls, 1000), 2**80) == "exceeds"


@EACH
def test_ratio_of_nothing_and_below(cls: type[CapacityFilter]) -> None:
    """A ratio of 0 or less, as an aggregate may have it, leaves nothing."""
    for ratio in ("0", "-1"):
        assert judged(cls, node(cls, 1000, ratio=ratio), 1) == "insufficient"


@EACH
def test_hosts_are_judged_apart(cls: type[CapacityFilter]) -> None:
    """One column, four verdicts; a view of it the same in its own order."""
    hosts = table(
        node(cls, 1000, name="fits"),
        node(cls, 400, name="small"),
        node(cls, 1000, used=600, name="full"),
        node(cls, 1000, used=600, ratio="1.1", name="fits again"),
        node(cls, 1000, unreadable=cls.unreadable_ratio, name="unreadable"),
    )
    expected = [None, cls.exceeds.id, cls.insufficient.id, None, "invalid_allocation_ratio"]
    assert reasons(cls(), hosts, asking(500)) == expected
    view = hosts.take(np.array([4, 2, 1], dtype=np.intp))
    assert reasons(cls(), view, asking(500)) == [expected[4], expected[2], expected[1]]


@EACH
def test_judging_changes_nothing(cls: type[CapacityFilter]) -> None:
    """The same question has the same answer."""
    hosts = table(node(cls, 1000, used=600, ratio="1.1"), node(cls, 400, name="small"))
    first = reasons(cls(), hosts, asking(500))
    assert reasons(cls(), hosts, asking(500)) == first


@EACH
def test_numbers(cls: type[CapacityFilter]) -> None:
    """The need, and what one instance may have: limit − used, but never above the total."""
    hosts = table(
        node(cls, 1000, used=1500, ratio="16", name="a"),  # min(1000, 16000 − 1500)
        node(cls, 1000, used=900, ratio="1.5", name="b"),  # min(1000, 1500 − 900)
        node(cls, 1000, used=900, ratio="0.5", name="c"),  # 500 − 900
    )
    numbers = cls().numbers(hosts, asking(700))
    assert numbers.need == 700
    assert numbers.have.tolist() == [1000, 600, -400]
    assert numbers.unit is cls.unit


@EACH
def test_numbers_and_explanation_agree(cls: type[CapacityFilter]) -> None:
    """Both say the same of a host, refused or not."""
    size = cls.unit.size
    for used, need, short_by in ((0, 9, 1), (120, 8, 0), (125, 8, 5), (130, 1, 3)):
        host = node(cls, 8 * size, used * size, "16")
        numbers = cls().numbers(table(host), asking(need * size))
        facts = cls().explain(host, asking(need * size))
        assert facts.need == need == cls.unit.show(numbers.need)
        assert facts.have == need - short_by == cls.unit.show(int(numbers.have[0]))
        assert facts.short_by == short_by
        assert (short_by == 0) == (reason(cls(), host, asking(need * size)) is None)


@EACH
def test_explains_sources(cls: type[CapacityFilter]) -> None:
    """Every number that went in, in the filter's unit, with where it came from."""
    size = cls.unit.size
    host = node(cls, 8 * size, used=3 * size, ratio="1.5")
    inventory = getattr(host, cls.resource)
    inventory.total_from = "status.allocatable"
    inventory.ratio_from = "node annotation"
    asked = replace(asking(2 * size), sources={"flavor": "Flavor m1.small"})
    facts = cls().explain(host, asked)
    name = cls.unit.name
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (2, 8, 0, name)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("requested", f"2 {name}", "Flavor m1.small"),
        ("total", f"8 {name}", "status.allocatable"),
        ("ratio", "1.5", "node annotation"),
        ("limit", f"12 {name}", "total × ratio, floored"),
        ("used", f"3 {name}", "0 pods on the node"),
    ]


@EACH
def test_explains_a_request_of_nothing(cls: type[CapacityFilter]) -> None:
    """Nothing is short where nothing is asked, however full the host."""
    facts = cls().explain(node(cls, 10, used=50), asking(0))
    assert (facts.need, facts.short_by) == (0, 0)
    assert facts.sources[0].where == "pod requests"


@EACH
def test_explains_what_cannot_be_read(cls: type[CapacityFilter]) -> None:
    """There is no number for what is missing where the ratio or the total is not known."""
    for bit in (cls.unreadable_ratio, cls.unreadable_total):
        host = node(cls, 10, unreadable=bit)
        assert cls().explain(host, asking(4)).short_by is None
        assert cls().explain(host, asking(0)).short_by == 0
    other = node(cls, 10, unreadable=~(cls.unreadable_ratio | cls.unreadable_total))
    assert cls().explain(other, asking(4)).short_by == 0


@EACH
def test_runs_for_every_instance(cls: type[CapacityFilter]) -> None:
    """Each instance placed leaves less for the next."""
    assert cls().run_filter_for_index(1)
