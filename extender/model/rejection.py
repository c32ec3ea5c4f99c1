"""One pod that a kubelet did not take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A pod that was bound and then refused by its node's kubelet, for want of a better host.

    Args:
        uid: the pod; one pod is rejected at most once.
        owner: what its retry history is kept under, see ``Contribution.owner``.
        namespace: the pod's.
        name: the pod's.
        host: the node that refused it.
        reason: ``status.reason``, such as ``OutOfcpu``.
        at: when it was bound there, seconds since the epoch.
    """

    uid: str
    owner: str
    namespace: str
    name: str
    host: str
    reason: str
    at: float
