"""HypervisorVersionWeigher: the newest container runtime first."""

from __future__ import annotations

from extender.weighers.hypervisor_version import HypervisorVersionWeigher
from tests.builders import host, spec, table


def test_version_as_a_number() -> None:
    """2.1.4 is 2001004, which is more than 1.999.999; one that is not known is 0."""
    hosts = table(
        host("a", hypervisor_version=2001004),
        host("b", hypervisor_version=1999999),
        host("c", hypervisor_version=None),
        host("d", hypervisor_version=0),
    )
    weights = HypervisorVersionWeigher().weigh_objects(hosts, spec())
    assert weights.tolist() == [2001004.0, 1999999.0, 0.0, 0.0]


def test_absurd_version() -> None:
    """The largest that a node's text can say: nine digits, of the millions too."""
    hosts = table(host("a", hypervisor_version=999_999_999 * 1_001_001))
    weights = HypervisorVersionWeigher().weigh_objects(hosts, spec())
    assert weights.tolist() == [999_999_999 * 1_001_001.0]


def test_multiplier() -> None:
    """1 by default: newer is better."""
    assert HypervisorVersionWeigher().weight_multiplier(table(host())) == 1.0
