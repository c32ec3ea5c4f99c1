"""What a pod takes off its node."""

from __future__ import annotations

import pytest

from extender.model.contribution import Contribution
from extender.model.flavor import GIB
from extender.model.host_parts import Instance
from extender.translate.objects import Pod, decode_pod
from extender.translate.share import claimed, contribution
from tests.unit.translate.making import SMALL_REQUESTS, bound, container, owner, pod


def test_contribution() -> None:
    """What a running pod takes off its node."""
    running = bound(
        {"containers": [container(requests=SMALL_REQUESTS)], "priority": 7},
        None,
        {"flavor": "m1.small", "server_group": " web "},
    )
    assert contribution(running) == Contribution(
        instance=Instance("u1", "default", "web", "m1.small"),
        host="node-a",
        milli_vcpus=1000,
        memory=2 * GIB,
        disk=20 * GIB,
        group="web",
        priority=7,
        owner="u1",
    )


def test_contribution_with_image_properties() -> None:
    """By name and text; what cannot be read counts as none, and is told (test_image_properties)."""
    counted = contribution(bound(None, None, {"image_properties": '{"vm_mode": "exe", "b": 1}'}))
    assert counted is not None
    assert counted.instance.image_properties == (("b", "1"), ("hw_vm_mode", "exe"))
    assert counted.problems == ()
    counted = contribution(bound(None, None, {"image_properties": '{"vm_mode": "pod"}'}))
    assert counted is not None
    assert counted.instance.image_properties == ()
    assert "'vm_mode' is \"pod\"" in counted.problems[0]


def test_contribution_of_a_pod_that_started() -> None:
    """Its line, and when its first container started (test_failures has the rules)."""
    state = {"running": {"startedAt": "1970-01-01T00:01:40Z"}}
    status = {"containerStatuses": [{"name": "main", "state": state}]}
    counted = contribution(bound(status=status, ownerReferences=owner("Job", controller=True)))
    assert counted is not None
    assert (counted.owner, counted.started) == ("default/o1", 100.0)


@pytest.mark.parametrize(
    ("counts", "asked"),
    [
        (False, pod()),
        (False, bound(status={"phase": "Succeeded"})),
        (False, bound(status={"phase": "Failed"})),
        (False, bound(status={"phase": "Failed"}, deletionTimestamp="2026-01-02T03:04:05Z")),
        (False, bound({"nodeName": ""})),
        (True, bound()),
        (True, bound(status={"phase": "Pending"})),
        (True, bound(status={"phase": "Unknown"})),
        (True, bound(deletionTimestamp="2026-01-02T03:04:05Z")),
        (True, bound({"schedulerName": "other"})),
        (True, bound(ownerReferences=owner("DaemonSet", controller=True))),
        (True, bound(ownerReferences=owner("Node", controller=True))),
    ],
)
def test_which_pods_count(counts: bool, asked: Pod) -> None:
    """Bound and not ended: terminating, static, DaemonSet and other schedulers' pods too."""
    assert (contribution(asked) is not None) is counts


@pytest.mark.parametrize(
    ("phase", "deleted", "io_op"),
    [
        ("Running", None, False),
        ("Pending", None, True),
        ("Running", "2026-01-02T03:04:05Z", True),
        ("Pending", "2026-01-02T03:04:05Z", True),
        ("Unknown", None, False),
        (None, None, True),
    ],
)
def test_io_op(phase: str | None, deleted: str | None, io_op: bool) -> None:
    """Starting or terminating; a pod without a phase is Pending, as the API server has it."""
    counted = contribution(bound(status={"phase": phase}, deletionTimestamp=deleted))
    assert counted is not None
    assert (counted.io_op, counted.terminating) == (io_op, deleted is not None)


def test_a_bound_pod_counts_by_its_status() -> None:
    """A resize downwards that is not done yet still holds what was allocated."""
    status = {"containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "2"}}]}
    counted = contribution(bound({"containers": [container(requests={"cpu": "1"})]}, status))
    assert counted is not None
    assert counted.milli_vcpus == 2000


def test_what_cannot_be_read_does_not_hide_the_pod() -> None:
    """Quantities count as 0, annotations as none, and all of it is told."""
    bad = bound(
        {"containers": [container(requests={"cpu": "x", "memory": "1Gi"})]},
        None,
        {"flavor": "f" * 70_000, "server_group": "g" * 70_000, "retry": "["},
    )
    counted = contribution(bad)
    assert counted is not None
    assert (counted.milli_vcpus, counted.memory) == (0, GIB)
    assert (counted.instance.flavor, counted.group) == ("", None)
    assert [problem.split(":")[0] for problem in counted.problems] == [
        "spec.containers['main'].resources.requests.cpu",
        "annotation nova-extender.io/flavor",
        "annotation nova-extender.io/server_group",
    ]


VIRTUAL_REQUESTS = {
    "cpu": "250m",
    "memory": "1Gi",
    "nova-extender.io/vcpu": "4",
    "nova-extender.io/disk-gb": "2",
}


def test_a_virtual_pod() -> None:
    """It takes what it asks for of ours, bound or claimed; memory it asks for in earnest."""
    spec = {"containers": [container(requests=VIRTUAL_REQUESTS)]}
    for share in (contribution(bound(spec)), claimed(pod(spec), "node-a")):
        assert share is not None
        assert (share.milli_vcpus, share.memory, share.disk) == (4000, GIB, 2 * GIB)
        assert share.virtual == (3750, 0, 2 * GIB)
        assert (share.extended, share.problems) == ((), ())


def test_most_pods_are_not_virtual() -> None:
    """Nothing of them is counted by the extender only."""
    spec = {"containers": [container(requests={**SMALL_REQUESTS, "nvidia.com/gpu": "1"})]}
    share = contribution(bound(spec))
    assert share is not None
    assert (share.virtual, share.extended) == (None, (("nvidia.com/gpu", 1),))


def test_claimed() -> None:
    """A pending pod as if it were on the host already: it starts there."""
    pending = pod(
        {"containers": [container(requests=SMALL_REQUESTS)], "priority": 7},
        None,
        {"flavor": "m1.small", "server_group": "web"},
        ownerReferences=owner("StatefulSet", controller=True),
    )
    assert claimed(pending, "node-b") == Contribution(
        instance=Instance("u1", "default", "web", "m1.small"),
        host="node-b",
        milli_vcpus=1000,
        memory=2 * GIB,
        disk=20 * GIB,
        io_op=True,
        group="web",
        priority=7,
        owner="default/o1/web",
    )


def test_claimed_never_raises() -> None:
    """What cannot be read counts as 0 or as none, and is told."""
    bad = pod(
        {"containers": [container(requests={"cpu": "x", "memory": "1Gi"})]},
        None,
        {"server_group": "g" * 70_000},
    )
    share = claimed(bad, "node-b")
    assert (share.milli_vcpus, share.memory, share.group) == (0, GIB, None)
    assert len(share.problems) == 2
    nothing = claimed(decode_pod(b"{}"), "node-b")
    assert (nothing.host, nothing.instance.uuid, nothing.problems) == ("node-b", "", ())


def test_no_problems() -> None:
    """Of a pod that reads well there is nothing to tell."""
    counted = contribution(bound())
    assert counted is not None
    assert counted.problems == ()
