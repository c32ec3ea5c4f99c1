"""The mutating webhook for nodes: what the chart's admission policy does on Kubernetes 1.36 on.

Nothing but the request and the options is looked at, so every replica answers, leader or not and
synced or not. A node is never denied: one that cannot be read is let through as it is, with a
warning.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Raw

from extender.model.options import TranslateOptions
from extender.protocol.admission import (
    Operation,
    Review,
    add,
    decode_review,
    pointer,
    remove,
    review_reply,
)
from extender.translate.admission import Amended, Ratios, amend_annotations, amend_status
from extender.translate.allocatable import CPU, DISK, MEMORY
from extender.translate.errors import TranslateError
from extender.translate.objects import decode_node
from extender.translate.schema import Node

PATCHED = "patched"
UNCHANGED = "unchanged"
UNREAD = "unread"
ERROR = "error"


class Admitted(NamedTuple):
    """What a request for admission came to.

    Args:
        outcome: in one word, for the metric.
        body: the reply.
        error: a defect of ours that came up, for the log; the node was let through all the same.
    """

    outcome: str
    body: bytes
    error: Exception | None = None


def admit(body: bytes, ratios: Ratios) -> Admitted:
    """Answer an ``AdmissionReview`` about a node that is about to be written.

    Args:
        body: as the API server sends it.
        ratios: for nodes without an annotation, as they are in effect now.

    Raises:
        ProtocolError: the body is no such request.
    """
    review = decode_review(body)
    try:
        patch = _patch(review, ratios)
    except TranslateError as error:
        warning = f"nova-extender leaves the node as it is: {error}"
        return Admitted(UNREAD, review_reply(review.uid, warning=warning))
    except Exception as error:  # noqa: BLE001 - a defect must not keep nodes from being written
        warning = "nova-extender leaves the node as it is: internal error; its log says more"
        return Admitted(ERROR, review_reply(review.uid, warning=warning), error)
    return Admitted(PATCHED if patch else UNCHANGED, review_reply(review.uid, patch))


def default_ratios(options: TranslateOptions) -> Ratios:
    """The ratios of nodes without an annotation, as the options have them."""
    given = {
        CPU.name: (options.cpu_allocation_ratio, options.initial_cpu_allocation_ratio),
        MEMORY.name: (options.ram_allocation_ratio, options.initial_ram_allocation_ratio),
        DISK.name: (options.disk_allocation_ratio, options.initial_disk_allocation_ratio),
    }
    defaults = {name: initial if own is None else own for name, (own, initial) in given.items()}
    return Ratios(defaults, options.allow_memory_overcommit)


def _patch(review: Review, ratios: Ratios) -> list[Operation]:
    """What of the node is to be changed.

    Raises:
        TranslateError: the node, new or old, cannot be read.
    """
    if review.resource != "nodes":
        raise TranslateError(f"this is about {review.resource[:80]!r}; accepted: nodes")
    match review.operation, review.subresource:
        case "CREATE", "":
            new = _node(review.new, "object")
            return _operations(new, amend_status(new, None, review.username, ratios))
        case "UPDATE", "status":
            new, old = _node(review.new, "object"), _node(review.old, "oldObject")
            return _operations(new, amend_status(new, old, review.username, ratios))
        case "UPDATE", "":
            new, old = _node(review.new, "object"), _node(review.old, "oldObject")
            return _operations(new, amend_annotations(new, old))
        case _:
            return []


def _node(raw: Raw | None, key: str) -> Node:
    if raw is None:
        raise TranslateError(f"request.{key} is missing or null; accepted: a Node")
    node = decode_node(raw)
    if node.metadata is None:
        # The patch could not be applied, and the write would fail of that.
        raise TranslateError(f"request.{key}.metadata is missing or null; accepted: a Node")
    return node


def _operations(node: Node, amended: Amended) -> list[Operation]:
    """The changes as a JSON patch; of what stands as it should, nothing."""
    steps = [
        add(pointer("status", "allocatable", name), amount)
        for name, amount in amended.allocatable.items()
    ]
    wanted = {key: text for key, text in amended.annotations.items() if text is not None}
    if not node.annotations:
        # A member cannot be added to what is not there.
        whole = [add(pointer("metadata", "annotations"), wanted)] if wanted else []
        return [*whole, *steps]
    for key, text in amended.annotations.items():
        path = pointer("metadata", "annotations", key)
        steps.append(remove(path) if text is None else add(path, text))
    return steps
