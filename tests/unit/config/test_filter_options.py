"""What runs and what filters read, of Nova's group ``filter_scheduler``."""

from __future__ import annotations

import pytest

from extender.config.filter_options import FilterOptions
from tests.unit.config.reading import check_limits, check_switch, refusal, value

GROUP = "filter_scheduler"


def test_defaults_of_filter_options() -> None:
    """Nova's; to the filters of the seed's release those are added that its text explains."""
    group = FilterOptions()
    assert group.available_filters == ("nova.scheduler.filters.all_filters",)
    assert group.weight_classes == ("nova.scheduler.weights.all_weighers",)
    assert group.enabled_filters == (
        "RetryFilter",
        "AvailabilityZoneFilter",
        "AggregateTypeAffinityFilter",
        "CoreFilter",
        "RamFilter",
        "DiskFilter",
        "ComputeFilter",
        "ComputeCapabilitiesFilter",
        "ImagePropertiesFilter",
        "ServerGroupAntiAffinityFilter",
        "ServerGroupAffinityFilter",
    )
    assert (group.host_subset_size, group.shuffle_best_same_weighed_hosts) == (1, False)
    assert (group.max_io_ops_per_host, group.max_instances_per_host) == (8, 50)
    assert (group.isolated_images, group.isolated_hosts) == ((), ())
    assert group.restrict_isolated_hosts_to_isolated_images is True
    assert group.aggregate_image_properties_isolation_namespace is None
    assert group.aggregate_image_properties_isolation_separator == "."
    assert group.image_properties_default_architecture is None


@pytest.mark.parametrize(
    ("name", "least"),
    [("host_subset_size", 1), ("max_io_ops_per_host", 0), ("max_instances_per_host", 1)],
)
def test_limits_of_filter_options(name: str, least: int) -> None:
    """The least value is Nova's."""
    check_limits(GROUP, name, least)


@pytest.mark.parametrize(
    "name", ["shuffle_best_same_weighed_hosts", "restrict_isolated_hosts_to_isolated_images"]
)
def test_switches_of_filter_options(name: str) -> None:
    """On or off."""
    check_switch(GROUP, name)


def test_filters_keep_their_order_in_both_forms() -> None:
    """The order is that of running."""
    assert value(GROUP, "enabled_filters", "[B, A]") == ("B", "A")
    assert value(GROUP, "enabled_filters", "'B, A'") == ("B", "A")
    assert value(GROUP, "enabled_filters", "[]") == ()


def test_isolated_images_are_as_pods_write_them() -> None:
    """With registry, port, path, tag and digest, as a list or with commas."""
    digest = "registry.example:5000/team/app:1.0@sha256:" + "a" * 64
    assert value(GROUP, "isolated_images", f"[nginx, '{digest}']") == ("nginx", digest)
    assert value(GROUP, "isolated_images", f"'nginx, {digest}'") == ("nginx", digest)
    for text in ("['a b']", "[3]", "[null]", "'a,,b'", '["\\x00"]', f"[{'x' * 513}]"):
        assert "in the list is not an image" in refusal(GROUP, "isolated_images", text)
    assert refusal(GROUP, "isolated_images", "3") == "3 is not a list"


def test_isolated_hosts_are_nodes() -> None:
    """What can be no node's name is a mistake."""
    assert value(GROUP, "isolated_hosts", "[node-1, node-2.example]") == (
        "node-1",
        "node-2.example",
    )
    for text in ("[Node-1]", "[node_1]", "['']", "[5]", f"[{'x' * 254}]", "[ñ]"):
        assert "in the list is not the name of a node" in refusal(GROUP, "isolated_hosts", text)


def test_namespace_and_separator_of_image_properties() -> None:
    """Any texts; only the namespace may be left out."""
    namespace = "aggregate_image_properties_isolation_namespace"
    separator = "aggregate_image_properties_isolation_separator"
    assert value(GROUP, namespace, "hw") == "hw"
    assert value(GROUP, separator, "_") == "_"
    assert value(GROUP, namespace, "null") is None
    assert value(GROUP, namespace, "''") is None
    assert refusal(GROUP, separator, "''") == '"" is empty'
    assert refusal(GROUP, separator, "null") == "null is not a text"
    assert refusal(GROUP, namespace, "5") == "5 is not a text"


@pytest.mark.parametrize(
    ("text", "architecture"),
    [
        ("x86_64", "x86_64"),
        ("X86_64", "x86_64"),
        ("amd64", "x86_64"),
        ("arm64", "aarch64"),
        ("aarch64", "aarch64"),
        ("arm", "armv7l"),
        ("'386'", "i686"),
        ("i386", "i686"),
        ("riscv64", "riscv64"),
        ("s390x", "s390x"),
        ("null", None),
        ("''", None),
    ],
)
def test_the_default_architecture_is_canonical(text: str, architecture: str | None) -> None:
    """Kubernetes' names and Nova's older ones are read as Nova's canonical ones."""
    assert value(GROUP, "image_properties_default_architecture", text) == architecture


@pytest.mark.parametrize("text", ["x64", "vax", "\uff41rm64"])
def test_an_unknown_architecture_is_a_mistake(text: str) -> None:
    """The accepted ones are named."""
    message = refusal(GROUP, "image_properties_default_architecture", text)
    assert message.endswith("is none of the choices")
    assert refusal(GROUP, "image_properties_default_architecture", "386") == "386 is not a text"
