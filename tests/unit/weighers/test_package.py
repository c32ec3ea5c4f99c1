"""The weighers that ship, and what all of them hold to."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.options import SchedulerOptions
from extender.weighers import all_weighers
from extender.weighers.base import HostWeigher
from tests.builders import host, spec, table

# Read off Nova's catalogue: (first release, minval, option, default multiplier).
NOVA = {
    "BuildFailureWeigher": ("18.0.0", None, "build_failure_weight_multiplier", 1000000.0),
    "CPUWeigher": ("18.0.0", 0.0, "cpu_weight_multiplier", 1.0),
    "DiskWeigher": ("13.0.0", 0.0, "disk_weight_multiplier", 1.0),
    "CrossCellWeigher": ("21.0.0", None, "cross_cell_move_weight_multiplier", 1000000.0),
    "HypervisorVersionWeigher": ("28.0.0", None, "hypervisor_version_weight_multiplier", 1.0),
    "ImagePropertiesWeigher": ("31.0.0", None, "image_props_weight_multiplier", 0.0),
    "IoOpsWeigher": ("2015.1", 0.0, "io_ops_weight_multiplier", -1.0),
    "MetricsWeigher": ("2014.1", None, "metrics_weight_multiplier", 1.0),
    "NumInstancesWeigher": ("28.0.0", None, "num_instances_weight_multiplier", 0.0),
    "RAMWeigher": ("2013.1", 0.0, "ram_weight_multiplier", 1.0),
    "ServerGroupSoftAffinityWeigher": ("13.0.0", None, "soft_affinity_weight_multiplier", 1.0),
    "ServerGroupSoftAntiAffinityWeigher": (
        "13.0.0",
        None,
        "soft_anti_affinity_weight_multiplier",
        1.0,
    ),
}

EVERY = pytest.mark.parametrize("cls", all_weighers(), ids=lambda cls: cls.__name__)


def test_all_weighers_by_name() -> None:
    """Nova's weighers are found by their names, sorted, and not the base class."""
    names = [cls.__name__ for cls in all_weighers()]
    assert names == sorted(names)
    assert set(NOVA) <= set(names)
    assert not {"HostWeigher", "ServerGroupWeigher"} & set(names)


@pytest.mark.parametrize("name", sorted(NOVA))
def test_novas_class_attributes(name: str) -> None:
    """Release, minval, option and its default are Nova's; none has a maxval."""
    cls = {cls.__name__: cls for cls in all_weighers()}[name]
    multiplier = getattr(SchedulerOptions(), cls.multiplier_option)
    assert (cls.added_in, cls.minval, cls.multiplier_option, multiplier) == NOVA[name]
    assert cls.maxval is None


@EVERY
def test_named_as_the_class(cls: type[HostWeigher]) -> None:
    """The name in tables and metrics is the class's own."""
    assert cls.name() == cls.__name__


@EVERY
def test_described(cls: type[HostWeigher]) -> None:
    """Each weigher says what its raw weight is and which class of Nova's it is."""
    assert cls.__doc__
    assert "Raw weight:" in cls.__doc__
    assert "Source: ``" in cls.__doc__


@EVERY
def test_no_hosts_no_weights(cls: type[HostWeigher]) -> None:
    """A weigher asked about nobody answers with nothing."""
    weights = cls().weigh_objects(table(), spec())
    assert weights.shape == (0,)
    assert weights.dtype == np.float64
    assert np.shape(cls().weight_multiplier(table())) in {(), (0,)}


@EVERY
def test_one_weight_a_host(cls: type[HostWeigher]) -> None:
    """Raw weights are finite floats, one a host, and equal hosts weigh equally."""
    weights = cls().weigh_objects(table(host("a"), host("b"), host("c")), spec())
    assert weights.shape == (3,)
    assert weights.dtype == np.float64
    assert np.isfinite(weights).all()
    assert len(set(weights.tolist())) == 1
