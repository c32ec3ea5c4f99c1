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
    "AggregateNumInstancesFilter": ("2014.2", "", False, False),
    "AggregateTypeAffinityFilter": ("2012.2", "", True, False),
    "AllHostsFilter": ("2012.1", "", True, False),
    "AvailabilityZoneFilter": ("2012.1", "28.0.0", True, False),
    "ComputeFilter": ("2012.1", "", True, False),
    "CoreFilter": ("2012.1", "20.0.0", False, False),
    "DiskFilter": ("2012.2", "20.0.0", False, False),
    "IoOpsFilter": ("2013.1", "", False, False),
    "NumInstancesFilter": ("2013.1", "", False, False),
    "RamFilter": ("2012.1", "20.0.0", False, False),
    "RetryFilter": ("2012.2", "22.0.0", False, False),
    "ServerGroupAffinityFilter": ("2014.1", "", False, False),
    "ServerGroupAntiAffinityFilter": ("2014.1", "", False, False),
}

RATIO = ("invalid_allocation_ratio", "allocation ratio is not valid", "data", False)
# The promised reasons: (id, text, category, cured by fewer pods).
REASONS = {
    "AggregateNumInstancesFilter": [
        ("too_many_instances", "too many instances on the host", "capacity", True)
    ],
    "AggregateTypeAffinityFilter": [
        ("flavor_not_allowed", "flavor is not allowed on the host", "policy", False)
    ],
    "AllHostsFilter": [],
    "AvailabilityZoneFilter": [
        ("wrong_availability_zone", "not in the requested availability zone", "policy", False)
    ],
    "ComputeFilter": [
        ("host_disabled", "host is disabled", "host", False),
        ("host_down", "host is down", "host", False),
    ],
    "CoreFilter": [
        ("request_exceeds_host_vcpus", "request exceeds the vCPUs of the host", "capacity", False),
        ("insufficient_vcpus", "not enough vCPUs", "capacity", True),
        RATIO,
    ],
    "DiskFilter": [
        ("request_exceeds_host_disk", "request exceeds the disk of the host", "capacity", False),
        ("insufficient_disk", "not enough disk", "capacity", True),
        RATIO,
    ],
    "IoOpsFilter": [("too_many_io_ops", "too many I/O operations on the host", "capacity", True)],
    "NumInstancesFilter": [
        ("too_many_instances", "too many instances on the host", "capacity", True)
    ],
    "RamFilter": [
        ("request_exceeds_host_ram", "request exceeds the memory of the host", "capacity", False),
        ("insufficient_ram", "not enough memory", "capacity", True),
        RATIO,
    ],
    "RetryFilter": [("previously_tried", "host was tried before", "retry", False)],
    "ServerGroupAffinityFilter": [
        ("not_with_server_group", "server group runs on other hosts", "policy", False)
    ],
    "ServerGroupAntiAffinityFilter": [
        ("server_group_on_host", "host has enough members of the server group", "policy", True)
    ],
}

EVERY = pytest.mark.parametrize("cls", all_filters(), ids=lambda cls: cls.__name__)


def test_all_filters_by_name() -> None:
    """Nova's filters are found by their names, sorted, and no helper class among them."""
    names = [cls.__name__ for cls in all_filters()]
    assert names == sorted(names)
    assert set(NOVA) <= set(names)
    helpers = {"HostFilter", "CapacityFilter", "CountFilter", "AggregateCountFilter"}
    assert not (helpers | {"ServerGroupFilter"}) & set(names)


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


@EVERY
def test_an_empty_request_passes_a_plain_host(cls: type[HostFilter]) -> None:
    """A request for nothing is welcome on a host that is up and empty."""
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
