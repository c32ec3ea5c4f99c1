"""The table of annotations and labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from extender.translate.annotations import PREFIX, TABLE, Annotation, On, Type
from extender.translate.readers import (
    read_array,
    read_boolean,
    read_integer,
    read_list,
    read_object,
    read_ratio,
    read_text,
)

READERS: dict[Type, Callable[..., Any]] = {
    Type.TEXT: read_text,
    Type.LIST: read_list,
    Type.OBJECT: read_object,
    Type.ARRAY: read_array,
    Type.BOOLEAN: read_boolean,
    Type.RATIO: read_ratio,
    Type.INTEGER: read_integer,
}


def names(kind: On) -> list[str]:
    """Nova's names of the rows of one kind."""
    return [row.key.removeprefix(PREFIX) for row in TABLE if row.object is kind]


def test_pod_annotations() -> None:
    """Exactly those that this release reads."""
    assert names(On.POD) == [
        "flavor",
        "extra_specs",
        "image_properties",
        "availability_zone",
        "ignore_hosts",
        "force_hosts",
        "force_nodes",
        "requested_destination",
        "scheduler_hints",
        "server_group",
        "retry",
        "decision",
    ]


def test_node_annotations() -> None:
    """Exactly those that this release reads."""
    assert names(On.NODE) == [
        "cpu_allocation_ratio",
        "ram_allocation_ratio",
        "disk_allocation_ratio",
        "raw_allocatable_cpu",
        "raw_allocatable_memory",
        "raw_allocatable_ephemeral_storage",
        "amplified_allocatable_cpu",
        "amplified_allocatable_memory",
        "amplified_allocatable_ephemeral_storage",
        "allocatable_floor_cpu",
        "allocatable_floor_memory",
        "allocatable_floor_ephemeral_storage",
        "memory_manager_policy",
        "disabled",
        "disabled_reason",
        "forced_down",
        "supported_instances",
        "cpu_info",
        "stats",
        "metrics",
        "numa_topology",
        "pci_device_pools",
        "attestation",
    ]


def test_labels() -> None:
    """Ours, and those of Kubernetes that are read."""
    assert names(On.LABEL) == [
        "cell",
        "trust_lvl",
        "trait.<NAME>",
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]


def test_keys_are_unique_and_valid() -> None:
    """No key twice; a name has at most 63 characters."""
    keys = [row.key for row in TABLE]
    assert len(set(keys)) == len(keys)
    assert all(len(key.split("/")[1]) <= 63 for key in keys)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_examples_are_valid(row: Annotation) -> None:
    """Each example can be read, and each row says something in every column."""
    assert READERS[row.type]({row.key: row.example}, row)
    assert row.default
    assert row.meaning.endswith(".")
    assert row.set_by
