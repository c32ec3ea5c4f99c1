"""The interface of weighers: multipliers, and plug-ins that weigh one host at a time."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.groups import HostAggregate
from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.weighers.base import HostWeigher
from extender.weighers.cpu import CPUWeigher
from extender.weighers.ram import RAMWeigher
from tests.builders import aggregate, host, spec, table


class ByName(HostWeigher):
    """A plug-in: hosts by the number that ends their name."""

    def weigh_object(self, host: HostState, spec: RequestSpec) -> float:
        """The number."""
        del spec
        return int(host.host[-1])


def agg(ram: str | None = None, name: str = "agg-1", **more: str) -> HostAggregate:
    """An aggregate with this ``ram_weight_multiplier``, if any."""
    own = {} if ram is None else {"ram_weight_multiplier": ram}
    return aggregate(name, **own, **more)


def multiplier(*aggregates: HostAggregate, option: float = 1.0) -> float:
    """RAMWeigher's multiplier of a host in these aggregates."""
    weigher = RAMWeigher(SchedulerOptions(ram_weight_multiplier=option))
    found = weigher.weight_multiplier(table(host(aggregates=aggregates)))
    return float(np.broadcast_to(found, 1)[0])


def test_without_aggregates_the_option_counts() -> None:
    """One number for all hosts, as configured."""
    weigher = RAMWeigher(SchedulerOptions(ram_weight_multiplier=-2.5))
    assert weigher.weight_multiplier(table(host("a"), host("b"))) == -2.5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3.0),
        ("-1.5", -1.5),
        ("0", 0.0),
        (" 2.5 ", 2.5),
        ("1e1", 10.0),
        ("1_0", 10.0),
        ("+4", 4.0),
    ],
)
def test_aggregate_replaces_the_option(text: str, value: float) -> None:
    """Whatever Python's float() takes counts, 0 and negative ones too."""
    assert multiplier(agg(text), option=7.0) == value


def test_the_least_of_several() -> None:
    """Of several aggregates the least value counts, as a number and not as text."""
    assert multiplier(agg("10"), agg("9"), agg("50")) == 9.0
    assert multiplier(agg("1.0"), agg("-3"), agg("0")) == -3.0


def test_other_aggregates_do_not_matter() -> None:
    """Those without the key are passed over, another weigher's key too."""
    assert multiplier(agg(), agg("4"), agg(cpu_weight_multiplier="1")) == 4.0
    assert multiplier(agg(cpu_weight_multiplier="1"), option=7.0) == 7.0


@pytest.mark.parametrize(
    "bad", ["", " ", "many", "1,5", "1.5,2", "0x10", "inf", "-inf", "Infinity", "nan", "1e999"]
)
def test_one_bad_value_voids_them_all(bad: str) -> None:
    """A value that is no finite number leaves the option, whatever else is set."""
    assert multiplier(agg(bad), option=7.0) == 7.0
    assert multiplier(agg("2"), agg(bad), agg("3"), option=7.0) == 7.0


def test_each_host_has_its_own() -> None:
    """Hosts in an aggregate with the key, in none, and in one with a bad value."""
    two, bad, none = agg("2"), agg("x"), agg()
    hosts = table(
        host("a", aggregates=(two,)),
        host("b"),
        host("c", aggregates=(two, bad)),
        host("d", aggregates=(none, two)),
    )
    weigher = RAMWeigher(SchedulerOptions(ram_weight_multiplier=5.0))
    assert np.asarray(weigher.weight_multiplier(hosts)).tolist() == [2.0, 5.0, 5.0, 2.0]
    view = hosts.take(np.array([3, 1], dtype=np.intp))
    assert np.asarray(weigher.weight_multiplier(view)).tolist() == [2.0, 5.0]


def test_two_weighers_of_one_table() -> None:
    """Each reads its own key of the same aggregates."""
    both = aggregate(ram_weight_multiplier="2", cpu_weight_multiplier="3")
    hosts = table(host("a", aggregates=(both,)))
    assert np.asarray(RAMWeigher().weight_multiplier(hosts)).tolist() == [2.0]
    assert np.asarray(CPUWeigher().weight_multiplier(hosts)).tolist() == [3.0]


def test_a_reloaded_option_is_taken_at_once() -> None:
    """What is remembered of aggregates does not hold on to the option."""
    hosts = table(host("a"), host("b", aggregates=(agg("2"),)))
    for option in (5.0, 6.0):
        weigher = RAMWeigher(SchedulerOptions(ram_weight_multiplier=option))
        assert np.asarray(weigher.weight_multiplier(hosts)).tolist() == [option, 2.0]


def test_a_changed_aggregate_is_taken_at_once() -> None:
    """A host put anew with other aggregates has another multiplier."""
    hosts = table(host("a", aggregates=(agg("2"),)))
    assert np.asarray(RAMWeigher().weight_multiplier(hosts)).tolist() == [2.0]
    hosts.put(host("a", aggregates=(agg("3"),)))
    assert np.asarray(RAMWeigher().weight_multiplier(hosts)).tolist() == [3.0]


def test_plug_in_weighs_host_by_host() -> None:
    """``weigh_object`` alone is enough; without an option the multiplier is 1."""
    hosts = table(host("n3"), host("n1"))
    weights = ByName().weigh_objects(hosts, spec())
    assert weights.tolist() == [3.0, 1.0]
    assert weights.dtype == np.float64
    assert ByName().weight_multiplier(hosts) == 1.0
    assert ByName().weigh_objects(table(), spec()).shape == (0,)


def test_plug_in_that_raises() -> None:
    """The error is the caller's to handle: without all weights there is no order."""
    with pytest.raises(ValueError, match="x"):
        ByName().weigh_objects(table(host("n1"), host("x")), spec())


def test_weigher_that_overrides_nothing() -> None:
    """It says what is missing."""
    with pytest.raises(NotImplementedError, match="HostWeigher overrides neither"):
        HostWeigher().weigh_objects(table(host()), spec())


def test_options() -> None:
    """A weigher is made with the options given, else with Nova's defaults."""
    options = SchedulerOptions(ram_weight_multiplier=3.0)
    assert HostWeigher(options).options is options
    assert HostWeigher().options == SchedulerOptions()
