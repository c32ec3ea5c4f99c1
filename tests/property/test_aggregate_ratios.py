"""AggregateCoreFilter, AggregateRamFilter, AggregateDiskFilter and the Exact filters are Nova's."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.filters.aggregate_capacity import AggregateCapacityFilter
from extender.filters.aggregate_core_filter import AggregateCoreFilter
from extender.filters.aggregate_disk_filter import AggregateDiskFilter
from extender.filters.aggregate_numbers import fraction
from extender.filters.aggregate_ram_filter import AggregateRamFilter
from extender.filters.exact import ExactFilter
from extender.filters.exact_core_filter import ExactCoreFilter
from extender.filters.exact_disk_filter import ExactDiskFilter
from extender.filters.exact_ram_filter import ExactRamFilter
from extender.model.flavor import MIB, Flavor
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from tests.builders import aggregate, reasons

EACH = pytest.mark.parametrize(
    "cls", [AggregateCoreFilter, AggregateRamFilter, AggregateDiskFilter]
)
EXACT = pytest.mark.parametrize("cls", [ExactCoreFilter, ExactRamFilter, ExactDiskFilter])

sizes = st.one_of(st.integers(0, 12), st.integers(0, 2**45), st.integers(2**45, 2**52))
own_ratios = st.integers(1, 999_999).map(lambda thousandths: Fraction(thousandths, 1000))
inventories = st.builds(Inventory, total=sizes, used=sizes, ratio=own_ratios)
numbers = st.one_of(
    st.integers(-3, 20).map(str),
    st.decimals(-2, 20, allow_nan=False, allow_infinity=False, places=5).map(str),
    st.floats(-2, 20).map(repr),
    st.sampled_from(["1_0", " 1.5 ", "+2", "1e1", ".5", "3.", "1e-7", "0", "-0.0", "1e18"]),
)
bad = st.sampled_from(["", "x", "1,2", "inf", "-inf", "nan", "1e400", "1 2", "0x1", "1/2"])
lists_of_texts = st.lists(numbers, max_size=3) | st.lists(numbers | bad, max_size=3)
examples = settings(max_examples=150, deadline=None)


def asking(cls: type[AggregateCapacityFilter | ExactFilter], amount: int) -> RequestSpec:
    """A request for this much of the filter's resource; of disk, in three parts."""
    if cls in {AggregateDiskFilter, ExactDiskFilter}:
        root, ephemeral = amount // 2, amount // 3
        swap = amount - root - ephemeral
        return RequestSpec(flavor=Flavor(root=root, ephemeral=ephemeral, swap_bytes=swap))
    return RequestSpec(flavor=Flavor(milli_vcpus=amount, memory=amount))


def number(text: str) -> Fraction | None:
    """A decimal as Decimal reads it; ``None`` for what is none, or not finite."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return Fraction(found) if found.is_finite() and abs(found) < Decimal("1e309") else None


def passes(
    cls: type[AggregateCapacityFilter], own: Inventory, texts: Sequence[str], amount: int
) -> bool:
    """Nova's own steps, in Nova's units; a limit is rounded down, a request of 0 not checked."""
    unit = 1000 if cls is AggregateCoreFilter else MIB
    found = [number(text) for text in texts]
    values = [value for value in found if value is not None]
    ratio = min(values) if values and len(values) == len(found) else own.ratio
    total, used = Fraction(own.total, unit), Fraction(own.used, unit)
    requested = Fraction(amount, unit)
    if requested == 0:
        return True
    limit = total * ratio
    if cls is AggregateCoreFilter:
        if not total:
            return True
        if limit > 0 and requested > total:
            return False
    elif not total >= requested:
        return False
    return Fraction(int(limit * unit // 1), unit) - used >= requested


@EACH
@examples
@given(own=inventories, texts=lists_of_texts, amount=sizes, near=st.integers(-2, 2))
def test_aggregate_ratios_are_novas(
    cls: type[AggregateCapacityFilter],
    own: Inventory,
    texts: list[str],
    amount: int,
    near: int,
) -> None:
    """Columns of limits decide as Nova's formulas do, also right beside the boundaries."""
    key = cls.ratio_key()
    node = HostState(
        host="node",
        aggregates=tuple(aggregate(f"a{n}", **{key: text}) for n, text in enumerate(texts)),
    )
    setattr(node, cls.resource, own)
    hosts = HostTable([node])
    left = cls().inventory(node).limit - own.used
    for asked in (amount, max(0, own.total + near), max(0, left + near)):
        (found,) = reasons(cls(), hosts, asking(cls, asked))
        assert (found is None) == passes(cls, own, texts, asked)


@examples
@given(
    st.text(max_size=6) | numbers | bad | st.floats().map(repr) | st.from_regex(r"[-+0-9_.eE ]+")
)
def test_fraction_takes_what_float_takes(text: str) -> None:
    """The same texts but for those that are not finite, and the float nearest to the fraction."""
    try:
        expected = float(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            fraction(text)
        return
    if expected - expected != 0:
        with pytest.raises(ValueError, match="not finite"):
            fraction(text)
    else:
        assert float(fraction(text)) == expected


@EXACT
@examples
@given(own=inventories, amount=sizes, near=st.integers(-1, 1))
def test_exact_is_novas(cls: type[ExactFilter], own: Inventory, amount: int, near: int) -> None:
    """What passes is just what is left, and for vCPUs only of a host that has some."""
    node = HostState(host="node")
    setattr(node, cls.counts_as.resource, own)
    hosts = HostTable([node])
    for asked in (amount, max(0, own.total - own.used + near), max(0, own.total + near)):
        passed = own.total - own.used == asked
        if cls is ExactCoreFilter:
            passed = passed and own.total != 0
        (found,) = reasons(cls(), hosts, asking(cls, asked))
        assert (found is None) == passed
