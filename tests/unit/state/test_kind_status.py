"""The statuses of our own kinds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from extender.model.groups import HostAggregate
from extender.state.cluster import Cluster
from extender.state.kind_feed import Held
from extender.state.kind_record import FLAVOR, HOST_AGGREGATE, SERVER_GROUP, Kind, KindRecord
from extender.state.kind_status import (
    Status,
    aggregate_status,
    flavor_status,
    group_status,
    hosts_by_aggregate,
    misunderstood,
    unknown_hosts,
)
from tests.builders import aggregate, host
from tests.kind_specs import schema

T1, T2 = "2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z"


def held(kind: Kind[Any], effective: Any = None, error: str = "", generation: int = 3) -> Held[Any]:
    """An object as held: in effect, or not."""
    parsed = None if error else effective
    record = KindRecord(kind=kind, name="x", generation=generation, parsed=parsed, error=error)
    return Held(record, effective)


def of(status: Any, condition: str) -> dict[str, Any]:
    """A condition of a status."""
    (found,) = [one for one in status["conditions"] if one["type"] == condition]
    return dict(found)


def test_an_aggregate_that_is_understood() -> None:
    """Counts, and both conditions, whole."""
    status = aggregate_status(held(HOST_AGGREGATE, aggregate("x")), 4, ["ghost"], {}, T1)
    assert status == {
        "observedGeneration": 3,
        "hosts": 4,
        "unknownHosts": ["ghost"],
        "conditions": [
            {
                "type": "Accepted",
                "status": "True",
                "reason": "Understood",
                "message": "the spec is in effect",
                "observedGeneration": 3,
                "lastTransitionTime": T1,
            },
            {
                "type": "MetadataUnderstood",
                "status": "True",
                "reason": "Understood",
                "message": "every value whose meaning is known can be read",
                "observedGeneration": 3,
                "lastTransitionTime": T1,
            },
        ],
    }


def test_a_status_is_its_own_fixed_point() -> None:
    """What was written and comes back needs no writing, however late it is."""
    makers: list[Callable[[Status, str], Status]] = [
        lambda s, now: aggregate_status(held(HOST_AGGREGATE, aggregate("x")), 1, [], s, now),
        lambda s, now: aggregate_status(held(HOST_AGGREGATE, error="bad"), 0, [], s, now),
        lambda s, now: flavor_status(held(FLAVOR, object()), s, now),
        lambda s, now: group_status(held(SERVER_GROUP, object()), 2, 1, s, now),
    ]
    for make in makers:
        once = make({}, T1)
        assert make(json.loads(json.dumps(once)), T2) == once


def test_transition_times() -> None:
    """The time is when the status turned, not when the message or the generation changed."""
    good = flavor_status(held(FLAVOR, object()), {}, T1)
    newer = flavor_status(held(FLAVOR, object(), generation=4), good, T2)
    assert of(newer, "Accepted")["lastTransitionTime"] == T1
    assert (newer["observedGeneration"], of(newer, "Accepted")["observedGeneration"]) == (4, 4)
    turned = flavor_status(held(FLAVOR, error="bad"), good, T2)
    assert of(turned, "Accepted")["lastTransitionTime"] == T2
    worse = flavor_status(held(FLAVOR, error="worse"), turned, "2026-01-02T05:00:00Z")
    assert of(worse, "Accepted")["lastTransitionTime"] == T2


def test_what_cannot_be_read() -> None:
    """The error word for word, and what is in effect instead; metadata is then nobody's guess."""
    never = aggregate_status(held(HOST_AGGREGATE, error="hosts is a text"), 0, [], {}, T1)
    assert of(never, "Accepted")["status"] == "False"
    assert of(never, "Accepted")["reason"] == "NotUnderstood"
    assert of(never, "Accepted")["message"] == "hosts is a text. It is not in effect"
    assert [one["type"] for one in never["conditions"]] == ["Accepted"]
    slip = held(HOST_AGGREGATE, aggregate("x"), error="hosts is a text")
    after = of(aggregate_status(slip, 2, [], {}, T1), "Accepted")
    assert (after["status"], after["reason"]) == ("False", "LastUnderstoodStays")
    assert after["message"] == (
        "hosts is a text. Meanwhile the last spec that could be read stays in effect"
    )


def test_a_condition_of_somebody_else_is_kept() -> None:
    """Ours that holds no longer goes; what others wrote stays; what is no condition is dropped."""
    theirs = {"type": "Reviewed", "status": "True"}
    current = {
        "conditions": [theirs, {"type": "MetadataUnderstood", "status": "True"}, "x", {"type": 3}]
    }
    status = aggregate_status(held(HOST_AGGREGATE, error="bad"), 0, [], current, T1)
    assert [one["type"] for one in status["conditions"]] == ["Accepted", "Reviewed"]
    assert status["conditions"][1] == theirs
    assert len(flavor_status(held(FLAVOR, object()), {"conditions": 5}, T1)["conditions"]) == 1


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"availability_zone": "az1", "instance_type": "m1.small,m1.large", "anything": "at all"},
        {"cpu_allocation_ratio": "16.0", "ram_allocation_ratio": " 1.5 ", "owner": "none"},
        # Nova reads numbers as Python does.
        {"disk_allocation_ratio": "1e1", "cpu_weight_multiplier": "-1_0.5"},
        {"max_instances_per_host": " 50 ", "max_io_ops_per_host": "-1"},
        {"max_instances_per_host": "9" * 400},
        {"availability_zone": " ,az2"},
    ],
)
def test_metadata_that_can_be_read(metadata: dict[str, str]) -> None:
    """What no filter reads is fine, and what Python takes for a number is one."""
    assert misunderstood(metadata) == []


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("cpu_allocation_ratio", "sixteen", "a finite number, such as 1.5"),
        ("ram_allocation_ratio", "1,5", "a finite number, such as 1.5"),
        ("disk_allocation_ratio", "", "a finite number, such as 1.5"),
        ("disk_allocation_ratio", "inf", "a finite number, such as 1.5"),
        ("cpu_allocation_ratio", "1e999", "a finite number, such as 1.5"),
        ("ram_weight_multiplier", "nan", "a finite number, such as 1.5"),
        ("metrics_weight_multiplier", "x", "a finite number, such as 1.5"),
        ("max_instances_per_host", "8.5", "a whole number, such as 50"),
        ("max_io_ops_per_host", "many", "a whole number, such as 50"),
        ("availability_zone", "", "a zone, or several with commas between them"),
        ("availability_zone", " , ", "a zone, or several with commas between them"),
    ],
)
def test_metadata_that_cannot_be_read(key: str, value: str, accepted: str) -> None:
    """The key, the value and what would be right."""
    assert misunderstood({key: value, "other": "x"}) == [
        f"{key!r} is {value!r}; accepted: {accepted}"
    ]
    found = HostAggregate("x", metadata={key: value})
    condition = of(
        aggregate_status(held(HOST_AGGREGATE, found), 1, [], {}, T1), "MetadataUnderstood"
    )
    assert (condition["status"], condition["reason"]) == ("False", "ValueNotUnderstood")
    assert condition["message"] == f"{key!r} is {value!r}; accepted: {accepted}"


def test_much_metadata_that_cannot_be_read() -> None:
    """Five are named, the others counted; a message stays short however long the values are."""
    metadata = {f"{n}_weight_multiplier": "ö" * 4000 for n in range(8)}
    found = HostAggregate("x", metadata=metadata)
    condition = of(
        aggregate_status(held(HOST_AGGREGATE, found), 1, [], {}, T1), "MetadataUnderstood"
    )
    assert condition["message"].count("accepted:") == 5
    assert condition["message"].endswith(". and 3 more")
    long = of(flavor_status(held(FLAVOR, error="e" * 40000), {}, T1), "Accepted")
    assert (len(long["message"]), long["message"][-1]) == (2000, "…")


def test_counting_hosts() -> None:
    """Nodes by aggregate; names that no node has, ten of them, in order."""
    cluster = Cluster()
    for name in ("a", "b"):
        cluster.put_host(host(name))
    listed = aggregate("one", hosts=["b", "a", *(f"ghost-{n:02}" for n in range(12))])
    cluster.replace_aggregates([listed, aggregate("two", hosts=["a"]), aggregate("none")])
    assert hosts_by_aggregate(cluster) == {"one": 2, "two": 1}
    assert unknown_hosts(cluster, listed) == [f"ghost-{n:02}" for n in range(10)]
    assert unknown_hosts(cluster, cluster.aggregates["two"]) == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("HostAggregate", aggregate_status(held(HOST_AGGREGATE, aggregate("x")), 4, ["a"], {}, T1)),
        ("Flavor", flavor_status(held(FLAVOR, object()), {}, T1)),
        ("ServerGroup", group_status(held(SERVER_GROUP, object()), 4, 2, {}, T1)),
    ],
)
def test_the_schema_has_a_place_for_all_of_it(kind: str, status: Any) -> None:
    """The API server drops fields that its schema does not name, and says nothing."""
    properties = schema(kind)["properties"]["status"]["properties"]
    assert status.keys() == properties.keys()
    for condition in status["conditions"]:
        assert condition.keys() == properties["conditions"]["items"]["properties"].keys()
