"""Which of the node life cycle's taints a pod tolerates, so far as scheduling goes.

Source: ``Toleration.ToleratesTaint``. Only the effect NoSchedule is asked about: every pod gets
tolerations of not-ready and unreachable with effect NoExecute from the API server, which let it
stay on a node for a while, not start there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extender.translate.schema import Pod, Toleration

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"


def tolerates_unschedulable(pod: Pod) -> bool:
    """Whether the pod may start on a cordoned node."""
    return any(_tolerates(t, UNSCHEDULABLE) for t in _tolerations(pod))


def tolerates_not_ready(pod: Pod) -> bool:
    """Whether the pod may start on a node that is not ready, or not reachable."""
    return any(_tolerates(t, NOT_READY) or _tolerates(t, UNREACHABLE) for t in _tolerations(pod))


def _tolerations(pod: Pod) -> list[Toleration]:
    return (pod.spec.tolerations if pod.spec is not None else None) or []


def _tolerates(toleration: Toleration, taint: str) -> bool:
    """Whether a toleration matches a taint of this key, no value and effect NoSchedule."""
    if toleration.effect not in (None, "", "NoSchedule"):
        return False
    if toleration.operator == "Exists":
        return toleration.key in (None, "", taint)
    # Lt and Gt compare numbers, and these taints have no value.
    return (
        toleration.operator in (None, "", "Equal")
        and toleration.key == taint
        and not toleration.value
    )
