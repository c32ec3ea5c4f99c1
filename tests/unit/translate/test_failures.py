"""Starts and rejections."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.model.rejection import Rejection
from extender.translate.failures import rejection, started
from extender.translate.objects import Pod, decode_pod
from tests.unit.translate.making import bound

EPOCH_2000 = 946684800.0


def at(second: int) -> str:
    """So many seconds into the year 2000, below a minute."""
    return f"2000-01-01T00:00:{second:02}Z"


def running(second: int) -> dict[str, Any]:
    """A state: running since then."""
    return {"running": {"startedAt": at(second)}}


def ended(second: int | None, text: str | None = None) -> dict[str, Any]:
    """A state: terminated, started then."""
    return {"terminated": {"startedAt": text if second is None else at(second), "exitCode": 1}}


WAITING: dict[str, Any] = {"waiting": {"reason": "ContainerCreating"}}


def one(state: Any, last: Any = None, restarts: int = 0) -> dict[str, Any]:
    """A container's status."""
    return {"name": "main", "state": state, "lastState": last or {}, "restartCount": restarts}


# -- started -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "second"),
    [
        ({}, None),
        ({"containerStatuses": None}, None),
        ({"containerStatuses": [{"name": "main"}]}, None),
        ({"containerStatuses": [one(WAITING)]}, None),
        ({"startTime": at(1), "containerStatuses": [one(WAITING)]}, None),
        ({"containerStatuses": [one(running(20))]}, 20),
        ({"containerStatuses": [one(ended(20))]}, 20),
        ({"containerStatuses": [one(WAITING, ended(20), 1)]}, 20),
        ({"containerStatuses": [one(running(30), ended(20), 1)]}, 20),
        ({"containerStatuses": [one(WAITING), one(running(30)), one(running(20))]}, 20),
        ({"initContainerStatuses": [one(running(20))], "containerStatuses": [one(WAITING)]}, 20),
        # The first start is still told after one restart, not after two.
        ({"startTime": at(5), "containerStatuses": [one(running(30), ended(20), 1)]}, 20),
        ({"startTime": at(5), "containerStatuses": [one(running(40), ended(30), 2)]}, 5),
        ({"containerStatuses": [one(running(40), ended(30), 2)]}, 30),
        ({"startTime": at(35), "containerStatuses": [one(running(40), ended(30), 2)]}, 30),
        # What never ran: the runtime's epoch, the kubelet's null.
        ({"containerStatuses": [one(ended(None, "1970-01-01T00:00:00Z"))]}, None),
        ({"containerStatuses": [one(ended(None))]}, None),
        ({"containerStatuses": [one(ended(None, "yesterday"))]}, None),
    ],
)
def test_started(status: dict[str, Any], second: int | None) -> None:
    """The first start that the status tells, and not before there was one."""
    expected = None if second is None else EPOCH_2000 + second
    assert started(bound(status=status)) == expected


def test_restarts_do_not_move_the_start() -> None:
    """A pod that crashes for hours has started once."""
    told = [
        one(running(10)),
        one(WAITING, ended(10), 1),
        one(running(20), ended(10), 1),
        one(WAITING, ended(20), 2),
        one(running(30), ended(20), 2),
        one(running(50), ended(40), 99),
    ]
    times = [
        started(bound(status={"startTime": at(8), "containerStatuses": [status]}))
        for status in told
    ]
    assert times == [EPOCH_2000 + 10] * 3 + [EPOCH_2000 + 8] * 3


def test_a_pod_without_status() -> None:
    """Has not started."""
    assert started(decode_pod(b"{}")) is None


# -- rejection -----------------------------------------------------------------------------------

SCHEDULED = {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(7)}


def failed(reason: str | None = "OutOfcpu", **status: Any) -> Pod:
    """Pod default/web of a ReplicaSet, rejected on node-a; ``status`` replaces parts of it."""
    whole = {"phase": "Failed", "reason": reason, "conditions": [SCHEDULED], **status}
    owner = {"kind": "ReplicaSet", "uid": "o1", "controller": True}
    return bound(status=whole, ownerReferences=[owner], creationTimestamp=at(3))


def test_rejection() -> None:
    """Who was rejected where and why, when it was bound, and whose history it belongs to."""
    assert rejection(failed()) == Rejection(
        uid="u1",
        owner="default/o1",
        namespace="default",
        name="web",
        host="node-a",
        reason="OutOfcpu",
        at=EPOCH_2000 + 7,
    )


@pytest.mark.parametrize(
    ("reason", "elsewhere"),
    [
        ("OutOfcpu", True),
        ("OutOfmemory", True),
        ("OutOfephemeral-storage", True),
        ("OutOfpods", True),
        ("OutOfnvidia.com/gpu", True),
        ("NodeAffinity", True),
        ("NodeName", True),
        ("NodePorts", True),
        ("TaintToleration", True),
        ("UnexpectedAdmissionError", True),
        ("TopologyAffinityError", True),
        ("SMTAlignmentError", True),
        ("NodeShutdown", True),
        ("VolumeAttachmentLimitExceeded", True),
        ("PodFeatureUnsupported", True),
        ("PodLevelResourcesNotSupported", True),
        ("SupplementalGroupsPolicyNotSupported", True),
        ("AppArmor", True),
        ("SysctlForbidden", True),
        ("PodOSNotSupported", True),
        ("PodOSSelectorNodeLabelDoesNotMatch", True),
        ("InitContainerRestartPolicyForbidden", True),
        ("InvalidNodeInfo", True),
        ("UnknownReason", True),
        ("UnexpectedPredicateFailureType", True),
        ("EmptyPodSharedPoolError", False),
        ("Evicted", False),
        ("Terminated", False),
        ("Preempting", False),
        ("DeadlineExceeded", False),
        ("NodeLost", False),
        ("outofcpu", False),
        ("CrashLoopBackOff", False),
        ("", False),
        (None, False),
    ],
)
def test_reasons(reason: str | None, *, elsewhere: bool) -> None:
    """Those after which another node may do."""
    assert (rejection(failed(reason)) is not None) is elsewhere


@pytest.mark.parametrize(
    ("rejected", "status"),
    [
        (False, {"phase": "Succeeded"}),
        (False, {"phase": "Running"}),
        (False, {"phase": None}),
        (False, {"containerStatuses": [one(running(9))]}),
        (False, {"containerStatuses": [one(ended(9))]}),
        (False, {"containerStatuses": [one(WAITING, ended(9), 1)]}),
        (False, {"initContainerStatuses": [one(ended(9))]}),
        (True, {"startTime": at(9)}),
        (True, {"containerStatuses": [one(WAITING)]}),
        # The kubelet marks a container so that it never started when it gives the pod up.
        (True, {"containerStatuses": [one(ended(None))]}),
    ],
)
def test_a_pod_that_ran_was_not_rejected(rejected: bool, status: dict[str, Any]) -> None:
    """Only a Failed pod none of whose containers ever started."""
    assert (rejection(failed(**status)) is not None) is rejected


def test_a_pod_that_was_not_bound() -> None:
    """No kubelet has rejected it."""
    whole = {"spec": {}, "status": {"phase": "Failed", "reason": "OutOfcpu"}}
    assert rejection(decode_pod(json.dumps(whole).encode())) is None


@pytest.mark.parametrize(
    ("conditions", "time"),
    [
        ([SCHEDULED], EPOCH_2000 + 7),
        ([{"type": "Ready", "lastTransitionTime": at(1)}, SCHEDULED], EPOCH_2000 + 7),
        ([], EPOCH_2000 + 3),
        (None, EPOCH_2000 + 3),
        ([{"type": "Ready", "lastTransitionTime": at(1)}], EPOCH_2000 + 3),
        ([{"type": "PodScheduled"}], EPOCH_2000 + 3),
        ([{"type": "PodScheduled", "lastTransitionTime": "soon"}], EPOCH_2000 + 3),
    ],
)
def test_time_of_a_rejection(conditions: object, time: float) -> None:
    """When the pod was bound, else created."""
    found = rejection(failed(conditions=conditions))
    assert found is not None
    assert found.at == time


def test_a_rejection_from_a_file() -> None:
    """Without UID and times: named by its name, and too long ago to count."""
    raw = (
        b'{"metadata": {"name": "p", "namespace": "ns"}, "spec": {"nodeName": "a"},'
        b' "status": {"phase": "Failed", "reason": "OutOfpods"}}'
    )
    found = rejection(decode_pod(raw))
    assert found is not None
    assert (found.uid, found.owner, found.at) == ("ns/p", "ns/p", 0.0)


def test_long_reasons_are_cut() -> None:
    """Whoever may write a pod's status cannot fill the memory with it."""
    found = rejection(failed("OutOf" + "x" * 100_000))
    assert found is not None
    assert found.reason == "OutOf" + "x" * 507
