"""How it went for a pod on its node: whether it started, and whether the kubelet rejected it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extender.model.rejection import Rejection
from extender.translate.owners import identity, owner_key
from extender.translate.schema import NO_POD_STATUS
from extender.translate.times import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extender.translate.schema import ContainerStatus, Pod, PodStatus

OUT_OF = "OutOf"
"""How the reasons begin that name a resource the node has not enough of: ``OutOfcpu``."""

ELSEWHERE = frozenset(
    {
        "NodeAffinity",
        "NodeName",
        "NodePorts",
        "TaintToleration",
        "UnexpectedAdmissionError",
        "TopologyAffinityError",
        "SMTAlignmentError",
        "NodeShutdown",
        "VolumeAttachmentLimitExceeded",
        "PodFeatureUnsupported",
        "PodLevelResourcesNotSupported",
        "SupplementalGroupsPolicyNotSupported",
        "AppArmor",
        "SysctlForbidden",
        "PodOSNotSupported",
        "PodOSSelectorNodeLabelDoesNotMatch",
        "InitContainerRestartPolicyForbidden",
        "InvalidNodeInfo",
        "UnknownReason",
        "UnexpectedPredicateFailureType",
    }
)
"""The other reasons of a kubelet's rejection after which another node may do.

Source: ``pkg/kubelet/lifecycle/predicate.go`` and the kubelet's admit handlers, Kubernetes 1.37.
``EmptyPodSharedPoolError`` is none of them (the pod itself is wrong), nor is what ends a pod that
was taken: ``Evicted``, ``Terminated``, ``Preempting``, ``DeadlineExceeded``, ``NodeLost``.
"""

LONGEST_REASON = 512
"""Characters of a reason that are kept. A resource's name has at most 317."""


def started(pod: Pod) -> float | None:
    """When the first of the pod's containers started, seconds since the epoch; ``None`` before.

    That shows that the node took the pod, which is Nova's successful build. Init containers count:
    they run after all that a kubelet may reject a pod for. Restarts say nothing new, and a pod that
    keeps crashing must not wipe out its siblings' history again and again, so the time stays the
    first start's as long as the status tells it: a container's last run but one is not told, and
    after a second restart the pod's ``startTime`` stands in, when the kubelet took it.
    """
    status = pod.status
    if status is None:
        return None
    times: list[float] = []
    restarted = False
    for container in _containers(status):
        restarted = restarted or (container.restart_count or 0) > 1
        times += _starts(container)
    if not times:
        return None
    taken = seconds(status.start_time) if restarted else None
    return min(times) if taken is None else min(taken, *times)


def rejection(pod: Pod) -> Rejection | None:
    """The pod's rejection by its kubelet, where another node may do; else ``None``.

    The time is that of the binding (condition PodScheduled), else that of the pod's creation; the
    API server gives at least the latter. Without either it is 0, long ago.
    """
    status = pod.status or NO_POD_STATUS
    reason = status.reason or ""
    if pod.phase != "Failed" or not pod.node_name:
        return None
    if not reason.startswith(OUT_OF) and reason not in ELSEWHERE:
        return None
    if started(pod) is not None:
        return None
    return Rejection(
        uid=identity(pod),
        owner=owner_key(pod),
        namespace=pod.namespace,
        name=pod.name,
        host=pod.node_name,
        reason=reason[:LONGEST_REASON],
        at=_scheduled(status) or seconds(pod.meta.creation_timestamp) or 0.0,
    )


def _containers(status: PodStatus) -> Iterator[ContainerStatus]:
    yield from status.container_statuses or ()
    yield from status.init_container_statuses or ()


def _starts(container: ContainerStatus) -> Iterator[float]:
    for state in (container.state, container.last_state):
        if state is None:
            continue
        for run in (state.running, state.terminated):
            if run is not None and (time := seconds(run.started_at)) is not None:
                yield time


def _scheduled(status: PodStatus) -> float | None:
    for condition in status.conditions or ():
        if condition.type == "PodScheduled":
            return seconds(condition.last_transition_time)
    return None
