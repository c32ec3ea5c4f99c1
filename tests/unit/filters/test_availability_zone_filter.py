"""AvailabilityZoneFilter: in the zone asked for."""

from __future__ import annotations

import pytest

from extender.filters.availability_zone_filter import AvailabilityZoneFilter
from extender.model.host_parts import Unreadable
from tests.builders import aggregate, host, reason, reasons, spec, table

WRONG = "wrong_availability_zone"


@pytest.mark.parametrize("wanted", [None, ""])
def test_no_zone_asked_for(wanted: str | None) -> None:
    """Every host passes, in whatever zone."""
    hosts = table(host("a"), host("b", zone_label="eu-1a"))
    assert reasons(AvailabilityZoneFilter(), hosts, spec(availability_zone=wanted)) == [None, None]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("zone-a", None), ("zone-b", None), ("zone-c", None), ("zone", WRONG), ("Zone-a", WRONG)],
)
def test_zones_of_aggregates(wanted: str, found: str | None) -> None:
    """Comma lists and several aggregates are united; a zone matches whole, case and all."""
    node = host(
        aggregates=(
            aggregate("one", availability_zone="zone-a , zone-b"),
            aggregate("two", availability_zone="zone-c"),
            aggregate("three", rack="zone"),
        )
    )
    assert reason(AvailabilityZoneFilter(), node, spec(availability_zone=wanted)) == found


def test_a_list_is_no_zone() -> None:
    """One zone is asked for; a list asked for matches no host."""
    node = host(aggregates=(aggregate("one", availability_zone="zone-a,zone-b"),))
    asked = spec(availability_zone="zone-a,zone-b")
    assert reason(AvailabilityZoneFilter(), node, asked) == WRONG


def test_aggregates_hide_the_label() -> None:
    """A host whose aggregate names a zone is no longer in its label's zone, nor in the default."""
    node = host(zone_label="eu-1a", aggregates=(aggregate("one", availability_zone="zone-a"),))
    judge = AvailabilityZoneFilter()
    assert reason(judge, node, spec(availability_zone="zone-a")) is None
    assert reason(judge, node, spec(availability_zone="eu-1a")) == WRONG
    assert reason(judge, node, spec(availability_zone="nova")) == WRONG


def test_label() -> None:
    """Without an aggregate's zone the topology label counts, and hides the default."""
    node = host(zone_label="eu-1a")
    assert reason(AvailabilityZoneFilter(), node, spec(availability_zone="eu-1a")) is None
    assert reason(AvailabilityZoneFilter(), node, spec(availability_zone="nova")) == WRONG


def test_default_zone() -> None:
    """A host in no zone is in the default one, as configured."""
    judge = AvailabilityZoneFilter()
    assert reason(judge, host(), spec(availability_zone="nova")) is None
    elsewhere = host(default_availability_zone="home")
    assert reason(judge, elsewhere, spec(availability_zone="home")) is None
    assert reason(judge, elsewhere, spec(availability_zone="nova")) == WRONG


def test_hosts_are_judged_apart() -> None:
    """Each host by its own zones, equal ones alike."""
    hosts = table(
        host("a", zone_label="x"),
        host("b", zone_label="y"),
        host("c", zone_label="x"),
        host("d", aggregates=(aggregate(availability_zone="y,x"),)),
    )
    asked = spec(availability_zone="x")
    assert reasons(AvailabilityZoneFilter(), hosts, asked) == [None, WRONG, None, None]


def test_unreadable_amounts_do_not_matter() -> None:
    """It reads no annotation of the node."""
    asked = spec(availability_zone="nova")
    assert reason(AvailabilityZoneFilter(), host(unreadable=~Unreadable(0)), asked) is None


def test_runs_once_per_request() -> None:
    """Zones do not change from one instance to the next."""
    assert not AvailabilityZoneFilter().run_filter_for_index(1)


def test_explains() -> None:
    """The zone asked for, the host's, and where both come from."""
    node = host(aggregates=(aggregate("racks", availability_zone="zone-b,zone-a"),))
    asked = spec(
        availability_zone="zone-c",
        sources={"availability_zone": "pod annotation nova-extender.io/availability_zone"},
    )
    facts = AvailabilityZoneFilter().explain(node, asked)
    assert (facts.need, facts.have, facts.short_by) == ("zone-c", "zone-a, zone-b", None)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("availability_zone", "zone-c", "pod annotation nova-extender.io/availability_zone"),
        ("zones", "zone-a, zone-b", "aggregate racks"),
    ]


@pytest.mark.parametrize("wanted", [None, ""])
def test_explains_that_none_was_asked_for(wanted: str | None) -> None:
    """No need, and any zone will do."""
    facts = AvailabilityZoneFilter().explain(host(), spec(availability_zone=wanted))
    assert facts.need is None
    assert facts.have == "nova"
    assert (facts.sources[0].value, facts.sources[0].where) == ("any", "not asked for")
