"""What the server group filters share."""

from __future__ import annotations

import pytest

from extender.filters.server_group import ServerGroupFilter
from extender.filters.server_group_affinity_filter import ServerGroupAffinityFilter
from extender.filters.server_group_anti_affinity_filter import ServerGroupAntiAffinityFilter
from extender.model.groups import InstanceGroup
from tests.builders import host, reasons, spec, table

EACH = pytest.mark.parametrize(
    ("cls", "policy"),
    [(ServerGroupAffinityFilter, "affinity"), (ServerGroupAntiAffinityFilter, "anti-affinity")],
)
POLICIES = ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity", "legacy"]


def group(policy: str, **hosts: int) -> InstanceGroup:
    """A group with so many members on these hosts."""
    return InstanceGroup(name="web", namespace="shop", policy=policy, hosts=hosts)


@EACH
@pytest.mark.parametrize("other", POLICIES)
def test_only_its_own_policy(cls: type[ServerGroupFilter], policy: str, other: str) -> None:
    """Requests of groups with another policy pass everywhere, also beside members."""
    found = reasons(cls(), table(host("a"), host("b")), spec(instance_group=group(other, a=9)))
    assert (found == [None, None]) == (other != policy)


@EACH
def test_without_a_group(cls: type[ServerGroupFilter], policy: str) -> None:
    """A request of no group passes everywhere."""
    assert policy
    assert reasons(cls(), table(host("a"), host("b")), spec()) == [None, None]
    (source,) = cls().explain(host("a"), spec()).sources
    where = "pod has no annotation nova-extender.io/server_group"
    assert (source.name, source.value, source.where) == ("server_group", "none", where)


@EACH
def test_tells_the_group_and_its_policy(cls: type[ServerGroupFilter], policy: str) -> None:
    """Also where the policy is another's, and so there is nothing more to tell."""
    for given in (policy, "soft-affinity"):
        facts = cls().explain(host("a"), spec(instance_group=group(given, a=1)))
        assert [(s.name, s.value, s.where) for s in facts.sources[:2]] == [
            ("server_group", "web", "pod annotation nova-extender.io/server_group"),
            ("policy", given, "ServerGroup shop/web"),
        ]
        assert (len(facts.sources) > 2) == (given == policy)
        assert (facts.need is not None) == (given == policy)


@EACH
def test_runs_for_every_instance(cls: type[ServerGroupFilter], policy: str) -> None:
    """The members placed so far change with each instance of a request."""
    assert policy
    assert cls().run_filter_for_index(1)
    assert not cls.RUN_ON_REBUILD
