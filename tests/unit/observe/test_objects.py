"""Tests of extender.observe.objects."""

from __future__ import annotations

import json
from fractions import Fraction

from extender.filters.core_filter import CoreFilter
from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.model.host_parts import ALL_READABLE, Instance, Inventory, Service, Unreadable
from extender.model.host_state import HostState
from extender.model.reason import Category, Reason
from extender.model.request_spec import (
    Destination,
    ImageMeta,
    Refusal,
    RequestSpec,
    SchedulerRetries,
)
from extender.observe.objects import host, request
from extender.scheduler.overcommit import sharing


def test_a_plain_request() -> None:
    """What is not asked for is there, empty."""
    found = request(RequestSpec(instance_uuid="uid-1", project_id="default", name="web-0"))
    assert found == {
        "pod": "web-0",
        "namespace": "default",
        "uid": "uid-1",
        "num_instances": 1,
        "flavor": {
            "name": "",
            "vcpus": 0,
            "memory_mb": 0,
            "disk_mb": 0,
            "root_gb": 0,
            "ephemeral_gb": 0,
            "swap": 0,
            "extra_specs": {},
        },
        "virtual": None,
        "availability_zone": None,
        "ignore_hosts": [],
        "force_hosts": [],
        "force_nodes": [],
        "requested_destination": None,
        "retry": None,
        "scheduler_hints": {},
        "instance_group": None,
        "image": {"id": None, "properties": {}},
        "tolerates_unschedulable": False,
        "tolerates_not_ready": False,
        "nominated_host": None,
        "refusal": None,
        "sources": {},
    }


def test_a_flavor_s_amounts_are_not_floored() -> None:
    """100 millicores, half a MiB and the sum of all disks."""
    flavor = Flavor(
        name="m1.tiny",
        milli_vcpus=100,
        memory=MIB // 2,
        root=GIB,
        ephemeral=GIB // 2,
        swap_bytes=3 * MIB,
        extra_specs={"b": "2", "a": "1"},
    )
    found = request(RequestSpec(flavor=flavor))["flavor"]
    assert found == {
        "name": "m1.tiny",
        "vcpus": 0.1,
        "memory_mb": 0.5,
        "disk_mb": 1024 + 512 + 3,
        "root_gb": 1,
        "ephemeral_gb": 0.5,
        "swap": 3,
        "extra_specs": {"a": "1", "b": "2"},
    }
    assert list(found["extra_specs"]) == ["a", "b"]


def test_what_of_a_request_is_virtual() -> None:
    """How much more it is than kube-scheduler counts, in the flavor's units."""
    found = request(RequestSpec(virtual=(1900, 512 * MIB, -GIB)))
    assert found["virtual"] == {"vcpus": 1.9, "memory_mb": 512, "disk_mb": -1024}


def test_what_a_request_names() -> None:
    """Sets become sorted lists, pairs lists, a refusal its reason and detail."""
    group = InstanceGroup(
        name="web",
        namespace="default",
        policy="anti-affinity",
        max_server_per_host=2,
        members=frozenset({"u1", "u2"}),
        hosts={"b": 1, "a": 1},
    )
    found = request(
        RequestSpec(
            requested_destination=Destination(
                host="a", aggregates=("x,y",), forbidden_aggregates=frozenset({"q", "p"})
            ),
            retry=SchedulerRetries(2, (("a", "a"),), "OutOfcpu"),
            scheduler_hints={"same_host": ("u1", "u2"), "group": ("web",)},
            instance_group=group,
            refusal=Refusal(Reason("unknown_flavor", "no such", Category.DATA), "there is no x"),
            sources={"z": "1", "a": "2"},
        )
    )
    assert found["requested_destination"] == {
        "host": "a",
        "node": None,
        "cell": None,
        "aggregates": ["x,y"],
        "forbidden_aggregates": ["p", "q"],
        "allow_cross_cell_move": False,
    }
    assert found["retry"] == {"num_attempts": 2, "hosts": [["a", "a"]], "exc_reason": "OutOfcpu"}
    assert found["scheduler_hints"] == {"group": ["web"], "same_host": ["u1", "u2"]}
    assert list(found["scheduler_hints"]) == ["group", "same_host"]
    assert found["instance_group"] == {
        "name": "web",
        "policy": "anti-affinity",
        "max_server_per_host": 2,
        "members": 2,
        "hosts": ["a", "b"],
    }
    assert found["refusal"] == {
        "reason": "unknown_flavor",
        "text": "no such",
        "category": "data",
        "detail": "there is no x",
    }
    assert list(found["sources"]) == ["a", "z"]


def test_image_properties_become_json() -> None:
    """Whatever an annotation's object held."""
    properties = {"os": "linux", "n": 1, "list": (1, None), "map": {"b": True, "a": 1.5}, "x": MIB}
    found = request(RequestSpec(image=ImageMeta("image:1", {**properties, "odd": 1j})))["image"]
    assert json.loads(json.dumps(found)) == {
        "id": "image:1",
        "properties": {
            "os": "linux",
            "n": 1,
            "list": [1, None],
            "map": {"a": 1.5, "b": True},
            "x": MIB,
            "odd": "1j",
        },
    }


def test_a_host() -> None:
    """Limit is ⌊total × ratio⌋ and free is limit less used: 8 × 1.5 − 14 = −2 vCPUs.

    Of 12, status.allocatable allows 10; of the 14 used, one vCPU is virtual.
    """
    state = HostState(
        host="node-1",
        aggregates=(HostAggregate("ssd", metadata={"availability_zone": "az2, az1"}),),
        cpu=Inventory(
            total=8000,
            used=14000,
            virtual=1000,
            allocatable=10_000,
            ratio=Fraction(3, 2),
            ratio_from="node annotation x",
            total_from="raw",
        ),
        ram=Inventory(
            total=1024 * MIB,
            reserved=512 * MIB,
            used=256 * MIB,
            ratio=Fraction(2),
            ratio_from="option y",
            held_at_one="it is Tuesday",
        ),
        disk=Inventory(total=MIB // 2),
        num_io_ops=1,
        failed_builds=2,
        hypervisor_type="containerd",
        hypervisor_version=2001004,
        problems=("something",),
        instances={"u": Instance("u", "default", "u")},
    )
    assert host(state, sharing((CoreFilter(),), "native")(state)) == {
        "host": "node-1",
        "zones": ["az1", "az2"],
        "zones_from": "aggregate ssd",
        "aggregates": ["ssd"],
        "state": "up",
        "state_from": [],
        "overcommit": "native",
        "cpu": {
            "unit": "vCPU",
            "raw": 8,
            "total": 8,
            "total_from": "raw",
            "ratio": 1.5,
            "ratio_from": "node annotation x",
            "ratio_origin": "annotation",
            "held_at_one": "",
            "enforced_by": ["CoreFilter"],
            "limit": 12,
            "used": 14,
            "free": -2,
            "requested": 13,
            "allocatable": 10,
            "void": 2,
        },
        "ram": {
            "unit": "MiB",
            "raw": 1024 + 512,
            "total": 1024,
            "total_from": "status.allocatable",
            "ratio": 1.0,
            "ratio_from": "option y: 2, held at 1, for it is Tuesday",
            "ratio_origin": "option",
            "held_at_one": "it is Tuesday",
            "enforced_by": [],
            "limit": 1024,
            "used": 256,
            "free": 768,
            "requested": 256,
            "allocatable": 1536,
            "void": 0,
        },
        "disk": {
            "unit": "MiB",
            "raw": 0.5,
            "total": 0.5,
            "total_from": "status.allocatable",
            "ratio": 1.0,
            "ratio_from": "default",
            "ratio_origin": "default",
            "held_at_one": "",
            "enforced_by": [],
            "limit": 0.5,
            "used": 0,
            "free": 0.5,
            "requested": 0,
            "allocatable": 0.5,
            "void": 0,
        },
        "num_instances": 1,
        "num_io_ops": 1,
        "failed_builds": 2,
        "hypervisor_type": "containerd",
        "hypervisor_version": 2001004,
        "problems": ["something"],
    }


def test_the_state_of_a_host_s_service() -> None:
    """Disabled comes before down, as ComputeFilter asks; every sign is named."""

    def state(unreadable: Unreadable = ALL_READABLE, **signs: bool | str) -> tuple[str, list[str]]:
        service = Service(**signs)  # type: ignore[arg-type]  # by the names of its fields
        one = HostState(host="a", service=service, unreadable=unreadable)
        found = host(one, sharing((), "native")(one))
        return found["state"], found["state_from"]

    assert state() == ("up", [])
    assert state(ready=False) == ("down", ["not ready"])
    assert state(forced_down=True, ready=False) == ("down", ["forced down", "not ready"])
    assert state(unschedulable=True, ready=False) == (
        "disabled",
        ["spec.unschedulable", "not ready"],
    )
    assert state(disabled=True, disabled_reason="disk") == (
        "disabled",
        ["annotation disabled", "reason: disk"],
    )
    assert state(Unreadable.SERVICE) == ("unknown", ["annotation is not valid"])
