"""What AggregateCoreFilter, AggregateRamFilter and AggregateDiskFilter share."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from extender.filters.aggregate_capacity import AggregateCapacityFilter
from extender.filters.aggregate_core_filter import AggregateCoreFilter
from extender.filters.aggregate_disk_filter import AggregateDiskFilter
from extender.filters.aggregate_ram_filter import AggregateRamFilter
from extender.model.columns import LARGEST
from extender.model.flavor import Flavor
from extender.model.groups import HostAggregate
from extender.model.host_parts import ALL_READABLE, Inventory, Unreadable
from extender.model.host_state import HostState
from extender.model.request_spec import RequestSpec
from tests.builders import aggregate, instance, reason, reasons, table

EACH = pytest.mark.parametrize(
    "cls", [AggregateCoreFilter, AggregateRamFilter, AggregateDiskFilter]
)
Cls = type[AggregateCapacityFilter]


def with_ratio(cls: Cls, text: str, name: str = "agg-1") -> HostAggregate:
    """An aggregate that sets the filter's ratio."""
    return aggregate(name, **{cls.ratio_key(): text})


def node(
    cls: Cls,
    *texts: str,
    total: int = 1000,
    used: int = 0,
    ratio: str = "1",
    unreadable: Unreadable = ALL_READABLE,
    held_at_one: str = "",
    name: str = "node-1",
) -> HostState:
    """A host in an aggregate for each of these ratios, amounts in the smallest parts."""
    aggregates = tuple(with_ratio(cls, text, f"a{n}") for n, text in enumerate(texts))
    found = HostState(host=name, unreadable=unreadable, aggregates=aggregates)
    own = Inventory(total=total, used=used, ratio=Fraction(ratio), held_at_one=held_at_one)
    setattr(found, cls.resource, own)
    return found


def asking(amount: int) -> RequestSpec:
    """A request for this many parts of each resource."""
    return RequestSpec(flavor=Flavor(milli_vcpus=amount, memory=amount, root=amount))


def judged(cls: Cls, host: HostState, amount: int) -> str | None:
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
    ("texts", "limit"),
    [
        # of 1000; the host's own ratio is 1.5
        ((), 1500),
        (("2",), 2000),
        (("0.5",), 500),
        (("2.5", "2", "3"), 2000),
        (("10", "9"), 9000),  # 9 is less than 10, though not as text
        (("2", "2.0"), 2000),
        ((" 2 ",), 2000),
        (("1e1",), 10000),
        (("1_0",), 10000),
        (("+1.25",), 1250),
        (("0.0019",), 1),  # 1.9
        (("1.2345",), 1234),  # 1234.5: more decimals than a node's own ratio may have
        (("0.7",), 700),  # where floats give 700.0 or 699.99…
        (("1e-400",), 0),
        # one that is no finite number voids them all
        (("many",), 1500),
        (("2", "many"), 1500),
        (("1.2,2",), 1500),
        (("",), 1500),
        (("inf",), 1500),
        (("2", "-inf"), 1500),
        (("nan", "2"), 1500),
        (("1e999",), 1500),
    ],
)
def test_which_ratio_counts(cls: Cls, texts: tuple[str, ...], limit: int) -> None:
    """What is left under the limit fits to the last part, and one part more does not."""
    used = max(0, limit - 7)
    fits = limit - used
    host = node(cls, *texts, used=used, ratio="1.5")
    if fits:
        assert judged(cls, host, fits) is None
    assert judged(cls, host, fits + 1) == "insufficient"


@EACH
@pytest.mark.parametrize("text", ["0", "-0", "0.0", "-1", "-1e300", "0e99999999"])
def test_ratio_of_nothing_and_below(cls: Cls, text: str) -> None:
    """Such a ratio counts and leaves nothing, however much the host's own would."""
    host = node(cls, text, ratio="16")
    assert judged(cls, host, 1) == "insufficient"
    assert judged(cls, host, 1001) == "exceeds"
    assert judged(cls, host, 0) is None


@EACH
def test_no_instance_overcommits_against_itself(cls: Cls) -> None:
    """The whole host can be had, one part more cannot, whatever the ratio."""
    host = node(cls, "16")
    assert judged(cls, host, 1000) is None
    assert judged(cls, host, 1001) == "exceeds"


@EACH
def test_other_keys_do_not_matter(cls: Cls) -> None:
    """Each filter reads its own ratio's key, by its whole name."""
    other = {"cpu": "ram", "ram": "disk", "disk": "cpu"}[cls.resource]
    host = node(cls, used=999, ratio="1")
    host.aggregates = (
        aggregate("a", **{f"{other}_allocation_ratio": "16", "allocation_ratio": "16"}),
        aggregate("b", **{f"{cls.ratio_key()}_2": "16", cls.ratio_key().upper(): "16"}),
    )
    assert judged(cls, host, 1) is None
    assert judged(cls, host, 2) == "insufficient"


@EACH
def test_unreadable_ratio_matters_only_where_it_counts(cls: Cls) -> None:
    """As Nova falls back to the host's own ratio, so does the reason that it is bad."""
    bad = cls.unreadable_ratio
    assert judged(cls, node(cls, unreadable=bad), 1) == "ratio"
    assert judged(cls, node(cls, "x", unreadable=bad), 1) == "ratio"
    assert judged(cls, node(cls, "2", "x", unreadable=bad), 1) == "ratio"
    assert judged(cls, node(cls, "2", unreadable=bad), 1) is None
    assert judged(cls, node(cls, "2", unreadable=bad, used=2000), 1) == "insufficient"


@EACH
def test_unreadable_total_always_matters(cls: Cls) -> None:
    """No aggregate says how much there is."""
    for texts in ((), ("2",), ("x",)):
        host = node(cls, *texts, unreadable=cls.unreadable_total)
        assert judged(cls, host, 1) == "annotation"


@EACH
def test_absurd_amounts(cls: Cls) -> None:
    """What no column can hold is cut, and nothing turns round."""
    hosts = table(
        node(cls, "1e300", name="vast"),
        node(cls, "2.5", total=2**62, used=2**62, name="vast and half full"),
        node(cls, "-1e300", name="below nothing"),
        node(cls, "1e300", total=2**80, used=2**80, name="full whatever the ratio"),
        node(cls, "1.7e308", total=2**80, used=-(2**80), name="used less than nothing"),
    )
    lacking = cls.insufficient.id
    assert reasons(cls(), hosts, asking(1)) == [None, lacking, lacking, lacking, None]
    numbers = cls().numbers(hosts, asking(1))
    assert numbers.have.tolist() == [1000, 0, -LARGEST, 0, LARGEST]
    for row in range(len(hosts)):
        assert cls().explain(hosts.host_state(row), asking(1)).unit == cls.unit.name


@EACH
def test_explains_a_limit_beyond_all_floats(cls: Cls) -> None:
    """It is shown cut, as it is judged."""
    host = node(cls, "1" * 309, total=2**80 + 1)
    limit = cls().explain(host, asking(1)).sources[3]
    assert (limit.name, limit.value) == ("limit", cls.unit.text(LARGEST))


@EACH
def test_limits_are_exact_where_products_overflow(cls: Cls) -> None:
    """An amount times the digits of a ratio is beyond any column; the limit is not."""
    total = 2**52 + 1
    # ⌊(2**52 + 1) × 1.000000000001⌋ = 4503599627370497 + ⌊4503.599…⌋
    host = node(cls, "1.000000000001", total=total, used=total)
    assert judged(cls, host, 4503) is None
    assert judged(cls, host, 4504) == "insufficient"


@EACH
def test_hosts_are_judged_apart(cls: Cls) -> None:
    """One column, each host by its own aggregates; a view of it the same in its own order."""
    hosts = table(
        node(cls, used=1000, name="none"),
        node(cls, "2", used=1000, name="two"),
        node(cls, "2", "0.5", used=500, name="half"),
        node(cls, "x", used=1000, ratio="1.5", name="own"),
        node(cls, "2", used=1000, unreadable=cls.unreadable_ratio, name="overridden"),
        node(cls, unreadable=cls.unreadable_ratio, name="unreadable"),
    )
    lacking = cls.insufficient.id
    expected = [lacking, None, lacking, None, None, "invalid_allocation_ratio"]
    assert reasons(cls(), hosts, asking(500)) == expected
    view = hosts.take(np.array([5, 1, 2, 1], dtype=np.intp))
    assert reasons(cls(), view, asking(500)) == [expected[row] for row in (5, 1, 2, 1)]


def test_three_resources_of_one_host() -> None:
    """Each filter remembers its own ratios of the same hosts: 1600, 1700 and bad of 1000."""
    one = HostState(
        host="a",
        aggregates=(aggregate(cpu_allocation_ratio="1.6", ram_allocation_ratio="1.7"),),
        unreadable=Unreadable.CPU_RATIO | Unreadable.RAM_RATIO | Unreadable.DISK_RATIO,
    )
    for resource in ("cpu", "ram", "disk"):
        setattr(one, resource, Inventory(total=1000, used=1500))
    hosts = table(one)
    for cls, left in ((AggregateCoreFilter, 100), (AggregateRamFilter, 200)):
        assert cls().numbers(hosts, asking(1)).have.tolist() == [left]
        assert reasons(cls(), hosts, asking(left)) == [None]
    assert reasons(AggregateDiskFilter(), hosts, asking(1)) == ["invalid_allocation_ratio"]
    assert AggregateDiskFilter().numbers(hosts, asking(1)).have.tolist() == [-500]


@EACH
def test_changes_are_taken_at_once(cls: Cls) -> None:
    """A host of another size, in other aggregates, or fuller: each is judged as it is now."""
    hosts = table(node(cls, "2"))
    assert reasons(cls(), hosts, asking(500)) == [None]
    one = hosts.host_state(0)
    for n in range(4):
        one.consume(Flavor(milli_vcpus=500, memory=500, root=500), instance(f"uid-{n}"))
        hosts.usage_changed(one)
    assert reasons(cls(), hosts, asking(1)) == [cls.insufficient.id]
    hosts.put(node(cls, "2.001", used=2000))
    assert reasons(cls(), hosts, asking(1)) == [None]
    hosts.put(node(cls, "2.001", used=2000, total=999))
    assert reasons(cls(), hosts, asking(1)) == [cls.insufficient.id]
    hosts.put(node(cls, used=2000, total=999, ratio="3"))
    assert reasons(cls(), hosts, asking(900)) == [None]


@EACH
def test_numbers(cls: Cls) -> None:
    """The need, and what one instance may have by the ratio that counts."""
    hosts = table(
        node(cls, "16", used=1500, name="a"),  # min(1000, 16000 − 1500)
        node(cls, "1.5", used=900, name="b"),  # min(1000, 1500 − 900)
        node(cls, "0.5", used=900, ratio="9", name="c"),  # 500 − 900
        node(cls, "-1", used=900, name="d"),  # −1000 − 900
        node(cls, "x", used=900, name="e"),  # 1000 − 900
    )
    numbers = cls().numbers(hosts, asking(700))
    assert numbers.need == 700
    assert numbers.have.tolist() == [1000, 600, -400, -1900, 100]
    assert numbers.unit is cls.unit


@EACH
def test_numbers_and_explanation_agree(cls: Cls) -> None:
    """Both say the same of a host, refused or not."""
    size = cls.unit.size
    for used, need, short_by in ((0, 9, 1), (120, 8, 0), (125, 8, 5), (130, 1, 3)):
        host = node(cls, "16", total=8 * size, used=used * size)
        numbers = cls().numbers(table(host), asking(need * size))
        facts = cls().explain(host, asking(need * size))
        assert facts.need == need == cls.unit.show(numbers.need)
        assert facts.have == need - short_by == cls.unit.show(int(numbers.have[0]))
        assert facts.short_by == short_by
        assert (short_by == 0) == (reason(cls(), host, asking(need * size)) is None)


@EACH
def test_explains_one_aggregate(cls: Cls) -> None:
    """The ratio that counts is said to be the aggregate's, and the limit is reckoned with it."""
    size, name = cls.unit.size, cls.unit.name
    host = node(cls, "1.50", total=8 * size, used=3 * size, ratio="4")
    getattr(host, cls.resource).total_from = "status.allocatable"
    facts = cls().explain(host, asking(2 * size))
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (2, 8, 0, name)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("requested", f"2 {name}", "pod requests"),
        ("total", f"8 {name}", "status.allocatable"),
        ("ratio", "1.5", "aggregate a0"),
        ("limit", f"12 {name}", "total × ratio, floored"),
        ("used", f"3 {name}", "0 pods on the node"),
    ]


@EACH
def test_explains_several_aggregates(cls: Cls) -> None:
    """The least, who says so, and what each says."""
    facts = cls().explain(node(cls, "3", "2.5", "2.50"), asking(2))
    assert [(s.name, s.value, s.where) for s in facts.sources[2:6]] == [
        ("ratio", "2.5", "aggregate a1, aggregate a2"),
        (cls.ratio_key(), "3", "aggregate a0"),
        (cls.ratio_key(), "2.5", "aggregate a1"),
        (cls.ratio_key(), "2.50", "aggregate a2"),
    ]


@EACH
def test_explains_a_bad_text(cls: Cls) -> None:
    """What is no number is told of, and that the host's own ratio counts."""
    host = node(cls, "3", "many", ratio="1.25")
    getattr(host, cls.resource).ratio_from = "node annotation"
    facts = cls().explain(host, asking(2))
    key = cls.ratio_key()
    assert [(s.name, s.value, s.where) for s in facts.sources[2:5]] == [
        (key, "3", "aggregate a0"),
        (
            key,
            "many",
            f"aggregate a1, ignored with all aggregates' {key}: it is not a finite number",
        ),
        ("ratio", "1.25", "node annotation"),
    ]


@EACH
def test_explains_without_aggregates(cls: Cls) -> None:
    """The host's own ratio, from where the host has it."""
    facts = cls().explain(node(cls, ratio="2"), asking(2))
    source = facts.sources[2]
    assert (source.name, source.value, source.where) == ("ratio", "2", "default")


@EACH
def test_explains_what_cannot_be_read(cls: Cls) -> None:
    """No number is missing where the ratio that counts is not known; an aggregate's is."""
    bad = cls.unreadable_ratio
    assert cls().explain(node(cls, unreadable=bad), asking(4)).short_by is None
    assert cls().explain(node(cls, "x", unreadable=bad), asking(4)).short_by is None
    assert cls().explain(node(cls, "2", unreadable=bad), asking(4)).short_by == 0
    host = node(cls, "2", unreadable=cls.unreadable_total)
    assert cls().explain(host, asking(4)).short_by is None


WHY = "option x is false"


@EACH
@pytest.mark.parametrize(
    ("texts", "limit"),
    [
        # of 1000; the host's own ratio of 1.5 is held at 1, too
        ((), 1000),
        (("2",), 1000),
        (("1e300",), 1000),
        (("3", "2"), 1000),
        (("1.0001",), 1000),
        (("1",), 1000),
        (("0.5",), 500),
        (("2", "0.5"), 500),
        (("0",), 0),
        (("-1",), -1000),
        (("2", "x"), 1000),
    ],
)
def test_held_at_one(cls: Cls, texts: tuple[str, ...], limit: int) -> None:
    """Where a ratio above 1 is not to count, it does not count because an aggregate says it."""
    host = node(cls, *texts, ratio="1.5", held_at_one=WHY)
    assert cls().host_limits(table(host)).tolist() == [limit]
    assert cls().inventory(host).limit == limit
    if limit > 0:
        host = node(cls, *texts, ratio="1.5", held_at_one=WHY, used=limit - 7)
        assert judged(cls, host, 7) is None
        assert judged(cls, host, 8) == "insufficient"


@EACH
def test_held_at_one_on_some_hosts(cls: Cls) -> None:
    """One column for both kinds."""
    hosts = table(
        node(cls, "2", name="a"), node(cls, "2", name="b", held_at_one=WHY), node(cls, name="c")
    )
    assert cls().host_limits(hosts).tolist() == [2000, 1000, 1000]


@EACH
@pytest.mark.parametrize(
    ("texts", "value", "where"),
    [
        (("2.50",), "1", f"aggregate a0: 2.50, held at 1, for {WHY}"),
        (("4", "2", "2.0"), "1", f"aggregate a1, aggregate a2: 2, held at 1, for {WHY}"),
        (("1",), "1", "aggregate a0"),
        (("0.5",), "0.5", "aggregate a0"),
        ((), "1", f"default: 1.5, held at 1, for {WHY}"),
    ],
)
def test_explains_held_at_one(cls: Cls, texts: tuple[str, ...], value: str, where: str) -> None:
    """The ratio that counts, what was said in its place, by whom, and why that does not count."""
    facts = cls().explain(node(cls, *texts, ratio="1.5", held_at_one=WHY), asking(2))
    source = facts.sources[2]
    assert (source.name, source.value, source.where) == ("ratio", value, where)


@EACH
def test_runs_for_every_instance(cls: Cls) -> None:
    """Each instance placed leaves less for the next."""
    assert cls().run_filter_for_index(1)
