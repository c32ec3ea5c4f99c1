"""What of a host an extra spec or a query may name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from extender.model.attributes import (
    ATTRIBUTES,
    LONGEST_SHOWN,
    Stats,
    entry,
    is_counted,
    is_fixed,
    plain,
    shown,
)
from extender.model.host_parts import Instance, Unreadable
from extender.model.host_state import HostState
from extender.model.metrics import HostMetric
from extender.model.numa import NUMACell, NUMAPages, NUMATopology, bits
from extender.model.pci import PciPool
from extender.model.said import Said
from tests.builders import aggregate, flavor, host, instance

# Every field of a host in Nova's catalogue, with what a plain value of it is; "?": or null.
FIELDS = {
    "host": "str",
    "nodename": "str",
    "uuid": "str",
    "cell_uuid": "str",
    "vcpus_total": "number",
    "vcpus_used": "number",
    "total_usable_ram_mb": "int",
    "free_ram_mb": "int",
    "total_usable_disk_gb": "int",
    "free_disk_mb": "int",
    "cpu_allocation_ratio": "float",
    "ram_allocation_ratio": "float",
    "disk_allocation_ratio": "float",
    "num_instances": "int",
    "instances": "dict",
    "num_io_ops": "int",
    "failed_builds": "int",
    "service": "dict",
    "aggregates": "list",
    "zones": "list",
    "host_ip": "str?",
    "hypervisor_type": "str?",
    "hypervisor_version": "int?",
    "hypervisor_hostname": "str",
    "supported_instances": "list",
    "cpu_info": "dict",
    "stats": "dict",
    "labels": "dict",
    "metrics": "list",
    "numa_topology": "dict?",
    "pci_stats": "dict",
    "trust_lvl": "str",
    "limits": "dict",
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "number": (int, float),
    "float": float,
    "list": list,
    "dict": dict,
}


def rich() -> HostState:
    """A host that says something of everything."""
    return host(
        "node-a",
        vcpus_total="7.5",
        vcpus_used=2,
        cpu_allocation_ratio="1.5",
        total_usable_ram_mb=8192,
        free_ram_mb=-1,
        total_usable_disk_gb=100,
        free_disk_mb=512,
        uuid="4f1c",
        cell_uuid="cell1",
        labels=MappingProxyType({"disktype": "ssd"}),
        aggregates=(aggregate("ssd", ["node-a"], ssd="true", availability_zone="b,a"),),
        host_ip="10.0.0.7",
        hypervisor_type="containerd",
        hypervisor_version=2001004,
        hypervisor_hostname="a.example",
        supported_instances=(("x86_64", "containerd", "exe"),),
        cpu_info={"vendor": "Intel", "features": ["aes"], "maxphysaddr": {"bits": 46}},
        reported_stats={"rack_power": "9500"},
        reported_metrics=(HostMetric("cpu.percent", 37.5, 12.0, "agent"),),
        pci_pools=(PciPool("x/gpu", 8, (("vendor_id", "10de"),)),),
        extended_used={"x/gpu": 3},
        reported_numa=NUMATopology((NUMACell(id=0, shared_bits=bits([0])),)),
        trust_lvl="trusted",
        num_io_ops=1,
        failed_builds=4,
        instances={"uid-1": instance("uid-1", "shop", "m1.small"), "uid-2": instance("uid-2")},
    )


def value(one: HostState, name: str) -> Any:
    """An attribute's plain value."""
    return plain(ATTRIBUTES[name].read(one))


def test_all_fields_and_nothing_else() -> None:
    """What can be named is the catalogue of a host's fields, whatever else a HostState has."""
    assert set(ATTRIBUTES) == set(FIELDS)


@pytest.mark.parametrize("name", sorted(FIELDS))
@pytest.mark.parametrize("one", [rich(), host(), HostState(host="bare")], ids=lambda h: h.host)
def test_plain_types(one: HostState, name: str) -> None:
    """Each attribute is of its type on every host, and all of it can be written as JSON."""
    found = value(one, name)
    if found is None:
        assert FIELDS[name].endswith("?")
    else:
        assert isinstance(found, TYPES[FIELDS[name].rstrip("?")])
        assert not isinstance(found, bool)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("host", "node-a"),
        ("nodename", "node-a"),
        ("uuid", "4f1c"),
        ("cell_uuid", "cell1"),
        ("vcpus_total", 7.5),
        ("vcpus_used", 2),
        ("total_usable_ram_mb", 8192),
        ("free_ram_mb", -1),
        ("total_usable_disk_gb", 100),
        ("free_disk_mb", 512),
        ("cpu_allocation_ratio", 1.5),
        ("num_instances", 2),
        ("num_io_ops", 1),
        ("failed_builds", 4),
        ("host_ip", "10.0.0.7"),
        ("hypervisor_type", "containerd"),
        ("hypervisor_version", 2001004),
        ("hypervisor_hostname", "a.example"),
        ("supported_instances", [["x86_64", "containerd", "exe"]]),
        ("zones", ["a", "b"]),
        ("labels", {"disktype": "ssd"}),
        ("cpu_info", {"vendor": "Intel", "features": ["aes"], "maxphysaddr": {"bits": 46}}),
        ("trust_lvl", "trusted"),
        ("limits", {}),
        ("pci_stats", {"pools": [{"vendor_id": "10de", "resource": "x/gpu", "count": 5}]}),
        (
            "aggregates",
            [{"name": "ssd", "metadata": {"ssd": "true", "availability_zone": "b,a"}}],
        ),
        (
            "metrics",
            [{"name": "cpu.percent", "value": 37.5, "timestamp": 12.0, "source": "agent"}],
        ),
        (
            "stats",
            {
                "num_instances": 2,
                "io_workload": 1,
                "failed_builds": 4,
                "num_proj_shop": 1,
                "num_proj_default": 1,
                "rack_power": "9500",
            },
        ),
    ],
)
def test_values(name: str, expected: object) -> None:
    """Nova's units, and nothing but plain data."""
    assert value(rich(), name) == expected


def test_instances_by_uid() -> None:
    """An instance has its namespace, its flavor and what is said of its image."""
    properties = (("os_distro", "ubuntu"),)
    web = Instance("uid-1", "shop", "web-0", "m1.small", image_properties=properties)
    assert value(host(instances={"uid-1": web}), "instances") == {
        "uid-1": {
            "uuid": "uid-1",
            "namespace": "shop",
            "name": "web-0",
            "flavor": "m1.small",
            "image_properties": {"os_distro": "ubuntu"},
        }
    }


def test_numa_topology() -> None:
    """Cells are as the node's annotation has them, CPUs in order."""
    cell = NUMACell(
        id=1,
        shared_bits=bits([3, 0, 11]),
        dedicated_bits=bits([4, 5]),
        pinned_bits=bits([5]),
        core_bits=(bits([4, 5]),),
        memory=1024,
        cpu_usage=2,
        memory_usage=512,
        mempages=(NUMAPages(size_kb=4, total=100, used=7, reserved=1),),
        socket=0,
    )
    assert value(host(reported_numa=NUMATopology((cell,))), "numa_topology") == {
        "cells": [
            {
                "id": 1,
                "socket": 0,
                "cpuset": [0, 3, 11],
                "pcpuset": [4, 5],
                "pinned_cpus": [5],
                "siblings": [[4, 5]],
                "memory": 1024,
                "cpu_usage": 2,
                "memory_usage": 512,
                "mempages": [{"size_kb": 4, "total": 100, "used": 7, "reserved": 1}],
            }
        ]
    }


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (host(), (False, None, False, True)),
        (host(disabled=True, disabled_reason="broken fan"), (True, "broken fan", False, True)),
        (host(unschedulable=True), (True, None, False, True)),
        (host(forced_down=True), (False, None, True, False)),
        (host(ready=False), (False, None, False, False)),
    ],
)
def test_service(one: HostState, expected: tuple[object, ...]) -> None:
    """A cordoned node is disabled; up is ready and not forced down."""
    names = ("disabled", "disabled_reason", "forced_down", "up")
    assert value(one, "service") == dict(zip(names, expected, strict=True))


def test_bare_host() -> None:
    """What a node does not say is null, or empty."""
    bare = HostState(host="bare")
    nulls = {name for name in ATTRIBUTES if value(bare, name) is None}
    assert nulls == {"host_ip", "hypervisor_type", "hypervisor_version", "numa_topology"}
    assert value(bare, "metrics") == []
    assert value(bare, "pci_stats") == {"pools": []}


@pytest.mark.parametrize(
    ("name", "bit"),
    [
        ("cpu_info", Unreadable.CPU_INFO),
        ("stats", Unreadable.STATS),
        ("supported_instances", Unreadable.SUPPORTED_INSTANCES),
        ("metrics", Unreadable.METRICS),
        ("numa_topology", Unreadable.NUMA),
        ("pci_stats", Unreadable.PCI),
        ("trust_lvl", Unreadable.TRUST),
        ("service", Unreadable.SERVICE),
        ("vcpus_total", Unreadable.CPU),
        ("vcpus_used", Unreadable(0)),
        ("total_usable_ram_mb", Unreadable.RAM),
        ("free_ram_mb", Unreadable.RAM),
        ("total_usable_disk_gb", Unreadable.DISK),
        ("free_disk_mb", Unreadable.DISK),
        ("cpu_allocation_ratio", Unreadable.CPU_RATIO),
        ("ram_allocation_ratio", Unreadable.RAM_RATIO),
        ("disk_allocation_ratio", Unreadable.DISK_RATIO),
        ("labels", Unreadable(0)),
        ("host", Unreadable(0)),
    ],
)
def test_what_must_be_readable(name: str, bit: Unreadable) -> None:
    """Only what the attribute itself is made of."""
    assert ATTRIBUTES[name].unreadable == bit


def test_every_kind_of_unreadable_is_somebodys() -> None:
    """Nothing that a node can say wrongly is reached past its mark."""
    marked = Unreadable(0)
    for attribute in ATTRIBUTES.values():
        marked |= attribute.unreadable
    assert marked == ~Unreadable(0)


def test_everything_says_where_it_comes_from() -> None:
    """Explanations name it."""
    assert all(attribute.where for attribute in ATTRIBUTES.values())


# -- stats ---------------------------------------------------------------------------------


def test_a_single_stat_is_what_all_of_them_say() -> None:
    """Found one by one or all at once, stats are the same."""
    for one in (rich(), host(), host(reported_stats={"num_instances": "x", "num_proj_": 1})):
        stats = Stats(one)
        assert {name: stats[name] for name in one.stats} == one.stats
        assert dict(stats) == one.stats
        assert len(stats) == len(one.stats)


@pytest.mark.parametrize("name", ["", "rack", "num_proj_other", "num_proj_", "num_proj", "None"])
def test_stat_that_is_not_there(name: str) -> None:
    """A project without instances has no number, not even 0."""
    stats = Stats(rich())
    assert name not in stats
    assert stats.get(name) is None


def test_reported_stats_win() -> None:
    """The node's annotation replaces a number of ours, also by null."""
    one = host(num_instances=2, reported_stats={"num_instances": "9", "num_proj_default": None})
    assert Stats(one)["num_instances"] == "9"
    assert Stats(one)["num_proj_default"] is None
    assert "num_proj_default" in Stats(one)


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("num_instances", True),
        ("io_workload", True),
        ("failed_builds", True),
        ("num_proj_shop", True),
        ("num_proj_", True),
        ("num_proj", False),
        ("rack_power", False),
        ("", False),
    ],
)
def test_is_counted(name: str, *, counted: bool) -> None:
    """The extender's own numbers are told from what nodes report."""
    assert is_counted(name) is counted


# -- paths ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "fixed"),
    [
        ("host", True),
        ("labels.disktype", True),
        ("cpu_info.features", True),
        ("vcpus_total", True),
        ("vcpus_used", False),
        ("free_ram_mb", False),
        ("free_disk_mb", False),
        ("num_instances", False),
        ("num_io_ops", False),
        ("failed_builds", False),
        ("instances.uid-1", False),
        ("numa_topology.cells", False),
        ("pci_stats.pools", False),
        ("stats", False),
        ("stats.rack_power", True),
        ("stats.num_instances", False),
        ("stats.num_proj_shop", False),
        ("rack_power", True),
        ("io_workload", False),
        ("num_proj_shop", False),
    ],
)
def test_is_fixed(path: str, *, fixed: bool) -> None:
    """Known by name alone, without any host."""
    assert is_fixed(tuple(path.split("."))) is fixed


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_what_is_fixed_stays_when_a_pod_comes(name: str) -> None:
    """Taking an instance in changes nothing that is said to be fixed."""
    one = rich()
    before = value(one, name)
    fitted = NUMATopology((NUMACell(id=0, shared_bits=bits([0]), cpu_usage=1),))
    asked = flavor(vcpus=1, memory_mb=64, root_gb=1)
    one.consume(asked, instance("uid-9"), [("x/gpu", 1)], numa=fitted)
    one.failed_builds += 1
    assert (value(one, name) == before) is is_fixed((name,))


@pytest.mark.parametrize(
    ("whole", "key", "part"),
    [
        ({"a": 1}, "a", 1),
        ({"a": 1}, "b", None),
        ({"a": None}, "a", None),
        ({}, "", None),
        (MappingProxyType({"a": [1]}), "a", [1]),
        (Said({"a": "b"}), "a", "b"),
        (instance("uid-1", "shop", "m1"), "flavor", "m1"),
        (instance("uid-1"), "colour", None),
        (instance("uid-1"), "__class__", None),
        (instance("uid-1"), "", None),
    ],
)
def test_entry(whole: object, key: str, part: object) -> None:
    """Mappings and instances have entries; of Python's own attributes they have none."""
    assert entry(whole, key) == part


@pytest.mark.parametrize("whole", ["text", 1, 2.5, True, None, [1], ("a",), frozenset("a")])
def test_what_has_no_entries(whole: object) -> None:
    """Lists cannot be indexed either."""
    with pytest.raises(TypeError, match="has no entries"):
        entry(whole, "0")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        ("a", "a"),
        (("a", ("b", 1)), ["a", ["b", 1]]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (MappingProxyType({"a": ({"b": ()},)}), {"a": [{"b": []}]}),
        (Said({"a": [{"b": frozenset({2, 1})}]}), {"a": [{"b": [1, 2]}]}),
        (Fraction(1, 2), "1/2"),
    ],
)
def test_plain(value: object, expected: object) -> None:
    """Whatever the model is made of becomes what JSON is made of."""
    assert plain(value) == expected
    if isinstance(value, Mapping):
        assert type(plain(value)) is dict


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (True, "True"),
        (("aes", "mmx"), "['aes', 'mmx']"),
        ("x" * LONGEST_SHOWN, "x" * LONGEST_SHOWN),
        ("x" * (LONGEST_SHOWN + 1), "x" * (LONGEST_SHOWN - 1) + "…"),
    ],
)
def test_shown(value: object, expected: str) -> None:
    """Python's text, as operators compare it, but for its length."""
    assert shown(value) == expected
