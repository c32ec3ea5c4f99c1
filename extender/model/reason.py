"""Why a host was refused: a verdict is a reason, not a bool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What kind of obstacle a reason is, for dashboards and for sorting near misses."""

    CAPACITY = "capacity"
    POLICY = "policy"
    HOST = "host"
    RETRY = "retry"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which a filter refuses a host.

    Args:
        id: stable identifier, the ``reason`` label of metrics.
        text: short and constant: kube-scheduler counts equal texts in its event, and a text that
            changes re-queues the pod, so it holds no number and no name.
        category: the kind of obstacle.
        cured: whether fewer pods on the node could turn the verdict (preemption may help).
    """

    id: str
    text: str
    category: Category
    cured: bool = False

    def __hash__(self) -> int:
        """By the id alone: reasons are looked up by the dozen in each call."""
        return hash(self.id)


FILTER_ERROR = Reason("filter_error", "filter error", Category.DATA)
"""The filter raised for this host. Nova aborts the whole request instead."""

FILTER_STOPPED = Reason("filter_stopped", "filter says to stop filtering", Category.POLICY)
"""The filter answered ``None`` instead of verdicts (``nova.filters``: stop, no hosts)."""

INVALID_HOST_ANNOTATION = Reason(
    "invalid_host_annotation", "node annotation is not valid", Category.DATA
)
"""An annotation of the node that this filter reads cannot be understood."""

COMMON_REASONS: tuple[Reason, ...] = (FILTER_ERROR, FILTER_STOPPED, INVALID_HOST_ANNOTATION)
"""Reasons of every filter; they come first, so their codes are the same everywhere."""
