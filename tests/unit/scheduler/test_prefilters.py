"""Nova's pre-filters: aggregates by tenant, zone and trait, and the traits of hosts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from extender.model.groups import HostAggregate
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler import pre_stage
from extender.scheduler.explaining import explain
from extender.scheduler.prefilters import STATUS_DISABLED
from tests.builders import aggregate, flavor, host, spec, table
from tests.unit.scheduler.stubs import scheduler, verdicts

OUT, MISSING, FORBIDDEN = "aggregate_forbidden", "trait_missing", "trait_forbidden"
TENANTS: dict[str, Any] = {"limit_tenants_to_placement_aggregate": True}
REQUIRED: dict[str, Any] = {**TENANTS, "placement_aggregate_required_for_tenants": True}
ZONES: dict[str, Any] = {"query_placement_for_availability_zone": True}
ISOLATED: dict[str, Any] = {"enable_isolated_aggregate_filtering": True}


def cluster(*aggregates: HostAggregate) -> HostTable:
    """A host for each aggregate that names none, called as it is; one for all; one for none."""
    hosts = [host(a.name, aggregates=(a,)) for a in aggregates if not a.hosts]
    made = table(*hosts, host("all", aggregates=aggregates), host("none"))
    made.aggregates = aggregates
    return made


def refused(
    hosts: HostTable, asked: RequestSpec, options: dict[str, Any] | None = None
) -> dict[str, str]:
    """The reason of each host that is refused."""
    before = pre_stage.run(hosts, asked, SchedulerOptions(**(options or {})))
    codes = before.codes(len(hosts)).tolist()
    return {
        name: before.reasons[code - 1].id
        for name, code in zip(hosts.name.tolist(), codes, strict=True)
        if code
    }


def kept(hosts: HostTable, asked: RequestSpec, options: dict[str, Any] | None = None) -> set[str]:
    """The hosts that are not refused; the others are, by their aggregates."""
    found = refused(hosts, asked, options)
    assert set(found.values()) <= {OUT}
    return set(hosts.name.tolist()) - set(found)


def specs(extra_specs: dict[str, str], **fields: Any) -> RequestSpec:
    """A request with these extra specs."""
    return RequestSpec(instance_uuid="uid-new", flavor=flavor(extra_specs=extra_specs), **fields)


def traited(name: str, *traits: str, **fields: Any) -> HostState:
    """A host with these traits."""
    return host(name, labels={f"nova-extender.io/trait.{trait}": "" for trait in traits}, **fields)


# -- require_tenant_aggregate ----------------------------------------------------------------


def tenants() -> HostTable:
    """Aggregates of one project, of two by several keys, of others."""
    return cluster(
        aggregate("shop", filter_tenant_id="shop"),
        aggregate("both", filter_tenant_id="bank", filter_tenant_id2="shop"),
        aggregate("bank", filter_tenant_id="bank"),
        aggregate("list", filter_tenant_id="shop,bank"),
        aggregate("other", tenant="shop"),
    )


def test_tenants_are_limited() -> None:
    """Hosts of an aggregate whose ``filter_tenant_id…`` is the project, as a whole."""
    assert kept(tenants(), spec(project_id="shop"), TENANTS) == {"shop", "both", "all"}
    assert kept(tenants(), spec(project_id="bank"), TENANTS) == {"both", "bank", "all"}


def test_tenants_without_an_aggregate() -> None:
    """They may run anywhere, unless an aggregate is required; then nowhere."""
    hosts = tenants()
    assert kept(hosts, spec(project_id="else"), TENANTS) == set(hosts.index)
    assert kept(hosts, spec(project_id="else"), REQUIRED) == set()
    assert kept(hosts, spec(project_id="shop"), REQUIRED) == {"shop", "both", "all"}


def test_tenants_are_not_limited_by_default() -> None:
    """Without the option nothing is asked; the second one alone does nothing."""
    hosts = tenants()
    assert kept(hosts, spec(project_id="shop")) == set(hosts.index)
    alone = {"placement_aggregate_required_for_tenants": True}
    assert kept(hosts, spec(project_id="else"), alone) == set(hosts.index)


def test_tenant_whose_aggregate_has_no_hosts() -> None:
    """The aggregate is known all the same: its tenant waits for a host of its own."""
    hosts = cluster(aggregate("bank", filter_tenant_id="bank"))
    hosts.aggregates = (*hosts.aggregates, aggregate("empty", filter_tenant_id="shop"))
    assert kept(hosts, spec(project_id="shop"), TENANTS) == set()
    assert kept(hosts.take(hosts.rows(["none"])), spec(project_id="shop"), TENANTS) == set()


@pytest.mark.parametrize("project", ["", "SHOP", " shop", "shöp"])
def test_odd_projects(project: str) -> None:
    """The project matches case and all."""
    assert kept(tenants(), spec(project_id=project), REQUIRED) == set()


# -- map_az_to_placement_aggregate -----------------------------------------------------------


def zoned() -> HostTable:
    """Two aggregates of a zone, one of another, one of both."""
    return cluster(
        aggregate("a1", availability_zone="a"),
        aggregate("a2", availability_zone="a"),
        aggregate("b", availability_zone="b"),
        aggregate("ab", availability_zone="a,b"),
    )


def test_zone_is_mapped_to_its_aggregates() -> None:
    """Hosts of an aggregate with that zone, compared as a whole."""
    assert kept(zoned(), spec(availability_zone="a"), ZONES) == {"a1", "a2", "all"}
    assert kept(zoned(), spec(availability_zone="b"), ZONES) == {"b", "all"}


@pytest.mark.parametrize("zone", [None, "", "c", "A", "nova"])
def test_zone_of_no_aggregate(zone: str | None) -> None:
    """No aggregate has the zone, or none is asked for: no restriction at all."""
    hosts = zoned()
    assert kept(hosts, spec(availability_zone=zone), ZONES) == set(hosts.index)


def test_zones_are_not_mapped_by_default() -> None:
    """Without the option AvailabilityZoneFilter alone judges zones."""
    hosts = zoned()
    assert kept(hosts, spec(availability_zone="a")) == set(hosts.index)


# -- isolate_aggregates ----------------------------------------------------------------------


def isolated() -> HostTable:
    """Aggregates that want one trait, two traits, none."""
    ssd, gpu = {"trait:SSD": "required"}, {"trait:GPU": "required"}
    return cluster(
        HostAggregate("ssd", metadata=ssd),
        HostAggregate("two", metadata={**ssd, **gpu}),
        HostAggregate("odd", metadata={"trait:SSD": "forbidden", "traits:GPU": "required"}),
        HostAggregate("plain", metadata={"ssd": "required"}),
    )


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ((), {"odd", "plain", "none"}),
        (("SSD",), {"ssd", "odd", "plain", "none"}),
        (("GPU",), {"odd", "plain", "none"}),
        (("SSD", "GPU"), {"ssd", "two", "odd", "plain", "none", "all"}),
    ],
)
def test_isolated_aggregates(traits: tuple[str, ...], expected: set[str]) -> None:
    """Every trait that the aggregate wants must be asked for."""
    hosts = isolated()
    asked = specs({f"trait:{trait}": "required" for trait in traits})
    found = refused(hosts, asked, ISOLATED)
    assert {name for name in hosts.index if found.get(name) != OUT} == expected


def test_isolation_counts_traits_of_groups_and_of_the_image() -> None:
    """Wherever the trait is asked for; a forbidden one is not asked for."""
    hosts = isolated()
    assert refused(hosts, specs({"trait1:SSD": "required"}), ISOLATED)["ssd"] == MISSING
    assert refused(hosts, specs({"trait:SSD": "forbidden"}), ISOLATED)["ssd"] == OUT


def test_no_isolation_by_default() -> None:
    """Without the option aggregates isolate nobody."""
    hosts = isolated()
    assert kept(hosts, spec()) == set(hosts.index)


# -- together --------------------------------------------------------------------------------


def test_rules_are_anded() -> None:
    """A host must be in the tenant's aggregate and in the zone's."""
    hosts = cluster(
        aggregate("tenant", filter_tenant_id="shop"), aggregate("zone", availability_zone="a")
    )
    asked = spec(project_id="shop", availability_zone="a")
    assert kept(hosts, asked, {**TENANTS, **ZONES}) == {"all"}


def test_forced_hosts_are_held_to_it() -> None:
    """Forcing skips the filters, not what Placement says."""
    asked = spec(project_id="shop", force_hosts=("bank", "shop"))
    found = refused(tenants(), asked, TENANTS)
    assert found["bank"] == OUT
    assert "shop" not in found


def test_rebuild_check_asks_nothing() -> None:
    """Whether a pod may stay is not asked of Placement."""
    hosts = table(traited("a", STATUS_DISABLED), host("b"))
    asked = specs(
        {"trait:X": "required", "resources:VCPU": "999"},
        force_hosts=("a",),
        scheduler_hints={"_nova_check_type": ("rebuild",)},
    )
    assert refused(hosts, asked, {**REQUIRED, **ISOLATED}) == {"b": "not_forced_host"}


def test_options_reach_the_pipeline() -> None:
    """The scheduler judges by its own options, for requests and for explanations."""
    made = scheduler(options=SchedulerOptions(**TENANTS))
    hosts, asked = tenants(), spec(project_id="bank")
    names = hosts.name.tolist()
    part = made.filter(hosts, names, np.arange(len(hosts), dtype=np.intp), asked)
    assert verdicts(part)["shop"] == OUT
    assert verdicts(part)["bank"] is None
    found = {
        v.host: [b.reason.id for b in v.blockers] for v in explain(made, hosts, asked, 0).hosts
    }
    assert found["shop"] == [OUT]
    assert found["bank"] == []


# -- traits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra_specs", "expected"),
    [
        ({"trait:SSD": "required"}, {"gpu": MISSING, "none": MISSING}),
        (
            {"trait:SSD": "required", "trait:GPU": "required"},
            {"ssd": MISSING, "gpu": MISSING, "none": MISSING},
        ),
        ({"trait1:SSD": "required"}, {"gpu": MISSING, "none": MISSING}),
        ({"trait:GPU": "forbidden"}, {"gpu": FORBIDDEN, "both": FORBIDDEN}),
        (
            {"trait:SSD": "required", "trait:GPU": "forbidden"},
            {"gpu": FORBIDDEN, "both": FORBIDDEN, "none": MISSING},
        ),
        ({"trait:ssd": "required"}, dict.fromkeys(("ssd", "gpu", "both", "none"), MISSING)),
        ({"trait:ssd": "forbidden"}, {}),
    ],
)
def test_traits(extra_specs: dict[str, str], expected: dict[str, str]) -> None:
    """Required ones must be there, forbidden ones must not; names match case and all."""
    hosts = table(
        traited("ssd", "SSD"), traited("gpu", "GPU"), traited("both", "SSD", "GPU"), host("none")
    )
    assert refused(hosts, specs(extra_specs)) == expected


def test_trait_both_required_and_forbidden() -> None:
    """Nobody can have it both ways."""
    hosts = table(traited("ssd", "SSD"), host("none"))
    asked = specs({"trait:SSD": "required", "trait1:SSD": "forbidden"})
    assert refused(hosts, asked) == {"ssd": FORBIDDEN, "none": MISSING}


def test_disabled_status_is_always_forbidden() -> None:
    """The trait keeps every request out, whatever it asks."""
    hosts = table(traited("a", STATUS_DISABLED, "SSD"), traited("b", "SSD"), host("c"))
    assert refused(hosts, spec()) == {"a": FORBIDDEN}
    assert refused(hosts, specs({"trait:SSD": "required"})) == {"a": FORBIDDEN, "c": MISSING}
    assert refused(hosts, specs({"trait:SSD": "forbidden"})) == {"a": FORBIDDEN, "b": FORBIDDEN}


def test_disabled_service() -> None:
    """ComputeFilter says of it more; where no filter judges, forced hosts are refused here."""
    hosts = table(host("a", disabled=True), host("b", unschedulable=True), host("c"))
    assert refused(hosts, spec()) == {}
    assert refused(hosts, spec(force_hosts=("a", "b", "c"))) == {"a": FORBIDDEN}
    hinted = spec(force_hosts=("a",), scheduler_hints={"_nova_check_type": ("anything",)})
    assert "a" not in refused(hosts, hinted)


def test_a_trait_that_is_gone() -> None:
    """A host that is enabled again is taken again."""
    hosts = table(traited("a", STATUS_DISABLED), host("b"))
    assert refused(hosts, spec()) == {"a": FORBIDDEN}
    hosts.put(host("a"))
    assert refused(hosts, spec()) == {}


def test_nothing_asked_tests_nothing() -> None:
    """A plain request leaves no test behind."""
    assert pre_stage.run(tenants(), spec()).tests == ()


def test_no_hosts() -> None:
    """An empty table has no verdicts, whatever is asked."""
    made = table()
    made.aggregates = tenants().aggregates
    asked = specs({"trait:A": "required", "trait:B": "forbidden"}, project_id="shop")
    options = SchedulerOptions(**REQUIRED, **ZONES, **ISOLATED)
    assert pre_stage.run(made, asked, options).codes(0).tolist() == []
