"""Amplifying a node's allocatable as its status is written: what the chart's policy says in CEL.

For API servers before 1.36, which have no MutatingAdmissionPolicy. Nothing but the two objects and
the options is looked at, so any process may answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from extender.model.amplified import MOST, amplify
from extender.translate.allocatable import RESOURCES, Resource, Saved, held_at_one, matching
from extender.translate.quantity import QuantityError
from extender.translate.readers import AnnotationError, read_integer, read_ratio

if TYPE_CHECKING:
    from extender.translate.readers import Annotations
    from extender.translate.schema import Node

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Ratios:
    """What holds for nodes without an annotation.

    Args:
        defaults: ratios by Kubernetes' name of the resource; 1 where none is named.
        allow_memory_overcommit: the option of this name.
    """

    defaults: Mapping[str, Fraction] = field(default_factory=lambda: MappingProxyType({}))
    allow_memory_overcommit: bool = False


class Amended(NamedTuple):
    """What of a node is to be otherwise.

    Args:
        annotations: by key; ``None`` for one that is to go.
        allocatable: quantities by resource.
    """

    annotations: Mapping[str, str | None]
    allocatable: Mapping[str, str]


def amend_status(node: Node, old: Node | None, user: str, ratios: Ratios) -> Amended:
    """What to change of a node as its status is written, or as it is created with one.

    Idempotent under every writer: what is written may be raw (the kubelet's), amplified already
    (anybody's who writes something else), or amplified by an earlier ratio (of one who read it
    before that changed). Never raises; a resource that cannot be read stays as it is.

    Args:
        node: as it is to be written.
        old: as it stands; ``None`` where it is created.
        user: who writes.
        ratios: for nodes without an annotation.
    """
    annotations: dict[str, str | None] = {}
    quantities: dict[str, str] = {}
    for resource in RESOURCES:
        allocatable = _allocatable(resource, node)
        if allocatable is None:
            continue
        raw = _raw(resource, allocatable, node, old, user)
        ratio = _ratio(resource, node.annotations, ratios)
        amplified = amplify(raw, ratio, _floor(resource, node.annotations))
        if amplified != allocatable:
            quantities[resource.name] = resource.quantity(amplified)
        saved = Saved(raw, amplified) if ratio > 1 or amplified != raw else None
        annotations |= _changed(resource, node.annotations, saved)
    return Amended(annotations, quantities)


def amend_annotations(node: Node, old: Node) -> Amended:
    """What to change of a node that is written without its status: what is saved stays saved.

    One that forgot it, as a writer of an older copy would, had its allocatable amplified twice.
    """
    keys = [key for each in RESOURCES for key in (each.raw.key, each.amplified.key)]
    annotations = {
        key: old.annotations.get(key)
        for key in keys
        if old.annotations.get(key) != node.annotations.get(key)
    }
    return Amended(annotations, {})


def _allocatable(resource: Resource, node: Node) -> int | None:
    """As it is written; ``None`` where it is to be left alone."""
    try:
        amount = resource.allocatable(node)
    except QuantityError:
        return None
    return None if amount is None or amount > MOST else amount


def _raw(resource: Resource, allocatable: int, node: Node, old: Node | None, user: str) -> int:
    """The node's own amount."""
    capacity = resource.capacity(node)
    saved = [resource.saved_or_none(node.annotations)]
    if old is not None:
        fits = capacity is None or allocatable <= capacity
        if user == f"system:node:{node.name}" and capacity != resource.capacity(old) and fits:
            # Only a kubelet works out capacity, and allocatable with it: a new one that equals the
            # amplified one must not be taken for it.
            return allocatable
        saved.append(resource.saved_or_none(old.annotations))
    found = matching(allocatable, capacity, *saved)
    return allocatable if found is None else found.raw


def _ratio(resource: Resource, annotations: Annotations, ratios: Ratios) -> Fraction:
    """The ratio; one that cannot be read counts as 1, as does one that is held there."""
    try:
        ratio = read_ratio(annotations, resource.ratio)
    except AnnotationError:
        return ONE
    if ratio is None:
        ratio = ratios.defaults.get(resource.name, ONE)
    held = held_at_one(
        resource, annotations, allow_memory_overcommit=ratios.allow_memory_overcommit
    )
    return min(ratio, ONE) if held else ratio


def _floor(resource: Resource, annotations: Annotations) -> int:
    try:
        return read_integer(annotations, resource.floor) or 0
    except AnnotationError:
        return 0


def _changed(
    resource: Resource, annotations: Annotations, saved: Saved | None
) -> dict[str, str | None]:
    """The two annotations of what is saved, where they are not so yet."""
    wanted = {
        resource.raw.key: None if saved is None else str(saved.raw),
        resource.amplified.key: None if saved is None else str(saved.amplified),
    }
    return {key: text for key, text in wanted.items() if annotations.get(key) != text}
