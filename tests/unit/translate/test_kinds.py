"""HostAggregate, Flavor and ServerGroup objects as Nova's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.translate.errors import TranslateError
from extender.translate.kinds import aggregate, flavor, server_group
from extender.translate.objects import decode_aggregate, decode_flavor, decode_server_group
from tests.kind_specs import BAD, GOOD, Bad, Good, label, thing

READERS: dict[str, Callable[[bytes], HostAggregate | Flavor | InstanceGroup]] = {
    "HostAggregate": lambda raw: aggregate(decode_aggregate(raw)),
    "Flavor": lambda raw: flavor(decode_flavor(raw)),
    "ServerGroup": lambda raw: server_group(decode_server_group(raw)),
}


def raw(spec: object, **metadata: Any) -> bytes:
    """The JSON of an object named ``thing`` with this spec."""
    return json.dumps({"metadata": {"name": "thing", **metadata}, "spec": spec}).encode()


def aggregate_of(spec: object, **metadata: Any) -> HostAggregate:
    """A HostAggregate read."""
    return aggregate(decode_aggregate(raw(spec, **metadata)))


def flavor_of(spec: object, **metadata: Any) -> Flavor:
    """A Flavor read."""
    return flavor(decode_flavor(raw(spec, **metadata)))


def group_of(spec: object, **metadata: Any) -> InstanceGroup:
    """A ServerGroup read."""
    return server_group(decode_server_group(raw(spec, namespace="shop", uid="g1", **metadata)))


def test_aggregate() -> None:
    """Hosts, selector and metadata, word for word."""
    read = aggregate_of(
        {
            "hosts": ["node-a", "node-b"],
            "nodeSelector": {"disk": "ssd"},
            "metadata": {"cpu_allocation_ratio": "4.0"},
        }
    )
    assert read.name == "thing"
    assert read.hosts == {"node-a", "node-b"}
    assert read.node_selector == {"disk": "ssd"}
    assert read.metadata == {"cpu_allocation_ratio": "4.0"}


@pytest.mark.parametrize(
    "spec",
    [None, {}, {"hosts": None, "nodeSelector": None, "metadata": None}, {"nodeSelector": {}}],
)
def test_empty_aggregate(spec: object) -> None:
    """Nothing given means no hosts, and an empty selector selects nothing."""
    read = aggregate_of(spec)
    assert (read.hosts, read.node_selector, dict(read.metadata)) == (frozenset(), None, {})
    assert not read.has("node-a", {})


def test_flavor() -> None:
    """VCPUs to milli-cores, MiB and GiB to bytes."""
    read = flavor_of(
        {
            "vcpus": 2,
            "ram": 512,
            "disk": 10,
            "ephemeral": 5,
            "swap": 256,
            "extra_specs": {"hw:numa_nodes": "1"},
        }
    )
    assert (read.name, read.milli_vcpus, read.memory) == ("thing", 2000, 512 * MIB)
    assert (read.root, read.ephemeral, read.swap_bytes) == (10 * GIB, 5 * GIB, 256 * MIB)
    assert read.extra_specs == {"hw:numa_nodes": "1"}


@pytest.mark.parametrize("spec", [None, {}, {"vcpus": None, "extra_specs": None}])
def test_empty_flavor(spec: object) -> None:
    """Sizes left out are 0."""
    assert flavor_of(spec) == Flavor(name="thing", extra_specs={})


def test_server_group() -> None:
    """Policy and rule; members are not the object's to say."""
    read = group_of({"policy": "anti-affinity", "rules": {"max_server_per_host": 3}})
    assert read == InstanceGroup(
        name="thing", namespace="shop", policy="anti-affinity", uuid="g1", max_server_per_host=3
    )


@pytest.mark.parametrize(
    "policy", ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]
)
def test_policies(policy: str) -> None:
    """Nova's four policies, each with one server a host unless a rule says otherwise."""
    assert group_of({"policy": policy, "rules": None}).max_server_per_host == 1


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"hosts": ["a", ""]}, "HostAggregate thing: spec.hosts[1] is ''; accepted: the name of a"),
        (
            {"hosts": ["a", "b", "a"]},
            "HostAggregate thing: spec.hosts[2] is a again; accepted: each name once",
        ),
        (
            {"hosts": [f"n{number}" for number in range(5001)]},
            "HostAggregate thing: spec.hosts has 5001 names; accepted: at most 5000",
        ),
        (
            {"nodeSelector": {"a b": "c"}},
            "HostAggregate thing: spec.nodeSelector has the key 'a b'; accepted: keys of labels",
        ),
        (
            {"nodeSelector": {"a": "-"}},
            "HostAggregate thing: spec.nodeSelector[a] is '-'; accepted: the value of a label",
        ),
        (
            {"metadata": {"k": "v" * 4097}},
            "HostAggregate thing: spec.metadata['k'] has 4097 characters; accepted: at most 4096",
        ),
        ({"metadata": {"k": None}}, "HostAggregate 'thing': spec.metadata[...] is null; accepted"),
        ({"hosts": "a"}, "HostAggregate 'thing': spec.hosts is a text; accepted: a list"),
        ({"hosts": [1]}, "HostAggregate 'thing': spec.hosts[0] is a whole number; accepted: a te"),
        ({"metadata": {"k": 2}}, "HostAggregate 'thing': spec.metadata[...] is a whole number; "),
        ({"metadata": {"k": True}}, "HostAggregate 'thing': spec.metadata[...] is true or false"),
        ({"nodeSelector": ["a"]}, "HostAggregate 'thing': spec.nodeSelector is a list; accepted"),
    ],
)
def test_bad_aggregates(spec: object, message: str) -> None:
    """The message says which aggregate, where, what was found and what is right."""
    with pytest.raises(TranslateError) as caught:
        aggregate_of(spec)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"vcpus": -1}, "Flavor thing: spec.vcpus is -1; accepted: 0 to 2147483647"),
        ({"swap": -5}, "Flavor thing: spec.swap is -5; accepted: 0 to 2147483647"),
        ({"ram": 2**31}, "Flavor 'thing': spec.ram is out of range"),
        ({"disk": 1.5}, "Flavor 'thing': spec.disk is a number; accepted: a whole number"),
        ({"ram": "512"}, "Flavor 'thing': spec.ram is a text; accepted: a whole number"),
        ({"ram": True}, "Flavor 'thing': spec.ram is true or false; accepted: a whole number"),
        ({"extra_specs": {"a": 1}}, "Flavor 'thing': spec.extra_specs[...] is a whole number; "),
    ],
)
def test_bad_flavors(spec: object, message: str) -> None:
    """Sizes are whole numbers of 31 bits, extra specs texts."""
    with pytest.raises(TranslateError) as caught:
        flavor_of(spec)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (None, "ServerGroup shop/thing: spec.policy: is missing; accepted: affinity, anti-aff"),
        ({"policy": ""}, "ServerGroup shop/thing: spec.policy: is missing; accepted: affinity"),
        ({"policy": "legacy"}, "ServerGroup shop/thing: spec.policy: 'legacy' is not a policy; "),
        ({"policy": 1}, "ServerGroup 'shop/thing': spec.policy is a whole number; accepted: a te"),
        (
            {"policy": "affinity", "rules": {"max_server_per_host": 2}},
            (
                "ServerGroup shop/thing: spec.rules.max_server_per_host does not go with policy "
                "affinity; accepted: policy anti-affinity"
            ),
        ),
        (
            {"policy": "anti-affinity", "rules": {"max_server_per_host": 0}},
            "ServerGroup shop/thing: spec.rules.max_server_per_host is 0; accepted: 1 to 21474836",
        ),
        (
            {"policy": "anti-affinity", "rules": {"max_server_per_host": "2"}},
            "ServerGroup 'shop/thing': spec.rules.max_server_per_host is a text; accepted: a whole",
        ),
    ],
)
def test_bad_server_groups(spec: object, message: str) -> None:
    """Known policies only, and the rule only with anti-affinity."""
    with pytest.raises(TranslateError) as caught:
        group_of(spec)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "name",
    [
        *("", "Thing", "a_b", "-a", "a-", "a b", "a/b", ".a", "a..b", "a.-b", "a" * 254, "ä"),
        "a\n",
    ],
)
def test_bad_names(name: str) -> None:
    """A name that the API server would not take is refused for every kind."""
    for read in (aggregate_of, flavor_of):
        with pytest.raises(TranslateError, match="is not a name; accepted: at most 253"):
            read({}, name=name)
    with pytest.raises(TranslateError, match="is not a name"):
        group_of({"policy": "affinity"}, name=name)


@pytest.mark.parametrize("name", ["a", "m1.small", "0", "a" * 253, "a-b.c"])
def test_good_names(name: str) -> None:
    """What the API server takes."""
    assert flavor_of({}, name=name).name == name


@pytest.mark.parametrize("case", GOOD, ids=label)
def test_what_the_schema_takes(case: Good) -> None:
    """A file may say what the API server would take, and means what the API server would store."""
    read = READERS[case.kind](json.dumps(thing(case.kind, case.spec)).encode())
    stored = READERS[case.kind](json.dumps(thing(case.kind, case.stored)).encode())
    if isinstance(read, HostAggregate):
        assert isinstance(stored, HostAggregate)
        # Aggregates are compared by identity.
        assert (read.hosts, read.node_selector) == (stored.hosts, stored.node_selector)
        assert read.metadata == stored.metadata
    else:
        assert read == stored


@pytest.mark.parametrize("case", BAD, ids=label)
def test_what_the_schema_refuses(case: Bad) -> None:
    """A file may not say what the API server would refuse; our own words are the same."""
    with pytest.raises(TranslateError) as caught:
        READERS[case.kind](json.dumps(thing(case.kind, case.spec)).encode())
    text = str(caught.value)
    assert case.where.removesuffix("[a]") in text
    assert "accepted: " in text
    if case.words.startswith("accepted: "):
        assert case.words in text
