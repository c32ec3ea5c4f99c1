"""Whose retry history a pod shares, and which pods have nowhere else to go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extender.translate.annotations import HOSTNAME_LABEL
from extender.translate.schema import NO_POD_SPEC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extender.translate.schema import NodeSelectorRequirement, NodeSelectorTerm, Pod

COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"
"""Label and annotation of the pods of an indexed Job: which of its pods this is."""

LONGEST_UID = 128
"""Characters of an owner's UID. Kubernetes' have 36, but whoever creates a pod writes what it
likes."""

_INDEX = re.compile(r"[0-9]{1,10}")
_NAME_FIELD = "metadata.name"


def identity(pod: Pod) -> str:
    """The pod's UID; ``namespace/name`` in a file that gives none, as in the ledger."""
    return pod.uid or f"{pod.namespace}/{pod.name}"


def owner_key(pod: Pod) -> str:
    """What the pod's retry history is kept under: its line of replacements.

    ``namespace/UID of the controller``; with ``/index`` for a pod of an indexed Job and ``/name``
    for one of a StatefulSet, whose pods are not interchangeable. A pod without a controller that
    could replace it is alone: its own ``identity``.
    """
    owner = pod.controller
    if owner is None or not owner.uid or len(owner.uid) > LONGEST_UID:
        return identity(pod)
    key = f"{pod.namespace}/{owner.uid}"
    if owner.kind == "StatefulSet":
        return f"{key}/{pod.name}"
    if owner.kind == "Job":
        index = pod.labels.get(COMPLETION_INDEX) or pod.annotations.get(COMPLETION_INDEX) or ""
        if _INDEX.fullmatch(index):
            return f"{key}/{index}"
    return key


def is_pinned(pod: Pod) -> bool:
    """Whether the pod belongs to one node, so that trying elsewhere makes no sense.

    Pods of a DaemonSet, and those whose node selector or required node affinity leaves one node
    by its name or its label ``kubernetes.io/hostname``. Terms of an affinity are alternatives: all
    of them must name the same node. Nothing else that may come down to one node is looked at.
    """
    owner = pod.controller
    if owner is not None and owner.kind == "DaemonSet":
        return True
    spec = pod.spec or NO_POD_SPEC
    if spec.node_selector and HOSTNAME_LABEL in spec.node_selector:
        return True
    if spec.affinity is None or spec.affinity.node_affinity is None:
        return False
    required = spec.affinity.node_affinity.required_during_scheduling_ignored_during_execution
    if required is None:
        return False
    # A term without requirements matches no node, so it is no alternative.
    terms = [
        term
        for term in required.node_selector_terms or ()
        if term.match_expressions or term.match_fields
    ]
    nodes = {_only_node(term) for term in terms}
    return len(nodes) == 1 and None not in nodes


def _only_node(term: NodeSelectorTerm) -> str | None:
    """The one node a term leaves, ``None`` where it may leave several."""
    by_name = _only_value(term.match_fields or (), _NAME_FIELD)
    return by_name or _only_value(term.match_expressions or (), HOSTNAME_LABEL)


def _only_value(requirements: Iterable[NodeSelectorRequirement], key: str) -> str | None:
    for requirement in requirements:
        if requirement.key == key and requirement.operator == "In":
            values = set(requirement.values or ())
            if len(values) == 1:
                return values.pop()
    return None
