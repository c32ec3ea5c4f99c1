"""The filters that ship, and what all of them hold to."""

from __future__ import annotations

import numpy as np
import pytest

from extender.filters import all_filters
from extender.filters.base import HostFilter
from extender.model.options import SchedulerOptions
from tests.builders import host, spec, table

# Read off Nova's catalogue: (first release, release without it, once per request, on rebuild).
NOVA = {
    "AggregateCoreFilter": ("2013.2", "22.0.0", False, False),
    "AggregateDiskFilter": ("2014.2", "22.0.0", False, False),
    "AggregateImagePropertiesIsolation": ("2014.1", "", True, True),
    "AggregateInstanceExtraSpecsFilter": ("2012.2", "", True, False),
    "AggregateIoOpsFilter": ("2014.2", "", False, False),
    "AggregateMultiTenancyIsolation": ("2013.1", "", True, False),
    "AggregateNumInstancesFilter": ("2014.2", "", False, False),
    "AggregateRamFilter": ("2013.2", "22.0.0", False, False),
    "AggregateTypeAffinityFilter": ("2012.2", "", True, False),
    "AllHostsFilter": ("2012.1", "", True, False),
    "AvailabilityZoneFilter": ("2012.1", "28.0.0", True, False),
    "ComputeCapabilitiesFilter": ("2012.2", "", True, False),
    "ComputeFilter": ("2012.1", "", True, False),
    "CoreFilter": ("2012.1", "20.0.0", False, False),
    "DifferentHostFilter": ("2012.1", "", True, False),
    "DiskFilter": ("2012.2", "20.0.0", False, False),
    "ExactCoreFilter": ("2014.2", "18.0.0", False, False),
    "ExactDiskFilter": ("2014.2", "18.0.0", False, False),
    "ExactRamFilter": ("2014.2", "18.0.0", False, False),
    "GroupAffinityFilter": ("2013.2", "2015.1", False, False),
    "GroupAntiAffinityFilter": ("2013.1", "2015.1", False, False),
    "ImagePropertiesFilter": ("2012.2", "", True, True),
    "IoOpsFilter": ("2013.1", "", False, False),
    "IsolatedHostsFilter": ("2012.1", "", True, True),
    "JsonFilter": ("2012.1", "", False, False),
    "MetricsFilter": ("2014.1", "", False, False),
    "NUMATopologyFilter": ("2014.2", "", False, False),
    "NumInstancesFilter": ("2013.1", "", False, False),
    "RamFilter": ("2012.1", "20.0.0", False, False),
    "RetryFilter": ("2012.2", "22.0.0", False, False),
    "SameHostFilter": ("2012.1", "", True, False),
    "ServerGroupAffinityFilter": ("2014.1", "", False, False),
    "ServerGroupAntiAffinityFilter": ("2014.1", "", False, False),
    "SimpleCIDRAffinityFilter": ("2012.1", "", True, False),
    "TrustedFilter": ("2012.2", "17.0.0", True, False),
    "TypeAffinityFilter": ("2012.2", "17.0.0", False, False),
}

# The promised reasons: (id, text, category, cured by fewer pods).
RATIO = ("invalid_allocation_ratio", "allocation ratio is not valid", "data", False)
VCPUS = [
    ("request_exceeds_host_vcpus", "request exceeds the vCPUs of the host", "capacity", False),
    ("insufficient_vcpus", "not enough vCPUs", "capacity", True),
    RATIO,
]
RAM = [
    ("request_exceeds_host_ram", "request exceeds the memory of the host", "capacity", False),
    ("insufficient_ram", "not enough memory", "capacity", True),
    RATIO,
]
DISK = [
    ("request_exceeds_host_disk", "request exceeds the disk of the host", "capacity", False),
    ("insufficient_disk", "not enough disk", "capacity", True),
    RATIO,
]
IO_OPS = [("too_many_io_ops", "too many I/O operations on the host", "capacity", True)]
WITH_GROUP = [("not_with_server_group", "server group runs on other hosts", "policy", False)]
FULL_OF_GROUP = [
    ("server_group_on_host", "host has enough members of the server group", "policy", True)
]
REASONS = {
    "AggregateCoreFilter": VCPUS,
    "AggregateDiskFilter": DISK,
    "AggregateImagePropertiesIsolation": [
        ("image_property_not_allowed", "image property is not allowed on the host", "policy", False)
    ],
    "AggregateInstanceExtraSpecsFilter": [
        ("aggregate_key_missing", "host aggregates lack a required key", "policy", False),
        ("aggregate_value_mismatch", "host aggregates do not match the flavor", "policy", False),
        ("invalid_extra_spec", "extra spec cannot be evaluated", "data", False),
    ],
    "AggregateIoOpsFilter": IO_OPS,
    "AggregateMultiTenancyIsolation": [
        ("project_not_allowed", "host is reserved for other projects", "policy", False)
    ],
    "AggregateNumInstancesFilter": [
        ("too_many_instances", "too many instances on the host", "capacity", True)
    ],
    "AggregateRamFilter": RAM,
    "AggregateTypeAffinityFilter": [
        ("flavor_not_allowed", "flavor is not allowed on the host", "policy", False)
    ],
    "AllHostsFilter": [],
    "AvailabilityZoneFilter": [
        ("wrong_availability_zone", "not in the requested availability zone", "policy", False)
    ],
    "ComputeCapabilitiesFilter": [
        ("capability_missing", "host lacks a required capability", "host", False),
        ("capability_mismatch", "host capability does not match", "host", False),
        ("invalid_extra_spec", "extra spec cannot be evaluated", "data", False),
    ],
    "ComputeFilter": [
        ("host_disabled", "host is disabled", "host", False),
        ("host_down", "host is down", "host", False),
    ],
    "CoreFilter": VCPUS,
    "DifferentHostFilter": [
        ("instance_to_avoid", "an instance to avoid is on the host", "policy", True)
    ],
    "DiskFilter": DISK,
    "ExactCoreFilter": [
        ("no_vcpus_reported", "host reports no vCPUs", "data", False),
        ("inexact_vcpus", "free vCPUs differ from the request", "capacity", False),
    ],
    "ExactDiskFilter": [("inexact_disk", "free disk differs from the request", "capacity", False)],
    "ExactRamFilter": [("inexact_ram", "free memory differs from the request", "capacity", False)],
    "GroupAffinityFilter": WITH_GROUP,
    "GroupAntiAffinityFilter": FULL_OF_GROUP,
    "ImagePropertiesFilter": [
        ("no_supported_instances", "host advertises no supported instances", "host", False),
        ("image_not_supported", "host does not support the image", "host", False),
        (
            "hypervisor_version_mismatch",
            "host runtime version does not suit the image",
            "host",
            False,
        ),
        ("physaddr_bits_too_small", "host address width is too small", "host", False),
    ],
    "IoOpsFilter": IO_OPS,
    "IsolatedHostsFilter": [
        ("image_needs_isolated_host", "image must run on an isolated host", "policy", False),
        ("host_is_isolated", "host is reserved for isolated images", "policy", False),
    ],
    "JsonFilter": [
        ("query_not_satisfied", "host does not satisfy the query", "policy", False),
        ("invalid_query", "query cannot be evaluated", "data", False),
    ],
    "MetricsFilter": [("metrics_missing", "host lacks required metrics", "data", False)],
    "NUMATopologyFilter": [
        ("no_numa_topology", "host reports no NUMA topology", "host", False),
        ("no_hyperthreads", "host has no hyper-threads", "host", False),
        ("too_few_numa_cells", "host has too few NUMA cells", "host", False),
        (
            "numa_does_not_fit",
            "request does not fit the NUMA cells of the host",
            "capacity",
            True,
        ),
    ],
    "NumInstancesFilter": [
        ("too_many_instances", "too many instances on the host", "capacity", True)
    ],
    "RamFilter": RAM,
    "RetryFilter": [("previously_tried", "host was tried before", "retry", False)],
    "SameHostFilter": [
        ("no_required_instance", "no required instance on the host", "policy", False)
    ],
    "ServerGroupAffinityFilter": WITH_GROUP,
    "ServerGroupAntiAffinityFilter": FULL_OF_GROUP,
    "SimpleCIDRAffinityFilter": [
        ("outside_cidr", "host address is outside the requested network", "policy", False),
        ("host_ip_unknown", "host address is not known", "data", False),
        ("invalid_hint", "scheduler hint cannot be evaluated", "data", False),
    ],
    "TrustedFilter": [
        (
            "trust_level_mismatch",
            "host does not have the required trust level",
            "policy",
            False,
        )
    ],
    "TypeAffinityFilter": [("other_flavor_on_host", "host runs another flavor", "policy", True)],
}

EVERY = pytest.mark.parametrize("cls", all_filters(), ids=lambda cls: cls.__name__)


def test_all_filters_by_name() -> None:
    """Nova's filters are found by their names, sorted, and no helper class among them."""
    names = [cls.__name__ for cls in all_filters()]
    assert names == sorted(names)
    assert set(NOVA) <= set(names)
    helpers = {"HostFilter", "CapacityFilter", "CountFilter", "AggregateCountFilter"}
    helpers |= {"AggregateCapacityFilter", "ExactFilter", "HintedFilter", "ServerGroupFilter"}
    assert not helpers & set(names)


@pytest.mark.parametrize("name", sorted(NOVA))
def test_novas_class_attributes(name: str) -> None:
    """Release of arrival and departure, once per request, on rebuild: as in Nova's catalogue."""
    cls = {cls.__name__: cls for cls in all_filters()}[name]
    found = (cls.added_in, cls.removed_in, cls.run_filter_once_per_request, cls.RUN_ON_REBUILD)
    assert found == NOVA[name]


@pytest.mark.parametrize("name", sorted(REASONS))
def test_promised_reasons(name: str) -> None:
    """Operators count on ids, kube-scheduler on texts: neither changes unnoticed."""
    cls = {cls.__name__: cls for cls in all_filters()}[name]
    found = [(r.id, r.text, str(r.category), r.cured) for r in cls.reasons]
    assert found == REASONS[name]


@EVERY
def test_named_as_the_class(cls: type[HostFilter]) -> None:
    """The name in ``enabled_filters`` is the class's own."""
    assert cls.name() == cls.__name__
    assert cls(SchedulerOptions()).name() == cls.__name__


@EVERY
def test_described(cls: type[HostFilter]) -> None:
    """Each filter says what it refuses and which class of Nova's it is."""
    assert cls.__doc__
    assert "Source: ``" in cls.__doc__
    assert cls.added_in


@EVERY
def test_no_hosts_no_verdicts(cls: type[HostFilter]) -> None:
    """A filter asked about nobody answers with nothing, whatever the request."""
    asked = spec(vcpus=1, memory_mb=1, root_gb=1, availability_zone="z", tried=[("a", "a")])
    verdicts = cls().filter_all(table(), asked)
    assert verdicts is not None
    assert verdicts.shape == (0,)
    assert verdicts.dtype == np.uint8


@pytest.mark.parametrize("cls", [cls for cls in all_filters() if cls.__name__[:5] != "Exact"])
def test_an_empty_request_passes_a_plain_host(cls: type[HostFilter]) -> None:
    """A request for nothing is welcome on a host that is up and empty, but where it must fit."""
    verdicts = cls().filter_all(table(host("a"), host("b")), spec())
    assert verdicts is not None
    assert verdicts.tolist() == [0, 0]


@EVERY
def test_every_code_has_a_reason(cls: type[HostFilter]) -> None:
    """Codes count from 1 and lead to the reason they were asked for."""
    for number, reason in enumerate(cls.all_reasons(), 1):
        assert cls.code(reason) == number


@EVERY
def test_explains_without_judging(cls: type[HostFilter]) -> None:
    """Facts and limits can be had of any host for any request."""
    made = cls()
    facts = made.explain(host(), spec())
    assert all(source.name and source.where for source in facts.sources)
    assert all(isinstance(limit, int) for limit in made.limits(host(), spec()).values())
