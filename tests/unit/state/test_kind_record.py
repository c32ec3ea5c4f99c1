"""Objects of our own kinds, readable or not."""

from __future__ import annotations

from typing import Any

import pytest

from extender.state.kind_record import (
    FLAVOR,
    HOST_AGGREGATE,
    SERVER_GROUP,
    read_aggregate,
    read_flavor,
    read_group,
)
from extender.translate.errors import TranslateError
from tests.unit.verbs.making import raw

META = {
    "name": "web",
    "namespace": "shop",
    "uid": "u1",
    "resourceVersion": "17",
    "generation": 3,
}


def obj(spec: Any, status: Any = None, **meta: Any) -> dict[str, Any]:
    """An object as the API server shows it."""
    return {"metadata": {**META, **meta}, "spec": spec, "status": status}


def test_all_that_is_read() -> None:
    """Who it is, what state it is in, what was made of it, what status it has."""
    status = {"members": 2, "conditions": [{"type": "Accepted", "status": "True"}]}
    record = read_group(raw(obj({"policy": "affinity"}, status)))
    assert (record.name, record.namespace, record.uid) == ("web", "shop", "u1")
    assert (record.generation, record.resource_version) == (3, "17")
    assert record.parsed is not None
    assert (record.parsed.policy, record.parsed.uuid) == ("affinity", "u1")
    assert (record.error, record.status) == ("", status)
    assert record.kind is SERVER_GROUP


def test_paths_and_titles() -> None:
    """Where the API server has an object, and what people call it."""
    group = read_group(raw(obj({"policy": "affinity"})))
    assert group.path == "/apis/nova-extender.io/v1alpha1/namespaces/shop/servergroups/web"
    assert (group.title, group.key) == ("ServerGroup shop/web", ("shop", "web"))
    # A kind without namespaces has none, whatever a file says.
    found = read_aggregate(raw(obj({})))
    assert found.path == "/apis/nova-extender.io/v1alpha1/hostaggregates/web"
    assert (found.title, found.key) == ("HostAggregate web", ("", "web"))
    assert read_flavor(raw(obj({}))).path == "/apis/nova-extender.io/v1alpha1/flavors/web"
    assert [kind.path for kind in (HOST_AGGREGATE, FLAVOR, SERVER_GROUP)] == [
        "/apis/nova-extender.io/v1alpha1/hostaggregates",
        "/apis/nova-extender.io/v1alpha1/flavors",
        "/apis/nova-extender.io/v1alpha1/servergroups",
    ]


@pytest.mark.parametrize(
    ("read", "spec", "error"),
    [
        (read_aggregate, {"hosts": "a"}, "HostAggregate 'shop/web': spec.hosts is a text"),
        (read_aggregate, {"hosts": ["A"]}, "HostAggregate web: spec.hosts[0] is 'A'"),
        (read_flavor, {"vcpus": -1}, "Flavor web: spec.vcpus is -1; accepted: 0 to"),
        (read_group, {"policy": "x"}, "ServerGroup shop/web: spec.policy: 'x' is not a policy"),
        (read_group, None, "ServerGroup shop/web: spec.policy: is missing"),
    ],
)
def test_what_cannot_be_read_still_has_its_name(read: Any, spec: Any, error: str) -> None:
    """So that its status can say what is wrong, and its deletion be understood."""
    record = read(raw(obj(spec, {"hosts": 1})))
    assert record.parsed is None
    assert record.error.startswith(error)
    assert (record.name, record.uid, record.generation) == ("web", "u1", 3)
    assert record.status == {"hosts": 1}


@pytest.mark.parametrize("status", [None, "fine", 3, [], [1]])
def test_a_status_that_is_none(status: Any) -> None:
    """Anybody may write a status where no schema is in force."""
    assert read_flavor(raw(obj({}, status))).status == {}


def test_metadata_that_is_missing() -> None:
    """Files written by hand have little of it."""
    record = read_flavor(raw({"metadata": {"name": "m1"}}))
    assert (record.uid, record.generation, record.resource_version) == ("", 0, "")
    assert record.parsed is not None
    assert read_flavor(raw(obj({}, generation="3"))).generation == 0


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"metadata": {"name": 5}}',
        b'{"metadata": {"name": "a"}, "spec": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_objects_without_an_identity(text: bytes) -> None:
    """Not even whose object it is: one clear error, and no record."""
    with pytest.raises(TranslateError, match="Flavor"):
        read_flavor(text)
