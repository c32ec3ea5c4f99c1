"""What led to the verdicts before the filters, for people."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.facts import Facts
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.options import SchedulerOptions
from extender.model.pci import PciPool
from extender.model.request_spec import Destination, ImageMeta, RequestSpec
from extender.scheduler import pre_stage
from extender.scheduler.explaining import explain
from extender.scheduler.pre_stage_facts import pre_stage_facts
from extender.scheduler.prefilters import STATUS_DISABLED
from tests.builders import aggregate, flavor, host, spec, table
from tests.unit.scheduler.stubs import scheduler

GPU = "nvidia.com/gpu"


def specs(extra_specs: dict[str, str], **fields: Any) -> RequestSpec:
    """A request with these extra specs."""
    return RequestSpec(instance_uuid="uid-new", flavor=flavor(extra_specs=extra_specs), **fields)


def facts(one: HostState, asked: RequestSpec, reason: str, **options: Any) -> Facts:
    """The facts of the host's refusal for this reason."""
    hosts = table(one)
    hosts.aggregates = one.aggregates
    before = pre_stage.run(hosts, asked, SchedulerOptions(**options))
    found = {test.id: test for test, refused in before.tests if refused[0]}
    return pre_stage_facts(before, found[reason], one, asked)


def sources(found: Facts) -> list[tuple[str, str, str]]:
    """Name, value and origin of each source."""
    return [(s.name, s.value, s.where) for s in found.sources]


@pytest.mark.parametrize(
    ("asked", "reason", "value"),
    [
        ({"ignore_hosts": ("node-1", "b")}, "host_ignored", "node-1, b"),
        ({"force_hosts": ("a",), "force_nodes": ("b",)}, "not_forced_host", "a, b"),
        ({"requested_destination": Destination(host="x")}, "not_requested_destination", "x"),
    ],
)
def test_what_the_pod_asked(asked: dict[str, Any], reason: str, value: str) -> None:
    """The annotation and its value, beside the host's name."""
    found = facts(host(), spec(**asked), reason)
    assert found.have == "node-1"
    assert value in found.sources[0].value
    assert found.sources[0].where.startswith("pod annotation ")


def test_aggregates() -> None:
    """The first rule that keeps the host out, its aggregates, and the options behind all rules."""
    one = host(aggregates=(aggregate("b", availability_zone="z"), aggregate("c")))
    found = facts(
        one,
        spec(project_id="shop", availability_zone="z"),
        "aggregate_forbidden",
        limit_tenants_to_placement_aggregate=True,
        placement_aggregate_required_for_tenants=True,
        query_placement_for_availability_zone=True,
    )
    assert (found.need, found.have) == ("in one of no aggregate at all", "b, c")
    option = "limit_tenants_to_placement_aggregate"
    assert sources(found) == [(option, "shop", f"option scheduler.{option}")]


def test_isolated_aggregates() -> None:
    """What must not be, and which traits were asked for."""
    one = host(aggregates=(aggregate("b", **{"trait:SSD": "required"}),))
    asked = specs({"trait:GPU": "required"})
    found = facts(one, asked, "aggregate_forbidden", enable_isolated_aggregate_filtering=True)
    assert (found.need, found.have) == ("in none of b", "b")
    assert found.sources[0].value == "GPU"


def test_many_names_are_bounded() -> None:
    """Of a hundred aggregates twenty are named."""
    many = tuple(aggregate(f"a{n:03}", **{"trait:SSD": "required"}) for n in range(100))
    found = facts(
        host(aggregates=many),
        specs({}),
        "aggregate_forbidden",
        enable_isolated_aggregate_filtering=True,
    )
    assert str(found.have).endswith("a019 and 80 more")


def test_missing_traits() -> None:
    """Those that are missing, and those that are there."""
    one = host(labels={"nova-extender.io/trait.SSD": "", "other": "x"})
    image = ImageMeta(properties={"traits_required": ["A"]})
    asked = specs({"trait:SSD": "required", "trait1:GPU": "required"}, image=image)
    found = facts(one, asked, "trait_missing")
    assert (found.need, found.have) == ("A, GPU", "SSD")
    assert [name for name, _, _ in sources(found)] == ["A", "GPU"]
    assert facts(host(), asked, "trait_missing").have == "no traits"


def test_forbidden_traits() -> None:
    """Those that are there and must not be, with their labels."""
    one = host(labels={"nova-extender.io/trait.SSD": "", "nova-extender.io/trait.GPU": ""})
    found = facts(one, specs({"trait:SSD": "forbidden"}), "trait_forbidden")
    assert (found.need, found.have) == (f"none of {STATUS_DISABLED}, SSD", "SSD")
    assert sources(found) == [("SSD", "present", "node label nova-extender.io/trait.SSD")]


def test_disabled_service_of_a_forced_host() -> None:
    """The annotation gives the trait."""
    found = facts(host(disabled=True), spec(force_hosts=("node-1",)), "trait_forbidden")
    assert found.have == STATUS_DISABLED
    where = "node annotation nova-extender.io/disabled"
    assert sources(found) == [(STATUS_DISABLED, "present", where)]


def test_groups() -> None:
    """Who would have to serve two groups."""
    groups = {"resources1:VCPU": "1", "resources2:VCPU": "1", "group_policy": "isolate"}
    found = facts(host(), specs(groups), "group_policy_unsatisfied")
    assert found.have == "two or more groups need the host itself"
    assert sources(found) == [("group_policy", "isolate", "extra specs")]


def test_missing_resource_classes() -> None:
    """The classes that are missing, all that are asked for, and what the host has."""
    one = host(pci_pools=(PciPool(GPU, 8),))
    found = facts(
        one, specs({"resources:VGPU": "1", "resources:VCPU": "2"}), "resource_class_missing"
    )
    assert (found.need, found.have) == ("VGPU", "none")
    assert sources(found) == [
        ("VGPU", "1", "extra specs"),
        ("VCPU", "2 vCPU", "extra specs"),
        ("CUSTOM_NVIDIA_COM_GPU", "8", GPU),
    ]


@pytest.mark.parametrize(
    ("extra_specs", "expected"),
    [
        ({"resources:VCPU": "7"}, (7, 6, 1, "vCPU")),
        ({"resources:MEMORY_MB": "20000"}, (20000, 16384, 3616, "MiB")),
        ({"resources:DISK_GB": "101"}, (101, 100, 1, "GiB")),
        ({"resources:CUSTOM_NVIDIA_COM_GPU": "7"}, (7, 5, 2, "")),
        ({"resources:VCPU": "1", "resources:MEMORY_MB": "20000"}, (20000, 16384, 3616, "MiB")),
        ({"resources:VCPU": "7", "resources:MEMORY_MB": "1"}, (7, 6, 1, "vCPU")),
    ],
)
def test_insufficient_resources(extra_specs: dict[str, str], expected: tuple[Any, ...]) -> None:
    """Need, have and what is missing of the first class that does not fit, in its own unit."""
    one = host(vcpus_used=2, pci_pools=(PciPool(GPU, 8),), extended_used={GPU: 3})
    found = facts(one, specs(extra_specs), "insufficient_resources")
    assert (found.need, found.have, found.short_by, found.unit) == expected


def test_amounts_that_no_column_holds() -> None:
    """A host refused because its amounts were cut is explained without an error."""
    one = host(vcpus_total=10**30, vcpus_used=10**29)
    found = facts(one, specs({"resources:VCPU": "1"}), "insufficient_resources")
    assert (found.need, found.have, found.short_by) == (1, 0, 1)


def test_unreadable_node() -> None:
    """What is wrong with the node, and what was asked of it."""
    one = host(unreadable=Unreadable.CPU, problems=("the ratio is odd",))
    found = facts(one, specs({"resources:VCPU": "1"}), "invalid_host_annotation")
    assert found.need == "VCPU"
    assert sources(found) == [("problem", "the ratio is odd", "node")]


def test_every_reason_has_facts() -> None:
    """No reason before the filters is without facts, but for hosts that are not there."""
    one = host(
        aggregates=(aggregate("b", **{"trait:X": "required"}),),
        disabled=True,
        unreadable=Unreadable.CPU,
        vcpus_total=0,
    )
    asked = specs(
        {
            "trait:Y": "required",
            "resources1:VCPU": "1",
            "resources2:MEMORY_MB": "99999999",
            "group_policy": "isolate",
        },
        ignore_hosts=("node-1",),
        force_hosts=("other",),
        requested_destination=Destination(host="other"),
    )
    hosts = table(one)
    hosts.aggregates = one.aggregates
    made = scheduler(options=SchedulerOptions(enable_isolated_aggregate_filtering=True))
    (verdict,) = explain(made, hosts, asked, at=0).hosts
    told = [blocker.reason for blocker in verdict.blockers]
    assert told == [reason for reason in pre_stage.REASONS if reason.id != "not_in_cache"]
    assert all(blocker.facts != Facts() for blocker in verdict.blockers)


def test_ignored_extra_specs_are_noted() -> None:
    """An explanation says which extra specs count for nothing."""
    notes = explain(scheduler(), table(host()), specs({"resources:vcpu": "1"}), at=0).notes
    assert any("'resources:vcpu': '1' is ignored, as in Nova" in note for note in notes)
